import Shared
import Testing

@Suite("Momentum and mean reversion")
struct DirectionalStrategyTests {
  @Test("A rise of half a per cent in five minutes buys YES for at most twenty dollars, fee included")
  func momentumUp() throws {
    var core = Fixture.core()
    core.warm()
    _ = core.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
    let almost = core.take(.reference(Fixture.reference("90449.99", at: 2, order: 2001)), at: 2)
    #expect(almost.isEmpty)
    let effects = core.take(.reference(Fixture.reference("90450", at: 3, order: 2002)), at: 3)
    let terms = try #require(effects.published.first?.terms)
    #expect(terms.action == .enter && terms.outcome == .yes && terms.side == .buy && terms.type == .fillAndKill)
    #expect(terms.price.micros == 520_000)  // best ask 0.51 and one tick
    // 0.52 n + 0.07 · 0.25 n ≤ 20 (the fee peaks at one half, which is below the limit): n = 37.20
    #expect(terms.size.micros == 37_200_000)
    #expect(terms.usefulUntil == Fixture.time(13))
    #expect(terms.intent.text == "momentum-1.3000000001")
    let decision = try #require(effects.decisions.first)
    #expect(decision.kind == .signal && decision.reason == "momentum_up" && decision.intent == terms.intent)
    #expect(decision.feedOrder == 2002 && decision.now == Fixture.time(3))
    let evidence = try SignalEvidence(decision.detail)
    #expect(evidence.baseValue == 90_000_000_000 && evidence.value == 90_450_000_000)
  }

  @Test("A fall buys NO, in the NO book")
  func momentumDown() throws {
    var core = Fixture.core()
    core.warm()
    _ = core.take(.market(Fixture.market(at: 1, order: 2000, bid: 40, ask: 41)), at: 1)
    let effects = core.take(.reference(Fixture.reference("89550", at: 2, order: 2001)), at: 2)
    let terms = try #require(effects.published.first?.terms)
    #expect(terms.outcome == .no && terms.price.micros == 610_000)  // NO asks at 0.60
    #expect(effects.reasons == ["momentum_down"])
  }

  @Test("Mean reversion bets against the distance from the mean: above buys NO, below buys YES")
  func reversion() throws {
    for (price, outcome, reason) in [("90910", Outcome.no, "reversion_down"), ("89090", .yes, "reversion_up")] {
      var core = Fixture.core("reversion")
      core.warm(from: -700)
      _ = core.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
      // The jump has lasted for no time yet, so the mean is still 90,000: a distance of 1.01 %.
      let effects = core.take(.reference(Fixture.reference(price, at: 2, order: 2001)), at: 2)
      #expect(effects.published.first?.terms.outcome == outcome)
      #expect(effects.reasons == [reason])
      let evidence = try SignalEvidence(try #require(effects.decisions.first).detail)
      #expect(evidence.base == .mean && evidence.baseValue == 90_000_000_000)
    }
  }

  @Test("With input token_mid the threshold is in dollars a share and the history is the YES book's middle")
  func tokenMid() throws {
    var core = Fixture.core("momentum", ["input": "token_mid", "lookback_s": 10, "threshold_token_mid_points": "0.05"])
    for second in 0...10 {
      let effects = core.take(.market(Fixture.market(at: Double(second), order: Int64(second + 1))), at: Double(second))
      #expect(effects.published.isEmpty)
    }
    let quiet = core.take(.market(Fixture.market(at: 11, order: 20, bid: 54, ask: 55)), at: 11)
    #expect(quiet.isEmpty)  // 4 cents
    let effects = core.take(.market(Fixture.market(at: 12, order: 21, bid: 55, ask: 56)), at: 12)
    #expect(effects.published.first?.terms.outcome == .yes)
    #expect(try SignalEvidence(try #require(effects.decisions.first).detail).threshold.micros == 50_000)
  }

  @Test(
    "Every guard refuses with its own reason",
    arguments: [
      ("market_not_live", Fixture.market(at: 1, order: 2000, state: .stale), JSON.object([]), 2.0),
      ("too_late", Fixture.market(at: 270, order: 2000), .object([]), 270.0),
      ("stale_book", Fixture.market(at: 1, order: 2000), .object([]), 62.0),
      ("broken_book", Fixture.market(at: 1, order: 2000, bid: nil), .object([]), 2.0),
      ("broken_book", Fixture.market(at: 1, order: 2000, bid: 52, ask: 51), .object([]), 2.0),
      ("spread_too_wide", Fixture.market(at: 1, order: 2000, bid: 46, ask: 51), .object([]), 2.0),
      ("too_thin", Fixture.market(at: 1, order: 2000, size: 39), .object([]), 2.0),
      ("price_out_of_bounds", Fixture.market(at: 1, order: 2000, bid: 85, ask: 86), .object([]), 2.0),
      ("price_out_of_bounds", Fixture.market(at: 1, order: 2000, bid: 8, ask: 9), .object([]), 2.0),
      ("fees_exceed_target", Fixture.market(at: 1, order: 2000), ["take_profit_points": "0.04"], 2.0),
    ] as [(String, MarketUpdate, JSON, Double)])
  func guards(reason: String, market: MarketUpdate, parameters: JSON, now: Double) {
    var core = Fixture.core("momentum", parameters)
    core.warm()
    _ = core.take(.market(market), at: 1)
    let effects = core.take(.reference(Fixture.reference("91000", at: now, order: 2001)), at: now)
    #expect(effects.published.isEmpty)
    #expect(effects.reasons == [reason])
    #expect(effects.decisions.first?.kind == .refusal)
    #expect(effects.decisions.first?.outcome == .yes)
  }

  @Test(
    "Outside the window nothing is said at all, and a reference price that stopped moving is no ground for an entry")
  func windowAndAge() {
    var core = Fixture.core()
    core.warm()
    #expect(core.take(.reference(Fixture.reference("91000", at: 0.5, order: 1400)), at: 0.5).isEmpty)
    let early = Fixture.market(at: -5, order: 2000)
    #expect(core.take(.market(early), at: 0.6).reasons == ["momentum_up"])
    var other = Fixture.core()
    other.warm(to: -40)
    _ = other.take(.reference(Fixture.reference("91000", at: -20, order: 1400)), at: -20)
    #expect(other.take(.market(Fixture.market(at: -10, order: 2000)), at: -10).isEmpty)
    #expect(other.take(.market(Fixture.market(at: 15, order: 2001)), at: 15).reasons == ["stale_reference"])
    #expect(other.take(.market(Fixture.market(at: 301, order: 2002)), at: 301).isEmpty)
  }

  @Test("A history shorter than the lookback is said once, not each tick")
  func warmingUp() {
    var core = Fixture.core()
    _ = core.take(.market(Fixture.market(at: 1)), at: 1)
    var rows: [Decision] = []
    for second in 2..<100 {
      rows +=
        core.take(
          .reference(Fixture.reference("9\(second)000", at: Double(second), order: Int64(second))), at: Double(second)
        )
        .decisions
    }
    #expect(rows.map(\.reason) == ["warming_up"])
    #expect(core.refusals == 98)
  }

  @Test("A size that buys less than the venue takes is refused")
  func belowMinimum() throws {
    var core = AgentCore(
      identity: .init(name: Fixture.agent, strategy: "momentum", epoch: Epoch(3), series: [Fixture.series]),
      strategy: try StrategyRegistry.make("momentum", parameters: .object([]), size: USD(dollars: 2)))
    core.resume(checkpoint: nil, snapshot: Fixture.snapshot())
    core.warm()
    _ = core.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
    let effects = core.take(.reference(Fixture.reference("91000", at: 2, order: 2001)), at: 2)
    #expect(effects.reasons == ["below_venue_minimum"])  // 3.7 shares; the venue wants five
  }
}

@Suite("Sizing")
struct SizingTests {
  @Test("The worst cost of the size stays inside the budget, and one step more would not", arguments: UInt64(1)...200)
  func fitsExactly(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let budget = USD(micros: Int64.random(in: 500_000...50_000_000, using: &random))
    let limit = Price(micros: Int64.random(in: 1...99, using: &random) * 10_000)!
    let fee = TakerFee(
      rateMicros: Int64.random(in: 0...100_000, using: &random), exponent: Int.random(in: 1...2, using: &random))!
    let size = PositionSizing.shares(budget: budget, limit: limit, fee: fee)
    #expect(size.micros % 10_000 == 0)
    #expect(try #require(PositionSizing.worstCost(size, limit: limit, fee: fee)) <= budget)
    let more = Shares(micros: size.micros + 10_000)
    #expect(try #require(PositionSizing.worstCost(more, limit: limit, fee: fee)) > budget)
    // No execution at or below the limit can cost more than the worst cost.
    for cents in stride(from: 1, through: limit.micros / 10_000, by: 7) {
      let price = Price(micros: cents * 10_000)!
      let cost = try USD(price, times: size, rounding: .up) + fee.fee(price: price, shares: size)
      #expect(cost <= budget)
    }
  }

  @Test("Five shares and one dollar are the venue's least")
  func minimums() {
    let five = Shares(whole: 5)
    #expect(PositionSizing.meetsMinimums(five, at: Price(micros: 200_000)!, minimum: five))
    #expect(!PositionSizing.meetsMinimums(five, at: Price(micros: 199_999)!, minimum: five))
    #expect(!PositionSizing.meetsMinimums(Shares(micros: 4_999_999), at: Price(micros: 500_000)!, minimum: five))
  }
}
