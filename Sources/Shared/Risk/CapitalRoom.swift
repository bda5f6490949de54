/// One of the limits on capital that a buy has to fit into, with what is used of it.
public struct CapitalRoom: Hashable, Sendable {
  public let code: RefusalCode
  public let limit: USD
  public let used: USD
  /// What still fits; negative when more is used than the limit allows now.
  public var left: USD { limit - used }
}

extension RiskLimits {
  /// The limits on the worst case of an agent's next buy: per trade, per agent, its allocation, its strategy, the floor.
  public func rooms(agent: AgentStanding, floor: FloorStanding) -> [CapitalRoom] {
    [
      CapitalRoom(code: .perTrade, limit: perTrade(floor.capital), used: .zero),
      CapitalRoom(code: .perAgent, limit: perAgent(floor.capital), used: agent.deployed),
      CapitalRoom(code: .allocation, limit: agent.allocation, used: agent.deployed),
      CapitalRoom(code: .perStrategy, limit: perStrategy(floor.capital), used: agent.strategyDeployed),
      CapitalRoom(code: .floorExposure, limit: self.floor(floor.capital), used: floor.deployed),
    ]
  }

  /// Of these the one with the least room; of equals the first.
  public func tightest(agent: AgentStanding, floor: FloorStanding) -> CapitalRoom {
    let rooms = rooms(agent: agent, floor: floor)
    return rooms.dropFirst().reduce(rooms[0]) { $1.left < $0.left ? $1 : $0 }
  }
}
