/// An order of the wallet that a wish would meet at the venue.
public struct OwnOrder: Hashable, Sendable {
  public let intent: IntentID
  public let outcome: Outcome
  public let price: Price

  public init(_ terms: IntentMessage.Terms) {
    intent = terms.intent
    outcome = terms.outcome
    price = terms.price
  }
}

extension IntentMessage.Terms {
  /// Whether the venue would match the two: a wallet that trades with itself pays fees for nothing. A market has one book: who buys NO at q
  /// sells YES at 1 − q, so buys of both outcomes meet when they pay a dollar together, and sales when they ask no more. One of the two has to
  /// rest for the other to find it.
  public func meets(_ other: IntentMessage.Terms) -> Bool {
    guard market == other.market, type.rests || other.type.rests, isBid != other.isBid else { return false }
    return isBid ? priceOfYes >= other.priceOfYes : other.priceOfYes >= priceOfYes
  }

  /// Which side of YES it is on.
  private var isBid: Bool { (side == .buy) == (outcome == .yes) }
  private var priceOfYes: Price { outcome == .yes ? price : price.complement }
}
