/// The best levels of one outcome token, at most `depth` a side. Bids highest first, asks lowest first.
public struct BookTop: Hashable, Sendable {
  public static let depth = 5
  public static let empty = BookTop(bids: [], asks: [])

  public var bids: [BookLevel]
  public var asks: [BookLevel]

  public init(bids: [BookLevel], asks: [BookLevel]) {
    self.bids = bids
    self.asks = asks
  }

  public var bestBid: BookLevel? { bids.first }
  public var bestAsk: BookLevel? { asks.first }

  /// Half-way between best bid and best ask, in 10⁻⁶ dollars (rounded down on the half); `nil` unless both sides stand uncrossed.
  public var mid: Price? {
    guard let bid = bids.first, let ask = asks.first, bid.price < ask.price else { return nil }
    return Price.middle(bid.price, ask.price)
  }

  /// Best ask minus best bid; `nil` unless both sides stand uncrossed.
  public var spread: Price? {
    guard let bid = bids.first, let ask = asks.first else { return nil }
    return ask.price.subtracting(bid.price)
  }

  /// A bid at or above an ask: impossible at the venue for longer than a moment, so never a signal.
  public var isCrossed: Bool {
    guard let bid = bids.first, let ask = asks.first else { return false }
    return bid.price >= ask.price
  }

  /// What the other outcome's book shows when only this one is known: its bids are our asks at 1 − p, and the reverse.
  public var mirrored: BookTop {
    BookTop(
      bids: asks.map { BookLevel(price: $0.price.complement, size: $0.size) },
      asks: bids.map { BookLevel(price: $0.price.complement, size: $0.size) })
  }
}

/// The last match at the venue.
public struct LastTrade: Hashable, Sendable {
  public var outcome: Outcome
  /// The taker's side.
  public var side: Side
  public var price: Price
  public var size: Shares
  public init(outcome: Outcome, side: Side, price: Price, size: Shares) {
    self.outcome = outcome
    self.side = side
    self.price = price
    self.size = size
  }
}
