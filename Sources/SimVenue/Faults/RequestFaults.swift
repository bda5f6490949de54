import Shared

/// What goes wrong with requests because somebody asked for it: rules by endpoint, by time, by count and by chance.
struct RequestFaults: Sendable {
  enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Answer `ms` later.
    case delay
    /// Do what was asked `ms` later, when its sender may have given it up.
    case late
    /// Do what was asked, answer nothing: the client's own timeout ends it.
    case dropAnswer = "drop_answer"
    /// Do what was asked, break the connection instead of answering.
    case cutAnswer = "cut_answer"
    /// Do what was asked, break the connection in the middle of the answer.
    case tearAnswer = "tear_answer"
    /// Do what was asked, answer byte by byte, so slowly that nobody waits for the end.
    case dripAnswer = "drip_answer"
    /// Break the connection without looking at the request.
    case cut
    /// Refuse without looking: with 500, or with `status` and `body`.
    case error
    /// Do what was asked, then answer 500, or `status` and `body`.
    case errorAfter = "error_after"
  }

  struct Rule: Hashable, Sendable {
    /// `METHOD /path`, `/path`, or `*`; a trailing `*` stands for any rest.
    var endpoint: String
    var kind: Kind
    var milliseconds: Int64
    /// What an `error` answers.
    var answer: Answer
    var when: FaultSchedule
  }

  private(set) var rules: [Rule] = []
  private(set) var hits: Int64 = 0
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// The first rule that strikes this request; counted rules wear out.
  mutating func strike(_ method: String, _ path: String, at wall: WallTime) -> Rule? {
    for index in rules.indices where matches(rules[index].endpoint, method, path) {
      guard rules[index].when.strikes(at: wall, random.uniform()) else { continue }
      let rule = rules[index]
      if rules[index].when.isWornOut { rules.remove(at: index) }
      hits += 1
      return rule
    }
    return nil
  }

  private func matches(_ endpoint: String, _ method: String, _ path: String) -> Bool {
    var wanted = endpoint[...]
    if let space = wanted.firstIndex(of: " ") {
      guard wanted[..<space] == method else { return false }
      wanted = wanted[wanted.index(after: space)...]
    }
    if wanted.hasSuffix("*") { return path.hasPrefix(wanted.dropLast()) }
    return path == wanted
  }

  /// Replaces all rules by those of a JSON list (`docs/sim-venue.md`). Nothing is changed when one does not read.
  mutating func set(_ value: WireValue, at wall: WallTime) throws(FaultProblem) {
    rules = try FaultProblem.each(value) { (item) throws(FaultProblem) in
      guard let endpoint = item["endpoint"]?.asText, !endpoint.isEmpty else {
        throw FaultProblem("endpoint is missing")
      }
      let kind: Kind = try FaultProblem.word(item, "kind")
      let milliseconds = item["ms"]?.asNumber ?? 0
      guard (0...600_000).contains(milliseconds), ![.delay, .late].contains(kind) || milliseconds > 0 else {
        throw FaultProblem("ms is between 1 and 600000")
      }
      return Rule(
        endpoint: endpoint, kind: kind, milliseconds: milliseconds, answer: try Self.answer(item),
        when: try FaultSchedule(item, at: wall))
    }
  }

  private static func answer(_ item: WireValue) throws(FaultProblem) -> Answer {
    let status = item["status"]?.asNumber ?? 500
    guard (200...599).contains(status) else { throw FaultProblem("status is between 200 and 599") }
    let body = item["body"]?.asText ?? #"{"error":"Internal server error"}"#
    var answer = Answer(status: Int(status), body: Array(body.utf8), decision: "fault: \(status)")
    answer.contentType = item["content_type"]?.asText ?? answer.contentType
    answer.retryAfter = item["retry_after_s"]?.asNumber
    return answer
  }

  var shown: WireValue {
    FaultSchedule.shown(rules, hits: hits, when: \.when) {
      [
        .init(name: "endpoint", value: .text($0.endpoint)),
        .init(name: "kind", value: .text($0.kind.rawValue)),
        .init(name: "ms", value: .integer($0.milliseconds)),
        .init(name: "status", value: .integer(Int64($0.answer.status))),
      ]
    }
  }
}
