import Shared

/// One order that went to the venue, as the record tells it: what paper is given of it, and what the venue did.
public struct ShadowOrder: Hashable, Sendable {
  public struct Fill: Hashable, Sendable {
    public let at: WallTime
    public let size: Shares
    /// Without the fee.
    public let cash: USD
    public let fee: USD

    public init(at: WallTime, size: Shares, cash: USD, fee: USD) {
      self.at = at
      self.size = size
      self.cash = cash
      self.fee = fee
    }
  }

  public let id: VenueOrderID
  public let strategy: String
  public let token: TokenID
  public let side: Side
  public let type: TimeInForce
  public let price: Price
  public let size: Shares
  public let fee: TakerFee
  /// When a resting one ends by itself: of no use any more, or by its own date.
  public let ends: MarketTime?
  /// It was in the record, and left.
  public let sentAt: WallTime
  /// The venue's first word on it was in the record.
  public let heardAt: WallTime?
  /// It was taken out by then, filled or not.
  public let takenOutAt: WallTime?
  /// It never came to the venue.
  public let neverArrived: Bool
  /// Those that stand.
  public let fills: [Fill]

  public init(
    id: VenueOrderID, strategy: String, token: TokenID, side: Side, type: TimeInForce, price: Price, size: Shares,
    fee: TakerFee, ends: MarketTime? = nil, sentAt: WallTime, heardAt: WallTime? = nil, takenOutAt: WallTime? = nil,
    neverArrived: Bool = false, fills: [Fill] = []
  ) {
    self.id = id
    self.strategy = strategy
    self.token = token
    self.side = side
    self.type = type
    self.price = price
    self.size = size
    self.fee = fee
    self.ends = ends
    self.sentAt = sentAt
    self.heardAt = heardAt
    self.takenOutAt = takenOutAt
    self.neverArrived = neverArrived
    self.fills = fills
  }
}
