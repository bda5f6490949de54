import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// The floor's clients against the simulated venue over real sockets: it verifies signatures, HMAC and rules by code of its own.
@Suite("Venue clients against sim-venue", .hangLimit)
struct VenueClientTests {
  @Test("An order rests, is found everywhere, is recognised when it comes again, and is cancelled")
  func restingOrder() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let order = try bench.sign(market, .yes, .buy, try Price(parsing: "0.01"), Shares(whole: 20))
    #expect(try bench.post(order, .goodTillCancelled) == .live)
    #expect(try bench.post(order, .goodTillCancelled) == .duplicated)

    let found = try #require(try bench.wait { bench.clob.order(order.id, $0) }.get())
    #expect(found.side == .buy && found.price == Price(micros: 10_000) && found.remaining == Shares(whole: 20))
    #expect(found.status.isOpen && found.token == market.token(of: .yes))
    #expect(try bench.wait { bench.clob.openOrders($0) }.get().map(\.id) == [order.id])

    let answer = try bench.wait { (done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) in
      bench.clob.cancel(order.id, done)
    }.get()
    #expect(answer.canceled == [order.id])
    #expect(try bench.wait { bench.clob.openOrders($0) }.get().isEmpty)
    let again = try bench.wait { (done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) in
      try bench.clob.cancel([order.id], done)
    }.get()
    #expect(again.canceled.isEmpty && again.refused[order.id] != nil)
  }

  @Test("A taking order trades: outcome, trades, user stream and balances tell the same")
  func takingOrder() throws {
    let bench = try VenueBench()
    var events: [UserStreamEvent] = []
    var opened = 0
    let stream = UserStream(
      stream: try VenueStream(
        context: bench.context, endpoint: WebEndpoint(bench.venue.socketBase + "/ws/user")),
      apiKey: try bench.venue.credentials.needText("api_key"),
      secret: Secret(try bench.venue.credentials.needText("secret")),
      passphrase: Secret(try bench.venue.credentials.needText("passphrase")))
    stream.onOpen = { opened += 1 }
    var strangers: [String] = []
    stream.onStranger = { strangers.append($0) }
    stream.onEvent = { events.append($0) }
    stream.start()
    #expect(try bench.loop.turn(until: { opened == 1 }, limit: .seconds(10)))

    let before = try bench.wait { bench.clob.collateral($0) }.get()
    var traded: (SignedOrder, GammaMarket)?
    // The book moves while we look: a few tries hit it.
    for _ in 0..<20 where traded == nil {
      let (market, book) = try bench.liveMarket()
      let ask = try #require(book.asks.first)
      // Five shares, and more where they would cost less than the venue's dollar for taking orders.
      let size = Shares(whole: max(5, 1_200_000 / ask.price.micros + 1))
      let order = try bench.sign(market, .yes, .buy, ask.price, size)
      let outcome = try bench.post(order, .fillAndKill)
      switch outcome {
      case .matched(_, let taking, let trades):
        #expect(!trades.isEmpty && taking ?? 0 > 0)
        traded = (order, market)
      case .rejected(.noMatch, _): continue
      default:
        Issue.record("\(outcome)")
        return
      }
    }
    let (order, market) = try #require(traded)
    let trades = try bench.wait { bench.clob.trades(after: nil, $0) }.get()
    let parts = trades.flatMap { $0.parts { $0 == order.id } }
    #expect(!parts.isEmpty && parts.allSatisfy { $0.isTaker && $0.side == .buy && $0.token == market.token(of: .yes) })
    let shares = parts.reduce(Shares.zero) { $0 + $1.size }
    var cost = USD.zero
    for part in parts {
      cost +=
        try USD(part.price, times: part.size, rounding: .nearest) + market.fee.fee(price: part.price, shares: part.size)
    }
    let after = try bench.wait { bench.clob.collateral($0) }.get()
    #expect(abs((before - after - cost).micros) <= 20 * Int64(parts.count), "paid \(before - after), expected \(cost)")
    #expect(try bench.wait { bench.clob.balance(of: market.token(of: .yes), $0) }.get() <= shares)
    func streamed() -> [VenueTradeStatus] {
      events.compactMap {
        if case .trade(let trade) = $0, trade.part(of: order.id) != nil { trade.status } else { nil }
      }
    }
    #expect(try bench.loop.turn(until: { streamed().contains(.confirmed) }, limit: .seconds(10)))
    #expect(streamed().first == .matched && stream.malformedEvents == 0 && strangers.isEmpty)
    stream.stop()
  }

  @Test("Refusals arrive as stable words, unknown orders as nothing, heartbeats find their id, clocks agree")
  func smallCalls() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let tooBig = try bench.sign(market, .yes, .buy, try Price(parsing: "0.01"), Shares(whole: 900_000))
    guard case .rejected(.balance, _) = try bench.post(tooBig, .goodTillCancelled) else {
      Issue.record("an order beyond the balance was not refused")
      return
    }
    #expect(try bench.wait { bench.clob.order(tooBig.id, $0) }.get() == nil)
    let slug = try #require(MarketSlug("no-such-market"))
    #expect(try bench.wait { bench.gamma.market(slug, $0) }.get() == nil)
    #expect(try bench.wait { bench.gamma.market(market.slug, $0) }.get()?.condition == market.condition)

    let first = try bench.wait { bench.clob.beat("", $0) }.get()
    let second = try bench.wait { bench.clob.beat(first, $0) }.get()
    #expect(!first.isEmpty && !second.isEmpty)
    #expect(try !bench.wait { bench.clob.beat("wrong", $0) }.get().isEmpty)

    let clock = try bench.wait { SimClock.read(bench.http, url: bench.venue.base + "/sim/clock", $0) }.get()
    #expect(clock.rateMilli == 1000)
    let time = try bench.wait { bench.clob.time($0) }.get()
    #expect(abs(time.since(SystemClock.wall()).milliseconds) < 120_000)

    let stranger = ClobClient(http: bench.http, base: bench.venue.base)
    guard case .failure(.status(401, _, _)) = try bench.wait({ stranger.openOrders($0) }) else {
      Issue.record("a private call without credentials was let through")
      return
    }
    let all = try bench.wait { (done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) in
      bench.clob.cancelAll(done)
    }.get()
    #expect(all.canceled.isEmpty)
  }
}
