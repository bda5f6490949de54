/// How far a match has settled (protocol document, section 4.5). Advances `matched → mined → confirmed`, or ends `failed`.
public enum VenueTradeStatus: String, Hashable, Sendable, CaseIterable {
  case matchedNotBroadcasted = "MATCHED_NOT_BROADCASTED"
  case matched = "MATCHED"
  case mined = "MINED"
  case confirmed = "CONFIRMED"
  case retrying = "RETRYING"
  case failed = "FAILED"

  /// REST puts `TRADE_STATUS_` in front, the stream does not.
  public init?(venue text: String) {
    let upper = text.uppercased()
    self.init(rawValue: upper.hasPrefix("TRADE_STATUS_") ? String(upper.dropFirst("TRADE_STATUS_".count)) : upper)
  }

  public var isFinal: Bool { self == .confirmed || self == .failed }
}

/// One match at the venue with everybody's part in it: by REST (section 2.12) or on the user channel (section 4.4).
public struct VenueTrade: Hashable, Sendable {
  /// A maker's part. In a mint or a merge its token, price and side are of the maker's own token.
  public struct Maker: Hashable, Sendable {
    public let order: VenueOrderID
    public let owner: String
    public let token: TokenID
    public let side: Side?
    public let price: Price
    public let size: Shares

    public init(order: VenueOrderID, owner: String, token: TokenID, side: Side?, price: Price, size: Shares) {
      self.order = order
      self.owner = owner
      self.token = token
      self.side = side
      self.price = price
      self.size = size
    }
  }

  /// What one order got out of the match. The key of a fill is (trade, order).
  public struct Part: Hashable, Sendable {
    public let trade: VenueTradeID
    public let order: VenueOrderID
    public let token: TokenID
    /// `nil` when an older answer does not name a maker's side: the order's own side then holds.
    public let side: Side?
    public let price: Price
    public let size: Shares
    /// The taker pays the fee.
    public let isTaker: Bool

    public init(
      trade: VenueTradeID, order: VenueOrderID, token: TokenID, side: Side?, price: Price, size: Shares, isTaker: Bool
    ) {
      self.trade = trade
      self.order = order
      self.token = token
      self.side = side
      self.price = price
      self.size = size
      self.isTaker = isTaker
    }
  }

  public let id: VenueTradeID
  public let status: VenueTradeStatus
  public let market: ConditionID
  public let takerOrder: VenueOrderID
  /// Token, side, price and size of the taker's order: `price` is the average over the makers.
  public let token: TokenID
  public let side: Side
  public let price: Price
  public let size: Shares
  public let makers: [Maker]
  /// Whole seconds at the venue.
  public let matchedAt: MarketTime
  public let updatedAt: MarketTime
  public let transactionHash: String?
  /// The receiver's own role, when told.
  public let weAreTaker: Bool?

  public init(
    id: VenueTradeID, status: VenueTradeStatus, market: ConditionID, takerOrder: VenueOrderID, token: TokenID,
    side: Side, price: Price, size: Shares, makers: [Maker], matchedAt: MarketTime, updatedAt: MarketTime,
    transactionHash: String?, weAreTaker: Bool?
  ) {
    self.id = id
    self.status = status
    self.market = market
    self.takerOrder = takerOrder
    self.token = token
    self.side = side
    self.price = price
    self.size = size
    self.makers = makers
    self.matchedAt = matchedAt
    self.updatedAt = updatedAt
    self.transactionHash = transactionHash
    self.weAreTaker = weAreTaker
  }

  public init?(_ json: JSON) {
    guard let id = json["id"]?.string.flatMap(VenueTradeID.init),
      let status = json["status"]?.string.flatMap(VenueTradeStatus.init(venue:)),
      let market = json["market"]?.string.flatMap(ConditionID.init),
      let takerOrder = json["taker_order_id"]?.string.flatMap(VenueOrderID.init),
      let token = json["asset_id"]?.string.flatMap(TokenID.init),
      let side = json["side"]?.string.flatMap({ Side(rawValue: $0.uppercased()) }), let price = json["price"]?.price,
      let size = json["size"]?.shares, size >= .zero,
      let matched = (json["match_time"] ?? json["matchtime"]).flatMap(WallTime.init(venue:))
    else { return nil }
    var makers: [Maker] = []
    for item in json["maker_orders"]?.array ?? [] {
      guard let maker = Maker(item) else { return nil }
      makers.append(maker)
    }
    self.init(
      id: id, status: status, market: market, takerOrder: takerOrder, token: token, side: side, price: price,
      size: size, makers: makers, matchedAt: MarketTime(wall: matched),
      updatedAt: MarketTime(wall: json["last_update"].flatMap(WallTime.init(venue:)) ?? matched),
      transactionHash: json["transaction_hash"]?.string.flatMap { $0.isEmpty ? nil : $0 },
      weAreTaker: json["trader_side"]?.string.map { $0.uppercased() == "TAKER" })
  }

  /// The part of one order, or `nil` when it has none. An order that appears as several makers (possible in theory) is summed by
  /// the caller over `parts(where:)`.
  public func part(of order: VenueOrderID) -> Part? { parts { $0 == order }.first }

  /// The parts of all orders that are ours.
  public func parts(where isOurs: (VenueOrderID) -> Bool) -> [Part] {
    var parts: [Part] = []
    if isOurs(takerOrder) {
      parts.append(
        Part(
          trade: id, order: takerOrder, token: token, side: side, price: price, size: size, isTaker: true))
    }
    for maker in makers where isOurs(maker.order) {
      parts.append(
        Part(
          trade: id, order: maker.order, token: maker.token, side: maker.side, price: maker.price, size: maker.size,
          isTaker: false))
    }
    return parts
  }
}

extension VenueTrade.Maker {
  init?(_ json: JSON) {
    guard let order = json["order_id"]?.string.flatMap(VenueOrderID.init),
      let token = json["asset_id"]?.string.flatMap(TokenID.init), let price = json["price"]?.price,
      let size = json["matched_amount"]?.shares, size >= .zero
    else { return nil }
    self.init(
      order: order, owner: json["owner"]?.string ?? "", token: token,
      side: json["side"]?.string.flatMap { Side(rawValue: $0.uppercased()) }, price: price, size: size)
  }
}

extension MarketTime {
  /// The venue stamps matches with its own date, which is market time here.
  init(wall: WallTime) { self.init(nanoseconds: wall.nanoseconds) }
}
