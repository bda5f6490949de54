/// Exponential, logarithm and inverse tangent to about one unit in the last place, by reduction of the argument and the Taylor series of
/// what is left (Abramowitz and Stegun, sections 4.1, 4.2 and 4.4).
public enum Elementary {
  /// ln 2 in two parts: `high` has 32 zero bits at its end, so that its product with a whole number below 2¹¹ is exact.
  private static let logTwoHigh = 0x1.62e42feep-1
  private static let logTwoLow = 0x1.a39ef35793c76p-33

  /// eˣ. 0 far below, infinity far above, NaN for NaN.
  public static func exp(_ x: Double) -> Double {
    guard x < 710 else { return x.isNaN ? x : .infinity }
    guard x > -746 else { return 0 }
    // x = k ln 2 + r with |r| ≤ ln 2 / 2.
    let k = (x / (logTwoHigh + logTwoLow)).rounded(.toNearestOrEven)
    let r = (x - k * logTwoHigh) - k * logTwoLow
    // Σ rⁿ/n! to n = 14: the next term is below 10⁻¹⁸. By Horner from the end, the 1 last.
    var sum = 0.0
    for n in stride(from: 14.0, through: 2, by: -1) { sum = (1 + sum) * r / n }
    let power = 1 + (r + r * sum)
    // In two steps, because 2ᵏ alone may not be a number where the result is.
    let half = Int(k) / 2
    return power * Double(sign: .plus, exponent: half, significand: 1)
      * Double(sign: .plus, exponent: Int(k) - half, significand: 1)
  }

  /// The natural logarithm. −infinity for 0, NaN below 0 and for NaN.
  public static func log(_ x: Double) -> Double {
    guard x > 0 else { return x == 0 ? -.infinity : .nan }
    guard x < .infinity else { return x }
    // x = 2ᵉ m with m between √½ and √2, then ln m = 2 artanh s with s = (m − 1) / (m + 1), |s| < 0.172.
    var e = x.exponent
    var m = x.significand
    if m > 1.4142135623730951 {
      m /= 2
      e += 1
    }
    let s = (m - 1) / (m + 1)
    let square = s * s
    // Σ s²ⁿ/(2n + 1) from n = 1 to 11: the next term is below 10⁻¹⁸.
    var sum = 0.0
    for n in stride(from: 23.0, through: 3, by: -2) { sum = (sum + 1 / n) * square }
    let power = Double(e)
    return power * logTwoHigh + (2 * s + (2 * s * sum + power * logTwoLow))
  }

  /// The angle between −π/2 and π/2 whose tangent is x.
  public static func atan(_ x: Double) -> Double {
    guard x >= 0 else { return x.isNaN ? x : -atan(-x) }
    if x > 1 { return Double.pi / 2 - atan(1 / x) }
    // Halved twice: tan(a/2) = t / (1 + √(1 + t²)), which leaves a tangent of at most 0.199.
    let once = x / (1 + (1 + x * x).squareRoot())
    let t = once / (1 + (1 + once * once).squareRoot())
    let square = t * t
    // Σ (−1)ⁿ t²ⁿ/(2n + 1) to n = 12: the next term is below 10⁻¹⁹.
    var sum = 0.0
    for n in stride(from: 25.0, through: 3, by: -2) { sum = (1 / n - sum) * square }
    return 4 * (t - t * sum)
  }
}
