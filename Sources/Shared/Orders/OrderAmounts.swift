/// Why a price and size make no order.
public enum OrderAmountsError: Error, Hashable, Sendable {
  /// Not a multiple of the tick, or outside `tick … 1 − tick`.
  case priceOffGrid
  /// Nothing is left after cutting the size to two decimals.
  case sizeTooSmall
  case tickUnknown
  case overflow
}

/// What an order gives and wants, in base units of 10⁻⁶: the two numbers that are signed. The venue derives the price from their
/// quotient, so they follow its rounding table (protocol document, section 2.8) exactly.
public struct OrderAmounts: Hashable, Sendable {
  /// What the maker of the order gives: dollars for a buy, shares for a sell.
  public let maker: Int64
  /// What it wants: shares for a buy, dollars for a sell.
  public let taker: Int64

  public init(maker: Int64, taker: Int64) {
    self.maker = maker
    self.taker = taker
  }

  /// An order of `size` shares at `price` or better. The size is cut to two decimals.
  public static func limit(
    _ side: Side, price: Price, size: Shares, tick: PriceTick
  ) throws(OrderAmountsError) -> OrderAmounts {
    let decimals = try amountDecimals(tick)
    guard tick.allows(price) else { throw .priceOffGrid }
    let shares = size.cut(decimals: 2).micros
    guard shares > 0 else { throw .sizeTooSmall }
    let dollars = try fit(Int128(shares) * Int128(price.micros), over: 1_000_000, decimals: decimals)
    return side == .buy ? OrderAmounts(maker: dollars, taker: shares) : OrderAmounts(maker: shares, taker: dollars)
  }

  /// A buy that spends `dollars` at `price` or better (`FOK`, `FAK`). The dollars are cut to two decimals.
  public static func marketBuy(
    spending dollars: USD, price: Price, tick: PriceTick
  ) throws(OrderAmountsError) -> OrderAmounts {
    let decimals = try amountDecimals(tick)
    guard tick.allows(price) else { throw .priceOffGrid }
    let spent = dollars.micros / 10_000 * 10_000
    guard spent > 0 else { throw .sizeTooSmall }
    let shares = try fit(Int128(spent) * 1_000_000, over: Int128(price.micros), decimals: decimals)
    return OrderAmounts(maker: spent, taker: shares)
  }

  /// A sell of `shares` at `price` or better (`FOK`, `FAK`).
  public static func marketSell(
    of shares: Shares, price: Price, tick: PriceTick
  ) throws(OrderAmountsError) -> OrderAmounts {
    try limit(.sell, price: price, size: shares, tick: tick)
  }

  /// Whether the rounding table has a row for this tick: without one no order can be made.
  public static func knows(_ tick: PriceTick) -> Bool { (try? amountDecimals(tick)) != nil }

  /// The table's last column. Prices have two decimals fewer, sizes always two.
  private static func amountDecimals(_ tick: PriceTick) throws(OrderAmountsError) -> Int {
    switch tick.micros {
    case 100_000: 3
    case 10_000: 4
    case 5_000, 1_000: 5
    case 2_500, 100: 6
    default: throw .tickUnknown
    }
  }

  /// The quotient, in 10⁻⁶, brought to `decimals`: up at four decimals more, then cut. The first step heals quotients that miss a
  /// round number by a hair; it is the venue's own rule.
  private static func fit(
    _ numerator: Int128, over denominator: Int128, decimals: Int
  ) throws(OrderAmountsError) -> Int64 {
    var scale: Int128 = 1
    for _ in 0..<(decimals + 4) { scale *= 10 }
    let (scaled, overflow) = numerator.multipliedReportingOverflow(by: scale)
    if overflow { throw .overflow }
    let fine = divide(scaled, by: denominator * 1_000_000, rounding: .up)
    var amount = fine / 10_000
    for _ in decimals..<6 { amount *= 10 }
    guard amount > 0 else { throw .sizeTooSmall }
    guard let narrow = Int64(exactly: amount) else { throw .overflow }
    return narrow
  }
}
