/// Who gets how much capital. Looks at the present allocations and says what to move; asked again until there is nothing to move. The database
/// has the last word on every sum.
public enum Allocator {
  public struct Move: Hashable, Sendable {
    public let agent: String
    /// Positive: from the treasury to the agent. Negative: unused capital back.
    public let amount: USD
  }

  /// - Parameters:
  ///   - limits: made for the number of active agents.
  ///   - cloneShare: part of a full allocation that a clone gets beside its parent, in per cent.
  /// - Returns: takings before givings, so that what is taken can be given in the same round.
  public static func moves(_ roster: Roster, limits: FloorLimits, cloneShare: Int64 = 50) -> [Move] {
    var taken: [Move] = []
    var given: [Move] = []
    var allocated = roster.agents.reduce(USD.zero) { $0 + $1.allocated }
    var treasury = roster.treasury
    for agent in roster.active {
      let target = share(of: agent, limits, cloneShare)
      let unused = agent.allocated - agent.reserved - agent.invested
      let excess = min(agent.allocated - target, unused)
      guard excess > .zero else { continue }
      taken.append(Move(agent: agent.name, amount: -excess))
      allocated -= excess
      treasury += excess
    }
    for agent in roster.active where agent.status != .quarantined {
      let missing = share(of: agent, limits, cloneShare) - agent.allocated
      // What draining agents still hold counts until it is back.
      let amount = min(missing, min(limits.system - allocated, treasury))
      guard amount > .zero else { continue }
      given.append(Move(agent: agent.name, amount: amount))
      allocated += amount
      treasury -= amount
    }
    return taken + given
  }

  private static func share(of agent: Roster.Agent, _ limits: FloorLimits, _ cloneShare: Int64) -> USD {
    guard agent.generation > 0 else { return limits.allocationPerAgent }
    let part = try? limits.allocationPerAgent.scaled(by: cloneShare, over: 100, rounding: .down)
    return part ?? .zero
  }
}
