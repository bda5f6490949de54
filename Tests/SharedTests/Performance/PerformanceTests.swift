import Shared
import Testing

@Suite("Performance")
struct PerformanceTests {
  /// Trades of ten shares at 50 cents without fees, with these results in cents.
  static func trades(_ cents: [Int64], fee: Int64 = 0) -> [CompletedTrade] {
    cents.enumerated().map { index, result in
      CompletedTrade(
        id: Int64(index + 1), executedAt: WallTime(seconds: Int64(index)), shares: Shares(whole: 10),
        cost: USD(dollars: 5),
        fees: USD(micros: fee), pnl: USD(micros: result * 10_000))
    }
  }

  @Test("the summary of a few trades is what a person computes by hand")
  func byHand() throws {
    let summary = PerformanceSummary(Self.trades([100, -200, 50, -50, 300]))
    #expect(summary.trades == 5)
    #expect(summary.wins == 3)
    #expect(summary.pnl == USD(dollars: 2))
    #expect(summary.atRisk == USD(dollars: 25))
    #expect(summary.maxDrawdown == USD(dollars: 2))
    #expect(summary.winRate == 0.6)
    #expect(summary.impliedWinRate == 0.5)
    #expect(summary.returnOnRisk == 0.08)
    // Returns 0.2, −0.4, 0.1, −0.1, 0.6: mean 0.08, sum of squares about it 0.548.
    let deviation = try #require(summary.deviation)
    #expect(abs(deviation - (0.548 / 4).squareRoot()) < 1e-12)
    #expect(abs(try #require(summary.sharpe) - 0.08 / deviation) < 1e-12)
    #expect(abs(try #require(summary.score) - 0.08 / deviation * 5.0.squareRoot()) < 1e-12)
  }

  @Test("fees raise the win rate that the prices imply and the money at risk")
  func fees() {
    let summary = PerformanceSummary(Self.trades([0, 0], fee: 100_000))
    #expect(abs(summary.impliedWinRate! - 0.51) < 1e-12)
    #expect(summary.fees == USD(micros: 200_000))
    #expect(summary.atRisk == USD(micros: 10_200_000))
  }

  @Test("no trades have no rates, and one trade no deviation")
  func few() {
    let none = PerformanceSummary([])
    #expect(
      none.winRate == nil && none.impliedWinRate == nil && none.returnOnRisk == nil && none.sharpe == nil
        && none.score == nil)
    let one = PerformanceSummary(Self.trades([5]))
    #expect(one.deviation == nil && one.score == nil && one.sharpe == nil)
  }

  @Test("drawdown counts from the start too: an agent that only loses has fallen by all of it")
  func fallingFromTheStart() {
    #expect(PerformanceSummary(Self.trades([-100, -50])).maxDrawdown == USD(micros: 1_500_000))
  }

  @Test("below the minimum sample there is no advice, however bad")
  func sample() {
    let rule = AdviceRule(sampleMin: 30)
    let losing = Self.trades([Int64](repeating: -100, count: 29))
    #expect(rule.advice(on: PerformanceSummary(losing), tradesAtLastAdvice: nil) == nil)
    #expect(
      rule.advice(on: PerformanceSummary(losing + Self.trades([-100])), tradesAtLastAdvice: nil)?.action == .retire)
  }

  @Test("a clear loser retires, a clear winner is cloned, chance is left alone, and the evidence says why")
  func clear() throws {
    let rule = AdviceRule()
    let loser = PerformanceSummary(Self.trades((0..<60).map { $0 % 4 == 0 ? 100 : -100 }))
    let advice = try #require(rule.advice(on: loser, tradesAtLastAdvice: nil))
    #expect(advice.action == .retire)
    #expect(advice.evidence["trades"]?.int == 60)
    #expect(advice.evidence["pnl_usd"] == "-30")
    #expect(try #require(advice.evidence["score"]?.double) < -2)
    #expect(advice.evidence["rule"]?["trades_min_count"]?.int == 30)
    let winner = PerformanceSummary(Self.trades((0..<60).map { $0 % 4 == 0 ? -100 : 100 }))
    #expect(rule.advice(on: winner, tradesAtLastAdvice: nil)?.action == .clone)
    let chance = PerformanceSummary(Self.trades((0..<60).map { $0 % 2 == 0 ? -100 : 101 }))
    #expect(rule.advice(on: chance, tradesAtLastAdvice: nil) == nil)
    // Certain but small: two per cent lost on every trade.
    let small = PerformanceSummary(Self.trades((0..<60).map { -10 - $0 % 2 }))
    #expect(rule.advice(on: small, tradesAtLastAdvice: nil) == nil)
  }

  @Test("after advice an agent is judged again only on further trades")
  func again() {
    let rule = AdviceRule(sampleMin: 10)
    func judge(_ count: Int, last: Int?) -> Advice? {
      rule.advice(on: PerformanceSummary(Self.trades([Int64](repeating: -100, count: count))), tradesAtLastAdvice: last)
    }
    #expect(judge(10, last: nil) != nil)
    #expect(judge(14, last: 10) == nil)
    #expect(judge(15, last: 10) != nil)
  }

  @Test("an agent with more trades than are read is judged again like any other")
  func manyTrades() throws {
    let rule = AdviceRule()
    let read = PerformanceSummary(Self.trades([Int64](repeating: -100, count: 5000)))
    let first = try #require(rule.advice(on: read, tradesInRecord: 5000, tradesAtLastAdvice: nil))
    #expect(first.evidence["trades"]?.int == 5000 && first.evidence["trades_in_record"]?.int == 5000)
    #expect(rule.advice(on: read, tradesInRecord: 5014, tradesAtLastAdvice: 5000) == nil)
    let again = try #require(rule.advice(on: read, tradesInRecord: 5015, tradesAtLastAdvice: 5000))
    #expect(again.evidence["trades"]?.int == 5000 && again.evidence["trades_in_record"]?.int == 5015)
  }

  @Test("of agents without an edge few are told to go or to multiply, even at many looks")
  func falseAlarms() {
    var random = SeededGenerator(seed: 7)
    let rule = AdviceRule()
    var advised = 0
    for _ in 0..<200 {
      let summary = PerformanceSummary(Self.trades((0..<40).map { _ in Bool.random(using: &random) ? 100 : -100 }))
      if rule.advice(on: summary, tradesAtLastAdvice: nil) != nil { advised += 1 }
    }
    // About one in twenty below and one in forty above.
    #expect(advised < 28)
  }
}
