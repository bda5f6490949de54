import Shared
import Testing

@testable import SimVenue

@Suite("The venue's state") struct VenueStateTests {
  @Test("a resting order reserves its money and a cancel gives it back")
  func restAndCancel() {
    var bench = Bench()
    let id = bench.nextOrder
    let request = bench.post(0, .buy, .yes, "0.4", "100")
    #expect(bench.body(request)?["status"]?.asText == "live")
    #expect(bench.state.available(0, "USD") == 960_000_000)
    let cancel = bench.cancel([id, "0xother"], account: 0)
    #expect(bench.body(cancel)?["canceled"]?.asList == [.text(id)])
    #expect(
      bench.body(cancel)?["not_canceled"]?["0xother"]?.asText
        == "order can't be found - already canceled or matched")
    #expect(bench.state.available(0, "USD") == 1_000_000_000)
    #expect(bench.state.clients.orders[id]?.status == .canceled)
  }

  @Test("nobody cancels another account's order")
  func cancelOfOthers() {
    var bench = Bench()
    let id = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.4", "100")
    let cancel = bench.cancel([id], account: 1)
    #expect(bench.body(cancel)?["canceled"]?.asList == [])
    #expect(bench.state.clients.orders[id]?.status == .live)
  }

  @Test("a taker waits out the hold, then pays the maker's price and the fee on top")
  func takerBuys() {
    var bench = Bench()
    _ = bench.quote(.sell, .yes, "0.5", "100")
    let request = bench.post(0, .buy, .yes, "0.55", "10", .fillAndKill)
    #expect(bench.answer(request) == nil)
    bench.wait(wall: .milliseconds(149))
    #expect(bench.answer(request) == nil)
    bench.wait(wall: .milliseconds(1))
    #expect(bench.body(request)?["status"]?.asText == "matched")
    #expect(bench.body(request)?["makingAmount"]?.asText == "5")
    #expect(bench.body(request)?["takingAmount"]?.asText == "10")
    #expect(bench.body(request)?["tradeIDs"]?.asList?.count == 1)
    // 10 · 0.07 · 0.5 · 0.5 = 0.175
    #expect(bench.cash(0) == "994.825")
    #expect(bench.tokens(0, .yes) == "10")
    #expect(bench.wealth == 2_000_000_000)
    #expect(bench.state.clients.accounts[0].reserved == [:])
  }

  @Test("a seller's fee comes off the proceeds")
  func takerSells() {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    _ = bench.quote(.sell, .yes, "0.5", "10")
    _ = bench.post(0, .buy, .yes, "0.5", "10", .fillOrKill)
    _ = bench.quote(.buy, .yes, "0.3", "10")
    let request = bench.post(0, .sell, .yes, "0.3", "10", .fillAndKill)
    #expect(bench.body(request)?["takingAmount"]?.asText == "3")
    // 1000 − 5 − 0.175 + 3 − 0.147
    #expect(bench.cash(0) == "997.678")
    #expect(bench.tokens(0, .yes) == "0")
    #expect(bench.wealth == 2_000_000_000)
  }

  @Test("the order is matched against the book as it is after the hold")
  func holdSeesLaterBook() throws {
    var bench = Bench()
    let placed = bench.quote(.sell, .yes, "0.5", "100")
    let quote = try #require(placed)
    let request = bench.post(0, .buy, .yes, "0.5", "10", .fillAndKill)
    bench.state.withdraw(quote, market: bench.market)
    bench.wait(wall: .milliseconds(150))
    #expect(bench.answer(request)?.status == 400)
    #expect(bench.error(request)?.hasPrefix("no orders found to match with FAK order") == true)
    #expect(bench.cash(0) == "1000")
  }

  @Test("an order in the hold has its money set aside and cannot be cancelled")
  func holdReserves() {
    var bench = Bench()
    _ = bench.quote(.sell, .yes, "0.5", "5000")
    let id = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.5", "1900", .fillAndKill)
    let second = bench.post(0, .buy, .yes, "0.5", "1900", .fillAndKill)
    #expect(bench.error(second)?.hasPrefix("not enough balance / allowance: the balance is not enough") == true)
    let cancel = bench.cancel([id], account: 0)
    #expect(bench.body(cancel)?["not_canceled"]?[id]?.asText == "matched orders can't be canceled")
  }

  @Test("a maker of a client is met by another client through the other outcome")
  func mintBetweenClients() {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    let maker = bench.nextOrder
    _ = bench.post(0, .buy, .no, "0.4", "20")
    let request = bench.post(1, .buy, .yes, "0.6", "12", .fillAndKill)
    #expect(bench.body(request)?["status"]?.asText == "matched")
    #expect(bench.tokens(0, .no) == "12")
    #expect(bench.tokens(1, .yes) == "12")
    #expect(bench.cash(0) == "995.2")
    // 12 · 0.07 · 0.6 · 0.4 = 0.2016
    #expect(bench.cash(1) == "992.5984")
    #expect(bench.state.clients.orders[maker]?.matched.description == "12")
    #expect(bench.state.clients.accounts[0].reserved["USD"] == 3_200_000)
    #expect(bench.wealth == 2_000_000_000)
    let trade = bench.state.clients.trades[0]
    #expect(trade.makers[0].price.description == "0.4")
    #expect(trade.taker.price.description == "0.6")
  }

  @Test("each execution price is a trade of its own")
  func oneTradePerPrice() {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    _ = bench.quote(.sell, .yes, "0.5", "10")
    _ = bench.quote(.buy, .no, "0.5", "10")
    _ = bench.quote(.sell, .yes, "0.51", "10")
    let request = bench.post(0, .buy, .yes, "0.55", "25", .fillAndKill)
    #expect(bench.body(request)?["tradeIDs"]?.asList?.count == 2)
    #expect(bench.state.clients.trades.map { $0.taker.shares.description } == ["20", "5"])
    #expect(bench.state.clients.trades[0].makers.count == 2)
  }

  @Test(
    "refusals have the venue's words",
    arguments: [
      ("0.555", "10", TimeInForce.goodTillCancelled, false, "breaks minimum tick size rule: 0.01"),
      ("0.4", "4.99", .goodTillCancelled, false, "Size (4.99) lower than the minimum: 5"),
      ("0.4", "2", .fillAndKill, false, "min size: $1"),
      ("0.6", "10", .goodTillCancelled, true, "invalid post-only order: order crosses book"),
      ("0.6", "10", .fillOrKill, true, "invalid order params payload"),
      ("0.9", "5000", .goodTillCancelled, false, "balance: 1000000000, order amount:"),
      ("0.4", "10", .goodTillDate, false, "invalid expiration"),
    ])
  func refusals(price: String, size: String, type: TimeInForce, postOnly: Bool, text: String) {
    var bench = Bench()
    _ = bench.quote(.sell, .yes, "0.6", "5")
    let request = bench.post(0, .buy, .yes, price, size, type, postOnly: postOnly)
    #expect(bench.answer(request)?.status == 400)
    #expect(bench.error(request)?.contains(text) == true, "\(bench.error(request) ?? "no error")")
    #expect(bench.cash(0) == "1000")
    #expect(bench.state.available(0, "USD") == 1_000_000_000)
  }

  @Test("the same signed order is taken once, whatever became of it")
  func duplicates() {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    _ = bench.post(0, .buy, .yes, "0.4", "10", id: "0xsame")
    let again = bench.post(0, .buy, .yes, "0.4", "10", id: "0xsame")
    #expect(bench.error(again) == "order 0xsame is invalid. Duplicated.")
    _ = bench.post(0, .buy, .yes, "0.4", "10", .fillAndKill, id: "0xkilled")
    let repeated = bench.post(0, .buy, .yes, "0.4", "10", .fillAndKill, id: "0xkilled")
    #expect(bench.error(repeated) == "order 0xkilled is invalid. Duplicated.")
  }

  @Test("a trade goes from matched to mined to confirmed, and both sides hear of it")
  func tradeLife() {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    _ = bench.post(0, .sell, .yes, "0.5", "10")
    #expect(bench.cash(0) == "1000")
    _ = bench.post(0, .buy, .no, "0.5", "10")
    _ = bench.post(1, .buy, .yes, "0.5", "10", .fillAndKill)
    bench.wait(wall: .milliseconds(500))
    #expect(bench.state.clients.trades[0].status == .mined)
    bench.wait(wall: .milliseconds(1000))
    #expect(bench.state.clients.trades[0].status == .confirmed)
    #expect(bench.state.clients.trades[0].hash.count == 66)
    let heard = bench.effects.compactMap { effect -> String? in
      if case .user(let account, _, .trade(let trade)) = effect { return "\(account) \(trade.status.rawValue)" }
      return nil
    }
    #expect(heard.sorted() == ["MATCHED", "MINED", "CONFIRMED"].flatMap { ["0 \($0)", "1 \($0)"] }.sorted())
  }

  @Test("at the window's end orders are cancelled, later the winner is paid")
  func settlement() {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    _ = bench.quote(.sell, .yes, "0.5", "10")
    _ = bench.post(0, .buy, .yes, "0.5", "10", .fillOrKill)
    let resting = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.1", "10")
    bench.wait(market: .seconds(300))
    #expect(bench.state.clients.orders[resting]?.status == .marketResolved)
    let late = bench.post(0, .buy, .yes, "0.1", "10")
    #expect(bench.answer(late)?.status == 404)
    bench.state.decide(
      .init(slug: bench.state.spec(bench.market).slug, winner: .yes, inferred: false, opening: 1, closing: 1))
    bench.collect()
    #expect(bench.tokens(0, .yes) == "10")
    bench.wait(market: .seconds(59))
    #expect(bench.tokens(0, .yes) == "10")
    bench.wait(market: .seconds(1))
    #expect(bench.tokens(0, .yes) == "0")
    #expect(bench.cash(0) == "1004.825")
    #expect(bench.wealth == 2_000_000_000)
  }

  @Test("a good-till-date order ends a minute before its stated second, on the market's clock")
  func expiry() {
    var bench = Bench()
    let id = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.4", "10", .goodTillDate, expiration: Bench.opening + 100)
    bench.wait(wall: .seconds(3600), market: .seconds(39))
    #expect(bench.state.clients.orders[id]?.status == .live)
    bench.wait(market: .seconds(1))
    #expect(bench.state.clients.orders[id]?.status == .expired)
  }

  @Test("silence after a heartbeat cancels everything, a wrong id is answered with the right one")
  func deadMan() throws {
    var bench = Bench()
    let armed = bench.beat("", account: 0)
    let first = try #require(bench.body(armed)?["heartbeat_id"]?.asText)
    let id = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.4", "10")
    bench.wait(wall: .seconds(9))
    let wrong = bench.beat("nonsense", account: 0)
    #expect(bench.answer(wrong)?.status == 400)
    #expect(bench.body(wrong)?["heartbeat_id"]?.asText == first)
    let right = bench.beat(first, account: 0)
    #expect(bench.answer(right)?.status == 200)
    bench.wait(wall: .seconds(10))
    #expect(bench.state.clients.orders[id]?.status == .live)
    bench.wait(wall: .milliseconds(1))
    #expect(bench.state.clients.orders[id]?.status == .canceled)
  }

  @Test("a recorded book that trades through a resting order fills it at its price, once")
  func streetFillsUs() {
    var bench = Bench()
    func level(_ price: String, _ size: String) -> VenueState.StreetBook.Level {
      .init(price: Price(micros: Shares.micros(of: price))!, size: Shares(micros: Shares.micros(of: size)))
    }
    bench.state.replaceStreet(
      .init(bids: [level("0.48", "50")], asks: [level("0.52", "50")]), market: bench.market, trader: bench.trader)
    let id = bench.nextOrder
    _ = bench.post(0, .buy, .yes, "0.5", "10")
    bench.state.replaceStreet(
      .init(bids: [level("0.47", "50")], asks: [level("0.49", "4"), level("0.52", "50")]), market: bench.market,
      trader: bench.trader)
    #expect(bench.state.clients.orders[id]?.matched.description == "4")
    #expect(bench.cash(0) == "998")
    bench.state.replaceStreet(
      .init(bids: [level("0.47", "50")], asks: [level("0.52", "50")]), market: bench.market, trader: bench.trader)
    #expect(bench.state.clients.orders[id]?.matched.description == "4")
  }

  @Test("what we took of a recorded level is gone until the next snapshot")
  func streetIsTaken() {
    var bench = Bench(rules: VenueRules(takerHold: .zero))
    let ask = VenueState.StreetBook.Level(price: Price(micros: 520_000)!, size: Shares(whole: 50))
    let snapshot = VenueState.StreetBook(bids: [], asks: [ask])
    bench.state.replaceStreet(snapshot, market: bench.market, trader: bench.trader)
    _ = bench.post(0, .buy, .yes, "0.52", "50", .fillOrKill)
    #expect(bench.state.live[bench.market].book.bestAsk(.yes) == nil)
    bench.state.replaceStreet(snapshot, market: bench.market, trader: bench.trader)
    #expect(bench.state.live[bench.market].book.bestAsk(.yes) == ask.price)
    #expect(bench.wealth == 2_000_000_000)
  }
}
