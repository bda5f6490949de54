/// How all agents of one strategy stand together, those that are gone included.
public struct StrategyStanding: Hashable, Sendable {
  public var name: String
  /// Trades in a row that lost, whoever's they were; none once their pause is over.
  public var lossesInARow: Int
  /// Net profit of trades closed since 00:00 UTC, or since a person's reset; negative is a loss.
  public var realisedToday: USD
  /// What was realised today, and what is held at its worth now less its cost.
  public var result: USD
  /// The highest `result` since 00:00 UTC, or since a person's reset.
  public var peak: USD
  /// It had fallen from the peak by the limit before: that stays until the day is over or a person resets it.
  public var hasFallen: Bool

  public init(
    name: String, lossesInARow: Int = 0, realisedToday: USD = .zero, result: USD = .zero, peak: USD = .zero,
    hasFallen: Bool = false
  ) {
    self.name = name
    self.lossesInARow = lossesInARow
    self.realisedToday = realisedToday
    self.result = result
    self.peak = max(peak, result)
    self.hasFallen = hasFallen
  }
}

/// The loss breakers of a strategy: each keeps all of its agents from entering, and changes nothing for the others.
public struct StrategyGuard: Sendable {
  public let limits: RiskLimits
  public let capital: USD

  public init(limits: RiskLimits, capital: USD) {
    self.limits = limits
    self.capital = capital
  }

  /// Whether the fall from the peak has reached the limit now.
  public func falls(_ strategy: StrategyStanding) -> Bool {
    guard let limit = limits.strategyDrawdownRule?.limit(of: capital) else { return false }
    return strategy.peak - strategy.result >= max(limit, USD(micros: 1))
  }

  /// The strictest breach, or `nil`.
  public func breach(_ strategy: StrategyStanding) -> Refusal? {
    if let rule = limits.strategyDrawdownRule, strategy.hasFallen || falls(strategy) {
      return Refusal(
        .strategyDrawdown, .init("strategy", strategy.name), .init("result_usd", strategy.result),
        .init("peak_usd", strategy.peak), .init("limit_usd", rule.limit(of: capital)))
    }
    let loss = -strategy.realisedToday
    if let limit = limits.strategyDailyLossRule?.limit(of: capital), loss > .zero, loss >= limit {
      return Refusal(
        .strategyDailyLoss, .init("strategy", strategy.name), .init("loss_usd", loss), .init("limit_usd", limit))
    }
    if let most = limits.strategyLossStreak, strategy.lossesInARow >= most {
      return Refusal(
        .strategyLossStreak, .init("strategy", strategy.name), .init("losses", strategy.lossesInARow),
        .init("limit", most))
    }
    return nil
  }
}
