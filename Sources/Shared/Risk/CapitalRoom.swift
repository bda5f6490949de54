/// One of the limits on capital that a buy has to fit into, with what is used of it.
public struct CapitalRoom: Hashable, Sendable {
  public let code: RefusalCode
  public let scope: LimitRule.Scope
  /// Which agent, category, market, …; empty for an order and the floor.
  public let name: String
  public let limit: USD
  public let used: USD
  /// What still fits; negative when more is used than the limit allows now.
  public var left: USD { limit - used }
}

extension CapitalRoom {
  init(_ rule: LimitRule, _ use: ScopeUse, agent: AgentStanding, floor: FloorStanding) {
    let base = floor.base(rule.base, allocation: rule.scope == .strategy ? agent.strategyAllocation : agent.allocation)
    self.init(code: rule.scope.code, scope: rule.scope, name: use.name, limit: rule.limit(of: base), used: use.used)
  }
}

extension FloorStanding {
  /// What per cent of a rule are of; a floor that is worth nothing allows nothing.
  public func base(_ base: LimitRule.Base, allocation: USD) -> USD {
    switch base {
    case .capital: capital
    case .equity: max(.zero, equity)
    case .dayEquity: max(.zero, dayEquity)
    case .allocation: max(.zero, allocation)
    }
  }
}

extension RiskLimits {
  /// The limits on the worst case of an agent's next buy: per trade, per agent, its allocation, its strategy, the floor, the market, and the
  /// rules of the configuration.
  /// - Parameter uses: market, category and event group of the buy; without them rules for these say nothing.
  public func rooms(agent: AgentStanding, floor: FloorStanding, uses: [ScopeUse] = []) -> [CapitalRoom] {
    let own = ScopeUse(.agent, agent.name, used: agent.deployed)
    let all =
      [
        ScopeUse(.order, used: .zero), own, ScopeUse(.strategy, agent.strategy, used: agent.strategyDeployed),
        ScopeUse(.floor, used: floor.deployed),
      ] + uses
    var rooms = capitalRules.flatMap { rule in
      all.filter(rule.covers).map { CapitalRoom(rule, $0, agent: agent, floor: floor) }
    }
    let allocation = CapitalRoom(
      code: .allocation, scope: .agent, name: agent.name, limit: agent.allocation, used: agent.deployed)
    // After the rules that come before it in the order of their keys: of equals the first is named.
    rooms.insert(allocation, at: 2)
    return rooms
  }

  /// Of these the one with the least room; of equals the first.
  public func tightest(agent: AgentStanding, floor: FloorStanding, uses: [ScopeUse] = []) -> CapitalRoom {
    let rooms = rooms(agent: agent, floor: floor, uses: uses)
    return rooms.dropFirst().reduce(rooms[0]) { $1.left < $0.left ? $1 : $0 }
  }
}
