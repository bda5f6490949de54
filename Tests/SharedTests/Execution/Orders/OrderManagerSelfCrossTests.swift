import Shared
import Testing

/// One wallet, many agents: none trades with another, and none is locked in by another.
@Suite("Orders of one wallet") struct OrderManagerSelfCrossTests {
  typealias Script = OrderManagerTests.Script

  private func script() -> Script {
    let script = Script()
    let agent = Standing.Agent(mayEnter: true, allocation: USD(dollars: 1000), invested: .zero, lossesInARow: 0)
    _ = script.feed(
      .standing(
        Standing(
          agents: [AgentName("a")!: agent, AgentName("b")!: agent], capital: USD(dollars: 10_000), realisedToday: .zero,
          equity: USD(dollars: 10_000), peakEquity: USD(dollars: 10_000))))
    return script
  }

  private func refusal(_ effects: [GatewayEffect]) -> Refusal? {
    for case .record(.deny(_, _, let refusal)) in effects { return refusal }
    return nil
  }

  @Test("Two orders meet when the one book of both outcomes would match them, and one of them rests")
  func meeting() throws {
    let world = OrderManagerWorld(seed: 1)
    func terms(_ text: String, _ type: TimeInForce = .goodTillCancelled) -> IntentMessage.Terms {
      let words = text.split(separator: " ").map(String.init)
      return world.wish(
        1, type: type, side: words[0] == "buy" ? .buy : .sell, price: words[2], outcome: words[1] == "yes" ? .yes : .no
      ).terms
    }
    let cases: [(String, String, Bool)] = [
      ("buy yes 0.50", "sell yes 0.50", true), ("buy yes 0.50", "sell yes 0.51", false),
      ("buy yes 0.50", "buy no 0.50", true), ("buy yes 0.50", "buy no 0.49", false),
      ("sell yes 0.50", "sell no 0.50", true), ("sell yes 0.50", "sell no 0.51", false),
      ("buy no 0.30", "sell no 0.20", true), ("buy no 0.30", "sell no 0.31", false),
      ("buy yes 0.99", "sell no 0.01", false), ("buy yes 0.99", "buy yes 0.99", false),
    ]
    for (one, other, meet) in cases {
      #expect(terms(one).meets(terms(other)) == meet && terms(other).meets(terms(one)) == meet, "\(one), \(other)")
      #expect(terms(one, .fillAndKill).meets(terms(other)) == meet, "one of two that rests is enough")
      #expect(!terms(one, .fillAndKill).meets(terms(other, .fillOrKill)), "none rests: neither finds the other")
    }
    var elsewhere = terms("sell yes 0.50")
    elsewhere.market = OrderManagerWorld.markets[1].slug
    #expect(!terms("buy yes 0.50").meets(elsewhere))
  }

  @Test(
    "An entry that would trade with another agent's order is refused, and the other is named; one tick away it passes")
  func entries() {
    for (side, outcome, price, crossing, beside) in [
      (Side.sell, Outcome.yes, "0.52", (Outcome.yes, "0.52"), (Outcome.yes, "0.51")),
      (.buy, .yes, "0.47", (.no, "0.53"), (.no, "0.52")),
    ] {
      let script = script()
      let resting = script.world.wish(1, type: .goodTillCancelled, side: side, price: price, outcome: outcome)
      let order = script.send(resting, 7)
      _ = script.feed(.answered(order.id, .live))
      let met = script.world.wish(2, agent: "b", price: crossing.1, outcome: crossing.0)
      let refused = refusal(script.feed(.intent(met, .valid, script.world.view)))
      #expect(refused?.code == .selfCross)
      #expect(refused?.detail == "price=\(crossing.1) open_intent=a.1 open_outcome=YES open_price=\(price)")
      let free = script.world.wish(3, agent: "b", price: beside.1, outcome: beside.0)
      #expect(
        script.feed(.intent(free, .valid, script.world.view)) == [.sign(free.terms, OrderManagerWorld.market)])
    }
  }

  @Test("An exit takes what rests in its way out of the book, waits for the end of it, and goes")
  func exits() throws {
    let script = script()
    let resting = script.world.wish(1, agent: "b", type: .goodTillCancelled, price: "0.49")
    let order = script.send(resting, 7)
    _ = script.feed(.answered(order.id, .live))
    let exit = script.world.wish(2, side: .sell, price: "0.49")
    let asked = script.feed(.intent(exit, .valid, script.world.view))
    #expect(asked.contains(.cancel(order.id, reason: "self_cross")))
    #expect(!asked.contains { if case .sign = $0 { true } else { false } })
    // Asked again it is not a second one, and nobody is told an answer that there is not.
    #expect(script.feed(.intent(exit, .valid, script.world.view)).isEmpty)
    // Nobody may come between.
    let between = script.world.wish(3, agent: "b", type: .goodTillCancelled, price: "0.50")
    #expect(refusal(script.feed(.intent(between, .valid, script.world.view)))?.code == .selfCross)
    #expect(script.wait(1000).isEmpty)
    _ = script.feed(.cancelAnswered(order.id, cancelled: true, detail: ""))
    let ended = script.feed(.order(script.venueOrder(order, resting, .canceled), .stream))
    #expect(script.state(resting) == .cancelled)
    #expect(ended.contains(.sign(exit.terms, OrderManagerWorld.market)))
    #expect(ended.contains(.record(.advance(order.id, .cancelled, reason: "self_cross", detail: ""))))
  }

  @Test("An exit that waited for three seconds goes: being locked in is worse, and somebody is told")
  func patience() throws {
    let script = script()
    let order = script.send(script.world.wish(1, agent: "b", type: .goodTillCancelled, price: "0.49"), 7)
    _ = script.feed(.answered(order.id, .live))
    let exit = script.world.wish(2, side: .sell, price: "0.49")
    _ = script.feed(.intent(exit, .valid, script.world.view))
    let wake = try #require(script.manager.nextWake)
    #expect(wake <= script.now.monotonic.advanced(by: .seconds(3)))
    #expect(!script.wait(2999).contains { if case .sign = $0 { true } else { false } })
    let late = script.wait(2)
    #expect(late.contains(.sign(exit.terms, OrderManagerWorld.market)))
    #expect(late.contains { if case .note(let note) = $0 { note.code == "self_cross_risked" } else { false } })
  }

  @Test("An exit that waits ends with its agent's cancel, with a halt's, and when it is of no use any more")
  func endings() {
    for ending in 0..<3 {
      let script = script()
      let order = script.send(script.world.wish(1, agent: "b", type: .goodTillCancelled, price: "0.49"), 7)
      _ = script.feed(.answered(order.id, .live))
      let exit = script.world.wish(2, side: .sell, price: "0.49", useful: .seconds(2))
      _ = script.feed(.intent(exit, .valid, script.world.view))
      var effects: [GatewayEffect]
      switch ending {
      case 0:
        var cancel = exit.terms
        cancel.intent = IntentID(agent: cancel.agent, decision: 3)
        cancel.action = .cancel
        cancel.cancels = exit.terms.intent
        let message = IntentMessage(
          envelope: exit.envelope, terms: cancel, feedOrder: 3, bookTime: exit.bookTime, reason: "",
          secret: IntentSecret(hex: String(repeating: "0f", count: 16))!)
        effects = script.feed(.intent(message, .valid, script.world.view))
      case 1: effects = script.feed(.cancelAll(nil, reason: "halted"))
      default: effects = script.wait(2001)
      }
      #expect(refusal(effects)?.code == (ending == 2 ? .expired : .selfCross))
      _ = script.feed(.order(script.venueOrder(order, script.world.wish(1, agent: "b"), .canceled), .stream))
      #expect(script.manager.order(exit.terms.intent) == nil)
    }
  }

  /// Both agents buy and sell both outcomes around one price; how the venue's own book would match is not asked, only whether it could.
  private func crowd(_ world: inout OrderManagerWorld, steps: Int) -> [IntentMessage] {
    var exits: [IntentMessage] = []
    for number in 1...Int64(steps) {
      let cents = Int.random(in: 46...54, using: &world.random)
      let wish = world.wish(
        number, agent: world.chance(50) ? "a" : "b", type: world.chance(60) ? .goodTillCancelled : .fillAndKill,
        side: world.chance(50) ? .buy : .sell, price: "0.\(cents)",
        size: Int64.random(in: 5...30, using: &world.random),
        useful: .seconds(Int64.random(in: 1...40, using: &world.random)), outcome: world.chance(50) ? .yes : .no)
      if wish.terms.side == .sell { exits.append(wish) }
      world.feed(.intent(wish, .valid, world.view))
      if world.chance(30) { world.street() }
      world.step(Int64.random(in: 1...900, using: &world.random))
    }
    return exits
  }

  @Test(
    "No interleaving of two agents' orders lets two of them meet at the venue while it answers, and every exit is answered"
  )
  func crowds() {
    let base = UInt64.random(in: 0...(.max / 2))
    var refused: Int64 = 0
    var cleared = 0
    for seed in 0..<UInt64(300) {
      var settings = OrderManager.Settings()
      settings.limits.agentOrdersPerMinute = 100_000
      settings.limits.duplicateWindow = .zero
      var world = OrderManagerWorld(seed: base + seed, settings: settings)
      world.faults = .init(loseStream: seed % 2 == 0 ? 0 : 20, repeatStream: 20)
      let exits = crowd(&world, steps: 120)
      let risked = world.notes.filter { $0.code == "self_cross_risked" }.count
      #expect(world.selfTrades <= (seed % 2 == 0 ? 0 : risked), "seed \(base + seed)")
      #expect(risked == 0 || seed % 2 == 1, "seed \(base + seed): \(risked)")
      for _ in 0..<60 { world.step(1000) }
      for exit in exits {
        let isAnswered = world.submissions[exit.terms.intent] != nil || world.denials[exit.terms.intent] != nil
        #expect(isAnswered, "seed \(base + seed): \(exit.terms.intent)")
      }
      refused += world.manager.counters.denied[.selfCross] ?? 0
      cleared += world.effects.count { if case .cancel(_, "self_cross") = $0 { true } else { false } }
    }
    #expect(refused > 1000 && cleared > 1000, "\(refused) \(cleared)")
  }
}
