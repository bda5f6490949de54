/// What a leading exchange price says about the value that the canonical stream has not shown yet. The exchange's level is another, so
/// only its changes are used; it never settles and never replaces the canonical feed (S3-16, hammer-model 2).
public struct SpotHint: Hashable, Sendable {
  public struct Settings: Hashable, Sendable {
    /// How much of the exchange price of 0, 1, 2 seconds ago is in the canonical value. They add up to 1.
    public var kernel: [Double]
    /// Error of the value at hand, relative.
    public var noise: Double

    public static let standard = Settings(kernel: [0.35, 0.5, 0.15], noise: 4e-5)

    public init(kernel: [Double], noise: Double) {
      self.kernel = kernel
      self.noise = noise
    }
  }

  /// The canonical value now, as far as the exchange tells. The model's Ŝ.
  public let value: Double
  /// The second it is about: the newest of both feeds. The model's n'.
  public let second: Int64

  /// `Ŝ = S_n + B_b − Σ kernelᵢ B_{n−i}`. `nil` when the exchange is behind the canonical stream or its seconds there are not known.
  public init?(canonical: SecondGrid, exchange: SecondGrid, _ settings: Settings = .standard) {
    guard let newest = canonical.newest, let last = canonical.last, let ahead = exchange.newest, ahead >= newest,
      let leading = exchange.last
    else { return nil }
    var behind = 0.0
    for (back, weight) in settings.kernel.enumerated() {
      guard let value = exchange.value(at: newest - Int64(back)) else { return nil }
      behind += weight * value
    }
    value = last + leading - behind
    second = ahead
  }

  /// Deviation of the settling value given this one, dollars: `√( S² (σ² V(n') + eta²) + (noise S m_e / w)² )`.
  /// - Parameters:
  ///   - last: newest canonical value.
  ///   - variance: V at `second`.
  ///   - open: seconds of the mean that the canonical stream has not told, m_e.
  public static func deviation(
    last: Double, sigma: Double, variance: Double, open: Int64, window: Int64, _ tail: UpProbability.Tail,
    _ settings: Settings = .standard
  ) -> Double {
    let walk = sigma * sigma * variance + tail.jitter * tail.jitter
    let error = settings.noise * Double(open) / Double(window)
    return last * (walk + error * error).squareRoot()
  }
}
