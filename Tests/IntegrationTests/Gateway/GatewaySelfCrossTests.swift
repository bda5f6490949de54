import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Two agents of one wallet in one market of a venue that would match them.
@Suite(.serialized) struct GatewaySelfCrossTests {
  /// Trades of which both sides are the wallet's, in the venue's own account.
  private func withOurselves(_ bench: GatewayBench) throws -> [String] {
    try bench.truth().filter { $0["kind"] == "trade" }.compactMap { trade in
      guard let taker = trade["taker"]?["account"]?.int else { return nil }
      return trade["makers"]?.array?.contains { $0["account"]?.int == taker } == true ? trade["trade"]?.string : nil
    }
  }

  /// A buy that rests. The gateway reads once a second who may trade: until then a new agent hears that it may not.
  private func rest(_ bench: GatewayBench, by agent: AgentName) throws -> IntentMessage {
    let deadline = SystemClock.monotonic().advanced(by: .seconds(20))
    while true {
      let wish = try bench.wish(
        price: try bench.restingPrice(), size: Shares(whole: 8), type: .goodTillCancelled, useful: .seconds(3600),
        by: agent)
      try bench.send(wish)
      try bench.until("an answer to \(wish.terms.intent)") { !bench.events(of: wish.terms.intent).isEmpty }
      let answer = bench.events(of: wish.terms.intent)[0]
      if answer.event == .live { return wish }
      guard answer.reason == "agent_paused", SystemClock.monotonic() < deadline else {
        throw BenchFailure("\(answer.event.rawValue) \(answer.reason) \(answer.detail)")
      }
    }
  }

  @Test(
    "An exit sends another agent's resting entry away and sells; an entry against a resting order is refused by its name"
  )
  func story() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let partner = try bench.hirePartner()
    let bought = try bench.wish(price: try bench.takingPrice(), size: Shares(whole: 10))
    try bench.send(bought)
    #expect(try bench.final(of: bought.terms.intent).position >= Shares(whole: 5))
    let resting = try rest(bench, by: partner)
    // The complement: together they pay a dollar.
    let against = try bench.wish(.buy, .no, price: resting.terms.price.complement, size: Shares(whole: 8))
    try bench.send(against)
    let refused = try bench.final(of: against.terms.intent)
    #expect(refused.reason == "self_cross", "\(refused.reason) \(refused.detail)")
    #expect(refused.detail.contains("open_intent=\(resting.terms.intent)"))
    let exit = try bench.wish(.sell, price: resting.terms.price, size: Shares(whole: 5))
    try bench.send(exit)
    let sold = try bench.final(of: exit.terms.intent)
    #expect(sold.event == .done && sold.reason == "filled", "\(sold.reason) \(sold.detail)")
    let gone = try bench.final(of: resting.terms.intent)
    #expect(gone.event == .done && gone.reason == "self_cross", "\(gone.reason) \(gone.detail)")
    #expect(try withOurselves(bench) == [])
    try bench.compareWithVenue()
  }

  @Test("Two agents that buy and sell both outcomes around the touch for a while never trade with each other")
  func crowd() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let bench = try GatewayBench()
    bench.extraConfiguration = [
      .init(
        "limits", ["per_trade_pct": "5", "per_agent_pct": "30", "system_pct": "80", "orders_per_min": 60_000])
    ]
    try bench.startGateway()
    try bench.open(allocation: "150")
    let partner = try bench.hirePartner(allocation: "150")
    let agents = [bench.agent, partner]
    var wishes: [IntentMessage] = []
    for _ in 0..<160 {
      let agent = agents.randomElement(using: &random)!
      let outcome = Bool.random(using: &random) ? Outcome.yes : .no
      let side = Bool.random(using: &random) ? Side.buy : .sell
      let book = try bench.book(outcome)
      try bench.publishBook()
      guard let best = (side == .buy ? book.bestAsk : book.bestBid)?.price else { continue }
      let ticks = Int64.random(in: -3...3, using: &random)
      let micros = min(
        max(best.micros + ticks * bench.market.tick.micros, bench.market.tick.micros),
        1_000_000 - bench.market.tick.micros)
      let type: TimeInForce = Int.random(in: 0..<3, using: &random) == 0 ? .fillAndKill : .goodTillCancelled
      let wish = try bench.wish(
        side, outcome, price: try #require(Price(micros: micros)),
        size: Shares(whole: Int64.random(in: 5...9, using: &random)),
        type: type, useful: .seconds(Int64.random(in: 1...20, using: &random)), by: agent)
      try bench.send(wish)
      wishes.append(wish)
      if Int.random(in: 0..<4, using: &random) == 0 { _ = try bench.final(of: wish.terms.intent, within: .seconds(40)) }
    }
    for wish in wishes { _ = try bench.final(of: wish.terms.intent, within: .seconds(60)) }
    let reasons = wishes.compactMap { bench.events(of: $0.terms.intent).last?.reason }
    #expect(try withOurselves(bench) == [], "seed \(seed)")
    #expect(reasons.contains("self_cross"), "seed \(seed): nobody met anybody: \(Set(reasons))")
    #expect(reasons.contains("filled"), "seed \(seed): \(Set(reasons))")
    try bench.compareWithVenue()
  }
}
