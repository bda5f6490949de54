import Shared
import Testing

@Suite("Exits: by price, by time, by target; repeated until flat; the rest waits for the settlement")
struct ExitTests {
  /// An agent that holds 30 YES, bought at 0.50 at second 10.
  static func holding(_ name: String = "momentum", _ parameters: JSON = .object([])) -> AgentCore {
    var core = Fixture.core(name, parameters)
    core.warm(from: -700)
    _ = core.take(.market(Fixture.market(at: 9, order: 2000, bid: 49, ask: 50)), at: 9)
    let jump = name == "momentum" ? "90500" : "89000"
    let entry = core.take(.reference(Fixture.reference(jump, at: 10, order: 2001)), at: 10).published[0].terms
    _ = core.take(.order(Fixture.event(.live, cursor: 1, entry)), at: 10)
    _ = core.take(
      .order(
        Fixture.event(.fill, cursor: 2, entry, size: 30_000_000, price: Price(micros: 500_000)!, position: 30_000_000)),
      at: 10)
    _ = core.take(.order(Fixture.event(.done, cursor: 3, entry, position: 30_000_000, final: true)), at: 10)
    return core
  }

  @Test("Take profit and stop loss look at the bid, not at the ask")
  func price() throws {
    for (bid, reason) in [(58, "take_profit"), (40, "stop_loss")] as [(Int64, String)] {
      var core = ExitTests.holding()
      let inside = Int64(bid == 58 ? 57 : 41)
      #expect(core.take(.market(Fixture.market(at: 11, order: 2010, bid: inside, ask: 99)), at: 11).published.isEmpty)
      let effects = core.take(.market(Fixture.market(at: 12, order: 2011, bid: bid, ask: 99)), at: 12)
      let terms = try #require(effects.published.first?.terms)
      #expect(terms.action == .exit && terms.side == .sell && terms.outcome == .yes && terms.type == .fillAndKill)
      #expect(terms.size == Shares(whole: 30))
      #expect(terms.price.micros == bid * 10_000 - 20_000)  // two ticks below the bid
      #expect(effects.reasons.contains(reason))
    }
  }

  @Test("The longest holding and the end of the window are times, with or without a message")
  func time() {
    var core = ExitTests.holding("momentum", ["take_profit_points": "0.30"])
    #expect(core.take(.beat, at: 189.9).published.isEmpty)
    #expect(core.take(.beat, at: 190).reasons == ["max_holding"])
    var hasty = ExitTests.holding(
      "momentum", ["holding_max_s": 0, "exit_before_end_s": 20, "take_profit_points": "0.30"])
    #expect(hasty.take(.beat, at: 279).published.isEmpty)
    #expect(hasty.take(.beat, at: 280).reasons == ["before_end"])
  }

  @Test("Mean reversion leaves when the price is back at its mean")
  func target() {
    var core = ExitTests.holding("reversion")
    #expect(core.take(.reference(Fixture.reference("89800", at: 11, order: 2010)), at: 11).published.isEmpty)
    let effects = core.take(.reference(Fixture.reference("90010", at: 12, order: 2011)), at: 12)
    #expect(effects.reasons == ["target_reached"])
  }

  @Test("An exit that sold a part is tried again for the rest, one at a time, slower while nothing sells")
  func repeated() throws {
    var core = ExitTests.holding()
    let first = core.take(.market(Fixture.market(at: 12, order: 2011, bid: 40, ask: 42)), at: 12).published[0].terms
    #expect(core.take(.market(Fixture.market(at: 13, order: 2012, bid: 39, ask: 42)), at: 13).published.isEmpty)
    _ = core.take(
      .order(Fixture.event(.fill, cursor: 4, first, size: 20_000_000, position: 10_000_000)), at: 13)
    _ = core.take(.order(Fixture.event(.done, cursor: 5, first, position: 10_000_000, final: true)), at: 13)
    // The stop is no longer reached, but what was decided is finished.
    let second = core.take(.market(Fixture.market(at: 14, order: 2013, bid: 45, ask: 47)), at: 14).published[0].terms
    #expect(second.size == Shares(whole: 10) && second.intent != first.intent)
    var cursor: Int64 = 5
    var now = 14.0
    var terms = second
    for pause in [0.5, 1.0, 2.0] {
      cursor += 1
      _ = core.take(.order(Fixture.event(.done, cursor: cursor, terms, position: 10_000_000, final: true)), at: now)
      #expect(core.take(.beat, at: now + pause - 0.01).published.isEmpty)
      let again = core.take(.beat, at: now + pause)
      terms = try #require(again.published.first).terms
      now += pause
    }
    cursor += 1
    _ = core.take(.order(Fixture.event(.fill, cursor: cursor, terms, size: 10_000_000, position: 0)), at: now)
    _ = core.take(.order(Fixture.event(.done, cursor: cursor + 1, terms, final: true)), at: now)
    #expect(core.context.positions.all.isEmpty && core.context.flights.all.isEmpty)
    // Flat: within the cool-down no new entry, although the signal stands.
    let quiet = core.take(.reference(Fixture.reference("91500", at: now + 20, order: 2500)), at: now + 20)
    #expect(quiet.reasons == ["cooldown"])
  }

  @Test("Dust and an empty book wait; after the window's end only the settlement counts")
  func dustAndSettlement() {
    var core = ExitTests.holding()
    let noBid = core.take(.market(Fixture.market(at: 192, order: 2011, bid: nil, ask: 42)), at: 192)
    #expect(noBid.reasons.first == "no_bids" && noBid.published.isEmpty)
    let dust = core.take(.market(Fixture.market(at: 193, order: 2012, bid: 4, ask: 6)), at: 193)
    #expect(dust.reasons.first == "dust" && dust.published.isEmpty)  // 30 shares at 0.02 are 60 cents
    let over = core.take(.market(Fixture.market(at: 301, order: 2013, bid: 60, ask: 61, state: .closed)), at: 301)
    #expect(over.published.isEmpty)
    _ = core.take(.order(Fixture.settled(cursor: 4, outcome: .yes, size: 30_000_000, payout: .one)), at: 360)
    #expect(core.context.positions.all.isEmpty)
  }
}
