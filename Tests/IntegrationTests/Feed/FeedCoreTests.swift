import Shared
import Testing

@testable import MarketFeed

@Suite("The feed's core")
struct FeedCoreTests {
  private let first = MarketSlug("btc-updown-5m-1795180500")!
  private let second = MarketSlug("btc-updown-5m-1795180800")!

  @Test("Nothing is asked or followed before the market's clock is known")
  func clockFirst() throws {
    var harness = try FeedHarness()
    harness.core.socketOpened(FeedHarness.only, at: harness.now)
    try harness.turn()
    #expect(harness.asked.isEmpty && harness.updates.isEmpty)
    harness.core.clockRead(harness.clock, at: harness.now)
    try harness.turn()
    #expect(!harness.asked.isEmpty)
    #expect(try ClockMessage(decoding: try #require(harness.keys["floor:clock"])).clock == harness.clock)
  }

  @Test(
    "Coming windows are subscribed before they open, become live at the second they open, and the short name moves with them"
  )
  func windows() throws {
    var harness = try FeedHarness.running()
    #expect(harness.subscribed.contains(FeedHarness.token(first, .yes)))
    try harness.receiveBooks(first)
    #expect(try harness.last(first).state == .pending)
    #expect(try harness.alias("BTC-5m").slug != first)
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    try harness.turn()
    #expect(try harness.last(first).state == .live)
    #expect(try harness.alias("BTC-5m").slug == first)
    try harness.answerAll()
    try harness.receiveBooks(second)
    harness.pass(.seconds(300))
    try harness.receiveBooks(second)
    try harness.turn()
    #expect(try harness.last(first).state == .closed)
    #expect(try harness.last(second).state == .live)
    #expect(try harness.alias("BTC-5m").slug == second)
  }

  @Test("Trades between two turns fold into one message, whose flow holds all of them")
  func flow() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    try harness.turn()
    #expect(try harness.last(first).flow == .none)
    func trade(_ outcome: Outcome, _ side: Side, _ shares: Int64) throws -> MarketStreamEvent {
      .lastTrade(
        VenueLastTrade(
          market: FeedHarness.condition(first), token: FeedHarness.token(first, outcome), time: harness.market,
          price: try Price(parsing: "0.5"), size: Shares(whole: shares), side: side))
    }
    let before = harness.updates.count
    for (outcome, side, shares) in [(Outcome.yes, Side.buy, Int64(10)), (.no, .sell, 5), (.no, .buy, 2)] {
      harness.receive([try trade(outcome, side, shares)])
    }
    try harness.turn()
    #expect(harness.updates.count == before + 1)
    let told = try harness.last(first)
    #expect(told.flow == TakerFlow(towardYes: Shares(whole: 15), towardNo: Shares(whole: 2)))
    #expect(told.last?.size == Shares(whole: 2))
  }

  @Test(
    "One order runs through all that is published, and each channel counts without a hole", arguments: [UInt64(3), 4])
  func order(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var harness = try FeedHarness.running(series: ["BTC-5m", "ETH-15m"])
    harness.pass(.seconds(30))
    let slugs = harness.core.followers.keys.sorted()
    for slug in slugs { try harness.receiveBooks(slug) }
    for _ in 0..<500 {
      harness.pass(.milliseconds(Int64(random.next() % 50)))
      let slug = slugs[Int(random.next() % UInt64(slugs.count))]
      switch random.next() % 4 {
      case 0:
        var frame = StreamFrame<ReferenceTick>()
        let value = try #require(ReferenceValue(parsing: "91234.5"))
        frame.events = [
          ReferenceTick(series: .oracleSpot, symbol: "btc/usd", observedAt: harness.market, value: value)
        ]
        harness.core.reference(frame, at: harness.now)
      case 1: try harness.turn()
      default:
        harness.receive([try harness.change(slug, .yes, .buy, "0.4\(random.next() % 10)", "\(random.next() % 900)")])
      }
    }
    try harness.turn()
    let orders = (harness.updates.map(\.order) + harness.prices.map(\.order)).sorted()
    #expect(orders == Array(1...Int64(orders.count)))
    var tracker = SequenceTracker()
    for update in harness.updates {
      let verdict = tracker.receive(update.envelope, on: update.slug.text)
      #expect(verdict == .next || verdict == .first)
    }
    #expect(harness.prices.count > 50)
    #expect(harness.prices.map(\.order) == harness.prices.map(\.order).sorted())
  }

  @Test("However much comes in one turn, a market is published once, with its newest state")
  func folding() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    let before = harness.updates.count
    for size in 1...100 { harness.receive([try harness.change(first, .yes, .buy, "0.51", "\(size)")]) }
    try harness.flush()
    #expect(harness.updates.count == before + 1)
    #expect(
      try harness.last(first).yes.bids[1] == BookLevel(price: try Price(parsing: "0.51"), size: Shares(whole: 100)))
    #expect(harness.core.counters.folded >= 99)
  }

  @Test("A broken stream takes the books away at once; new snapshots bring them back under a new epoch")
  func reconnection() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    let epoch = try harness.last(first).bookEpoch
    #expect(harness.word == "closed")
    harness.core.socketClosed(FeedHarness.only, at: harness.now)
    try harness.flush()
    #expect(try harness.last(first).state != .live)
    #expect(try harness.last(first).yes == .empty)
    #expect(harness.word == "open")
    harness.core.socketOpened(FeedHarness.only, at: harness.now)
    try harness.flush()
    #expect(harness.word == "half-open")
    try harness.receiveBooks(first)
    #expect(try harness.last(first).state == .live)
    #expect(try harness.last(first).bookEpoch > epoch)
    #expect(harness.word == "closed")
  }

  @Test("Silence is published as stale within a tenth of a second of its deadline, and witnesses are asked before")
  func staleness() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    for _ in 0..<99 {
      harness.pass(.milliseconds(100))
      try harness.turn()
      #expect(try harness.last(first).state == .live)
    }
    #expect(harness.fetches.contains(FeedHarness.token(first, .yes)))
    harness.pass(.milliseconds(100))
    try harness.turn()
    #expect(try harness.last(first).state == .stale)
    #expect(try harness.last(first).reason?.isEmpty == false)
  }

  @Test(
    "On a fast clock a second of the wall must pass before silence means anything", arguments: [Int64(60_000), 300_000])
  func fastClock(rate: Int64) throws {
    var harness = try FeedHarness.running(ahead: 2, rateMilli: rate)
    // The window that is open after half a second of the wall.
    harness.pass(.milliseconds(500))
    try harness.turn()
    try harness.answerAll()
    let open = try #require(
      harness.core.followers.values.map(\.keeper.market).first { market in
        market.startsAt.map { $0 <= harness.market } == true && market.endsAt.map { harness.market < $0 } == true
      })
    try harness.receiveBooks(open.slug)
    #expect(try harness.last(open.slug).state == .live)
    harness.pass(.milliseconds(400))
    try harness.turn()
    #expect(try harness.last(open.slug).state != .stale)
  }

  @Test("A quiet book is confirmed over REST and stays live")
  func witnesses() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    for _ in 0..<200 {
      harness.pass(.milliseconds(100))
      try harness.turn()
      for token in harness.fetches {
        guard let slug = harness.core.slugOfToken[token], slug == first else { continue }
        let outcome: Outcome = token == FeedHarness.token(slug, .yes) ? .yes : .no
        guard case .book(let book) = try harness.book(slug, outcome) else { continue }
        harness.core.witness(token, book, at: harness.now)
      }
      harness.fetches = []
      #expect(try harness.last(first).state == .live)
    }
    #expect(harness.resubscribed.allSatisfy { $0 != FeedHarness.token(first, .yes) })
  }

  @Test("A stream that is open and silent is begun anew, at first after ten seconds, then ever more slowly")
  func silence() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    var times: [Int64] = []
    for step in 1...1200 {
      harness.pass(.milliseconds(100))
      let before = harness.reconnects.count
      try harness.turn()
      if harness.reconnects.count > before { times.append(Int64(step) / 10) }
      try harness.answerAll()
    }
    #expect(times == [10, 30, 70])
  }

  @Test("A flood of malformed frames makes the stream begin anew; a few are only counted")
  func malformed() throws {
    var harness = try FeedHarness.running()
    var bad = StreamFrame<MarketStreamEvent>()
    bad.malformed = 1
    for _ in 0..<50 { harness.core.frame(bad, at: harness.now) }
    try harness.turn()
    #expect(harness.reconnects.isEmpty && harness.core.counters.malformed == 50)
    harness.core.frame(bad, at: harness.now)
    try harness.turn()
    #expect(harness.reconnects == [FeedHarness.only])
  }

  @Test("A resolved market is told with its payout, kept for a while, then let go; its key lives on for an hour")
  func resolution() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    harness.pass(.seconds(306))
    try harness.turn()
    #expect(harness.asked.contains(first))
    let listing = try FeedHarness.listing(first, closed: true, status: "resolved", prices: ["0", "1"])
    harness.core.listing(first, .found(listing), at: harness.now)
    harness.asked.removeAll { $0 == first }
    try harness.flush()
    #expect(try harness.last(first).state == .resolved)
    #expect(try harness.last(first).payout == .zero)
    #expect(harness.lifetimes["market:\(first)"] == .seconds(3600))
    harness.pass(.seconds(6))
    try harness.turn()
    #expect(!harness.subscribed.contains(FeedHarness.token(first, .yes)))
    #expect(harness.core.followers[first] == nil)
    // What still arrives for it touches nobody.
    let count = harness.updates.count
    harness.receive([try harness.book(first, .yes)])
    try harness.flush()
    #expect(harness.updates.count == count)
  }

  @Test("The record hears of a market once per state and tick, and never that it is resolved")
  func rows() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.turn()
    try harness.answerAll()
    try harness.receiveBooks(first)
    for _ in 0..<20 {
      harness.pass(.milliseconds(100))
      harness.receive([try harness.change(first, .yes, .buy, "0.5", "7")])
      try harness.turn()
    }
    harness.pass(.seconds(300))
    try harness.turn()
    harness.core.listing(
      first, .found(try FeedHarness.listing(first, closed: true, status: "resolved", prices: ["1", "0"])),
      at: harness.now)
    try harness.flush()
    let states = harness.rows.filter { $0["slug"]?.string == first.text }.compactMap { $0["state"]?.string }
    #expect(states == ["UPCOMING", "OPEN", "CLOSED"])
    #expect(harness.ticks.contains { $0["slug"]?.string == first.text && $0["bid"]?.string == "0.52" })
  }

  @Test("When the bus comes back, every key is written again")
  func busReturns() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    try harness.turn()
    let before = Set(harness.keys.keys)
    harness.keys = [:]
    harness.core.busConnected(at: harness.now)
    try harness.flush()
    #expect(Set(harness.keys.keys) == before)
    #expect(
      before.isSuperset(of: [
        "floor:clock", "markets:known", "circuit:polymarket-data:state", "market:BTC-5m", "market:\(first)",
      ]))
  }

  @Test("Repeated and old reference ticks are not told twice, and only symbols of followed series are told at all")
  func references() throws {
    var harness = try FeedHarness.running()
    let value = try #require(ReferenceValue(parsing: "91234.118200170442113024"))
    func tick(_ series: ReferenceTick.Series, _ symbol: String, _ second: Int64) -> ReferenceTick {
      ReferenceTick(series: series, symbol: symbol, observedAt: MarketTime(seconds: second), value: value)
    }
    var frame = StreamFrame<ReferenceTick>()
    frame.events = [
      tick(.oracleTWAP(seconds: 60), "btc/usd", 10), tick(.oracleTWAP(seconds: 60), "btc/usd", 10),
      tick(.oracleTWAP(seconds: 60), "btc/usd", 9), tick(.oracleSpot, "btc/usd", 10), tick(.oracleSpot, "doge/usd", 11),
      tick(.exchangeSpot, "btcusdt", 12),
    ]
    harness.core.reference(frame, at: harness.now)
    try harness.collect()
    #expect(harness.prices.map(\.kind) == [.twap60, .chainlink, .binance])
    #expect(harness.prices.allSatisfy { $0.symbol == "btc/usd" && $0.value == value })
    #expect(harness.keys["ref:btc/usd:twap60"] != nil)
  }
}

extension FeedHarness {
  func last(_ slug: MarketSlug) throws -> MarketUpdate { try #require(updates.last { $0.slug == slug }) }
  func alias(_ name: String) throws -> MarketUpdate { try MarketUpdate(decoding: try #require(keys["market:" + name])) }
  var word: String { String(decoding: keys["circuit:polymarket-data:state"] ?? [], as: UTF8.self) }
}
