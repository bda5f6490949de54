import Shared
import Testing

@testable import SimVenue

@Suite("Makers' rebates") struct RebateTests {
  /// Account 1 and a trader of the venue rest at one price, three to one; account 0 takes all of it.
  private func traded(_ rules: VenueRules) -> Bench {
    var bench = Bench(rules: rules)
    _ = bench.post(1, .buy, .no, "0.5", "600")
    _ = bench.quote(.sell, .yes, "0.5", "200")
    _ = bench.post(0, .buy, .yes, "0.5", "800", .fillOrKill)
    bench.wait(wall: .seconds(5))
    return bench
  }

  @Test(
    "a fifth of the fees goes to the makers by their fills; what the log holds of it is known again after a restart")
  func share() throws {
    let bench = traded(VenueRules())
    // 800 · 0.07 · 0.25 is 14 dollars of fees; 2.8 of them go back, 2.1 to whoever made three quarters.
    #expect(bench.state.collectedFees == USD(dollars: 14))
    let day = RebateBooks.day(bench.state.now.market)
    let own = bench.state.rebates.rebates(of: 1, day: day, bench.state.clients.markets)
    #expect(own.map(\.amount) == [USD(micros: 2_100_000)])
    #expect(bench.state.rebates.rebates(of: 0, day: day, bench.state.clients.markets).isEmpty)
    let back = VenueState.restored(from: bench.records, rules: bench.state.rules, now: bench.state.now)
    #expect(back.rebates == bench.state.rebates)
    let call = Call(
      method: "GET", path: "/rebates/current",
      query: [
        .init(name: "date", value: CivilTime.day(day)),
        .init(name: "maker_address", value: "0x" + String(repeating: "0", count: 40)),
      ])
    #expect(PublicAnswers.answer(call, bench.state, wall: bench.state.now.wall)?.status == 200)
  }

  @Test("a day that ended while the venue was away is paid when it is back")
  func paidAfterRestart() throws {
    var rules = VenueRules()
    rules.paysRebates = true
    var bench = traded(rules)
    bench.state = VenueState.restored(from: bench.records, rules: rules, now: bench.state.now)
    bench.wait(market: .seconds(86_400))
    #expect(bench.cash(1) == "702.1")
  }

  @Test("paid when the day is over, where the venue pays them, from a dollar on", arguments: [true, false])
  func paid(pays: Bool) {
    var rules = VenueRules()
    rules.paysRebates = pays
    var bench = traded(rules)
    #expect(bench.cash(1) == "700")
    bench.wait(market: .seconds(86_400))
    #expect(bench.cash(1) == (pays ? "702.1" : "700"))
    for _ in 0..<3 { bench.wait(wall: .seconds(2), market: .seconds(86_400)) }
    #expect(bench.cash(1) == (pays ? "702.1" : "700"))
    #expect(bench.state.chain.events.contains { $0.kind == .makerRebate } == pays)
  }
}
