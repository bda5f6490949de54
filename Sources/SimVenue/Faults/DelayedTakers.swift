import Shared

/// Taking orders that are answered `delayed` at once and matched later, as on sports markets: the money is committed, the outcome open
/// (V-08). An order that then finds nothing is heard of on the user stream alone.
struct DelayedTakers: Hashable, Sendable {
  struct Rule: Hashable, Sendable {
    /// A slug; a trailing `*` stands for any rest.
    var market: String
    /// From the answer to the matching (wall).
    var milliseconds: Int64
    var when: FaultSchedule
  }

  private(set) var rules: [Rule] = []
  private(set) var hits: Int64 = 0

  /// How long the next taking order in this market waits; `nil` is the usual way.
  mutating func strike(_ slug: String, at wall: WallTime, _ chance: Double) -> Duration? {
    for index in rules.indices {
      let pattern = rules[index].market
      guard pattern.hasSuffix("*") ? slug.hasPrefix(pattern.dropLast()) : slug == pattern,
        rules[index].when.strikes(at: wall, chance)
      else { continue }
      let wait = rules[index].milliseconds
      if rules[index].when.isWornOut { rules.remove(at: index) }
      hits += 1
      return .milliseconds(wait)
    }
    return nil
  }

  mutating func set(_ value: WireValue, at wall: WallTime) throws(FaultProblem) {
    rules = try FaultProblem.each(value) { (item) throws(FaultProblem) in
      guard let milliseconds = item["ms"]?.asNumber, (1...600_000).contains(milliseconds) else {
        throw FaultProblem("ms is between 1 and 600000")
      }
      return Rule(
        market: item["market"]?.asText ?? "*", milliseconds: milliseconds, when: try FaultSchedule(item, at: wall))
    }
  }

  var shown: WireValue {
    FaultSchedule.shown(rules, hits: hits, when: \.when) {
      [
        .init(name: "market", value: .text($0.market)),
        .init(name: "ms", value: .integer($0.milliseconds)),
      ]
    }
  }
}
