import Shared

/// How matched trades fare on their way to the chain because somebody asked for it; the others are MINED and CONFIRMED.
struct SettlementFaults: Hashable, Sendable {
  enum Kind: String, Hashable, Sendable, CaseIterable {
    /// RETRYING once, then as usual.
    case retry
    /// RETRYING, then FAILED: what it moved goes back.
    case fail
    /// Nothing more is ever heard of it.
    case stick
  }

  struct Rule: Hashable, Sendable {
    var kind: Kind
    var when: FaultSchedule
  }

  private(set) var rules: [Rule] = []
  private(set) var hits: Int64 = 0

  /// What becomes of the next trade; `nil` is the usual way.
  mutating func strike(at wall: WallTime, _ chance: Double) -> Kind? {
    for index in rules.indices where rules[index].when.strikes(at: wall, chance) {
      let kind = rules[index].kind
      if rules[index].when.isWornOut { rules.remove(at: index) }
      hits += 1
      return kind
    }
    return nil
  }

  mutating func set(_ value: WireValue, at wall: WallTime) throws(FaultProblem) {
    rules = try FaultProblem.each(value) { (item) throws(FaultProblem) in
      Rule(kind: try FaultProblem.word(item, "kind"), when: try FaultSchedule(item, at: wall))
    }
  }

  var shown: WireValue {
    FaultSchedule.shown(rules, hits: hits, when: \.when) {
      [
        .init(name: "kind", value: .text($0.kind.rawValue))
      ]
    }
  }
}
