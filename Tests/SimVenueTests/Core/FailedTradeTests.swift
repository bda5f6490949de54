import Shared
import Testing

@testable import SimVenue

@Suite("Trades that fail on their way to the chain") struct FailedTradeTests {
  /// A market without fees in which account 0 has just bought 100 YES for 60 dollars; the trade is going to fail.
  private func bought(_ rules: VenueRules) throws -> Bench {
    var bench = Bench(rules: rules, feeRate: 0)
    let fails = try #require(WireReader.read(#"[{"kind":"fail","count":1}]"#))
    try bench.state.settlementFaults.set(fails, at: bench.state.now.wall)
    _ = bench.quote(.sell, .yes, "0.6", "100")
    _ = bench.quote(.buy, .yes, "0.5", "100")
    _ = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    bench.wait(wall: rules.takerHold)
    #expect(bench.tokens(0, .yes) == "100")
    return bench
  }

  private func resolve(_ bench: inout Bench) {
    bench.state.decide(
      .init(slug: bench.state.spec(bench.market).slug, winner: .yes, inferred: false, opening: 1, closing: 2))
    bench.wait(market: .seconds(400))
  }

  private func fail(_ bench: inout Bench) {
    for _ in 0..<4 { bench.wait(wall: .seconds(1)) }
    #expect(bench.state.clients.trades.first?.status == .failed)
  }

  @Test("money, fee and tokens go back on both sides, and no wealth is made or lost")
  func reversed() throws {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    let fails = try #require(WireReader.read(#"[{"kind":"fail"}]"#))
    try bench.state.settlementFaults.set(fails, at: bench.state.now.wall)
    _ = bench.quote(.sell, .yes, "0.6", "60")
    _ = bench.post(1, .buy, .no, "0.4", "40")
    _ = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    #expect(bench.wealth == 2_000_000_000)
    fail(&bench)
    #expect(bench.cash(0) == "1000" && bench.cash(1) == "1000")
    #expect(bench.tokens(0, .yes) == "0" && bench.tokens(1, .no) == "0")
    #expect(bench.wealth == 2_000_000_000)
    #expect(bench.state.collectedFees == .zero)
    #expect(bench.state.traders[bench.trader].cash == .zero)
  }

  @Test("a sale in the hold of what a failing trade had brought is refused when the hold ends")
  func soldInHold() throws {
    var bench = try bought(VenueRules())
    bench.wait(wall: .milliseconds(500))
    bench.wait(wall: .milliseconds(900))
    let request = bench.post(0, .sell, .yes, "0.5", "100", .fillOrKill)
    bench.wait(wall: .milliseconds(149))
    bench.wait(wall: .milliseconds(1))
    #expect(
      bench.error(request)
        == "not enough balance / allowance: the balance is not enough -> balance: 0, order amount: 100000000")
    #expect(bench.cash(0) == "1000" && bench.tokens(0, .yes) == "0")
    #expect(bench.wealth == 2_000_000_000)
  }

  @Test("what was sold on before the trade failed is owed, and charged at the payout", arguments: [true, false])
  func owed(redeemsAtOnce: Bool) throws {
    let rules = VenueRules(takerHold: .zero, redeemsAtOnce: redeemsAtOnce)
    var bench = try bought(rules)
    _ = bench.post(0, .sell, .yes, "0.5", "100", .fillOrKill)
    fail(&bench)
    #expect(bench.cash(0) == "1050" && bench.tokens(0, .yes) == "-100")
    resolve(&bench)
    #expect(bench.cash(0) == "950" && bench.tokens(0, .yes) == "0")
    #expect(bench.wealth == 2_000_000_000)
  }

  @Test("a trade that fails after the payout gives back money at the payout", arguments: [true, false])
  func afterPayout(redeemsAtOnce: Bool) throws {
    let rules = VenueRules(takerHold: .zero, redeemsAtOnce: redeemsAtOnce)
    var bench = try bought(rules)
    resolve(&bench)
    fail(&bench)
    // 1000, and where the tokens are still there, their hundred dollars less.
    #expect(bench.cash(0) == (redeemsAtOnce ? "1000" : "900"))
    #expect(bench.tokens(0, .yes) == (redeemsAtOnce ? "0" : "100"))
    let back = VenueState.restored(from: bench.records, rules: rules, now: bench.state.now)
    #expect(back.clients == bench.state.clients)
  }
}
