/// The limit price of a market order (protocol document, section 2.8): the book is walked from its best level until what stands there
/// covers the amount, and the level reached is the limit. Exact, where the official clients add binary floats.
public enum MarketPriceWalk {
  /// - Parameters:
  ///   - asks: best (lowest) first.
  ///   - budget: dollars to spend, > 0.
  /// - Returns: `nil` when nothing stands there, or when an order that is filled whole or not at all would not be filled.
  public static func buy(spending budget: USD, asks: [BookLevel], whole: Bool) -> Price? {
    // Dollars at 10⁻¹² each level: price times size without a rounding.
    walk(asks, wanted: Int128(budget.micros) * 1_000_000, whole: whole) { level in
      Int128(level.price.micros) * Int128(level.size.micros)
    }
  }

  /// - Parameter bids: best (highest) first.
  public static func sell(_ shares: Shares, bids: [BookLevel], whole: Bool) -> Price? {
    walk(bids, wanted: Int128(shares.micros), whole: whole) { Int128($0.size.micros) }
  }

  private static func walk(
    _ levels: [BookLevel], wanted: Int128, whole: Bool, _ worth: (BookLevel) -> Int128
  ) -> Price? {
    var sum: Int128 = 0
    for level in levels {
      sum += worth(level)
      if sum >= wanted { return level.price }
    }
    return whole ? nil : levels.last?.price
  }
}
