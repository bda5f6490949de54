/// The time-weighted mean and deviation of a figure over the last `span`: each value counts for as long as it held. Exact sums in
/// integers: adding and taking away a million times leaves no trace.
public struct RollingMean: Hashable, Sendable {
  private var window: RollingWindow
  /// Σ value × ns and Σ value² × ns over the finished steps of the window.
  private var sum: Int128 = 0
  private var squares: Int128 = 0

  /// - Precondition: as `RollingWindow`.
  public init(span: Duration, grain: Duration = .milliseconds(50)) {
    window = RollingWindow(span: span, grain: grain)
  }

  public var latest: MarketTime? { window.latest }
  /// The newest value, at 10⁻⁶.
  public var newest: Int64? { window.newest?.value }
  /// How much of the span is known.
  public var coverage: Duration { window.coverage }

  @discardableResult
  public mutating func add(_ value: Int64, at time: MarketTime) -> RollingWindow.Outcome {
    let before = window.newest
    var gone: (sum: Int128, squares: Int128) = (0, 0)
    let outcome = window.add(value, at: time) { old, next in
      let part = RollingMean.area(old, until: next.time)
      gone.sum += part.sum
      gone.squares += part.squares
    }
    if outcome == .added, let before {
      let part = RollingMean.area(before, until: time)
      sum += part.sum
      squares += part.squares
    }
    sum -= gone.sum
    squares -= gone.squares
    return outcome
  }

  /// The mean at 10⁻⁶ (to the nearest, ties to even); `nil` while less than `coverage` ≥ 1 ns is known.
  public var mean: Int64? {
    guard let total else { return nil }
    return Int64(divide(total.sum, by: total.time, rounding: .nearestEven))
  }

  /// The population standard deviation around the mean, at 10⁻⁶: a statistic, never money.
  public var deviation: Double? {
    guard let total else { return nil }
    let mean = divide(total.sum, by: total.time, rounding: .nearestEven)
    let centred = total.squares - 2 * mean * total.sum + mean * mean * total.time
    return (Double(max(0, centred)) / Double(total.time)).squareRoot()
  }

  private var total: (sum: Int128, squares: Int128, time: Int128)? {
    guard let oldest = window.oldest, let newest = window.newest, let latest = window.latest, let start = window.start
    else { return nil }
    let from = max(start, oldest.time)
    let time = Int128(latest.since(from).nanoseconds)
    guard time > 0 else { return nil }
    let running = RollingMean.area(newest, until: latest)
    let outside = RollingMean.area(oldest, until: from)
    return (sum + running.sum - outside.sum, squares + running.squares - outside.squares, time)
  }

  private static func area(_ sample: RollingWindow.Sample, until end: MarketTime) -> (sum: Int128, squares: Int128) {
    let time = Int128(end.nanoseconds - sample.time.nanoseconds)
    let value = Int128(sample.value)
    return (value * time, value * value * time)
  }

  public var checkpoint: JSON { window.checkpoint }

  /// Takes the history of a checkpoint; `false` (and nothing changed) when it is damaged.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    guard let samples = RollingWindow.observations(checkpoint) else { return false }
    self = RollingMean(span: window.span, grain: window.grain)
    for sample in samples { add(sample.value, at: sample.time) }
    return true
  }
}
