import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What `Tests/Conformance` asks of the official clients, done by ours: one suite, the same code as on the floor, over real sockets against a
/// venue that was written from the protocol document and not from this client.
@Suite("Our client at the simulated venue", .serialized, .hangLimit)
struct OurClientConformanceTests {
  private func refusal(_ outcome: SubmitOutcome) -> (code: RejectCode, text: String)? {
    if case .rejected(let code, let text) = outcome { (code, text) } else { nil }
  }

  func status<Value>(_ result: Result<Value, VenueCallError>) -> (Int, String)? {
    if case .failure(.status(let status, let message, _)) = result { (status, message) } else { nil }
  }

  // MARK: Reading

  @Test("Lists end, and each listing agrees with its event, its book and what the order book service says of it")
  func reading() throws {
    let bench = try VenueClients()
    let few = try bench.listings(limit: 3)
    #expect(few.count > 10 && Set(few.map(\.slug)).count == few.count)
    var kinds: Set<String> = []
    for listing in few where listing.acceptingOrders {
      kinds.insert("\(listing.version) \(listing.negRisk)")
      let info = try #require(try bench.get { bench.clob.market(listing.condition, $0) })
      #expect(info.tokens.compactMap(\.token) == listing.tokens.map(\.token) && info.isTradable)
      #expect(info.tick == listing.tick && info.minimumSize == listing.minimumSize && info.fee == listing.fee)
      #expect(info.negRisk == listing.negRisk && info.version == listing.version)
      let book = try bench.get { bench.clob.book(listing.token(of: .yes), $0) }
      #expect(book.market == listing.condition && book.tick == listing.tick && book.negRisk == listing.negRisk)
      let slug = try #require(listing.event)
      let event = try #require(try bench.get { bench.gamma.event(slug, $0) })
      #expect(event.markets.contains { $0.condition == listing.condition } && event.unusable.isEmpty)
      #expect(event.negRisk == listing.negRisk)
      if listing.negRisk {
        #expect(event.exclusiveSet.map(\.slug) == event.markets.map(\.slug) && event.markets.count > 1)
        #expect(Set(event.markets.map(\.negRiskMarket)).count == 1 && !listing.groupTitle.isEmpty)
      } else {
        #expect(event.exclusiveSet.isEmpty)
      }
      if let contract = MarketSeries.contract(listing.slug) {
        #expect(listing.cryptoRule?.asset == contract.series.asset && listing.cryptoRule?.twapSeconds == 60)
        #expect(info.holdsTakers)
      }
    }
    #expect(kinds.isSuperset(of: ["v1 false", "v1 true", "v2 false"]), "\(kinds)")
    let tokens = few.prefix(20).flatMap { $0.tokens.map(\.token) }
    #expect(Set(try bench.get { bench.clob.books(tokens, $0) }.map(\.token)) == Set(tokens))
    let nothing = try #require(ConditionID("0x" + String(repeating: "0", count: 64)))
    #expect(try bench.get { bench.clob.market(nothing, $0) } == nil)
    let noEvent = try #require(MarketSlug("no-such-event"))
    #expect(try bench.get { bench.gamma.event(noEvent, $0) } == nil)
    let unknown = try #require(TokenID("1"))
    let noBook = try bench.wait { bench.clob.book(unknown, $0) }
    #expect(status(noBook).map { $0 == (404, "No orderbook exists for the requested token id") } == true)
  }

  @Test("The coming windows of a series are found before they open, by the slugs of the clock")
  func windowsAhead() throws {
    let bench = try VenueClients()
    let clock = try bench.get { SimClock.read(bench.http, url: bench.venue.base + "/sim/clock", $0) }
    let series = try #require(MarketSeries(alias: "BTC-5m"))
    let now = clock.market(at: SystemClock.wall())
    let start = series.windowStart(containing: now)
    for window in 0...Int64(2) {
      let slug = try #require(series.slug(startingAt: start + 300 * window))
      let listing = try #require(try bench.get { bench.gamma.market(slug, $0) }, "\(slug)")
      let market = Market(listing)
      #expect(market.startsAt == MarketTime(seconds: start + 300 * window) && market.series == series)
      #expect(listing.windowStart == market.startsAt && listing.end == market.endsAt)
      #expect(market.settlement == Market.Settlement(symbol: "btc/usd", twapSeconds: 60))
    }
    let past = try #require(series.slug(startingAt: start - 300_000 * 300))
    #expect(try bench.get { bench.gamma.market(past, $0) } == nil)
  }

  // MARK: Orders

  @Test("Every order type does what it says, is read back by id and in the list, and is cancelled in every form")
  func orderTypes() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    let market = try bench.question()
    let clob = trader.clob
    let resting = try trader.low(market)
    #expect(try trader.post(resting) == .live)
    let found = try #require(try bench.get { clob.order(resting.id, $0) })
    #expect(found.status == .live && found.price.micros == market.tick.micros && found.remaining == Shares(whole: 120))
    #expect(
      found.market == market.condition && found.token == market.token(of: .yes)
        && found.timeInForce == .goodTillCancelled)
    #expect(try trader.open() == [resting.id])

    let dated = try trader.low(market, shares: 121)
    let end =
      try bench.get { SimClock.read(bench.http, url: bench.venue.base + "/sim/clock", $0) }
      .market(at: SystemClock.wall()).seconds + 3600
    #expect(try trader.post(dated, .goodTillDate, expiration: end) == .live)
    #expect(try bench.get { clob.order(dated.id, $0) }?.timeInForce == .goodTillDate)
    let late = try trader.low(market, shares: 122)
    #expect(refusal(try trader.post(late, .goodTillDate, expiration: end - 3600 + 30))?.code == .expiration)

    let careful = try trader.low(market, shares: 123)
    #expect(try trader.post(careful, postOnly: true) == .live)
    let top = try #require(Price(micros: 1_000_000 - market.tick.micros))
    let crossing = try trader.sign(
      market, .yes, .buy, .limit(.buy, price: top, size: Shares(whole: 10), tick: market.tick))
    #expect(refusal(try trader.post(crossing, postOnly: true))?.code == .postOnlyCrosses)

    let nobody = refusal(try trader.post(try trader.low(market, shares: 200), .fillAndKill))
    #expect(nobody?.code == .noMatch)
    #expect(nobody?.text.contains("no orders found to match with FAK order") == true)
    let thin = refusal(try trader.post(try trader.low(market, shares: 201), .fillOrKill))
    #expect(thin?.code == .fillOrKill)

    #expect(Set(try trader.open()) == [resting.id, dated.id, careful.id])
    let one = try bench.get { (done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) in
      clob.cancel(resting.id, done)
    }
    #expect(one.canceled == [resting.id] && one.refused.isEmpty)
    let twice = try bench.get { (done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) in
      clob.cancel(resting.id, done)
    }
    #expect(twice.refused == [resting.id: "order can't be found - already canceled or matched"])
    let some = try bench.get { (done: @escaping (Result<CancelAnswer, VenueCallError>) -> Void) in
      try clob.cancel([dated.id, resting.id], done)
    }
    #expect(some.canceled == [dated.id] && some.refused.keys.map(\.self) == [resting.id])
    let other = try trader.low(market, .no)
    #expect(try trader.post(other) == .live)
    let side = try bench.get { clob.cancel(market: market.condition, token: market.token(of: .no), $0) }
    #expect(side.canceled == [other.id])
    #expect(try bench.get { clob.cancel(market: market.condition, $0) }.canceled == [careful.id])
    let last = try trader.low(market, shares: 124)
    #expect(try trader.post(last) == .live)
    #expect(try bench.get { clob.cancelAll($0) }.canceled == [last.id])
    #expect(try trader.open().isEmpty)
  }

  @Test(
    "A batch of fifteen gets fifteen answers in its order: what stands, what trades and what is refused, each by its own word; sixteen are refused here, and so are cancels of too many"
  )
  func batches() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    let market = try bench.question()
    let stranger = try bench.newKey()
    let top = try #require(Price(micros: 1_000_000 - market.tick.micros))
    func limit(_ side: Side, _ price: Price, _ shares: Int64, by key: EthereumKey? = nil) throws -> SignedOrder {
      try trader.sign(
        market, .yes, side, .limit(side, price: price, size: Shares(whole: shares), tick: market.tick), signedBy: key)
    }
    func body(_ order: SignedOrder, _ type: TimeInForce = .goodTillCancelled, postOnly: Bool = false) -> [UInt8] {
      order.body(owner: trader.credentials.apiKey, timeInForce: type, postOnly: postOnly)
    }
    var batch: [(body: [UInt8], id: VenueOrderID)] = []
    var wanted: [String] = []
    func add(_ order: SignedOrder, _ word: String, _ type: TimeInForce = .goodTillCancelled, postOnly: Bool = false) {
      batch.append((body(order, type, postOnly: postOnly), order.id))
      wanted.append(word)
    }
    let first = try trader.low(market, shares: 100)
    add(first, "live")
    add(try trader.low(market, shares: 4), RejectCode.minimumSize.rawValue)
    add(try limit(.buy, top, 10), RejectCode.postOnlyCrosses.rawValue, postOnly: true)
    add(first, "duplicated")
    add(try limit(.sell, top, 10), RejectCode.balance.rawValue)
    add(try limit(.buy, Price(parsing: "0.02"), 20, by: stranger), RejectCode.signature.rawValue)
    add(try trader.low(market, shares: 300), RejectCode.noMatch.rawValue, .fillAndKill)
    add(try trader.low(market, shares: 301), RejectCode.fillOrKill.rawValue, .fillOrKill)
    add(
      try trader.sign(market, .yes, .buy, OrderAmounts(maker: 100_000 * 21, taker: 100_000_000)),
      RejectCode.tick.rawValue)
    add(try trader.low(market, .no, shares: 101), "live", postOnly: true)
    while batch.count < ClobClient.batchMax { add(try trader.low(market, shares: Int64(110 + batch.count)), "live") }
    let outcomes = try bench.wait { try trader.clob.post(batch: batch, $0) }
    let words = outcomes.map { outcome -> String in
      switch outcome {
      case .live: "live"
      case .duplicated: "duplicated"
      case .rejected(let code, _): code.rawValue
      case .matched, .delayed, .notTrading, .throttled, .unknown: "\(outcome)"
      }
    }
    #expect(words == wanted)
    let live = zip(wanted, batch).filter { $0.0 == "live" }.map(\.1.id)
    #expect(try Set(trader.open()) == Set(live) && live.count == 7)

    let one = try trader.low(market, shares: 500)
    for count in [0, 16] {
      let many = Array(repeating: (body: body(one), id: one.id), count: count)
      let problem = #expect(throws: BatchSizeError.self) {
        try trader.clob.post(batch: many) { _ in Issue.record("an answer to what was not sent") }
      }
      #expect(
        problem.map { "\($0)" } == "a batch of \(count) orders: the venue takes 1 to 15 at once, send them in parts")
    }
    let tooMany = Array(repeating: one.id, count: ClobClient.cancelMax + 1)
    let problem = #expect(throws: BatchSizeError.self) {
      try trader.clob.cancel(tooMany) { _ in Issue.record("an answer to what was not sent") }
    }
    #expect(problem?.most == ClobClient.cancelMax)
    #expect(try Set(trader.open()) == Set(live), "nothing of it was sent")

    let gone = try bench.get { try trader.clob.cancel(live + [one.id], $0) }
    #expect(Set(gone.canceled) == Set(live) && Array(gone.refused.keys) == [one.id])
    #expect(try trader.open().isEmpty)
  }

  @Test("What breaks a rule is refused in the catalogue's words, each with its own code")
  func refusals() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    let market = try bench.question()
    func limit(_ side: Side, _ price: String, _ shares: Int64) throws -> OrderAmounts {
      try .limit(side, price: Price(parsing: price), size: Shares(whole: shares), tick: market.tick)
    }
    let small = refusal(try trader.post(try trader.low(market, shares: 4)))
    #expect(small?.code == .minimumSize && small?.text.contains("lower than the minimum: 5") == true)
    let poor = refusal(try trader.post(try trader.sign(market, .yes, .buy, limit(.buy, "0.02", 100_000))))
    #expect(poor?.code == .balance && poor?.text.contains("not enough balance / allowance") == true)
    let naked = refusal(try trader.post(try trader.sign(market, .yes, .sell, limit(.sell, "0.97", 10))))
    #expect(naked?.code == .balance)
    let offGrid = OrderAmounts(maker: 100_000 * 21, taker: 100_000_000)
    let tick = refusal(try trader.post(try trader.sign(market, .yes, .buy, offGrid)))
    #expect(tick?.code == .tick && tick?.text.contains("breaks minimum tick size rule") == true)
    let forged = refusal(
      try trader.post(try trader.sign(market, .yes, .buy, limit(.buy, "0.02", 50), signedBy: bench.newKey())))
    #expect(forged?.code == .signature && forged?.text == "invalid signature")
    let order = try trader.low(market)
    #expect(try trader.post(order) == .live)
    #expect(try trader.post(order) == .duplicated)
    let stranger = try bench.trader()
    let body = try trader.low(market, shares: 130).body(
      owner: stranger.credentials.apiKey, timeInForce: .goodTillCancelled)
    let owner = refusal(try bench.wait { trader.clob.post(body, expected: order.id, $0) })
    #expect(owner?.code == .credentials)
    #expect(owner?.text == "the order owner has to be the owner of the API KEY")
    #expect(try trader.open() == [order.id] && stranger.open().isEmpty)
    // Absence of an order that never was: the venue knows no such id.
    let never = try trader.low(market, shares: 131)
    #expect(try bench.get { trader.clob.order(never.id, $0) } == nil)
  }

  @Test(
    "A market order walks the book to its price, trades within its budget, and trades, balances and allowances tell the same"
  )
  func marketOrders() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    let market = try bench.question()
    let before = try bench.get { trader.clob.collateral($0) }
    let purse = try bench.get { trader.clob.holding(nil, $0) }
    #expect(purse.baseUnits == before.micros && purse.allowances.count >= 2 && !purse.allowances.values.contains(0))
    let (order, ids) = try trader.buy(market, for: USD(dollars: 5))
    let trades = try bench.get { trader.clob.trades(after: nil, $0) }
    #expect(Set(trades.map(\.id)) == Set(ids) && trades.allSatisfy { $0.weAreTaker == true })
    let parts = trades.flatMap { $0.parts { $0 == order.id } }
    let shares = parts.reduce(Shares.zero) { $0 + $1.size }
    #expect(try bench.get { trader.clob.balance(of: market.token(of: .yes), $0) } == shares)
    let after = try bench.get { trader.clob.collateral($0) }
    #expect(before - after <= USD(dollars: 5) && before - after > USD(dollars: 3))
    // Its settlement, by the id alone.
    let first = try #require(ids.first)
    var status: VenueTradeStatus?
    for _ in 0..<100 where status != .confirmed {
      status = try bench.get { trader.clob.trade(first, $0) }?.status
      _ = try bench.loop.turn(until: { false }, limit: .milliseconds(100))
    }
    #expect(status == .confirmed)
    let noTrade = try #require(VenueTradeID("no-such-trade"))
    #expect(try bench.get { trader.clob.trade(noTrade, $0) } == nil)
    #expect(try bench.get { trader.clob.trades(after: trades[0].matchedAt.advanced(by: .seconds(60)), $0) }.isEmpty)
    _ = try bench.get { trader.clob.refreshHolding(nil, $0) }
    _ = try bench.get { trader.clob.refreshHolding(market.token(of: .yes), $0) }

    // Back, by shares.
    var sold = false
    for _ in 0..<20 where !sold {
      let book = try bench.get { trader.clob.book(market.token(of: .yes), $0) }
      guard let price = MarketPriceWalk.sell(shares, bids: book.bids, whole: false) else { continue }
      let amounts = try OrderAmounts.marketSell(of: shares, price: price, tick: market.tick)
      if case .matched = try trader.post(try trader.sign(market, .yes, .sell, amounts), .fillAndKill) { sold = true }
    }
    #expect(sold)
  }

  @Test("Heartbeats follow each other, and a wrong one is put right")
  func heartbeats() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    let first = try bench.get { trader.clob.beat("", $0) }
    let second = try bench.get { trader.clob.beat(first, $0) }
    #expect(!first.isEmpty && first != second)
    let third = try bench.get { trader.clob.beat("wrong", $0) }
    #expect(third != second && !third.isEmpty)
    #expect(try !bench.get { trader.clob.beat(third, $0) }.isEmpty)
  }

  @Test("What a wallet traded and holds shows in both generations of the data service: late, and the same")
  func dataService() throws {
    let bench = try VenueClients(["--data-lag-ms", "300"])
    let trader = try bench.trader()
    let market = try bench.question()
    let (order, _) = try trader.buy(market, for: USD(dollars: 6))
    let parts = try bench.get { trader.clob.trades(after: nil, $0) }.flatMap { $0.parts { $0 == order.id } }
    let shares = parts.reduce(Shares.zero) { $0 + $1.size }
    for generation in [DataClient.Generation.present, .former] {
      let data = DataClient(http: bench.http, base: bench.venue.base, generation: generation, pageRows: 2)
      var rows: [WalletTrade] = []
      for _ in 0..<100 where rows.count < parts.count {
        let answer = try bench.get { data.trades(of: trader.maker.checksummed, $0) }
        #expect(answer.isWhole)
        rows = answer.rows
        _ = try bench.loop.turn(until: { false }, limit: .milliseconds(100))
      }
      #expect(rows.reduce(Shares.zero) { $0 + $1.size } == shares, "\(generation)")
      #expect(
        rows.allSatisfy {
          $0.token == market.token(of: .yes) && $0.market == market.condition && $0.side == .buy
            && !$0.transaction.isEmpty
            && $0.wallet == trader.maker.checksummed.lowercased() && $0.slug == market.slug
        }, "\(generation)")
      let held = try bench.get { data.positions(of: trader.maker.checksummed, $0) }
      #expect(held.isWhole && held.rows.map(\.size) == [shares] && held.rows.map(\.token) == [market.token(of: .yes)])
      #expect(held.rows.first?.opposite == market.token(of: .no) && held.rows.first?.isRedeemable == false)
      let done = try bench.get { data.activity(of: trader.maker.checksummed, $0) }
      #expect(done.rows.filter { $0.kind == "TRADE" }.count == rows.count, "\(generation)")
      let stranger = try bench.get { data.positions(of: "0x" + String(repeating: "00", count: 20), $0) }
      #expect(stranger.isWhole && stranger.rows.isEmpty)
    }
  }

  // MARK: Wallets and generations

  @Test(
    "Every kind of wallet trades in every generation of markets, under its own contract",
    arguments: [ExchangeOrder.Wallet.plain, .proxy, .safe, .deposit])
  func wallets(wallet: ExchangeOrder.Wallet) throws {
    let bench = try VenueClients()
    let trader = try bench.trader(wallet)
    let capital = try bench.get { trader.clob.collateral($0) }
    #expect(capital > .zero)
    for (negRisk, version) in [(false, "v1"), (true, "v1"), (false, "v2")] {
      let market = try bench.question(negRisk: negRisk, version: version)
      let order = try trader.low(market, shares: 1200)
      #expect(try trader.post(order) == .live, "\(wallet) \(negRisk) \(version)")
      #expect(try trader.open() == [order.id])
      #expect(try bench.get { trader.clob.holding(market.token(of: .yes), $0) }.baseUnits == 0)
      let canceled = try bench.get { trader.clob.cancelAll($0) }
      #expect(canceled.canceled == [order.id])
      // Signed for the other contract it is refused, whoever signed it.
      let other = GammaMarket(market, negRisk: !negRisk)
      if version == "v1" {
        let wrong = try trader.low(other, shares: 1300)
        #expect(refusal(try trader.post(wrong))?.code == .signature, "\(wallet) \(negRisk) \(version)")
      }
    }
  }

  @Test("A deposit wallet's order is taken in the form of a session key of its owner, and of nobody else")
  func sessionKeys() throws {
    let bench = try VenueClients()
    let trader = try bench.trader(.deposit)
    let market = try bench.question()
    let amounts = try OrderAmounts.limit(
      .buy, price: Price(parsing: "0.02"), size: Shares(whole: 20), tick: market.tick)
    let order = try trader.sign(market, .yes, .buy, amounts, asDelegate: true)
    #expect(try trader.post(order) == .live)
    let forged = try trader.sign(market, .yes, .buy, amounts, signedBy: bench.newKey(), asDelegate: true)
    #expect(refusal(try trader.post(forged))?.code == .signature)
    #expect(try trader.open() == [order.id])
  }

  // MARK: Streams

  @Test("Market, user and price streams are held and tell what was done")
  func streams() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    let market = try bench.question()
    func stream(_ path: String) throws -> VenueStream {
      try VenueStream(
        context: bench.context, endpoint: WebEndpoint(bench.venue.socketBase + path), keepAlive: .seconds(1))
    }
    let books = try stream("/ws/market")
    var decoder = MarketFrameDecoder()
    var events: [MarketStreamEvent] = []
    var pongs = 0
    var (unreadable, opened) = (0, 0)
    books.onOpen = {
      opened += 1
      books.send(
        JSON.object([
          .init("type", "market"), .init("assets_ids", .array(market.tokens.map { .text($0.token) })),
          .init("custom_feature_enabled", true),
        ]).bytes)
    }
    books.onText = { text in
      let frame = decoder.decode(text)
      if frame.isPong { pongs += 1 }
      events += frame.events
      unreadable += frame.malformed + frame.strangers.count
    }
    let prices = try stream("/rtds")
    var ticks: [ReferenceTick] = []
    prices.onOpen = {
      opened += 1
      let topics = ["crypto_prices_chainlink", "crypto_prices_twap_sixty"]
      prices.send(
        JSON.object([
          .init("action", "subscribe"),
          .init("subscriptions", .array(topics.map { ["topic": .string($0), "type": "update"] })),
        ]).bytes)
    }
    prices.onText = { text in
      let frame = StreamFrame<ReferenceTick>(reference: text)
      ticks += frame.events
      unreadable += frame.malformed + frame.strangers.count
    }
    let user = UserStream(
      stream: try stream("/ws/user"), apiKey: trader.credentials.apiKey, secret: trader.credentials.secret,
      passphrase: trader.credentials.passphrase)
    var own: [UserStreamEvent] = []
    user.onOpen = { opened += 1 }
    var strangers: [String] = []
    user.onStranger = { strangers.append($0) }
    user.onEvent = { own.append($0) }
    books.start()
    prices.start()
    user.start()
    #expect(try bench.loop.turn(until: { opened == 3 }, limit: .seconds(10)))
    func has(_ token: TokenID) -> Bool {
      events.contains { if case .book(let book) = $0 { book.token == token } else { false } }
    }
    #expect(try bench.loop.turn(until: { market.tokens.allSatisfy { has($0.token) } }, limit: .seconds(10)))

    let order = try trader.low(market)
    #expect(try trader.post(order) == .live)
    let canceled = try bench.get { trader.clob.cancelAll($0) }
    #expect(canceled.canceled == [order.id])
    func changes() -> [UserStreamEvent.OrderChange] {
      own.compactMap { if case .order(let change, let told) = $0, told.id == order.id { change } else { nil } }
    }
    #expect(
      try bench.loop.turn(until: { changes() == [.placement, .cancellation] }, limit: .seconds(10)), "\(changes())")
    // Both tokens' books show it come and go.
    let price = try #require(Price(micros: market.tick.micros))
    func sizes(_ token: TokenID, _ at: Price) -> Int {
      events.count {
        guard case .priceChange(let change) = $0 else { return false }
        return change.changes.contains { $0.token == token && $0.level.price == at }
      }
    }
    #expect(
      try bench.loop.turn(
        until: { sizes(market.token(of: .yes), price) >= 2 && sizes(market.token(of: .no), price.complement) >= 2 },
        limit: .seconds(10)))
    #expect(
      try bench.loop.turn(
        until: { Set(ticks.map(\.series)).count == 2 && pongs > 0 }, limit: .seconds(15)),
      "\(Set(ticks.map(\.series))), \(pongs) pongs")
    #expect(unreadable == 0 && user.malformedEvents == 0 && strangers.isEmpty)
    for stream in [books, prices] { stream.stop() }
    user.stop()
  }
}

extension GammaMarket {
  /// The same market, said to be of the other exchange contract.
  fileprivate init(_ market: GammaMarket, negRisk: Bool) {
    self.init(
      id: market.id, slug: market.slug, question: market.question, condition: market.condition, tokens: market.tokens,
      active: market.active, closed: market.closed, acceptingOrders: market.acceptingOrders,
      hasOrderBook: market.hasOrderBook, negRisk: negRisk, version: market.version, tick: market.tick,
      minimumSize: market.minimumSize, fee: market.fee, windowStart: market.windowStart, end: market.end,
      resolutionStatus: market.resolutionStatus, cryptoRule: market.cryptoRule, event: market.event)
  }
}
