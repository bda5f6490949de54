import Shared
import Testing

@Suite("The agent's core: intents, events, recovery")
struct AgentCoreTests {
  /// An agent whose entry is on its way.
  static func entering(epoch: Int64 = 3) -> (core: AgentCore, terms: IntentMessage.Terms) {
    var core = Fixture.core(epoch: epoch)
    core.warm()
    _ = core.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
    let effects = core.take(.reference(Fixture.reference("90500", at: 2, order: 2001)), at: 2)
    return (core, effects.published[0].terms)
  }

  @Test("An unanswered intent is repeated unchanged, an answered one is not")
  func repeats() {
    var (core, terms) = AgentCoreTests.entering()
    var sent: [Flight] = []
    for beat in 0..<9 { sent += core.take(.beat, at: 2 + Double(beat) * 0.1).published }
    #expect(sent.count == 3 && sent.allSatisfy { $0.terms == terms })
    _ = core.take(.order(Fixture.event(.live, cursor: 1, terms)), at: 3)
    for beat in 0..<9 { #expect(core.take(.beat, at: 3 + Double(beat) * 0.1).published.isEmpty) }
  }

  @Test("While an intent is under way its market gets no second one")
  func oneAtATime() {
    var (core, _) = AgentCoreTests.entering()
    let effects = core.take(.reference(Fixture.reference("90600", at: 3, order: 2002)), at: 3)
    #expect(effects.published.isEmpty && effects.reasons == ["intent_pending"])
  }

  @Test("An entry that nobody answered is given up only after the database was asked and did not know it")
  func lapses() {
    var (core, terms) = AgentCoreTests.entering()
    var effects: [AgentEffect] = []
    for beat in 0..<100 { effects += core.take(.beat, at: 12.1 + Double(beat) * 0.1) }
    #expect(effects.contains(.sync))
    #expect(effects.published.isEmpty && effects.decisions.isEmpty)
    #expect(core.context.flights.all.count == 1)
    _ = core.take(.synced(open: []), at: 23)
    let end = core.take(.beat, at: 23.1)
    #expect(end.reasons == ["unanswered"] && end.decisions.first?.intent == terms.intent)
    #expect(core.context.flights.all.isEmpty)
    // The answer came after all: it is booked.
    _ = core.take(.order(Fixture.event(.fill, cursor: 1, terms, size: 5_000_000, position: 5_000_000)), at: 24)
    #expect(core.context.positions[Fixture.slug, .yes]?.shares == Shares(whole: 5))
  }

  @Test(
    "An entry whose order the record holds is never given up, however long the venue says nothing; its end frees the market"
  )
  func onItsWay() {
    var (core, terms) = AgentCoreTests.entering()
    #expect(!core.waitsForRecord)
    for beat in 0..<20 { _ = core.take(.beat, at: 12.1 + Double(beat) * 0.1) }
    #expect(!core.waitsForRecord)
    // What is on its way into the record stands there a moment later: an early answer frees nothing.
    _ = core.take(.synced(open: []), at: 14)
    for beat in 0..<20 { #expect(core.take(.beat, at: 14.1 + Double(beat) * 0.1).decisions.isEmpty) }
    #expect(core.waitsForRecord && core.context.flights.all.count == 1)
    _ = core.take(.synced(open: [terms.intent]), at: 16.2)
    #expect(!core.waitsForRecord)
    var effects: [AgentEffect] = []
    for beat in 0..<300 { effects += core.take(.beat, at: 16.3 + Double(beat) * 0.1) }
    #expect(effects.published.isEmpty && effects.decisions.isEmpty)
    #expect(core.context.flights.all.count == 1)
    _ = core.take(.order(Fixture.event(.done, cursor: 1, terms, final: true)), at: 50)
    #expect(core.context.flights.all.isEmpty)
  }

  @Test("Order events count once, in the order of their cursors, whatever the road")
  func cursors() {
    var (core, terms) = AgentCoreTests.entering()
    let live = Fixture.event(.live, cursor: 1, terms)
    let fill = Fixture.event(
      .fill, cursor: 2, terms, size: 10_000_000, price: Price(micros: 510_000)!, position: 10_000_000)
    let more = Fixture.event(
      .fill, cursor: 3, terms, size: 5_000_000, price: Price(micros: 520_000)!, position: 15_000_000)
    let early = core.take(.order(more), at: 3)
    #expect(early == [.sync])
    #expect(core.take(.order(more), at: 3) == [.sync])
    _ = core.take(.order(live), at: 3)
    #expect(core.cursor == 1)
    _ = core.take(.order(fill), at: 3)
    #expect(core.cursor == 3)
    _ = core.take(.order(fill), at: 3)
    let position = core.context.positions[Fixture.slug, .yes]
    #expect(position?.shares == Shares(whole: 15))
    #expect(position?.averagePrice.micros == 513_333)
    #expect(core.context.positions.corrections == 0)
  }

  @Test("A fill that is taken back leaves no position, and the event's own sum is believed")
  func voided() {
    var (core, terms) = AgentCoreTests.entering()
    _ = core.take(.order(Fixture.event(.live, cursor: 1, terms)), at: 3)
    _ = core.take(.order(Fixture.event(.fill, cursor: 2, terms, size: 10_000_000, position: 10_000_000)), at: 3)
    _ = core.take(.order(Fixture.event(.voided, cursor: 3, terms, size: 10_000_000, position: 0)), at: 3)
    #expect(core.context.positions.all.isEmpty)
    _ = core.take(.order(Fixture.event(.fill, cursor: 4, terms, size: 1_000_000, position: 7_000_000)), at: 3)
    #expect(core.context.positions[Fixture.slug, .yes]?.shares == Shares(whole: 7))
    #expect(core.context.positions.corrections == 1)
  }

  @Test("A denied entry cools the market down")
  func denied() {
    var (core, terms) = AgentCoreTests.entering()
    _ = core.take(.order(Fixture.event(.denied, cursor: 1, terms, final: true, reason: "mode")), at: 3)
    #expect(core.take(.reference(Fixture.reference("90700", at: 4, order: 2002)), at: 4).reasons == ["cooldown"])
    let later = core.take(.reference(Fixture.reference("90700", at: 63, order: 2003)), at: 63)
    #expect(later.reasons == ["stale_book"])
  }

  @Test("Draining, blind and unreconciled agents make no entries, and exits go on")
  func closedForEntries() {
    for (event, reason) in [(AgentEvent.drain, "draining"), (.blind, "blind"), (.mode(.reduceOnly), "mode")] {
      var core = Fixture.core()
      core.warm()
      _ = core.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
      _ = core.take(event, at: 1)
      #expect(core.take(.reference(Fixture.reference("90500", at: 2, order: 2001)), at: 2).reasons == [reason])
    }
    var newborn = Fixture.core(reconciled: false)
    newborn.warm()
    _ = newborn.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
    #expect(
      newborn.take(.reference(Fixture.reference("90500", at: 2, order: 2001)), at: 2).reasons == ["not_reconciled"])
    newborn.reconcile(Fixture.snapshot(), missed: [])
    #expect(!newborn.take(.reference(Fixture.reference("90501", at: 3, order: 2002)), at: 3).published.isEmpty)
    var holder = ExitTests.holding()
    _ = holder.take(.drain, at: 11)
    #expect(
      holder.take(.market(Fixture.market(at: 12, order: 2011, bid: 58, ask: 60)), at: 12).reasons.first == "take_profit"
    )
  }

  @Test("After the bus was away a market counts again with its first new message")
  func sightReturns() {
    var core = Fixture.core()
    core.warm()
    _ = core.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
    _ = core.take(.blind, at: 2)
    _ = core.take(.market(Fixture.market(at: 3, order: 2001)), at: 3)
    #expect(!core.take(.reference(Fixture.reference("90500", at: 4, order: 2002)), at: 4).published.isEmpty)
  }

  @Test("Old and foreign messages are not consumed, a feed that began anew is")
  func stale() {
    var core = Fixture.core()
    _ = core.take(.market(Fixture.market(at: 5, order: 50)), at: 5)
    _ = core.take(.market(Fixture.market(at: 4, order: 49, bid: 1, ask: 2)), at: 5)
    #expect(core.context.markets[Fixture.slug]?.order == 50)
    let stranger = MarketSeries(alias: "ETH-5m")!.slug(startingAt: Fixture.start)!
    _ = core.take(.market(Fixture.market(at: 5, order: 51, slug: stranger)), at: 5)
    #expect(core.context.markets.all.count == 1 && core.evaluated == 1)
    _ = core.take(.market(Fixture.market(at: 6, order: 1, boot: "f2")), at: 6)
    #expect(core.context.markets[Fixture.slug]?.order == 1 && core.feedOrder == 1)
  }

  @Test("A repeated refusal is a count at the end of its market")
  func counts() {
    var core = Fixture.core()
    core.warm()
    _ = core.take(.market(Fixture.market(at: 1, order: 2000, bid: 46)), at: 1)
    var rows: [Decision] = []
    for second in 2..<50 {
      rows +=
        core.take(
          .reference(Fixture.reference("91000", at: Double(second), order: 2000 + Int64(second))), at: Double(second)
        )
        .decisions
    }
    #expect(rows.count == 1 && rows[0].count == 1)
    let end = core.take(.market(Fixture.market(at: 300, order: 3000, state: .closed)), at: 300)
    #expect(end.decisions.map(\.count) == [47])
    #expect(end.reasons == ["spread_too_wide"])
  }

  @Test("A cancel names its intent once, under an id of its own")
  func resumedOrderIsKnown() {
    var core = Fixture.core(reconciled: false)
    let open = AgentSnapshot.OpenOrder(
      intent: IntentID("momentum-1.2000000007")!, market: Fixture.slug, outcome: .yes, side: .buy, type: .fillAndKill,
      price: Price(micros: 500_000)!, size: Shares(whole: 10))
    core.resume(checkpoint: nil, snapshot: Fixture.snapshot(cursor: 4, orders: [open]))
    core.warm()
    _ = core.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
    #expect(core.take(.reference(Fixture.reference("90500", at: 2, order: 2001)), at: 2).reasons == ["intent_pending"])
    let terms = core.context.flights.all[0].terms
    _ = core.take(.order(Fixture.event(.done, cursor: 5, terms, final: true)), at: 3)
    #expect(core.context.flights.all.isEmpty)
  }
}
