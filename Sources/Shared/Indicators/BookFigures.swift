/// What one token's book says besides its prices: how wide it is, how much lies near, and on which side. From the best five levels a
/// side (`BookTop`). Exact but for the imbalance, which is a statistic. Pure; constant work a book.
public struct BookFigures: Hashable, Sendable {
  /// Best ask less best bid, 10⁻⁶ dollars a share; an empty side of bids counts as 0, of asks as 1 (S0-53).
  public let spread: Int64
  /// Σ price × size of the levels a side, rounded down (S0-55).
  public let bidDepth: USD
  public let askDepth: USD
  /// Σ size of the levels a side, 10⁻⁶ shares.
  private let bidShares: Int128
  private let askShares: Int128

  public init(_ top: BookTop) {
    spread = (top.bestAsk?.price.micros ?? 1_000_000) - (top.bestBid?.price.micros ?? 0)
    bidDepth = BookFigures.worth(top.bids)
    askDepth = BookFigures.worth(top.asks)
    bidShares = top.bids.reduce(0) { $0 + Int128($1.size.micros) }
    askShares = top.asks.reduce(0) { $0 + Int128($1.size.micros) }
  }

  /// The thinner side: what must be there for an order, and for its way out (S0-55).
  public var depth: USD { min(bidDepth, askDepth) }

  /// (bids − asks) ÷ (bids + asks) in shares: −1 … 1; `nil` when the book is empty.
  public var imbalance: Double? {
    let all = bidShares + askShares
    return all > 0 ? Double(bidShares - askShares) / Double(all) : nil
  }

  private static func worth(_ levels: [BookLevel]) -> USD {
    let micros = levels.reduce(Int128(0)) { $0 + Int128($1.price.micros) * Int128($1.size.micros) } / 1_000_000
    return USD(micros: Int64(clamping: micros))
  }
}
