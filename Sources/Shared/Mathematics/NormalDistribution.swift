/// The standard normal distribution.
public enum NormalDistribution {
  /// Φ(x): the probability of a value of at most x. Absolute error below 10⁻¹⁵; in the lower tail the relative error stays below 10⁻¹².
  public static func cdf(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

  /// The x with Φ(x) = p, to about 10⁻¹⁴ of it: halving, because it is seldom asked for. −infinity for 0, infinity for 1, NaN outside.
  public static func quantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
    // Below the middle, where the relative error of Φ is small.
    if p > 0.5 { return -quantile(1 - p) }
    var low = -40.0
    var high = 0.0
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if cdf(middle) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// 1 − erf x. Near the middle by the series of erf, whose terms are all positive (Abramowitz and Stegun 7.1.6); further out by the
  /// continued fraction (7.1.14), evaluated backward.
  static func erfc(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x < 0 { return 2 - erfc(-x) }
    if x > 27.3 { return 0 }
    let rootOfPi = Double.pi.squareRoot()
    let square = x * x
    if x < 2 {
      // erf x = 2/√π e^(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n + 1))
      var term = x
      var sum = x
      var n = 1.0
      while term > sum * 1e-17 {
        term *= 2 * square / (2 * n + 1)
        sum += term
        n += 1
      }
      return 1 - 2 / rootOfPi * Elementary.exp(-square) * sum
    }
    // e^(x²) √π erfc x = 1 / (x + ½ / (x + 1 / (x + 3/2 / (x + …)))); from 2 on eighty levels are more than enough.
    var fraction = x
    for level in stride(from: 80.0, through: 1, by: -1) { fraction = x + level / 2 / fraction }
    return Elementary.exp(-square) / (rootOfPi * fraction)
  }
}
