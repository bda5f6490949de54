/// The dollar limits that follow from capital, percentages and the size of the roster. Rounded down: a limit is never exceeded by rounding.
public struct FloorLimits: Hashable, Sendable {
  public let capital: USD
  /// Most that one entry may cost.
  public let perTrade: USD
  /// Most that all agents together may have at work.
  public let system: USD
  /// Each agent's share: min(per-agent limit, system limit ÷ (agents + places kept for clones)).
  public let allocationPerAgent: USD

  /// - Parameter agents: agents that hold or will hold capital, at least one is assumed.
  public init(_ config: ConfigReader, agents: Int) throws(ConfigReadError) {
    capital = try config.usd("floor.capital_usd")
    perTrade = try RiskLimits(config).perTrade(capital)
    system = try config.share(of: capital, "limits.system_pct")
    let places = Int64(max(agents, 1)) + (try config.whole("floor.clone_reserve_count"))
    guard let share = try? system.scaled(by: 1, over: places, rounding: .down) else {
      throw ConfigReadError(path: "limits.system_pct", wanted: "limit that can be divided")
    }
    allocationPerAgent = min(try config.share(of: capital, "limits.per_agent_pct"), share)
  }

  /// What an agent that wants to spend `size` on an entry is born with: the cap wins (C-24). Otherwise the gateway would refuse each of
  /// its orders.
  public func entry(wanting size: USD) -> USD { min(size, perTrade) }
}
