import Shared
import Testing

/// Who may take which order out, and what a restart remembers of it.
@Suite struct OrderManagerCancelTests {
  typealias Script = OrderManagerTests.Script

  private func isCancel(_ effect: GatewayEffect, _ order: PreparedOrder) -> Bool {
    if case .cancel(order.id, _) = effect { true } else { false }
  }

  @Test("Cancelling an agent's orders spares what the gateway itself sells for it")
  func sparesOwnExits() {
    let script = Script()
    let resting = script.world.wish(1, type: .goodTillCancelled)
    let order = script.send(resting, 7)
    _ = script.feed(.answered(order.id, .live))
    let exit = script.world.wish(2, type: .goodTillCancelled, side: .sell, price: "0.51")
    let own = script.order(8)
    _ = script.feed(.ownExit(exit.terms, script.world.view, reason: "taken over: draining"))
    _ = script.feed(.signed(exit.terms.intent, own, failure: ""))
    _ = script.feed(.submitted(exit.terms.intent, .committed))
    _ = script.feed(.answered(own.id, .live))
    let effects = script.feed(.cancelAll(AgentName("a")!, reason: "draining"))
    #expect(effects.contains { isCancel($0, order) })
    #expect(!effects.contains { isCancel($0, own) })
    #expect(script.feed(.cancelAll(nil, reason: "shutdown")).contains { isCancel($0, own) })
  }

  @Test("A cancel from the journal is sent again, with its reason; an order that has ended does not hear it")
  func journaledCancel() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled, useful: .seconds(300))
    let order = script.send(wish, 7)
    _ = script.feed(.answered(order.id, .live))
    let effects = script.feed(.cancelWanted(order.id, reason: "agent_cancel"))
    #expect(effects.contains(.cancel(order.id, reason: "agent_cancel")))
    let ended = script.feed(.order(script.venueOrder(order, wish, .canceled), .query))
    #expect(ended.contains(.record(.advance(order.id, .cancelled, reason: "agent_cancel", detail: ""))))
    #expect(script.feed(.cancelWanted(order.id, reason: "agent_cancel")).isEmpty)
    #expect(script.feed(.cancelWanted(script.order(9).id, reason: "agent_cancel")).isEmpty)
  }

  @Test(
    "Fifteen seconds after the record went away the entries that rest are taken out, once, however often it is said to be away; exits stay"
  )
  func entriesWithoutRecord() {
    let script = Script()
    let entry = script.send(script.world.wish(1, type: .goodTillCancelled, useful: .seconds(300)), 7)
    let exit = script.send(
      script.world.wish(2, type: .goodTillCancelled, side: .sell, price: "0.51", useful: .seconds(300)), 8)
    let waiting = script.world.wish(3, price: "0.41", useful: .seconds(300))
    _ = script.feed(.intent(waiting, .valid, script.world.view))
    _ = script.feed(.signed(waiting.terms.intent, script.order(9), failure: ""))
    for order in [entry, exit] { _ = script.feed(.answered(order.id, .live)) }
    // Back in time: nothing is taken out, and the next outage begins anew.
    _ = script.feed(.database(up: false))
    #expect(script.wait(14_999).isEmpty)
    _ = script.feed(.database(up: true))
    #expect(script.wait(5000).isEmpty)
    _ = script.feed(.database(up: false))
    let due = script.now.monotonic.advanced(by: .seconds(15))
    #expect(script.manager.nextWake == due)
    _ = script.wait(10_000)
    _ = script.feed(.database(up: false))
    #expect(script.wait(4999).isEmpty)
    let effects = script.wait(1)
    #expect(
      effects == [
        .record(.advance(entry.id, .cancelSent, reason: "database_away", detail: "")),
        .cancel(entry.id, reason: "database_away"),
        .record(.advance(script.order(9).id, .expiredUnsent, reason: "database_away", detail: "")),
      ])
    #expect(script.wait(1000).isEmpty)
    // The commit of what waited comes late, and nothing leaves.
    #expect(script.feed(.submitted(waiting.terms.intent, .committed)).isEmpty)
  }

  @Test(
    "In a halt that closes the gateway's own sales leave and are not taken out; nothing of an agent's does, and when it is over nothing more leaves"
  )
  func closing() {
    let script = Script()
    func refusal(_ effects: [GatewayEffect]) -> RefusalCode? {
      for case .record(.deny(_, _, let refusal)) in effects { return refusal.code }
      return nil
    }
    func sell(_ number: Int64) -> IntentMessage { script.world.wish(number, side: .sell, price: "0.48") }
    func own(_ number: Int64) -> [GatewayEffect] {
      script.feed(.ownExit(sell(number).terms, script.world.view, reason: "closed by the halt"))
    }
    _ = script.feed(.mode(.halted))
    #expect(!script.manager.maySell)
    #expect(refusal(own(1)) == .halted)
    _ = script.feed(.closing(true))
    #expect(script.manager.maySell)
    #expect(refusal(script.feed(.intent(sell(2), .valid, script.world.view))) == .halted)
    #expect(refusal(script.feed(.intent(script.world.wish(3), .valid, script.world.view))) == .halted)
    _ = own(4)
    let order = script.order(7)
    _ = script.feed(.signed(sell(4).terms.intent, order, failure: ""))
    #expect(script.feed(.submitted(sell(4).terms.intent, .committed)) == [.post(order)])
    _ = script.feed(.answered(order.id, .delayed))
    #expect(!script.wait(100).contains { isCancel($0, order) })
    // Signed before it was over, and committed after it.
    _ = own(5)
    let late = script.order(8)
    _ = script.feed(.signed(sell(5).terms.intent, late, failure: ""))
    #expect(script.feed(.closing(false)).contains { isCancel($0, order) })
    #expect(!script.feed(.submitted(sell(5).terms.intent, .committed)).contains(.post(late)))
    #expect(refusal(own(6)) == .halted)
    // Closing is of a halt: it opens no other mode.
    _ = script.feed(.closing(true))
    _ = script.feed(.mode(.cancelOnly))
    #expect(refusal(own(9)) == .modeForbids)
  }

  @Test("An order whose cancel was on its way when the gateway died is cancelled by the next one")
  func restoredCancel() {
    let script = Script()
    let wish = script.world.wish(1, type: .goodTillCancelled, useful: .seconds(300))
    let order = script.order(7)
    let submission = OrderSubmission(
      terms: wish.terms, origin: .agent, token: OrderManagerWorld.market.yes, worst: USD(dollars: 11), signed: order,
      feedOrder: 1, bookTime: script.now.market, reason: "test", journaled: false)
    let effects = script.feed(
      .restored(
        RestoredOrder(
          submission: submission, market: OrderManagerWorld.market, state: .cancelSent, fills: [:], filled: .zero,
          undone: .zero, sentAt: script.now.market)))
    #expect(effects.contains { isCancel($0, order) })
  }

  @Test("What an agent holds or buys counts against its number of positions; more of the same does not")
  func openPositions() {
    var settings = OrderManager.Settings()
    settings.limits.openPositions = 1
    let script = Script(settings: settings)
    func refusal(_ effects: [GatewayEffect]) -> RefusalCode? {
      for effect in effects { if case .record(.deny(_, _, let refusal)) = effect { return refusal.code } }
      return nil
    }
    let other = Standing.Agent(
      mayEnter: true, allocation: USD(dollars: 1000), invested: .zero, lossesInARow: 0,
      held: [.init(MarketSlug("btc-updown-5m-1795170000")!, .yes)])
    let same = Standing.Agent(
      mayEnter: true, allocation: USD(dollars: 1000), invested: .zero, lossesInARow: 0,
      held: [.init(OrderManagerWorld.market.slug, .yes)])
    func stand(_ agent: Standing.Agent) {
      _ = script.feed(
        .standing(
          Standing(
            agents: [AgentName("a")!: agent], capital: USD(dollars: 10_000), realisedToday: .zero,
            equity: USD(dollars: 10_000), peakEquity: USD(dollars: 10_000))))
    }
    stand(other)
    #expect(refusal(script.feed(.intent(script.world.wish(1), .valid, script.world.view))) == .openPositions)
    stand(same)
    #expect(refusal(script.feed(.intent(script.world.wish(2), .valid, script.world.view))) == nil)
  }
}
