/// The probability that a window ends Up, by the models of section 2.
public enum UpProbability {
  /// What makes the tails fat and the claim modest.
  public struct Tail: Hashable, Sendable {
    /// Degrees of freedom of Student's distribution; the model is fitted for 3.
    public var degrees: Int
    /// Scale of the distribution: the deviation times c.
    public var scale: Double
    /// Error of the expected mean itself, relative: jitter of the end lag and of the reconstruction. The model's eta.
    public var jitter: Double
    /// What is left to each side whatever the figures say: the model may be wrong. The model's eps.
    public var doubt: Double

    /// Windows settled on a mean.
    public static let twap = Tail(degrees: 3, scale: 0.7, jitter: 1e-5, doubt: 0.005)
    /// Windows settled on single observations.
    public static let spot = Tail(degrees: 3, scale: 1, jitter: 0, doubt: 0.04)

    public init(degrees: Int, scale: Double, jitter: Double, doubt: Double) {
      self.degrees = degrees
      self.scale = scale
      self.jitter = jitter
      self.doubt = doubt
    }
  }

  /// `normal_spot`, the seed's (S3-10): the newest value against the strike over a random walk to the close.
  /// - Parameters:
  ///   - sigma: of one second, relative.
  ///   - seconds: from the newest tick to the close; at least 1 is taken.
  public static func normalSpot(last: Double, strike: Double, sigma: Double, seconds: Int64) -> Double {
    NormalDistribution.cdf((last - strike) / (last * sigma * Double(max(1, seconds)).squareRoot()))
  }

  /// `normal_twap`: the expected mean against the strike, over the part of it that is open.
  public static func normalTwap(distance: Double, last: Double, sigma: Double, variance: Double) -> Double {
    guard variance > 0 else { return distance >= 0 ? 1 : 0 }
    return NormalDistribution.cdf(distance / (last * sigma * variance.squareRoot()))
  }

  /// `t3_twap` and `t3_spot`: Student's tails, and a doubt on both sides.
  /// - Parameter deviation: dollars, > 0.
  public static func tailed(distance: Double, deviation: Double, _ tail: Tail) -> Double {
    let inside = StudentDistribution.cdf(distance / (tail.scale * deviation), degrees: tail.degrees)
    return tail.doubt + (1 - 2 * tail.doubt) * inside
  }

  /// Deviation of the settling value, dollars: `S √(σ² variance + eta²)`.
  public static func deviation(last: Double, sigma: Double, variance: Double, _ tail: Tail) -> Double {
    last * (sigma * sigma * variance + tail.jitter * tail.jitter).squareRoot()
  }
}
