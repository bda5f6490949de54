import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// What the client makes of orders that race with what is asked of them, and of accounts that do not look as expected (reliability, V12,
/// V13, V16, V22, V23, V26).
@Suite("Races and surprises of an account", .hangLimit)
struct OrderRaceFaultTests {
  @Test(
    "V12: the cancel of an order that has traded is refused in words that tell nothing; the order and its trades tell")
  func fillRacesCancel() throws {
    let bench = try VenueBench()
    let (order, _, taking) = try bench.bought()
    let answer = try bench.cancel(order.id).get()
    #expect(answer.canceled.isEmpty)
    #expect(answer.refused[order.id] == "order can't be found - already canceled or matched")
    let found = try #require(try bench.order(order.id))
    #expect(found.status.isFinal && found.matched == taking)
    let parts = try bench.wait { bench.clob.trades(after: nil, $0) }.get().flatMap { $0.parts { $0 == order.id } }
    #expect(parts.reduce(.zero) { $0 + $1.size } == taking)
  }

  @Test("V12: a taking order cannot be cancelled while it is held, and is none the worse for the question")
  func cancelWhileHeld() throws {
    let bench = try VenueBench(["--taker-hold-ms", "1500"])
    let (market, book) = try bench.liveMarket { market, _ in market.slug.text.contains("updown") }
    let order = try bench.sign(market, .yes, .buy, try #require(book.asks.first).price, Shares(whole: 20))
    var outcome: SubmitOutcome?
    let body = try bench.body(order)
    bench.clob.post(body, expected: order.id) { outcome = $0 }
    var refusal: String?
    try bench.until("the venue to hold it") {
      refusal = try bench.cancel(order.id).get().refused[order.id]
      return refusal == "matched orders can't be canceled" || outcome != nil
    }
    #expect(refusal == "matched orders can't be canceled" && outcome == nil)
    try bench.until("its answer") { outcome != nil }
    switch outcome! {
    case .live, .matched: break
    case let other: Issue.record("\(other)")
    }
  }

  @Test(
    "V13: parts of an order are booked once each, however often and early they are told: before the answer, by stream and by list"
  )
  func fillBeforeAnswer() throws {
    let bench = try VenueBench()
    var events: [UserStreamEvent] = []
    let stream = try openStream(bench) { events.append($0) }
    defer { stream.stop() }
    var traded: SignedOrder?
    for _ in 0..<30 where traded == nil {
      let (market, book) = try bench.liveMarket()
      let ask = try #require(book.asks.first)
      let order = try bench.sign(market, .yes, .buy, ask.price, ask.size + Shares(whole: 1000))
      try bench.fault("POST /order", "delay", [.init("ms", 700)])
      var outcome: SubmitOutcome?
      let body = try bench.body(order, .fillAndKill)
      bench.clob.post(body, expected: order.id) { outcome = $0 }
      try bench.until("news before the answer, or a kill") {
        outcome != nil
          || events.contains { if case .trade(let trade) = $0 { trade.part(of: order.id) != nil } else { false } }
      }
      let wasFirst = outcome == nil
      try bench.until("the answer") { outcome != nil }
      guard case .matched(_, let taking?, let trades) = outcome! else { continue }
      #expect(wasFirst, "the stream tells of the fill before its answer comes")
      // Partial: the rest was killed.
      let found = try #require(try bench.order(order.id))
      #expect(found.matched.micros == taking && found.matched < found.size && found.status.isFinal)
      let listed = try bench.wait { bench.clob.trades(after: nil, $0) }.get().flatMap { $0.parts { $0 == order.id } }
      #expect(Set(listed.map(\.trade)) == Set(trades) && listed.count == trades.count)
      #expect(listed.reduce(0) { $0 + $1.size.micros } == taking)
      traded = order
    }
    let order = try #require(traded)
    // The stream tells of each trade again for each step of its settlement, under the same key.
    func told() -> [(VenueTradeID, VenueTradeStatus)] {
      events.compactMap {
        if case .trade(let trade) = $0, trade.part(of: order.id) != nil { (trade.id, trade.status) } else { nil }
      }
    }
    try bench.until("the end of its settlement") { told().contains { $0.1 == .confirmed } }
    #expect(told().count > Set(told().map(\.0)).count)
  }

  @Test(
    "V13: two of our own orders in one trade, of the two tokens of a market, are two parts of it, each of its own token"
  )
  func twoOwnOrders() throws {
    let bench = try VenueBench()
    for _ in 0..<30 {
      let (market, book) = try bench.liveMarket { market, book in
        book.asks[0].price.micros - book.bids[0].price.micros >= 2 * market.tick.micros
      }
      // Inside the spread, on the other token: what crosses it meets nobody else.
      let inside = try #require(Price(micros: book.asks[0].price.micros - market.tick.micros))
      let maker = try bench.sign(market, .no, .buy, inside.complement, Shares(whole: 30))
      guard try bench.post(maker, postOnly: true) == .live else { continue }
      let taker = try bench.sign(market, .yes, .buy, inside, Shares(whole: 30))
      guard case .matched(_, let taking?, let trades) = try bench.post(taker, .fillAndKill) else {
        _ = try bench.cancel(maker.id)
        continue
      }
      let ours: Set = [maker.id, taker.id]
      let listed = try bench.wait { bench.clob.trades(after: nil, $0) }.get().filter { trades.contains($0.id) }
      let parts = listed.flatMap { $0.parts { ours.contains($0) } }
      let made = parts.filter { $0.order == maker.id }
      let took = parts.filter { $0.order == taker.id }
      guard !made.isEmpty else { continue }
      #expect(made.allSatisfy { !$0.isTaker && $0.token == market.token(of: .no) && $0.side == .buy })
      #expect(took.allSatisfy { $0.isTaker && $0.token == market.token(of: .yes) && $0.side == .buy })
      #expect(made.allSatisfy { $0.price == inside.complement })
      #expect(took.reduce(0) { $0 + $1.size.micros } == taking)
      #expect(Set(parts.map { "\($0.trade)/\($0.order)" }).count == parts.count)
      return
    }
    Issue.record("our own orders never met")
  }

  @Test(
    "V16: balances and lists that fail, come without what they are for, or never end are errors, never nothing held")
  func emptyAccounts() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    #expect(try bench.post(bench.resting(market)) == .live)
    func answer(_ path: String, _ status: Int64, _ body: String) throws {
      try bench.fault(
        "GET " + path, "error", [.init("status", .int(status)), .init("body", .string(body))], count: nil)
    }
    for (status, body) in [
      (500, #"{"error":"Internal server error"}"#), (200, "{}"), (200, #"{"balance":""}"#), (200, #"{"balance":null}"#),
      (200, #"{"allowances":{}}"#), (200, "[]"),
    ] as [(Int64, String)] {
      try answer("/balance-allowance", status, body)
      guard case .failure = try bench.wait({ bench.clob.collateral($0) }),
        case .failure = try bench.wait({ bench.clob.balance(of: market.token(of: .yes), $0) })
      else {
        Issue.record("\(body) was a balance")
        return
      }
    }
    for (status, body) in [
      (500, "{}"), (200, #"{"data":[]}"#), (200, #"{"next_cursor":"LTE="}"#),
      (200, #"{"data":null,"next_cursor":"LTE="}"#), (200, #"{"data":[{}],"next_cursor":"LTE="}"#),
      (200, #"{"data":[],"next_cursor":"MA=="}"#),
    ] as [(Int64, String)] {
      for path in ["/data/orders", "/data/trades"] {
        try answer(path, status, body)
        guard case .failure = try bench.wait({ bench.clob.openOrders($0) }) else {
          if path == "/data/orders" { Issue.record("\(body) was a list") }
          continue
        }
      }
      guard case .failure = try bench.wait({ bench.clob.trades(after: nil, $0) }) else {
        Issue.record("\(body) was a list of trades")
        return
      }
    }
  }

  @Test(
    "V22: without beats for ten seconds the venue cancels everything; the stream and the order tell, and beats begin anew"
  )
  func deadMan() throws {
    let bench = try VenueBench()
    var cancelled: Set<VenueOrderID> = []
    let stream = try openStream(bench) {
      if case .order(.cancellation, let order) = $0 { cancelled.insert(order.id) }
    }
    defer { stream.stop() }
    let (market, _) = try bench.liveMarket()
    let order = try bench.resting(market)
    #expect(try bench.post(order) == .live)
    // The first beat comes last: it starts the ten seconds, and a slow machine must not spend them before the order.
    let beat = try bench.wait { bench.clob.beat("", $0) }.get()
    try bench.until("the switch to fire", within: .seconds(20)) { cancelled == [order.id] }
    let found = try #require(try bench.order(order.id))
    #expect(found.status.isFinal && found.matched == .zero)
    #expect(try bench.openIDs().isEmpty)
    #expect(try !bench.wait { bench.clob.beat(beat, $0) }.get().isEmpty)
  }

  @Test(
    "V23: an order that somebody else placed on our account is in the list and on the stream under an id that we do not know"
  )
  func stranger() throws {
    let bench = try VenueBench()
    var seen: Set<VenueOrderID> = []
    let stream = try openStream(bench) { if case .order(_, let order) = $0 { seen.insert(order.id) } }
    defer { stream.stop() }
    let other = ClobClient(http: bench.http, base: bench.venue.base, credentials: bench.credentials)
    let (market, _) = try bench.liveMarket()
    let order = try bench.resting(market)
    let body = try bench.body(order)
    #expect(try bench.wait { other.post(body, expected: order.id, $0) } == .live)
    #expect(try bench.openIDs() == [order.id])
    try bench.until("the stream to tell") { seen == [order.id] }
  }

  @Test(
    "V26: what a broken stream missed is not told again: after each opening it is asked for, and nothing is missing then"
  )
  func missedUpdates() throws {
    let bench = try VenueBench()
    var opened = 0
    var told: Set<VenueTradeID> = []
    let stream = try openStream(
      bench, onOpen: { opened += 1 },
      { event in
        if case .trade(let trade) = event { told.insert(trade.id) }
      })
    defer { stream.stop() }
    let begun = try bench.wait { SimClock.read(bench.http, url: bench.venue.base + "/sim/clock", $0) }.get()
      .market(at: SystemClock.wall())
    try bench.console("/sim/faults/streams", [["stream": "user", "kind": "lose"]])
    let (order, _, taking) = try bench.bought()
    try bench.console("/sim/faults/streams", [["stream": "user", "kind": "hang_up", "count": 1]])
    // Something has to be told for the line to break.
    try bench.until("the stream to open again") {
      if opened == 1 { _ = try bench.bought() }
      return opened >= 2
    }
    #expect(stream.isOpen && stream.malformedEvents == 0)
    // Five minutes before what was last known, as a look-back for what was under way.
    let found = try bench.wait { bench.clob.trades(after: begun.advanced(by: .seconds(-300)), $0) }.get()
    let parts = found.flatMap { $0.parts { $0 == order.id } }
    #expect(!parts.isEmpty && parts.allSatisfy { !told.contains($0.trade) })
    #expect(parts.reduce(.zero) { $0 + $1.size } == taking)
  }

  private func openStream(
    _ bench: VenueBench, onOpen: @escaping () -> Void = {}, _ heard: @escaping (UserStreamEvent) -> Void
  ) throws -> UserStream {
    let stream = UserStream(
      stream: try VenueStream(context: bench.context, endpoint: WebEndpoint(bench.venue.socketBase + "/ws/user")),
      apiKey: bench.credentials.apiKey, secret: Secret(try bench.venue.credentials.needText("secret")),
      passphrase: Secret(try bench.venue.credentials.needText("passphrase")))
    var isOpen = false
    stream.onOpen = {
      isOpen = true
      onOpen()
    }
    stream.onEvent = heard
    stream.start()
    try bench.until("the user stream") { isOpen }
    return stream
  }
}
