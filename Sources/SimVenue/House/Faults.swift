import Shared

/// Faults that tests ask for: rules by endpoint, by count or by chance.
struct Faults: Sendable {
  enum Kind: String, Hashable, Sendable {
    /// Answer `ms` later.
    case delay
    /// Do what was asked, answer nothing: the client's own timeout ends it.
    case dropAnswer = "drop_answer"
    /// Do what was asked, break the connection instead of answering.
    case cutAnswer = "cut_answer"
    /// Refuse with 500 without looking.
    case error
    /// Do what was asked, then answer 500.
    case errorAfter = "error_after"
  }

  struct Rule: Hashable, Sendable {
    /// `METHOD /path`, `/path`, or `*`; a trailing `*` stands for any rest.
    var endpoint: String
    var kind: Kind
    /// Chance in millionths.
    var probability: Int64
    /// How many times more; `nil` is without end.
    var count: Int?
    var milliseconds: Int64
  }

  private(set) var rules: [Rule] = []
  private(set) var hits: Int64 = 0
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// The first rule that strikes this request; counted rules wear out.
  mutating func strike(_ method: String, _ path: String) -> Rule? {
    for index in rules.indices where matches(rules[index].endpoint, method, path) {
      guard Int64(random.uniform() * 1_000_000) < rules[index].probability else { continue }
      let rule = rules[index]
      if let count = rule.count {
        if count <= 1 { rules.remove(at: index) } else { rules[index].count = count - 1 }
      }
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

  /// Replaces all rules by the JSON list `[{endpoint, kind, probability | count, ms}]`. The problem when it does not read; nothing is
  /// changed then.
  mutating func set(_ body: [UInt8]) -> String? {
    guard let list = WireReader.read(body)?.asList else { return "a JSON list of rules is wanted" }
    var parsed: [Rule] = []
    for (index, item) in list.enumerated() {
      guard let endpoint = item["endpoint"]?.asText, !endpoint.isEmpty else {
        return "rule \(index): endpoint is missing"
      }
      guard let kind = item["kind"]?.asText.flatMap(Kind.init) else {
        return "rule \(index): kind is one of delay, drop_answer, cut_answer, error, error_after"
      }
      let probability = item["probability"].map { $0.asMicros ?? -1 } ?? 1_000_000
      guard (0...1_000_000).contains(probability) else { return "rule \(index): probability is between 0 and 1" }
      let count = item["count"]?.asNumber.map { Int($0) }
      if let count, count < 1 { return "rule \(index): count is at least 1" }
      let milliseconds = item["ms"]?.asNumber ?? 0
      guard (0...600_000).contains(milliseconds), kind != .delay || milliseconds > 0 else {
        return "rule \(index): ms is between 1 and 600000"
      }
      parsed.append(
        Rule(endpoint: endpoint, kind: kind, probability: probability, count: count, milliseconds: milliseconds))
    }
    rules = parsed
    return nil
  }

  var shown: WireValue {
    .object(
      (
        "rules",
        .list(
          rules.map {
            .object(
              ("endpoint", .text($0.endpoint)), ("kind", .text($0.kind.rawValue)),
              ("probability", .number(WireDecimal.text($0.probability))),
              ("count", $0.count.map { .integer(Int64($0)) } ?? .null), ("ms", .integer($0.milliseconds)))
          })
      ), ("hits", .integer(hits)))
  }
}
