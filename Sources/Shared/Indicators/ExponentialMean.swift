/// The exponentially weighted mean and deviation of a figure over its steps (S0-47): weight α = 2 ÷ (span + 1) for the newest,
/// 1 − α times that for each one before.
///
/// With m the mean, v the variance and d = x − m: m ← m + α·d, v ← (1 − α)·(v + α·d²) (T. Finch, "Incremental calculation of weighted mean
/// and variance", 2009, equations 124 and 143). These are pandas' `ewm(span, adjust=False)` `.mean()` and `.var(bias=True)`.
/// A statistic, never money. Pure; constant work a call, however many steps it stands for.
public struct ExponentialMean: Hashable, Sendable {
  /// ≥ 1; about as many steps count.
  public let span: Int64
  public private(set) var mean = 0.0
  public private(set) var variance = 0.0
  /// Steps so far.
  public private(set) var count: Int64 = 0

  /// - Precondition: `span` ≥ 1.
  public init(span: Int64) {
    precondition(span >= 1, "a span of a step or more")
    self.span = span
  }

  private var alpha: Double { 2 / (Double(span) + 1) }

  /// As many steps were seen as the span has: what came first weighs less than 14 % by then.
  public var isWarm: Bool { count >= span }

  /// The population standard deviation around the mean.
  public var deviation: Double { variance.squareRoot() }

  /// Takes `times` ≥ 1 steps of the same value.
  public mutating func add(_ value: Double, times: Int64 = 1) {
    guard times > 0 else { return }
    var left = times
    if count == 0 {
      mean = value
      left -= 1
    }
    count += times
    // Σ over the steps in closed form: what is left of the distance is its (1 − α)ⁿ.
    let decay = power(1 - alpha, left)
    let distance = value - mean
    mean = value - distance * decay
    variance = decay * (variance + distance * distance * (1 - decay))
  }

  public var checkpoint: JSON {
    ["mean": .bits(mean), "variance": .bits(variance), "count": .int(count)]
  }

  /// Takes the state of a checkpoint; `false` (and nothing changed) when it is damaged.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    guard let mean = checkpoint["mean"]?.doubleBits, let variance = checkpoint["variance"]?.doubleBits, variance >= 0,
      let count = checkpoint["count"]?.int, count >= 0
    else { return false }
    self.mean = mean
    self.variance = variance
    self.count = count
    return true
  }
}

/// base^exponent by squaring: the same bits on every machine. `exponent` ≥ 0.
func power(_ base: Double, _ exponent: Int64) -> Double {
  var (result, factor, left) = (1.0, base, exponent)
  while left > 0 {
    if left & 1 == 1 { result *= factor }
    factor *= factor
    left >>= 1
  }
  return result
}
