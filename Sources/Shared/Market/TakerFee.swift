/// The venue's taker fee, `shares · rate · (price · (1 − price))^exponent` in dollars (protocol document, section 3.1). Makers pay
/// nothing. A buyer pays it on top, a seller out of the proceeds.
public struct TakerFee: Hashable, Sendable {
  /// In 10⁻⁶: 0.07 is 70 000.
  public let rateMicros: Int64
  /// 1 on every current market; 2 before 2026-03-30.
  public let exponent: Int

  public static let none = TakerFee(rateMicros: 0, exponent: 1)!

  /// `nil` for a negative rate, one above 1, or an exponent other than 0, 1 and 2.
  public init?(rateMicros: Int64, exponent: Int) {
    guard (0...1_000_000).contains(rateMicros), (0...2).contains(exponent) else { return nil }
    self.rateMicros = rateMicros
    self.exponent = exponent
  }

  /// The fee of one fill, rounded half up to 10⁻⁵ dollars as the venue does.
  /// - Precondition: `shares` is not negative.
  public func fee(price: Price, shares: Shares) -> USD {
    precondition(shares >= .zero, "a fill has a size")
    let spread = UInt128(price.micros) * UInt128(price.complement.micros)  // at 10⁻¹²
    var base: UInt128 = 1
    var divisor: UInt128 = 10_000_000  // shares and rate at 10⁻⁶ each, the result at 10⁻⁵
    for _ in 0..<exponent {
      base *= spread
      divisor *= 1_000_000_000_000
    }
    // shares · rate · base passes 128 bits only for exponent 2, so the product is kept in full width.
    let product = (UInt128(shares.micros) * UInt128(rateMicros)).multipliedFullWidth(by: base)
    let (quotient, remainder) = divisor.dividingFullWidth(product)
    let units = remainder * 2 >= divisor ? quotient + 1 : quotient
    return USD(micros: Int64(units) * 10)
  }

  /// What many small fills can cost more than one, because the venue rounds the fee of each: a cent's hundredth; nothing where there is no
  /// fee. Whoever sizes a buy and whoever checks it must count the same.
  public static func rounding(over fee: USD) -> USD { fee > .zero ? USD(micros: 100) : .zero }

  /// The most that `shares` can cost in fees at any price up to `limit` (the fee peaks at one half): what a buy reserves.
  public func worstFee(upTo limit: Price, shares: Shares) -> USD {
    fee(price: limit.micros > 500_000 ? Price(micros: 500_000)! : limit, shares: shares)
  }
}
