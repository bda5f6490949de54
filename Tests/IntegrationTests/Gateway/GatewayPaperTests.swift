import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Paper on a venue's public data: the gateway of `mode: paper`, `venue: polymarket`, with `sim-venue`'s public side as the real venue.
@Suite(.serialized) struct GatewayPaperTests {
  private func bench() throws -> GatewayBench {
    let bench = try GatewayBench()
    let http = JSON.string("http://127.0.0.1:\(bench.venuePort)")
    bench.extraConfiguration = [
      .init("venue", "polymarket"),
      .init(
        "endpoints",
        [
          "authorities_file": "",
          "gamma_url": http, "clob_url": http, "data_url": http, "market_ws_url": "", "user_ws_url": "",
          "reference_ws_url": "", "polybolt_ws_url": "",
        ]),
    ]
    bench.sendsWallet = false
    return bench
  }

  /// What the venue heard of an account: nothing. Its own wallet, made at its start, is all that its log knows.
  private func privateCalls(_ bench: GatewayBench) throws -> Int {
    try bench.truth().filter { ["request", "order", "trade"].contains($0["kind"]?.string ?? "") }.count
  }

  @Test("an order is matched here against the book that the venue shows, booked, and never told to the venue")
  func roundTrip() throws {
    let bench = try bench()
    try bench.startGateway()
    try bench.open()
    #expect(try bench.ledgerCash() == USD(dollars: 1000))
    let price = try bench.takingPrice()
    let entry = try bench.wish(price: price, size: Shares(whole: 5))
    try bench.send(entry)
    let end = try bench.final(of: entry.terms.intent)
    #expect(end.event == .done && end.reason == "filled")
    #expect(end.position == Shares(whole: 5))
    try bench.until("the settlement of all fills", within: .seconds(15)) {
      try bench.looker.query("SELECT count(*) AS n FROM fill_state WHERE status <> 'CONFIRMED'").one().int("n") == 0
    }
    let paid = try bench.looker.query("SELECT sum(notional) AS notional, sum(fee) AS fee FROM fills").one()
    let most = try USD(price, times: Shares(whole: 5), rounding: .nearest)
    #expect(try paid.usd("notional") <= most && paid.usd("fee") > .zero)
    #expect(try bench.ledgerCash() == USD(dollars: 1000) - paid.usd("notional") - paid.usd("fee"))
    #expect(try privateCalls(bench) == 0)
  }

  @Test("a killed gateway finds the account as it was; what rested is cancelled, and nothing is bought twice")
  func survives() throws {
    let bench = try bench()
    try bench.startGateway()
    try bench.open()
    let bought = try bench.wish(price: bench.takingPrice(), size: Shares(whole: 5))
    try bench.send(bought)
    #expect(try bench.final(of: bought.terms.intent).reason == "filled")
    let resting = try bench.wish(
      price: bench.restingPrice(), size: Shares(whole: 5), type: .goodTillCancelled)
    try bench.send(resting)
    try bench.until("the order to rest") { bench.events(of: resting.terms.intent).contains { $0.event == .live } }
    let cash = try bench.ledgerCash()
    let wallet = try SmallFile.read(bench.directory.path + "/state/paper-wallet.json", bytesMax: 1 << 16)

    try bench.killGateway()
    try bench.startGateway()
    #expect(try bench.final(of: resting.terms.intent).event == .done)
    #expect(try bench.ledgerCash() == cash)
    #expect(
      try SmallFile.read(bench.directory.path + "/state/paper-wallet.json", bytesMax: 1 << 16) == wallet)
    try bench.until("the mode to be ACTIVE") { bench.control?.progress?.mode == "ACTIVE" }
    let bid = try bench.touch(.sell)
    let exit = try bench.wish(.sell, price: bid.price, size: Shares(whole: 5))
    try bench.send(exit)
    #expect(try bench.final(of: exit.terms.intent).event == .done)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM fills WHERE side = 'BUY'").one().int("n") == 1)
    #expect(try privateCalls(bench) == 0)
  }

  @Test(
    "a resting order is filled by the trades that the feed tells, once they went past its price; what others fill first is not ours"
  )
  func rests() throws {
    let bench = try bench()
    try bench.startGateway()
    try bench.open()
    let price = try bench.restingPrice()
    let resting = try bench.wish(price: price, size: Shares(whole: 5), type: .goodTillCancelled)
    try bench.send(resting)
    try bench.until("the order to rest") { bench.events(of: resting.terms.intent).contains { $0.event == .live } }
    func tell(_ shares: Int64, at price: Price, _ sum: Int64) throws {
      try bench.publishBook(
        last: LastTrade(outcome: .yes, side: .sell, price: price, size: Shares(whole: shares)),
        flow: TakerFlow(towardYes: .zero, towardNo: Shares(whole: sum)))
    }
    // What was traded before it rested, and above its price, says nothing.
    try tell(50, at: price, 1000)
    let above = try #require(Price(micros: price.micros + bench.market.tick.micros))
    try tell(7, at: above, 1007)
    let below = try #require(Price(micros: price.micros - bench.market.tick.micros))
    try tell(2, at: below, 1009)
    try bench.until("the first part") {
      bench.events(of: resting.terms.intent).contains { $0.fill?.size == Shares(whole: 2) }
    }
    try tell(40, at: below, 1049)
    let end = try bench.final(of: resting.terms.intent)
    #expect(end.reason == "filled" && end.position == Shares(whole: 5))
    let paid = try bench.looker.query(
      "SELECT count(*) AS n, sum(notional) AS notional, sum(fee) AS fee FROM fills"
    ).one()
    #expect(try paid.int("n") == 2 && paid.usd("fee") == .zero)
    #expect(try paid.usd("notional") == USD(price, times: Shares(whole: 5), rounding: .nearest))
    #expect(try privateCalls(bench) == 0)
  }

  @Test("a venue that does not answer is a refusal here, never an unknown outcome")
  func venueAway() throws {
    let bench = try bench()
    try bench.startGateway()
    try bench.open()
    let entry = try bench.wish(price: bench.touch(.buy).price, size: Shares(whole: 5))
    bench.pauseVenue()
    try bench.send(entry)
    let end = try bench.final(of: entry.terms.intent)
    #expect(end.event == .rejected || end.event == .done)
    #expect(end.position == .zero)
    bench.resumeVenue()
    #expect(try bench.looker.query("SELECT count(*) AS n FROM fills").one().int("n") == 0)
  }
}
