/// The members of one event of the market channel while `MarketFrameDecoder` reads it: the kind may come last, so all that any frequent
/// kind has is kept until it is known, and members of no interest are passed over. Throws at everything that `StreamFrame(market:)` would judge another way.
struct EventMembers {
  private enum Kind { case book, priceChange, lastTrade, bestBidAsk }

  private var seen = SeenKeys()
  private var kind: Kind?
  private var market: ConditionID?
  private var token: TokenID?
  private var time: MarketTime?
  private var hash = ""
  private var bids: [BookLevel] = []
  private var asks: [BookLevel] = []
  private var tick: PriceTick?
  private var minimumSize: Shares?
  private var negRisk: Bool?
  private var lastTradePrice: Price?
  private var changes: [VenuePriceChange.Change]?
  private var price: Price?
  private var size: Shares?
  private var side: Side?
  private var bestBid: Price?
  private var bestAsk: Price?

  mutating func take(
    _ key: JSONScanner.Key, _ scanner: inout JSONScanner, _ names: inout RecentNames
  ) throws(JSONError) {
    switch key {
    case "event_type":
      try seen.note(0, scanner)
      kind = try EventMembers.kind(&scanner)
    case "market":
      try seen.note(1, scanner)
      market = names.condition(try scanner.quotedText(), scanner)
    case "asset_id":
      try seen.note(2, scanner)
      token = names.token(try scanner.quotedText(), scanner)
    case "timestamp":
      try seen.note(3, scanner)
      time = MarketTime(venueMilliseconds: try scanner.integer())
    case "hash":
      try seen.note(4, scanner)
      hash = String(decoding: scanner.bytes(of: try scanner.quotedText()), as: UTF8.self)
    case "bids":
      try seen.note(5, scanner)
      bids = try EventMembers.levels(&scanner)
    case "asks":
      try seen.note(6, scanner)
      asks = try EventMembers.levels(&scanner)
    case "tick_size":
      try seen.note(7, scanner)
      tick = PriceTick(micros: try scanner.decimal())
    case "min_order_size":
      try seen.note(8, scanner)
      minimumSize = Shares(micros: try scanner.decimal())
    case "neg_risk":
      try seen.note(9, scanner)
      negRisk = try scanner.boolean()
    case "last_trade_price":
      try seen.note(10, scanner)
      lastTradePrice = try EventMembers.price(&scanner)
    case "price_changes":
      try seen.note(11, scanner)
      changes = try EventMembers.changes(&scanner, &names)
    case "price":
      try seen.note(12, scanner)
      price = Price(micros: try scanner.decimal())
    case "size":
      try seen.note(13, scanner)
      size = Shares(micros: try scanner.decimal())
    case "side":
      try seen.note(14, scanner)
      side = try EventMembers.side(&scanner)
    case "best_bid":
      try seen.note(15, scanner)
      bestBid = try EventMembers.best(&scanner)
    case "best_ask":
      try seen.note(16, scanner)
      bestAsk = try EventMembers.best(&scanner)
    case "spread":
      try seen.note(17, scanner)
      try scanner.skipScalar()
    case "fee_rate_bps":
      try seen.note(18, scanner)
      try scanner.skipScalar()
    case "transaction_hash":
      try seen.note(19, scanner)
      try scanner.skipScalar()
    default:
      try seen.note(key, scanner)
      try scanner.skipScalar()
    }
  }

  func event(_ scanner: JSONScanner) throws(JSONError) -> MarketStreamEvent {
    guard let kind, let market, let time else { throw scanner.error(.unexpectedEnd) }
    if case .priceChange = kind {
      guard let changes else { throw scanner.error(.unexpectedEnd) }
      return .priceChange(VenuePriceChange(market: market, time: time, changes: changes))
    }
    guard let token else { throw scanner.error(.unexpectedEnd) }
    switch kind {
    case .book:
      let book = VenueBook(
        market: market, token: token, time: time, hash: hash, bids: bids, asks: asks, tick: tick,
        minimumSize: minimumSize, negRisk: negRisk, lastTradePrice: lastTradePrice)
      guard book.isConsistent else { throw scanner.error(.invalidNumber) }
      return .book(book)
    case .lastTrade, .priceChange:
      guard let price, let size, size > .zero, let side else { throw scanner.error(.unexpectedEnd) }
      return .lastTrade(
        VenueLastTrade(market: market, token: token, time: time, price: price, size: size, side: side))
    case .bestBidAsk:
      return .bestBidAsk(VenueBestBidAsk(market: market, token: token, time: time, bid: bestBid, ask: bestAsk))
    }
  }

  // MARK: Values

  private static func kind(_ scanner: inout JSONScanner) throws(JSONError) -> Kind {
    switch try scanner.word() {
    case "book": return .book
    case "price_change": return .priceChange
    case "last_trade_price": return .lastTrade
    case "best_bid_ask": return .bestBidAsk
    default: throw scanner.error(.unexpectedCharacter)
    }
  }

  private static func side(_ scanner: inout JSONScanner) throws(JSONError) -> Side {
    switch try scanner.word() {
    case "BUY": return .buy
    case "SELL": return .sell
    default: throw scanner.error(.unexpectedCharacter)
    }
  }

  /// A price, or `nil` for the empty text that stands for none.
  private static func price(_ scanner: inout JSONScanner) throws(JSONError) -> Price? {
    if try scanner.takeEmptyText() { return nil }
    return Price(micros: try scanner.decimal())
  }

  /// Zero and one stand for an empty side, as in `StreamFrame(market:)`.
  private static func best(_ scanner: inout JSONScanner) throws(JSONError) -> Price? {
    guard let price = try price(&scanner), price != .zero, price != .one else { return nil }
    return price
  }

  private static func levels(_ scanner: inout JSONScanner) throws(JSONError) -> [BookLevel] {
    if try scanner.takeNull() { return [] }
    var levels: [BookLevel] = []
    levels.reserveCapacity(64)
    try scanner.enterArray()
    while try scanner.nextElement() {
      var seen = SeenKeys()
      var price: Price?
      var size: Shares?
      try scanner.enterObject()
      while let key = try scanner.nextKey() {
        switch key {
        case "price":
          try seen.note(0, scanner)
          price = Price(micros: try scanner.decimal())
        case "size":
          try seen.note(1, scanner)
          size = Shares(micros: try scanner.decimal())
        default:
          try seen.note(key, scanner)
          try scanner.skipScalar()
        }
      }
      guard let level = BookLevel(venue: price, size) else { throw scanner.error(.invalidNumber) }
      levels.append(level)
    }
    return levels
  }

  private static func changes(
    _ scanner: inout JSONScanner, _ names: inout RecentNames
  ) throws(JSONError) -> [VenuePriceChange.Change] {
    var changes: [VenuePriceChange.Change] = []
    // A change of one token is one of the other's, too.
    changes.reserveCapacity(2)
    try scanner.enterArray()
    while try scanner.nextElement() { changes.append(try change(&scanner, &names)) }
    return changes
  }

  private static func change(
    _ scanner: inout JSONScanner, _ names: inout RecentNames
  ) throws(JSONError) -> VenuePriceChange.Change {
    var seen = SeenKeys()
    var token: TokenID?
    var side: Side?
    var price: Price?
    var size: Shares?
    var bestBid: Price?
    var bestAsk: Price?
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      switch key {
      case "asset_id":
        try seen.note(0, scanner)
        token = names.token(try scanner.quotedText(), scanner)
      case "price":
        try seen.note(1, scanner)
        price = Price(micros: try scanner.decimal())
      case "size":
        try seen.note(2, scanner)
        size = Shares(micros: try scanner.decimal())
      case "side":
        try seen.note(3, scanner)
        side = try EventMembers.side(&scanner)
      case "best_bid":
        try seen.note(4, scanner)
        bestBid = try best(&scanner)
      case "best_ask":
        try seen.note(5, scanner)
        bestAsk = try best(&scanner)
      case "hash":
        try seen.note(6, scanner)
        try scanner.skipScalar()
      default:
        try seen.note(key, scanner)
        try scanner.skipScalar()
      }
    }
    guard let token, let side, let level = BookLevel(venue: price, size) else {
      throw scanner.error(.invalidNumber)
    }
    return VenuePriceChange.Change(token: token, side: side, level: level, bestBid: bestBid, bestAsk: bestAsk)
  }
}

/// Which names an object has had: one that comes twice makes the whole text no document of ours, as for `JSON.parse`.
private struct SeenKeys {
  private var known: UInt32 = 0
  private var others: [JSONScanner.Key] = []

  mutating func note(_ bit: UInt32, _ scanner: JSONScanner) throws(JSONError) {
    guard known & (1 << bit) == 0 else { throw scanner.error(.duplicateKey) }
    known |= 1 << bit
  }

  mutating func note(_ key: JSONScanner.Key, _ scanner: JSONScanner) throws(JSONError) {
    guard others.count < 16, !others.contains(key) else { throw scanner.error(.duplicateKey) }
    others.append(key)
  }
}
