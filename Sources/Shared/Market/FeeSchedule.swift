/// The taker fee of a market: `shares × rate × (price × (1 − price))^exponent` dollars (protocol document, section 3.1). A venue fact, read
/// per market.
public struct FeeSchedule: Hashable, Sendable {
  public static let free = FeeSchedule(uncheckedRate: 0, exponent: 1)

  /// The rate at 10⁻⁶: 0.07 is 70 000.
  public let rateMicros: Int64
  public let exponent: Int

  /// `nil` unless the rate is 0 … 1 and the exponent 1 … 4.
  public init?(rateMicros: Int64, exponent: Int) {
    guard (0...1_000_000).contains(rateMicros), (1...4).contains(exponent) else { return nil }
    self.init(uncheckedRate: rateMicros, exponent: exponent)
  }

  private init(uncheckedRate: Int64, exponent: Int) {
    rateMicros = uncheckedRate
    self.exponent = exponent
  }

  /// The fee in dollars on the venue's grid of 10⁻⁵; the direction is the caller's to name (`nearest` is what the venue does, `up` is
  /// what a reservation needs).
  /// - Precondition: `shares ≥ 0`.
  public func fee(price: Price, shares: Shares, rounding: Rounding) throws(OverflowError) -> USD {
    precondition(shares.micros >= 0, "a fee is on a quantity")
    // p·(1−p) at 10⁻¹²; kept exact up to exponent 2, cut below 10⁻¹² (up, so never too little) beyond.
    let variance = Int128(price.micros) * Int128(1_000_000 - price.micros)
    var curve = variance
    for _ in 1..<exponent { curve = divide(curve * variance, by: 1_000_000_000_000, rounding: .up) }
    // micro-shares (10⁻⁶) × rate (10⁻⁶) × curve (10⁻¹²) = 10⁻²⁴ dollars; onto 10⁻⁵. Two divisions would round twice.
    let (sized, overflow) = (Int128(shares.micros) * Int128(rateMicros)).multipliedReportingOverflow(by: curve)
    if overflow { throw OverflowError() }
    let grid = divide(sized, by: 10_000_000_000_000_000_000, rounding: rounding)
    return USD(micros: try narrowed(grid * 10))
  }
}
