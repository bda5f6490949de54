import Shared
import Testing

@Suite struct StrategyGuardTests {
  private func limits(
    streak: Int? = nil, dailyLoss: Int64? = nil, drawdown: Int64? = nil
  ) -> RiskLimits {
    var limits = RiskLimits()
    limits.strategyLossStreak = streak
    limits.strategyDailyLossBps = dailyLoss
    limits.strategyDrawdownBps = drawdown
    return limits
  }

  private func breach(_ limits: RiskLimits, _ standing: StrategyStanding) -> String? {
    StrategyGuard(limits: limits, capital: USD(dollars: 1000)).breach(standing)?.description
  }

  @Test("Nothing is held against a strategy unless it is configured")
  func off() {
    let ruined = StrategyStanding(
      name: "m", lossesInARow: 900, realisedToday: USD(dollars: -900), result: USD(dollars: -900), hasFallen: true)
    #expect(!RiskLimits().breaksStrategies)
    #expect(breach(RiskLimits(), ruined) == nil)
  }

  @Test("Losses in a row of all its agents, at the count and not before")
  func streak() {
    let limits = limits(streak: 4)
    #expect(breach(limits, StrategyStanding(name: "m", lossesInARow: 3)) == nil)
    #expect(
      breach(limits, StrategyStanding(name: "m", lossesInARow: 4))
        == "strategy_loss_streak strategy=m losses=4 limit=4")
  }

  @Test("The day's loss in per cent of the floor's capital, to the micro-dollar; a gain is no loss")
  func dailyLoss() throws {
    let limits = limits(dailyLoss: 250)
    func standing(_ text: String) throws -> StrategyStanding {
      StrategyStanding(name: "m", realisedToday: try USD(parsing: text))
    }
    #expect(breach(limits, try standing("-24.999999")) == nil)
    #expect(breach(limits, try standing("25")) == nil)
    #expect(
      breach(limits, try standing("-25")) == "strategy_daily_loss strategy=m loss_usd=25 limit_usd=25")
  }

  @Test(
    "The fall of the result from its peak, open positions included; once fallen it stays so though the result is back")
  func drawdown() throws {
    let limits = limits(drawdown: 100)
    let guards = StrategyGuard(limits: limits, capital: USD(dollars: 1000))
    var standing = StrategyStanding(name: "m", result: try USD(parsing: "-3.999999"), peak: USD(dollars: 6))
    #expect(!guards.falls(standing) && guards.breach(standing) == nil)
    standing.result = USD(dollars: -4)
    #expect(guards.falls(standing))
    #expect(
      guards.breach(standing)?.description
        == "strategy_drawdown strategy=m result_usd=-4 peak_usd=6 limit_usd=10")
    standing.hasFallen = true
    standing.result = USD(dollars: 6)
    #expect(!guards.falls(standing) && guards.breach(standing)?.code == .strategyDrawdown)
    #expect(
      StrategyStanding(name: "m", result: USD(dollars: 1)).peak == USD(dollars: 1), "a peak is never below the result")
  }

  @Test("Of several the strictest is named: the fall, then the day, then the streak")
  func order() {
    let standing = StrategyStanding(
      name: "m", lossesInARow: 9, realisedToday: USD(dollars: -50), result: USD(dollars: -50))
    #expect(breach(limits(streak: 1, dailyLoss: 1, drawdown: 1), standing)?.hasPrefix("strategy_drawdown") == true)
    #expect(breach(limits(streak: 1, dailyLoss: 1), standing)?.hasPrefix("strategy_daily_loss") == true)
    #expect(breach(limits(streak: 1), standing)?.hasPrefix("strategy_loss_streak") == true)
  }
}
