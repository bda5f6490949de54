/// Dollars (the venue's collateral) at 10⁻⁶. Signed.
public struct USD: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let micros: Int64

  public static let zero = USD(micros: 0)

  public init(micros: Int64) { self.micros = micros }
  /// - Precondition: fits at 10⁻⁶.
  public init(dollars: Int64) { self.micros = dollars * 1_000_000 }
  public init(parsing text: some StringProtocol) throws(DecimalError) { micros = try Decimal6.parse(text) }

  /// `price × shares`, the exact product moved to 10⁻⁶ in the named direction.
  public init(_ price: Price, times shares: Shares, rounding: Rounding) throws(OverflowError) {
    let product = Int128(price.micros) * Int128(shares.micros)
    micros = try narrowed(divide(product, by: 1_000_000, rounding: rounding))
  }

  /// `self × numerator / denominator` in the named direction: percentages of capital, fee rates.
  /// - Precondition: `denominator > 0`.
  public func scaled(by numerator: Int64, over denominator: Int64, rounding: Rounding) throws(OverflowError) -> USD {
    USD(micros: try narrowed(divide(Int128(micros) * Int128(numerator), by: Int128(denominator), rounding: rounding)))
  }

  /// How many shares this buys at `price`, in the named direction.
  /// - Precondition: `price > 0`.
  public func shares(at price: Price, rounding: Rounding) throws(OverflowError) -> Shares {
    Shares(micros: try narrowed(divide(Int128(micros) * 1_000_000, by: Int128(price.micros), rounding: rounding)))
  }

  public func adding(_ other: USD) throws(OverflowError) -> USD {
    let (sum, overflow) = micros.addingReportingOverflow(other.micros)
    if overflow { throw OverflowError() }
    return USD(micros: sum)
  }

  /// Traps on overflow: nine trillion dollars is a broken invariant, not an input.
  public static func + (a: USD, b: USD) -> USD { USD(micros: a.micros + b.micros) }
  public static func - (a: USD, b: USD) -> USD { USD(micros: a.micros - b.micros) }
  public static prefix func - (a: USD) -> USD { USD(micros: -a.micros) }
  public static func += (a: inout USD, b: USD) { a = a + b }
  public static func -= (a: inout USD, b: USD) { a = a - b }
  public static func < (a: USD, b: USD) -> Bool { a.micros < b.micros }

  /// Shortest exact text, `"12.5"`; PostgreSQL reads it into `numeric(20,6)` unchanged.
  public var description: String { Decimal6.text(micros) }
}
