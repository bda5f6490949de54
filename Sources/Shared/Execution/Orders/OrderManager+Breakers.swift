/// The breakers of single agents and strategies: what is held against whom, told once when it begins and once when it is over.
extension OrderManager {
  mutating func tellBreakers(from before: Standing, to after: Standing, _ effects: inout [GatewayEffect]) {
    let (old, new) = (breakers(before), breakers(after))
    for (subject, refusal) in new.sorted(by: { $0.key < $1.key }) where old[subject]?.code != refusal.code {
      note(.warning, "breaker_tripped", "\(subject): \(refusal); its entries are refused, exits go on", &effects)
    }
    for (subject, refusal) in old.sorted(by: { $0.key < $1.key }) where new[subject] == nil {
      note(.info, "breaker_over", "\(subject): \(refusal.code.rawValue) is over", &effects)
    }
  }

  /// Of each agent and strategy what refuses its entries.
  private func breakers(_ standing: Standing) -> [String: Refusal] {
    let limits = settings.limits
    var found: [String: Refusal] = [:]
    for (name, agent) in standing.agents {
      found["agent \(name)"] =
        limits.streak(agent.lossesInARow) ?? agent.rejects.map { limits.rejects.refusal(name.text, $0) }
    }
    let guards = StrategyGuard(limits: limits, capital: standing.capital)
    for (name, strategy) in standing.strategies { found["strategy \(name)"] = guards.breach(strategy) }
    return found
  }
}
