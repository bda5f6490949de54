import Shared

/// The taker fee: shares · rate · price · (1 − price), to five decimals, half up (protocol document, section 3.1). Rounded once per trade
/// record, that is per taker and execution price.
enum FeeCurve {
  /// - Parameter rate: in millionths.
  static func fee(shares: Shares, price: Price, rate: Int64) -> USD {
    // shares, rate, price and 1 − price are all at 10⁻⁶: the product is at 10⁻²⁴, the result a multiple of 10⁻⁵.
    let product = Int128(shares.micros) * Int128(rate) * Int128(price.micros) * Int128(1_000_000 - price.micros)
    let unit: Int128 = 10_000_000_000_000_000_000
    let tens = (product + unit / 2) / unit
    return USD(micros: Int64(tens) * 10)
  }

  /// No less than the fee of any way to fill `shares` at prices between the two.
  static func bound(shares: Shares, from low: Price, to high: Price, rate: Int64) -> USD {
    let half = Price(micros: 500_000) ?? low
    let dearest = high < half ? high : low > half ? low : half
    // Rounding is per trade record; a hundred records may each round up by half of 10⁻⁵.
    return fee(shares: shares, price: dearest, rate: rate) + (rate > 0 ? USD(micros: 500) : .zero)
  }
}
