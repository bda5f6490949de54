extension MarketUpdate {
  /// Reads a message of channel `md:<slug>` or the value of key `market:<slug>`.
  public init(decoding bytes: [UInt8]) throws(MessageError) {
    var reader = MarketUpdateReader()
    do throws(JSONError) {
      var scanner = JSONScanner(bytes)
      try reader.read(&scanner)
    } catch {
      throw .json(error)
    }
    self = try reader.update()
  }
}

/// The members while the scanner meets them, in any order.
private struct MarketUpdateReader {
  private var envelope = EnvelopeReader()
  private var order: Int64?
  private var slug: String?
  private var series: String?
  private var state: String?
  private var reason: String?
  private var bookEpoch: Int64?
  private var tick: Int64?
  private var minimumSize: Int64?
  private var feeRate: Int64?
  private var feeExponent: Int64?
  private var startsAt: Int64?
  private var endsAt: Int64?
  private var settlementSymbol: String?
  private var settlementSeconds: Int64?
  private var yes: BookTop?
  private var no: BookTop?
  private var last: LastTradeReader?
  private var flow = TakerFlow.none
  private var payout: Int64?

  mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      switch key {
      case "order": order = try scanner.integer()
      case "slug": slug = try scanner.string()
      case "series": series = try scanner.string()
      case "state": state = try scanner.string()
      case "reason": reason = try scanner.string()
      case "book_epoch": bookEpoch = try scanner.integer()
      case "tick": tick = try scanner.decimal()
      case "min_size": minimumSize = try scanner.decimal()
      case "fee_rate": feeRate = try scanner.decimal()
      case "fee_exponent": feeExponent = try scanner.integer()
      case "starts_ns": startsAt = try scanner.integer()
      case "ends_ns": endsAt = try scanner.integer()
      case "settlement_symbol": settlementSymbol = try scanner.string()
      case "settlement_twap_s": settlementSeconds = try scanner.integer()
      case "yes": yes = try BookTop(&scanner)
      case "no": no = try BookTop(&scanner)
      case "last":
        var trade = LastTradeReader()
        try trade.read(&scanner)
        last = trade
      case "flow": flow = try TakerFlow(&scanner)
      case "payout": payout = try scanner.decimal()
      default: if try !envelope.take(key, &scanner) { try scanner.skipValue() }
      }
    }
    try scanner.end()
  }

  func update() throws(MessageError) -> MarketUpdate {
    let envelope = try envelope.envelope()
    guard let order else { throw .missing("order") }
    guard let slug else { throw .missing("slug") }
    guard let slug = MarketSlug(slug) else { throw .invalid("slug") }
    guard let state else { throw .missing("state") }
    guard let state = MarketState(rawValue: state) else { throw .invalid("state") }
    guard let bookEpoch else { throw .missing("book_epoch") }
    guard let tick else { throw .missing("tick") }
    guard let tick = PriceTick(micros: tick) else { throw .invalid("tick") }
    guard let minimumSize else { throw .missing("min_size") }
    guard minimumSize >= 0 else { throw .invalid("min_size") }
    guard let feeRate else { throw .missing("fee_rate") }
    guard let fee = TakerFee(rateMicros: feeRate, exponent: Int(exactly: feeExponent ?? 1) ?? -1) else {
      throw .invalid("fee_rate")
    }
    guard let yes else { throw .missing("yes") }
    guard let no else { throw .missing("no") }
    var series: MarketSeries?
    if let alias = self.series {
      guard let named = MarketSeries(alias: alias) else { throw .invalid("series") }
      series = named
    }
    var settlement: Market.Settlement?
    if let symbol = settlementSymbol {
      guard settlementSeconds.map({ (1...86_400).contains($0) }) ?? true else { throw .invalid("settlement_twap_s") }
      settlement = Market.Settlement(symbol: symbol, twapSeconds: settlementSeconds.map { Int($0) })
    }
    var payout: Price?
    if let micros = self.payout {
      guard let price = Price(micros: micros) else { throw .invalid("payout") }
      payout = price
    }
    return MarketUpdate(
      envelope: envelope, order: order, slug: slug, series: series, state: state, reason: reason, bookEpoch: bookEpoch,
      tick: tick, minimumSize: Shares(micros: minimumSize), fee: fee,
      startsAt: startsAt.map { MarketTime(nanoseconds: $0) }, endsAt: endsAt.map { MarketTime(nanoseconds: $0) },
      settlement: settlement, yes: yes, no: no, last: try last?.trade(), flow: flow, payout: payout)
  }
}

private struct LastTradeReader {
  private var outcome: String?
  private var side: String?
  private var price: Int64?
  private var size: Int64?

  mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      switch key {
      case "outcome": outcome = try scanner.string()
      case "side": side = try scanner.string()
      case "price": price = try scanner.decimal()
      case "size": size = try scanner.decimal()
      default: try scanner.skipValue()
      }
    }
  }

  func trade() throws(MessageError) -> LastTrade {
    guard let outcome = outcome.flatMap(Outcome.init(rawValue:)) else { throw .invalid("last.outcome") }
    guard let side = side.flatMap(Side.init(rawValue:)) else { throw .invalid("last.side") }
    guard let price = price.flatMap(Price.init(micros:)) else { throw .invalid("last.price") }
    guard let size, size >= 0 else { throw .invalid("last.size") }
    return LastTrade(outcome: outcome, side: side, price: price, size: Shares(micros: size))
  }
}

extension TakerFlow {
  init(_ scanner: inout JSONScanner) throws(JSONError) {
    self = .none
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      switch key {
      case "yes": towardYes = Shares(micros: try TakerFlow.counter(&scanner))
      case "no": towardNo = Shares(micros: try TakerFlow.counter(&scanner))
      default: try scanner.skipValue()
      }
    }
  }

  private static func counter(_ scanner: inout JSONScanner) throws(JSONError) -> Int64 {
    let micros = try scanner.decimal()
    guard micros >= 0 else { throw scanner.error(.invalidNumber) }
    return micros
  }
}

extension BookTop {
  init(_ scanner: inout JSONScanner) throws(JSONError) {
    self.init(bids: [], asks: [])
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      switch key {
      case "bids": bids = try BookTop.levels(&scanner)
      case "asks": asks = try BookTop.levels(&scanner)
      default: try scanner.skipValue()
      }
    }
  }

  private static func levels(_ scanner: inout JSONScanner) throws(JSONError) -> [BookLevel] {
    var levels: [BookLevel] = []
    levels.reserveCapacity(BookTop.depth)
    try scanner.enterArray()
    while try scanner.nextElement() {
      try scanner.enterArray()
      guard try scanner.nextElement() else { throw scanner.error(.unexpectedCharacter) }
      guard let price = Price(micros: try scanner.decimal()) else { throw scanner.error(.invalidNumber) }
      guard try scanner.nextElement() else { throw scanner.error(.unexpectedCharacter) }
      let size = try scanner.decimal()
      guard size >= 0 else { throw scanner.error(.invalidNumber) }
      guard try !scanner.nextElement() else { throw scanner.error(.unexpectedCharacter) }
      guard levels.count < BookTop.depth else { throw scanner.error(.tooLong) }
      levels.append(BookLevel(price: price, size: Shares(micros: size)))
    }
    return levels
  }
}
