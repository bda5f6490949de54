import Shared

/// Reads recorded frames of the public streams, and keeps the books that they describe: levels of YES, to which both tokens' messages
/// contribute, a bid for one being an ask for the other.
struct RecordedBooks {
  private struct Levels {
    var bids: [Int64: Int64] = [:]
    var asks: [Int64: Int64] = [:]
    /// The newest stamp of what they are made of.
    var stamp: MarketTime?

    /// Between a change and the one that makes room for it the levels may cross.
    var isCrossed: Bool {
      guard let bid = bids.keys.max(), let ask = asks.keys.min() else { return false }
      return bid >= ask
    }

    var book: VenueState.StreetBook {
      func side(_ levels: [Int64: Int64]) -> [VenueState.StreetBook.Level] {
        levels.compactMap { price, size in
          Price(micros: price).map { .init(price: $0, size: Shares(micros: size)) }
        }
      }
      return VenueState.StreetBook(bids: side(bids), asks: side(asks), stamp: stamp)
    }
  }

  private var places: [String: (market: Int, outcome: Outcome)] = [:]
  private var levels: [Levels]

  init(_ specs: [MarketSpec]) {
    levels = Array(repeating: Levels(), count: specs.count)
    for (market, spec) in specs.enumerated() {
      for outcome in Outcome.allCases { places[spec.tokens[outcome.index]] = (market, outcome) }
    }
  }

  /// What a frame changes. A frame of unknown markets or with nothing that can be read changes nothing.
  mutating func changes(_ frame: WireValue, _ stream: VerbatimFrame.Stream) -> [RecordedEvent.Change] {
    if stream == .reference { return Self.reports(frame).map { .report($0) } }
    var touched: [Int] = []
    var changes: [RecordedEvent.Change] = []
    for event in frame.asList ?? [frame] { take(event, &changes, &touched) }
    return changes + shown(touched)
  }

  /// A book that was asked for.
  mutating func witness(_ book: WireValue) -> [RecordedEvent.Change] {
    guard let market = replace(book) else { return [] }
    return Self.tick(book, "tick_size", market) + shown([market])
  }

  private func shown(_ touched: [Int]) -> [RecordedEvent.Change] {
    touched.filter { !levels[$0].isCrossed }.map { .book(market: $0, levels[$0].book) }
  }

  private mutating func take(_ event: WireValue, _ changes: inout [RecordedEvent.Change], _ touched: inout [Int]) {
    func touch(_ market: Int) {
      if !touched.contains(market) { touched.append(market) }
      levels[market].stamp = event["timestamp"]?.asNumber.flatMap(MarketTime.init(venueMilliseconds:))
    }
    switch event["event_type"]?.asText {
    case "book":
      guard let market = replace(event) else { return }
      touch(market)
      changes += Self.tick(event, "tick_size", market)
    case "price_change":
      for item in event["price_changes"]?.asList ?? [] {
        if let market = set(item) { touch(market) }
      }
    case "tick_size_change":
      guard let place = place(event) else { return }
      changes += Self.tick(event, "new_tick_size", place.market)
    case "last_trade_price":
      guard let place = place(event), let side = event["side"]?.asText.flatMap(Side.init(rawValue:)),
        let price = event["price"]?.asMicros.flatMap(Price.init(micros:)), let size = event["size"]?.asMicros
      else { return }
      changes.append(
        .print(market: place.market, outcome: place.outcome, side: side, price: price, size: Shares(micros: size)))
    default: break
    }
  }

  private static func tick(_ event: WireValue, _ name: String, _ market: Int) -> [RecordedEvent.Change] {
    event[name]?.asMicros.flatMap(PriceTick.init(micros:)).map { [.tick(market: market, $0)] } ?? []
  }

  private func place(_ event: WireValue) -> (market: Int, outcome: Outcome)? {
    event["asset_id"]?.asText.flatMap { places[$0] }
  }

  private mutating func replace(_ book: WireValue) -> Int? {
    guard let place = place(book), let bids = Self.levels(book["bids"]), let asks = Self.levels(book["asks"]) else {
      return nil
    }
    var new = Levels(stamp: levels[place.market].stamp)
    for (price, size) in bids where size > 0 { Self.set(&new, isBid: true, place.outcome, price, size) }
    for (price, size) in asks where size > 0 { Self.set(&new, isBid: false, place.outcome, price, size) }
    levels[place.market] = new
    return place.market
  }

  private mutating func set(_ item: WireValue) -> Int? {
    guard let place = place(item), let price = item["price"]?.asMicros, let size = item["size"]?.asMicros,
      let side = item["side"]?.asText, ["BUY", "SELL"].contains(side)
    else { return nil }
    Self.set(&levels[place.market], isBid: side == "BUY", place.outcome, price, size)
    return place.market
  }

  private static func set(_ levels: inout Levels, isBid: Bool, _ outcome: Outcome, _ price: Int64, _ size: Int64) {
    let kept = size > 0 ? size : nil
    switch (isBid, outcome) {
    case (true, .yes): levels.bids[price] = kept
    case (false, .yes): levels.asks[price] = kept
    case (true, .no): levels.asks[1_000_000 - price] = kept
    case (false, .no): levels.bids[1_000_000 - price] = kept
    }
  }

  private static func levels(_ side: WireValue?) -> [(Int64, Int64)]? {
    guard let items = side?.asList else { return side == nil || side == .null ? [] : nil }
    var levels: [(Int64, Int64)] = []
    for item in items {
      guard let price = item["price"]?.asMicros, let size = item["size"]?.asMicros else { return nil }
      levels.append((price, size))
    }
    return levels
  }

  // MARK: Reference prices

  /// The prices of a frame of the reference stream, dumps included.
  static func reports(_ frame: WireValue) -> [ReferenceReport] {
    guard let topic = frame["topic"]?.asText, let payload = frame["payload"], let symbol = payload["symbol"]?.asText
    else { return [] }
    return (payload["data"]?.asList ?? [payload]).compactMap { item in
      guard let at = item["timestamp"]?.asNumber.flatMap(MarketTime.init(venueMilliseconds:)), let price = price(item)
      else { return nil }
      switch topic {
      case "crypto_prices_chainlink": return ReferenceReport(symbol: symbol, at: at, value: price)
      case "crypto_prices_twap_sixty": return ReferenceReport(symbol: symbol, at: at, mean: price)
      case "crypto_prices" where symbol.hasSuffix("usdt"):
        return ReferenceReport(symbol: symbol.dropLast(4) + "/usd", at: at, exchange: price)
      default: return nil
      }
    }
  }

  /// The exact price is a whole number at 10⁻¹⁸ (protocol document, section 5.1); without it the rounded one is all there is.
  private static func price(_ item: WireValue) -> Int128? {
    if let exact = item["full_accuracy_value"]?.asText.flatMap({ Int128($0) }), exact >= 0 { return exact }
    if case .number(let text)? = item["value"] { return WireAttos.read(text) }
    return nil
  }
}
