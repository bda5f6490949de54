import Shared

@testable import MarketFeed

/// The feed's core under hand-held clocks: what it asks and publishes is collected and sorted.
struct FeedHarness {
  static let start: Int64 = 1_795_180_500
  static let only = MarketSocketID(shard: 0, twin: 0)
  var core: FeedCore
  var clock: MarketClock
  var wall = WallTime(seconds: FeedHarness.start - 30)
  var monotonic = MonotonicTime(seconds: 1000)

  var updates: [MarketUpdate] = []
  var prices: [ReferencePrice] = []
  var keys: [String: [UInt8]] = [:]
  var lifetimes: [String: Duration] = [:]
  var rows: [JSON] = []
  var ticks: [JSON] = []
  var marks: [FeedMark] = []
  var subscribed: Set<TokenID> = []
  var fetches: [TokenID] = []
  var resubscribed: [TokenID] = []
  var reconnects: [MarketSocketID] = []
  var opened: [Int] = []
  var shardOf: [TokenID: Int] = [:]
  /// Slugs that the discovery service is asked for and has not answered.
  var asked: [MarketSlug] = []

  init(
    series: [String] = ["BTC-5m"], ahead: Int = 1, rateMilli: Int64 = 1000, twins: Int = 1, assetsMax: Int = 500
  ) throws {
    let settings = FeedSettings(
      series: series.compactMap(MarketSeries.init(alias:)), events: [], windowsAhead: ahead, staleAfter: .seconds(10),
      assetsMax: assetsMax, twins: twins)
    core = FeedCore(settings: settings, source: "market-feed", boot: "b1")
    clock = MarketClock(anchorWall: wall, anchorMarket: MarketTime(nanoseconds: wall.nanoseconds), rateMilli: rateMilli)
  }

  /// Clock known, stream open, every question answered.
  static func running(
    series: [String] = ["BTC-5m"], ahead: Int = 1, rateMilli: Int64 = 1000, twins: Int = 1, assetsMax: Int = 500
  ) throws -> FeedHarness {
    var harness = try FeedHarness(
      series: series, ahead: ahead, rateMilli: rateMilli, twins: twins, assetsMax: assetsMax)
    harness.core.clockRead(harness.clock, at: harness.now)
    for id in harness.core.sockets.all { harness.core.socketOpened(id, at: harness.now) }
    try harness.turn()
    try harness.answerAll()
    try harness.turn()
    return harness
  }

  var now: Instant { Instant(wall: wall, monotonic: monotonic) }
  var market: MarketTime { clock.market(at: wall) }

  mutating func pass(_ duration: Duration) {
    wall = wall.advanced(by: duration)
    monotonic = monotonic.advanced(by: duration)
  }

  /// One turn of the loop: time, then the flush.
  mutating func turn() throws {
    core.tick(at: now)
    try flush()
  }

  mutating func flush() throws {
    core.flush(at: now)
    try collect()
  }

  mutating func collect() throws {
    for effect in core.takeEffects() {
      switch effect {
      case .publish(let channel, let payload):
        if Names.slug(ofMarketUpdates: channel) != nil { updates.append(try MarketUpdate(decoding: payload)) }
        if Names.symbol(ofReferencePrices: channel) != nil { prices.append(try ReferencePrice(decoding: payload)) }
      case .store(let key, let value, let lifetime):
        keys[key] = value
        lifetimes[key] = lifetime
      case .lookUp(let slug): asked.append(slug)
      case .open(let shard): opened.append(shard)
      case .subscribe(let tokens, let shard):
        subscribed.formUnion(tokens)
        for token in tokens { shardOf[token] = shard }
      case .unsubscribe(let tokens, _): subscribed.subtract(tokens)
      case .resubscribe(let tokens, _): resubscribed += tokens
      case .fetchBook(let token): fetches.append(token)
      case .reconnect(let id, _): reconnects.append(id)
      case .recordMarket(_, let row): rows.append(row)
      case .recordTicks(let new): ticks += new
      case .mark(let mark): marks.append(mark)
      case .readClock, .note, .reconnectReference: break
      }
    }
  }

  mutating func answerAll() throws {
    for slug in asked { core.listing(slug, .found(try FeedHarness.listing(slug)), at: now) }
    asked = []
    try collect()
  }

  /// Tokens and condition follow from the slug, so any number of markets can be listed.
  static func listing(
    _ slug: MarketSlug, closed: Bool = false, status: String = "", prices: [String] = ["0.5", "0.5"]
  ) throws -> GammaMarket {
    let number = number(slug)
    return try GammaMarket([
      "id": "1", "slug": .string(slug.text), "question": "Up or Down?", "conditionId": .string(condition(slug).text),
      "outcomes": "[\"Up\", \"Down\"]", "clobTokenIds": .string("[\"\(number)1\", \"\(number)2\"]"),
      "outcomePrices": .string("[\"\(prices[0])\", \"\(prices[1])\"]"), "active": true, "closed": .bool(closed),
      "acceptingOrders": .bool(!closed), "enableOrderBook": true, "orderPriceMinTickSize": .number("0.01"),
      "orderMinSize": 5, "feesEnabled": true, "feeSchedule": ["rate": .number("0.07"), "exponent": 1],
      "umaResolutionStatus": .string(status),
    ])
  }

  /// The asset's first letter, by its number, and the slug's digits.
  static func number(_ slug: MarketSlug) -> String { "\(slug.text.utf8.first ?? 0)" + slug.text.filter(\.isNumber) }
  static func token(_ slug: MarketSlug, _ outcome: Outcome) -> TokenID {
    TokenID(number(slug) + "\(outcome.index + 1)")!
  }
  static func condition(_ slug: MarketSlug) -> ConditionID {
    let digits = number(slug)
    return ConditionID("0x" + String(repeating: "0", count: 64 - digits.count) + digits)!
  }

  /// A snapshot of one token; the NO book mirrors the YES prices given.
  func book(_ slug: MarketSlug, _ outcome: Outcome, bid: String = "0.52", ask: String = "0.53") throws
    -> MarketStreamEvent
  {
    let top = BookTop(
      bids: [BookLevel(price: try Price(parsing: bid), size: Shares(whole: 100))],
      asks: [BookLevel(price: try Price(parsing: ask), size: Shares(whole: 100))])
    let own = outcome == .yes ? top : top.mirrored
    return .book(
      VenueBook(
        market: FeedHarness.condition(slug), token: FeedHarness.token(slug, outcome), time: market, hash: "",
        bids: own.bids, asks: own.asks))
  }

  func change(_ slug: MarketSlug, _ outcome: Outcome, _ side: Side, _ price: String, _ size: String) throws
    -> MarketStreamEvent
  {
    .priceChange(
      VenuePriceChange(
        market: FeedHarness.condition(slug), time: market,
        changes: [
          VenuePriceChange.Change(
            token: FeedHarness.token(slug, outcome), side: side,
            level: BookLevel(price: try Price(parsing: price), size: try Shares(parsing: size)))
        ]))
  }

  mutating func receive(_ events: [MarketStreamEvent]) {
    var frame = StreamFrame<MarketStreamEvent>()
    frame.events = events
    core.frame(frame, at: now)
  }

  mutating func receiveBooks(_ slug: MarketSlug) throws {
    receive([try book(slug, .yes), try book(slug, .no)])
    try flush()
  }
}
