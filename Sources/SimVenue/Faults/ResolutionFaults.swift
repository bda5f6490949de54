import Shared

/// Endings that are not the usual ones because somebody asked for them (V20): rules by market, for those whose outcome becomes known from
/// now on.
struct ResolutionFaults: Hashable, Sendable {
  enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Paid `ms` of market time later.
    case late
    /// Proposed, disputed, and paid `ms` later as proposed.
    case disputed
    /// The wrong outcome is proposed, and disputed; `ms` later the right one is paid.
    case reversed
    /// Half a dollar for each share of either outcome.
    case fiftyFifty = "fifty_fifty"
    /// Closed with payouts of nothing for both, which is no result; `ms` later the right one is paid.
    case empty
  }

  struct Rule: Hashable, Sendable {
    /// A slug; a trailing `*` stands for any rest.
    var market: String
    var kind: Kind
    var milliseconds: Int64
    var when: FaultSchedule
  }

  private(set) var rules: [Rule] = []
  private(set) var hits: Int64 = 0

  /// How a market ends; `nil` is the usual way.
  mutating func strike(_ slug: String, at wall: WallTime, _ chance: Double) -> Rule? {
    for index in rules.indices where matches(rules[index].market, slug) {
      guard rules[index].when.strikes(at: wall, chance) else { continue }
      let rule = rules[index]
      if rules[index].when.isWornOut { rules.remove(at: index) }
      hits += 1
      return rule
    }
    return nil
  }

  private func matches(_ pattern: String, _ slug: String) -> Bool {
    pattern.hasSuffix("*") ? slug.hasPrefix(pattern.dropLast()) : slug == pattern
  }

  mutating func set(_ value: WireValue, at wall: WallTime) throws(FaultProblem) {
    rules = try FaultProblem.each(value) { (item) throws(FaultProblem) in
      let kind: Kind = try FaultProblem.word(item, "kind")
      let milliseconds = item["ms"]?.asNumber ?? 0
      guard (0...604_800_000).contains(milliseconds), kind == .fiftyFifty || milliseconds > 0 else {
        throw FaultProblem("ms is between 1 and 604800000")
      }
      return Rule(
        market: item["market"]?.asText ?? "*", kind: kind, milliseconds: milliseconds,
        when: try FaultSchedule(item, at: wall))
    }
  }

  var shown: WireValue {
    FaultSchedule.shown(rules, hits: hits, when: \.when) {
      [
        .init(name: "market", value: .text($0.market)),
        .init(name: "kind", value: .text($0.kind.rawValue)),
        .init(name: "ms", value: .integer($0.milliseconds)),
      ]
    }
  }
}
