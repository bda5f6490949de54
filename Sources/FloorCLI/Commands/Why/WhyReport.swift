import Shared

/// What became of everything an agent's strategy judged in some time: one count a gate, which together are the evaluations. Pure.
struct WhyReport: Hashable {
  /// A row of `evaluation_counts`: everything since the birth of one life.
  struct Count: Hashable {
    var at = ""
    var evaluations: Int64 = 0
    var quiet: Int64 = 0
    var refused: Int64 = 0
    var signals: Int64 = 0
    /// Refused, by reason.
    var reasons: [String: Int64] = [:]
    /// Refusals in no row yet.
    var unreported: Int64 = 0
    /// Number of the newest row of `decisions`.
    var decisions: Int64 = 0
  }

  /// One epoch of the agent, as far as it falls into the time asked for.
  struct Life: Hashable {
    let epoch: Int64
    /// When it begins here: its birth, or the last count before the time asked for.
    let from: String
    let before: Count
    let after: Count
  }

  /// Intents that had the same fate.
  struct Fate: Hashable {
    /// The reason of the refusal, and the last one's figures; `nil` when it was accepted.
    let denial: String?
    let detail: String
    /// Of the order; `nil` without one.
    let state: String?
    let reason: String
    let hasTraded: Bool
    let count: Int64
    let last: String
  }

  /// Where a refusal was seen last, by reason.
  struct Example: Hashable {
    let at: String
    let market: String
    let detail: String
  }

  struct Line: Hashable {
    let depth: Int
    let key: String
    let text: String
    let count: Int64
    let note: String
  }

  var agent: String
  var lives: [Life] = []
  /// Refusals that stand in rows of `decisions`, of the counted part of these lives.
  var refusalRows: Int64 = 0
  var examples: [String: Example] = [:]
  var fates: [Fate] = []
  /// Rows of decisions after the last count of a life, by kind.
  var uncounted: [String: Int64] = [:]
  /// Epochs with decisions and without any count.
  var countless: [Int64] = []

  private func total(_ value: (Count) -> Int64) -> Int64 {
    lives.reduce(0) { $0 + value($1.after) - value($1.before) }
  }
  var evaluations: Int64 { total(\.evaluations) }
  var quiet: Int64 { total(\.quiet) }
  var refused: Int64 { total(\.refused) }
  var signals: Int64 { total(\.signals) }

  /// Refused by the agent itself, the most frequent first.
  var reasons: [(reason: String, count: Int64)] {
    var sums: [String: Int64] = [:]
    for life in lives {
      for (reason, count) in life.after.reasons { sums[reason, default: 0] += count }
      for (reason, count) in life.before.reasons { sums[reason, default: 0] -= count }
    }
    return sums.filter { $0.value != 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { (reason: $0.key, count: $0.value) }
  }

  /// Intents that the record knows.
  private var known: Int64 { fates.reduce(0) { $0 + $1.count } }
  /// Intents that never became a row: unproven, fenced, unanswered, or still on their way.
  var unanswered: Int64 { max(0, signals - known) }

  // MARK: Adding up

  /// Every end that an evaluation can have, each with its count.
  var ends: [Line] { lines.filter { line in !lines.contains { $0.key.hasPrefix(line.key + ".") } } }
  var sum: Int64 { ends.reduce(0) { $0 + $1.count } }

  /// What does not agree; empty when everything does.
  var faults: [String] {
    var faults: [String] = []
    if sum != evaluations { faults.append("\(evaluations) evaluations, and \(sum) are accounted for") }
    if known > signals {
      faults.append("the record holds \(known) intents of these lives, and the agent counted \(signals)")
    }
    let awaited = refused - total(\.unreported)
    if refusalRows < awaited {
      faults.append("\(awaited - refusalRows) refusals were reported and stand in no row: the record was away too long")
    } else if refusalRows > awaited {
      faults.append("rows of decisions hold \(refusalRows) refusals, and the agent counted \(awaited)")
    }
    if !countless.isEmpty {
      faults.append(
        "\(countless.count) lives left decisions and no count (epochs \(countless.map(String.init).joined(separator: ", ")))"
      )
    }
    return faults
  }

  // MARK: Telling

  /// From the evaluations down to single reasons; a line's key begins with that of the line it is part of.
  var lines: [Line] {
    var lines = [Line(depth: 0, key: "evaluations", text: "evaluations", count: evaluations, note: "")]
    func add(_ key: String, _ text: String, _ count: Int64, _ note: String = "") {
      let depth = key.count { $0 == "." }
      lines.append(Line(depth: depth, key: key, text: text, count: count, note: note))
    }
    add("evaluations.quiet", "nothing to do", quiet, "no signal")
    add("evaluations.agent", "refused by the agent itself", refused)
    for (reason, count) in reasons {
      let example = examples[reason]
      let note = example.map { "last \($0.at) \($0.market) \($0.detail)" } ?? ""
      add("evaluations.agent.\(reason)", reason, count, note)
    }
    add("evaluations.wanted", "wanted", signals)
    for denier in Denier.allCases {
      let denied = fates.filter { fate in
        fate.denial.map { Denier(reason: $0, detail: fate.detail) == denier } ?? false
      }
      let key = "evaluations.wanted.\(denier.rawValue)"
      if !denied.isEmpty {
        add(key, denier == .gate ? "refused by the risk gate" : "refused by the record", count(denied))
      }
      for (reason, group) in grouped(denied, by: { $0.denial ?? "" }) {
        add("\(key).\(reason)", reason, count(group), note(group.last))
      }
    }
    let orders = fates.filter { $0.denial == nil && $0.state != nil }
    let places: [(String, String, (Fate) -> Bool)] = [
      ("unsent", "given up before a byte left", { $0.state == "EXPIRED_UNSENT" }),
      ("venue", "refused by the venue", { $0.state == "REJECTED" }),
      ("void", "never arrived at the venue", { $0.state == "VOID" }),
      (
        "nofill", "orders that ended without a fill",
        { ["CANCELLED", "EXPIRED", "FILLED"].contains($0.state) && !$0.hasTraded }
      ),
      ("open", "orders still open", { !WhyReport.final.contains($0.state ?? "") }),
    ]
    for (name, text, belongs) in places {
      let these = orders.filter(belongs)
      guard !these.isEmpty else { continue }
      add("evaluations.wanted.\(name)", text, count(these))
      for (reason, group) in grouped(these, by: { $0.reason.isEmpty ? ($0.state ?? "").lowercased() : $0.reason }) {
        add("evaluations.wanted.\(name).\(reason)", reason, count(group), note(group.last))
      }
    }
    let traded = orders.filter { ["CANCELLED", "EXPIRED", "FILLED"].contains($0.state) && $0.hasTraded }
    if !traded.isEmpty { add("evaluations.wanted.traded", "orders that traded", count(traded)) }
    let cancels = fates.filter { $0.denial == nil && $0.state == nil }
    if !cancels.isEmpty { add("evaluations.wanted.cancels", "cancels handed on", count(cancels)) }
    if unanswered > 0 {
      add("evaluations.wanted.unanswered", "without a row", unanswered, "unproven, fenced, or not answered in time")
    }
    return lines
  }

  private static let final = ["FILLED", "CANCELLED", "EXPIRED", "REJECTED", "EXPIRED_UNSENT", "VOID"]

  private func count(_ fates: [Fate]) -> Int64 { fates.reduce(0) { $0 + $1.count } }

  private func note(_ fate: Fate?) -> String { fate.map { "last \($0.last) \($0.detail)" } ?? "" }

  /// The most frequent first; within a group the newest last.
  private func grouped(_ fates: [Fate], by key: (Fate) -> String) -> [(String, [Fate])] {
    Dictionary(grouping: fates, by: key).map { ($0.key, $0.value.sorted { $0.last < $1.last }) }
      .sorted { (count($1.1), $0.0) < (count($0.1), $1.0) }
  }
}
