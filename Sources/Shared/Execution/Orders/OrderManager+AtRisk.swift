/// What is at risk, and where: positions at cost, what was bought since the record was read, and open buys at their worst.
extension OrderManager {
  struct AtRisk: Hashable {
    var agent = USD.zero
    var strategy = USD.zero
    var floor = USD.zero
    var market = USD.zero
    var category = USD.zero
    var event = USD.zero
  }

  /// Dollars that an agent has at risk.
  public func deployed(_ agent: AgentName) -> USD { atRisk(agent, strategy: nil, market: nil).agent }

  /// What all agents of a strategy were given, where strategies are limited.
  func allocation(of strategy: String) -> USD {
    guard settings.limits.limitsStrategies else { return .zero }
    return standing.agents.values.reduce(.zero) { $1.strategy == strategy ? $0 + $1.allocation : $0 }
  }

  /// By everything that a buy of that agent in that market is limited by.
  /// - Parameters:
  ///   - strategy: the agent's; `nil` where nothing limits strategies.
  ///   - market: `nil` where it is not known.
  func atRisk(_ agent: AgentName, strategy: String?, market: MarketTerms?) -> AtRisk {
    var sum = AtRisk()
    func isOfStrategy(_ name: AgentName) -> Bool { strategy.map { $0 == standing.agents[name]?.strategy } ?? false }
    for (name, other) in standing.agents {
      sum.floor += other.invested
      if name == agent { sum.agent += other.invested }
      if isOfStrategy(name) { sum.strategy += other.invested }
    }
    func add(_ slug: MarketSlug, _ groups: MarketGroups, _ cost: USD) {
      guard let market else { return }
      if slug == market.slug { sum.market += cost }
      if groups.category == market.groups.category { sum.category += cost }
      if groups.event == market.groups.event { sum.event += cost }
    }
    func add(_ name: AgentName, _ slug: MarketSlug, _ groups: MarketGroups, _ cost: USD) {
      sum.floor += cost
      if name == agent { sum.agent += cost }
      if isOfStrategy(name) { sum.strategy += cost }
      add(slug, groups, cost)
    }
    for stake in standing.stakes { add(stake.market, stake.groups, stake.cost) }
    for intent in open {
      let worst = orders.remainingWorst(of: intent)
      if worst > .zero, let order = orders[intent] {
        add(order.terms.agent, order.terms.market, order.market.groups, worst)
      }
    }
    for fill in unread.values { add(fill.agent, fill.holding.market, fill.groups, fill.cost) }
    return sum
  }
}
