import FloorSim
import Shared

/// A smoke run under hand-held clocks, against a venue that answers as it is told.
struct SmokeHarness {
  static let start: Int64 = 1_795_180_500
  var run: SmokeRun
  var wall: WallTime
  var monotonic = MonotonicTime(seconds: 1000)
  var lines: [String] = []
  var lookUps: [MarketSlug] = []
  var subscribed: [TokenID] = []
  var resubscribed: [TokenID] = []
  var bookQuestions: [TokenID] = []
  var orderQuestions: [TokenID] = []
  var clockQuestions = 0
  var hasEnded = false

  // What the venue does.
  var isListed = true
  var speaksPrices = true
  var priceKinds = ["crypto_prices_chainlink", "crypto_prices_twap_sixty"]
  /// Of Up; `nil`: the socket tells no books.
  var top: (bid: String, ask: String?)? = ("0.60", "0.62")
  /// Shares on each level.
  var size = "100"
  /// Of the book over REST, when it is another one.
  var restAsk: String?

  init(venue: String = "polymarket", seconds: Int = 120, into: Int64 = 60) throws {
    let (config, _) = ConfigLoader.examine(
      schema: FloorSchema.schema, layers: [ConfigLayer(commandLine: ["venue=\(venue)"])], home: "test")
    wall = WallTime(seconds: SmokeHarness.start + into)
    let settings = try SmokeSettings(
      series: MarketSeries(alias: "BTC-5m")!, endpoints: try VenueEndpoints(config.reader), time: .seconds(seconds))
    run = SmokeRun(settings, at: SmokeRun.Now(wall: wall, monotonic: monotonic))
    collect()
  }

  var now: SmokeRun.Now { SmokeRun.Now(wall: wall, monotonic: monotonic) }
  var market: MarketTime { MarketTime(nanoseconds: wall.nanoseconds) }

  mutating func collect() {
    for effect in run.takeEffects() {
      switch effect {
      case .line(let text): lines.append(text)
      case .readClock: clockQuestions += 1
      case .lookUp(let slug): lookUps.append(slug)
      case .subscribe(let tokens): subscribed += tokens
      case .resubscribe(let tokens): resubscribed += tokens
      case .unsubscribe(let tokens): subscribed.removeAll(where: tokens.contains)
      case .reconnect: break
      case .fetchBook(let token): bookQuestions.append(token)
      case .fetchOrderBook(let token): orderQuestions.append(token)
      case .end: hasEnded = true
      }
    }
  }

  mutating func pass(_ duration: Duration) {
    wall = wall.advanced(by: duration)
    monotonic = monotonic.advanced(by: duration)
  }

  /// One step of a quarter of a second: time, then whatever the venue has to say.
  mutating func step() throws {
    pass(.milliseconds(250))
    run.tick(at: now)
    collect()
    for slug in lookUps { run.listing(slug, .success(isListed ? try SmokeHarness.listing(slug) : nil), at: now) }
    lookUps = []
    collect()
    if speaksPrices, wall.nanoseconds % 1_000_000_000 == 0 {
      for kind in priceKinds { run.reference(price(kind), at: now) }
    }
    if top != nil, !subscribed.isEmpty {
      run.marketOpened()
      for token in subscribed { run.market(Array(try book(token).text.utf8), at: now) }
    }
    for token in bookQuestions { run.witness(token, .success(VenueBook(try book(token))!), at: now) }
    bookQuestions = []
    for token in orderQuestions { run.orderBook(.success(VenueBook(try book(token, ask: restAsk))!), at: now) }
    orderQuestions = []
    collect()
  }

  /// Until it has ended, at most so many seconds.
  mutating func steps(seconds: Int) throws {
    for _ in 0..<seconds * 4 where !hasEnded { try step() }
  }

  // MARK: The venue's words

  /// A price that rises by a dollar a second, and its mean over a minute, which lies half a minute behind.
  func price(_ topic: String, at time: WallTime? = nil) -> [UInt8] {
    let time = time ?? wall
    let behind = topic == "crypto_prices_twap_sixty" ? 29.5 : 0
    let value = 91000 + Double(time.seconds - SmokeHarness.start) - behind
    return Array(
      #"{"topic":"\#(topic)","type":"update","timestamp":1,"payload":{"symbol":"btc/usd","timestamp":\#(time.milliseconds),"value":\#(value)}}"#
        .utf8)
  }

  /// What a stream's first dump might tell: so many seconds of every series, up to now.
  mutating func dump(seconds: Int64) {
    for second in wall.seconds - seconds...wall.seconds {
      for kind in priceKinds { run.reference(price(kind, at: WallTime(seconds: second)), at: now) }
    }
    collect()
  }

  func book(_ token: TokenID, ask other: String? = nil) throws -> JSON {
    let (bid, ask) = top ?? ("0.60", "0.62")
    let bids = try Price(parsing: bid)
    let asks = try (other ?? ask).map { try Price(parsing: $0) }
    let isUp = token.text.hasSuffix("1")
    func level(_ price: Price?) -> JSON {
      .array(price.map { [["price": .text($0), "size": .string(size)]] } ?? [])
    }
    return [
      "event_type": "book", "market": .text(SmokeHarness.condition(token.text.dropLast())), "asset_id": .text(token),
      "timestamp": .string(String(wall.milliseconds)), "hash": "",
      "bids": level(isUp ? bids : asks?.complement), "asks": level(isUp ? asks : bids.complement),
      "tick_size": "0.01", "min_order_size": "5",
    ]
  }

  static func condition(_ digits: some StringProtocol) -> ConditionID {
    ConditionID("0x" + String(repeating: "0", count: 64 - digits.utf8.count) + digits)!
  }

  static func listing(_ slug: MarketSlug) throws -> GammaMarket {
    let digits = slug.text.split(separator: "-").last!
    return try GammaMarket([
      "id": "1", "slug": .text(slug), "question": "Up or Down?", "conditionId": .text(condition(digits)),
      "outcomes": "[\"Up\", \"Down\"]", "clobTokenIds": .string("[\"\(digits)1\", \"\(digits)2\"]"),
      "outcomePrices": "[\"0.5\", \"0.5\"]", "active": true, "closed": false, "acceptingOrders": true,
      "enableOrderBook": true, "orderPriceMinTickSize": .number("0.01"), "orderMinSize": 5, "feesEnabled": true,
      "feeSchedule": ["rate": .number("0.07"), "exponent": 1], "umaResolutionStatus": "",
      "cryptoMarketConfig": [
        "id": "btc-5m-twap-60", "asset": "btc", "duration": "5m", "twapEnabled": true, "twapLookbackSeconds": 60,
      ],
    ])
  }

  // MARK: Lines

  func lines(_ word: String) -> [String] { lines.filter { $0.hasPrefix("[SMOKE] \(word)") } }

  /// The value of a key of a line; quoted ones without their quotes.
  static func value(_ key: String, _ line: String?) -> String? {
    guard let line, let range = line.firstRange(of: " \(key)=") else { return nil }
    let rest = line[range.upperBound...]
    return rest.first == "\"" ? String(rest.dropFirst().prefix { $0 != "\"" }) : String(rest.prefix { $0 != " " })
  }
}
