/// The whole book of one token as the venue tells it (protocol document, section 2.3), over REST or as the stream's snapshot.
public struct VenueBook: Hashable, Sendable {
  public let market: ConditionID
  public let token: TokenID
  /// The venue's stamp.
  public let time: MarketTime
  /// The venue's own check sum of the book; compared with, never computed from, ours.
  public let hash: String
  /// Best (highest) first, whatever the order on the wire; no empty levels.
  public let bids: [BookLevel]
  /// Best (lowest) first.
  public let asks: [BookLevel]
  public let tick: PriceTick?
  public let minimumSize: Shares?
  public let negRisk: Bool?
  /// `nil` when nothing traded, or when the snapshot does not repeat it.
  public let lastTradePrice: Price?

  public init(
    market: ConditionID, token: TokenID, time: MarketTime, hash: String, bids: [BookLevel], asks: [BookLevel],
    tick: PriceTick? = nil, minimumSize: Shares? = nil, negRisk: Bool? = nil, lastTradePrice: Price? = nil
  ) {
    self.market = market
    self.token = token
    self.time = time
    self.hash = hash
    self.bids = bids.filter { $0.size > .zero }.sorted { $0.price > $1.price }
    self.asks = asks.filter { $0.size > .zero }.sorted { $0.price < $1.price }
    self.tick = tick
    self.minimumSize = minimumSize
    self.negRisk = negRisk
    self.lastTradePrice = lastTradePrice
  }

  /// A side that tells one price twice contradicts itself: such a book is not used.
  var isConsistent: Bool {
    zip(bids, bids.dropFirst()).allSatisfy { $0.price != $1.price }
      && zip(asks, asks.dropFirst()).allSatisfy { $0.price != $1.price }
  }

  /// `nil` when a needed field is missing, a level is no price and size, or a price comes twice.
  public init?(_ json: JSON) {
    guard let market = json["market"]?.string.flatMap(ConditionID.init),
      let token = json["asset_id"]?.string.flatMap(TokenID.init),
      let time = json["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:)),
      let bids = VenueBook.levels(json["bids"]), let asks = VenueBook.levels(json["asks"])
    else { return nil }
    self.init(
      market: market, token: token, time: time, hash: json["hash"]?.string ?? "",
      bids: bids, asks: asks, tick: json["tick_size"].flatMap(PriceTick.init(venue:)),
      minimumSize: json["min_order_size"]?.shares, negRisk: json["neg_risk"]?.bool,
      lastTradePrice: json["last_trade_price"]?.price)
    if !isConsistent { return nil }
  }

  /// `null` counts as an empty side, as in the venue's own clients.
  private static func levels(_ json: JSON?) -> [BookLevel]? {
    guard let json, !json.isNull else { return [] }
    guard let items = json.array else { return nil }
    var levels: [BookLevel] = []
    levels.reserveCapacity(items.count)
    for item in items {
      guard let level = BookLevel(venue: item["price"]?.price, item["size"]?.shares) else { return nil }
      levels.append(level)
    }
    return levels
  }
}

extension PriceTick {
  /// The venue writes a tick as `0.01` or as `"0.01"`; `nil` for anything that is no tick.
  public init?(venue json: JSON) {
    guard let text = json.decimalText, let micros = try? Decimal6.parse(text) else { return nil }
    self.init(micros: micros)
  }
}
