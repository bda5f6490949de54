import Shared
import Testing

@Suite("Exits by how far the price travels")
struct VolatilityExitTests {
  private static func rules(_ parameters: JSON) throws -> TradeRules {
    let kind = try #require(StrategyRegistry.kind("momentum"))
    return try TradeRules(try StrategyParameters(kind, parameters, size: USD(dollars: 20)))
  }

  @Test("Fixed, by range, or the nearer of both; without a range the fixed ones hold; 0 is off")
  func policies() throws {
    let fixed: JSON = ["take_profit_points": "0.08", "stop_loss_points": "0.10"]
    for (more, range, profit, loss) in [
      (["exit_policy": "fixed"], 10_000, 80_000, 100_000), (["exit_policy": "atr"], 10_000, 30_000, 20_000),
      (["exit_policy": "atr"], nil, 80_000, 100_000), (["exit_policy": "tighter"], 10_000, 30_000, 20_000),
      (["exit_policy": "tighter"], 60_000, 80_000, 100_000), (["exit_policy": "tighter"], 40_000, 80_000, 80_000),
      (["exit_policy": "atr", "take_profit_points": "0", "atr_profit_ratio": "0"], 10_000, nil, 20_000),
      (["exit_policy": "tighter", "stop_loss_points": "0"], 10_000, 30_000, 20_000),
    ] as [(JSON, Double?, Int64?, Int64?)] {
      var parameters = fixed
      for member in more.members ?? [] { parameters = parameters.with(member.key, member.value) }
      let rules = try Self.rules(parameters)
      #expect(
        rules.exits.levels(range: range, rules) == ExitLevels(takeProfit: profit, stopLoss: loss),
        "\(more) \(range ?? -1)")
    }
  }

  @Test("The trailing stop begins in profit, follows the highest bid, and never falls")
  func trailing() throws {
    let rules = try Self.rules(["exit_policy": "atr", "atr_trail_ratio": "1.5"])
    let paid = try #require(Price(micros: 500_000))
    #expect(rules.exits.trailingStop(peak: paid, paid: paid, range: 10_000) == nil)
    #expect(rules.exits.trailingStop(peak: try #require(Price(micros: 540_000)), paid: paid, range: 10_000) == 525_000)
    #expect(rules.exits.trailingStop(peak: try #require(Price(micros: 540_000)), paid: paid, range: nil) == nil)
  }

  /// Holds 30 YES, bought at 0.50 at second 10, in a market that has swung by two cents a bar of 5 s all the time.
  private static func holding(_ parameters: JSON) -> AgentCore {
    var core = Fixture.core("momentum", parameters)
    core.warm(from: -700)
    for second in -100..<10 {
      let up = (second + 1000) % 5 == 2
      _ = core.take(
        .market(Fixture.market(at: Double(second), order: Int64(second + 3000), bid: up ? 51 : 49, ask: up ? 52 : 50)),
        at: Double(second))
    }
    let entry = core.take(.reference(Fixture.reference("90500", at: 10, order: 4001)), at: 10).published[0].terms
    _ = core.take(.order(Fixture.event(.live, cursor: 1, entry)), at: 10)
    _ = core.take(
      .order(
        Fixture.event(.fill, cursor: 2, entry, size: 30_000_000, price: Price(micros: 500_000)!, position: 30_000_000)),
      at: 10)
    _ = core.take(.order(Fixture.event(.done, cursor: 3, entry, position: 30_000_000, final: true)), at: 10)
    return core
  }

  private static let wide: JSON = [
    "exit_policy": "atr", "atr_bar_s": 5, "atr_period_count": 14, "atr_stop_ratio": "2", "atr_profit_ratio": "4",
    "atr_trail_ratio": "1", "fee_cover_ratio": "0",
  ]

  @Test("Two ranges against it, four for it, or one behind the best: each ends the position with its own reason")
  func reasons() throws {
    for (bids, reason) in [
      ([48, 47, 46], "stop_loss"), ([57, 58], "take_profit"), ([55, 54, 53], "trailing_stop"),
    ] as [([Int64], String)] {
      var core = Self.holding(Self.wide)
      for (index, bid) in bids.enumerated() {
        let effects = core.take(
          .market(Fixture.market(at: 11 + Double(index), order: 4010 + Int64(index), bid: bid, ask: bid + 1)),
          at: 11 + Double(index))
        #expect(
          effects.reasons.filter { $0 == reason }.count == (index == bids.count - 1 ? 1 : 0), "\(reason) at \(bid)")
      }
    }
  }

  @Test(
    "What the database says of a position, its opening to another clock's second, takes neither range nor peak away")
  func resync() throws {
    var core = Self.holding(Self.wide)
    _ = core.take(.market(Fixture.market(at: 11, order: 4010, bid: 55, ask: 56)), at: 11)
    let position = Position(
      market: Fixture.slug, outcome: .yes, shares: Shares(whole: 30), cost: USD(dollars: 15), openedAt: Fixture.time(9))
    core.reconcile(Fixture.snapshot(cursor: 3, positions: [position]), missed: [])
    #expect(core.take(.market(Fixture.market(at: 12, order: 4011, bid: 54, ask: 55)), at: 12).reasons.isEmpty)
    #expect(
      core.take(.market(Fixture.market(at: 13, order: 4012, bid: 53, ask: 54)), at: 13).reasons == ["trailing_stop"])
  }

  @Test("After a restart the range of the opening and the highest bid are still known")
  func restart() throws {
    var core = Self.holding(Self.wide)
    _ = core.take(.market(Fixture.market(at: 11, order: 4010, bid: 55, ask: 56)), at: 11)
    var strategy = Fixture.strategy("momentum", Self.wide)
    let written = core.checkpoint().strategyState
    let isRestored = strategy.restore(written)
    #expect(isRestored && strategy.checkpoint == written)
    let held = try #require(written["held"]?.array?.first)
    #expect(held["peak_points"]?.string == "0.55" && held["range"]?.int != nil)
    // What was written before there were such exits is good, too.
    let old = JSON.object((written.members ?? []).filter { !["ranges", "held"].contains($0.key) })
    let isOldGood = strategy.restore(old)
    #expect(isOldGood && strategy.checkpoint["held"]?.array?.isEmpty == true)
  }
}
