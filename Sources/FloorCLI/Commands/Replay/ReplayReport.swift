import FloorSim
import Shared

/// A day's replay for people and programs.
struct ReplayReport {
  /// An agent's lives together.
  private struct Line {
    let agent: AgentName
    var lives = 0
    var inputs = 0
    var recorded = 0
    var replayed = 0
    var equal = 0
    var unjudged = 0
    var isChanged = false
    var differences: [DecisionDifference] = []
    var hash = SHA256()
    var recordedHash = SHA256()

    mutating func add(_ life: DayReplay.Life) {
      let result = life.result
      lives += 1
      inputs += result.inputs
      recorded += result.recorded.count
      replayed += result.replayed.count
      equal += result.equal
      unjudged += result.unjudged
      isChanged = isChanged || life.isChanged
      differences += result.differences
      hash.update(Array("\(life.epoch) \(result.replayed.text)\n".utf8))
      recordedHash.update(Array("\(life.epoch) \(result.recorded.text)\n".utf8))
    }

    func count(_ kind: DecisionDifference.Kind) -> Int { differences.count { $0.kind == kind } }

    static func text(_ hash: SHA256) -> String {
      var hash = hash
      return Hex.text(hash.finish())
    }
  }

  private let replay: DayReplay
  private let rows: DecisionRows?
  private let lines: [Line]
  let recordedHash: String
  let replayedHash: String

  init(_ replay: DayReplay, _ rows: DecisionRows?) {
    self.replay = replay
    self.rows = rows
    var lines: [Line] = []
    for life in replay.lives {
      if lines.last?.agent != life.agent { lines.append(Line(agent: life.agent)) }
      lines[lines.count - 1].add(life)
    }
    self.lines = lines
    func sum(_ hash: (Line) -> SHA256) -> String {
      Hex.text(SHA256.digest(lines.map { "\($0.agent) \(Line.text(hash($0)))\n" }.joined().utf8))
    }
    recordedHash = sum(\.recordedHash)
    replayedHash = sum(\.hash)
  }

  var isDifferent: Bool { !replay.isEqual || !(rows?.differences.isEmpty ?? true) }
  var isWhole: Bool { replay.isWhole }

  // MARK: Text

  func text(show: Int) -> String {
    var parts = [table, holes, hashes]
    let differences = lines.flatMap(\.differences)
    if !differences.isEmpty { parts.append(list("Recorded and replayed:", differences, show)) }
    if let rows {
      parts.append(
        "\(rows.equal) decisions are equal to their rows in the database, \(rows.differences.count) are not.")
      if !rows.differences.isEmpty { parts.append(list("Database and replayed:", rows.differences, show)) }
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private var table: String {
    let rows = lines.map { line in
      [
        line.agent.text + (line.isChanged ? " *" : ""), "\(line.lives)", "\(line.inputs)", "\(line.recorded)",
        "\(line.replayed)", "\(line.equal)", "\(line.count(.figures))", "\(line.count(.changed))",
        "\(line.count(.onlyRecorded))", "\(line.count(.onlyReplayed))", "\(line.unjudged)", Line.text(line.hash),
      ]
    }
    let text = Table(
      [
        "agent", "lives", "inputs", "recorded", "replayed", "equal", "figures", "changed", "only recorded",
        "only replayed", "unprovable", "sha-256 of the replayed",
      ], rows
    ).text
    return lines.contains(where: \.isChanged) ? text + "\n* with other parameters than it had" : text
  }

  private var holes: String {
    var notes = replay.lives.compactMap { life in
      life.result.hole.map {
        "\(life.agent) in epoch \(life.epoch): \($0). \(life.result.unjudged) decisions behind it cannot be proved."
      }
    }
    notes += replay.damages.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return notes.joined(separator: "\n")
  }

  private var hashes: String {
    let equal = recordedHash == replayedHash
    return """
      \(replay.day)  recorded  \(recordedHash)
      \(replay.day)  replayed  \(replayedHash)  \(equal ? "equal" : "different")
      """
  }

  private func list(_ heading: String, _ differences: [DecisionDifference], _ show: Int) -> String {
    var lines = [heading] + differences.prefix(show).map(ReplayReport.describe)
    if differences.count > show { lines.append("… and \(differences.count - show) more (--show N, --json)") }
    return lines.joined(separator: "\n")
  }

  private static func describe(_ difference: DecisionDifference) -> String {
    let decision = difference.recorded ?? difference.replayed ?? .null
    let time = decision["market_ns"]?.int.map { MarketTime(nanoseconds: $0).description } ?? ""
    let number = decision["number"]?.int.map { "#\($0)" } ?? ""
    let head =
      "\(difference.agent) \(difference.epoch)\(number) \(time) \(decision["market"]?.string ?? "") \(decision["outcome"]?.string ?? "")"
    switch difference.kind {
    case .onlyRecorded: return "\(head): only recorded: \(words(decision))"
    case .onlyReplayed: return "\(head): only replayed: \(words(decision))"
    case .changed, .figures:
      let fields = difference.fields.filter { $0 != "number" && $0 != "intent_id" }.map { field in
        "\(field) \(value(difference.recorded, field)) → \(value(difference.replayed, field))"
      }
      return "\(head): \(words(decision)): \(fields.joined(separator: ", "))"
    }
  }

  /// `signal momentum_up enter 20 at 0.53`.
  private static func words(_ decision: JSON) -> String {
    let detail = decision["detail"]
    var words = [decision["kind"]?.string, decision["reason"]?.string, detail?["action"]?.string].compactMap { $0 }
    if let size = detail?["size"]?.decimalText, let price = detail?["price"]?.decimalText {
      words.append("\(size) at \(price)")
    }
    return words.joined(separator: " ")
  }

  private static func value(_ decision: JSON?, _ path: String) -> String {
    var value = decision
    for key in path.split(separator: ".") { value = value?[String(key)] }
    return value?.decimalText ?? value?.text ?? "–"
  }

  // MARK: JSON

  var json: JSON {
    var document: JSON = [
      "day": .string(replay.day), "equal": .bool(!isDifferent), "whole": .bool(isWhole),
      "recorded_sha256": .string(recordedHash), "replayed_sha256": .string(replayedHash),
      "agents": .array(lines.map(ReplayReport.json)),
      "holes": .array(
        replay.lives.compactMap { life in
          life.result.hole.map {
            [
              "agent": .text(life.agent), "epoch": .int(life.epoch.number), "why": .string($0),
              "decisions": .int(life.result.unjudged),
            ]
          }
        }),
      "damaged_files": .array(
        replay.damages.sorted { $0.key < $1.key }.map { ["path": .string($0.key), "why": .string($0.value)] }),
      "differences": .array(lines.flatMap(\.differences).map(\.json)),
    ]
    if let rows {
      document = document.with(
        "database", ["equal": .int(rows.equal), "differences": .array(rows.differences.map(\.json))])
    }
    return document
  }

  private static func json(_ line: Line) -> JSON {
    [
      "agent": .text(line.agent), "with_other_parameters": .bool(line.isChanged), "lives": .int(line.lives),
      "inputs": .int(line.inputs), "recorded": .int(line.recorded), "replayed": .int(line.replayed),
      "equal": .int(line.equal), "figures": .int(line.count(.figures)), "changed": .int(line.count(.changed)),
      "only_recorded": .int(line.count(.onlyRecorded)), "only_replayed": .int(line.count(.onlyReplayed)),
      "unprovable": .int(line.unjudged), "recorded_sha256": .string(Line.text(line.recordedHash)),
      "replayed_sha256": .string(Line.text(line.hash)),
    ]
  }
}
