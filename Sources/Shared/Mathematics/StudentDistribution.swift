/// Student's t distribution with a whole number of degrees of freedom.
public enum StudentDistribution {
  /// The probability of a value of at most x, in closed form (Abramowitz and Stegun 26.7.3 and 26.7.4). For three degrees
  /// `½ + (u/(1 + u²) + atan u)/π` with `u = x/√3` (hammer-model 2).
  /// - Precondition: `degrees` is at least 1.
  public static func cdf(_ x: Double, degrees: Int) -> Double {
    precondition(degrees >= 1, "a distribution has a degree of freedom")
    if x.isNaN { return x }
    if x.isInfinite { return x < 0 ? 0 : 1 }
    let nu = Double(degrees)
    let tangent = x / nu.squareRoot()
    let square = 1 / (1 + tangent * tangent)  // cos² of the angle
    if degrees % 2 == 0 {
      // sin θ (1 + 1/2 cos² θ + 1·3/(2·4) cos⁴ θ + …), of ν/2 terms
      var sum = 0.0
      for k in stride(from: degrees - 2, to: 0, by: -2) { sum = (1 + sum) * square * Double(k - 1) / Double(k) }
      return (1 + tangent * square.squareRoot() * (1 + sum)) / 2
    }
    // 2/π (θ + sin θ (cos θ + 2/3 cos³ θ + 2·4/(3·5) cos⁵ θ + …)), of (ν − 1)/2 terms
    var angle = Elementary.atan(tangent)
    if degrees > 1 {
      var sum = 0.0
      for k in stride(from: degrees - 2, to: 1, by: -2) { sum = (1 + sum) * square * Double(k - 1) / Double(k) }
      angle += tangent * square * (1 + sum)
    }
    return 0.5 + angle / Double.pi
  }
}
