/// Where an order stands at the venue. Unknown words are kept: a word we do not know is neither open nor finished, and whoever needs
/// to know asks again.
public struct VenueOrderStatus: Hashable, Sendable, CustomStringConvertible {
  /// Without the `ORDER_STATUS_` that some answers put in front.
  public let word: String

  public init(_ text: String) {
    let upper = text.uppercased()
    word = upper.hasPrefix("ORDER_STATUS_") ? String(upper.dropFirst("ORDER_STATUS_".count)) : upper
  }

  public static let live = VenueOrderStatus("LIVE")
  public static let matched = VenueOrderStatus("MATCHED")
  public static let delayed = VenueOrderStatus("DELAYED")
  public static let unmatched = VenueOrderStatus("UNMATCHED")
  public static let canceled = VenueOrderStatus("CANCELED")
  public static let invalid = VenueOrderStatus("INVALID")

  /// Can still trade.
  public var isOpen: Bool { self == .live || self == .delayed || self == .unmatched }
  /// Can never trade again.
  public var isFinal: Bool { self == .matched || self == .invalid || word.hasPrefix("CANCELED") }
  public var description: String { word }
}

/// One of our orders as the venue describes it: by REST (section 2.12) or on the user channel (section 4.4).
public struct VenueOrder: Hashable, Sendable {
  public let id: VenueOrderID
  public let status: VenueOrderStatus
  public let market: ConditionID
  public let token: TokenID
  public let side: Side
  public let price: Price
  public let size: Shares
  public let matched: Shares
  public let timeInForce: TimeInForce?
  /// Trades the order took part in, as far as this answer names them.
  public let trades: [VenueTradeID]
  /// Whole seconds.
  public let createdAt: WallTime?

  public var remaining: Shares { size - matched }

  public init(
    id: VenueOrderID, status: VenueOrderStatus, market: ConditionID, token: TokenID, side: Side, price: Price,
    size: Shares, matched: Shares, timeInForce: TimeInForce?, trades: [VenueTradeID], createdAt: WallTime?
  ) {
    self.id = id
    self.status = status
    self.market = market
    self.token = token
    self.side = side
    self.price = price
    self.size = size
    self.matched = matched
    self.timeInForce = timeInForce
    self.trades = trades
    self.createdAt = createdAt
  }

  public init?(_ json: JSON) {
    guard let id = json["id"]?.string.flatMap(VenueOrderID.init), let status = json["status"]?.string,
      let market = json["market"]?.string.flatMap(ConditionID.init),
      let token = json["asset_id"]?.string.flatMap(TokenID.init),
      let side = json["side"]?.string.flatMap({ Side(rawValue: $0.uppercased()) }), let price = json["price"]?.price,
      let size = json["original_size"]?.shares,
      // Killed orders were seen with an empty text here.
      let matched = json["size_matched"]?.string == "" ? Shares.zero : json["size_matched"]?.shares,
      size >= .zero, matched >= .zero
    else { return nil }
    self.init(
      id: id, status: VenueOrderStatus(status), market: market, token: token, side: side, price: price, size: size,
      matched: matched, timeInForce: json["order_type"]?.string.flatMap(TimeInForce.init(rawValue:)),
      trades: (json["associate_trades"]?.array ?? []).compactMap { $0.string.flatMap(VenueTradeID.init) },
      createdAt: json["created_at"].flatMap(WallTime.init(venue:)))
  }
}

extension WallTime {
  /// Seconds or milliseconds as a number or a text; older messages carried a date.
  init?(venue json: JSON) {
    if let number = json.int {
      self.init(venueStamp: number)
    } else if let nanoseconds = json.string.flatMap({ CivilTime.nanoseconds(parsing: $0) }) {
      self.init(nanoseconds: nanoseconds)
    } else {
      return nil
    }
  }

  /// The venue mixes seconds and milliseconds; its own client decides by magnitude (10¹¹), and so do we. `nil` before 1970 and from 2200
  /// on, as for a market's stamp.
  public init?(venueStamp number: Int64) {
    let milliseconds = number >= 100_000_000_000 ? number : max(number, -1) * 1000
    guard let time = MarketTime(venueMilliseconds: milliseconds) else { return nil }
    self.init(nanoseconds: time.nanoseconds)
  }
}
