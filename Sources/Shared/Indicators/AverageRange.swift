/// The average true range of a figure: how far it travels in a bar of time, gaps between bars included (J. W. Wilder, "New Concepts in
/// Technical Trading Systems", 1978). The true range of a bar is the largest of high − low, |high − previous close| and
/// |low − previous close|; the average begins as the mean of the first `period` ranges, then a ← (a·(n − 1) + r) ÷ n.
///
/// Bars lie on the grid of market time; a bar in which nothing was said is flat at the last close. A statistic, never money. Pure; constant
/// work an observation.
public struct AverageRange: Hashable, Sendable {
  /// n, in bars; ≥ 1.
  public let period: Int64
  private var clock: StepClock
  private var high: Int64 = 0
  private var low: Int64 = 0
  private var close: Int64?
  private var sum = 0.0
  /// Bars that are over.
  public private(set) var count: Int64 = 0

  /// - Precondition: `bar` is at least a millisecond, `period` ≥ 1.
  public init(bar: Duration, period: Int64) {
    precondition(period >= 1, "a period of a bar or more")
    clock = StepClock(step: bar)
    self.period = period
  }

  /// In the unit of the figure's 10⁻⁶; `nil` before the first `period` bars are over.
  public var value: Double? { count >= period ? sum / Double(period) : nil }

  /// Takes the figure, at 10⁻⁶ of its unit.
  public mutating func add(_ value: Int64, at time: MarketTime) {
    guard let before = clock.newest else {
      _ = clock.add(value, at: time)
      (high, low) = (value, value)
      return
    }
    guard time >= before.time else { return }
    if let steps = clock.add(value, at: time) {
      finish(range: trueRange(), bars: 1)
      close = steps.value
      if steps.count > 1 { finish(range: 0, bars: steps.count - 1) }
      (high, low) = (value, value)
    } else {
      (high, low) = (max(high, value), min(low, value))
    }
  }

  private func trueRange() -> Double {
    guard let close else { return Double(high - low) }
    return Double(max(high, close) - min(low, close))
  }

  private mutating func finish(range: Double, bars: Int64) {
    let early = min(bars, max(0, period - count))
    sum += Double(early) * range
    count += bars
    let late = bars - early
    guard late > 0 else { return }
    // n·a ← n·a − a + r, late times: what is left of the distance to r is (1 − 1/n)^late.
    let n = Double(period)
    sum = n * range + (sum - n * range) * power(1 - 1 / n, late)
  }

  public var checkpoint: JSON {
    [
      "bar_ns": .int(clock.step.nanoseconds), "period": .int(period), "clock": clock.checkpoint, "high": .int(high),
      "low": .int(low), "close": .optional(close.map { .int($0) }),
      "sum": .bits(sum), "count": .int(count),
    ]
  }

  /// Takes the state of a checkpoint; `false` (and nothing changed) when it is damaged, or of other bars.
  public mutating func restore(_ checkpoint: JSON) -> Bool {
    var new = self
    guard checkpoint["bar_ns"]?.int == clock.step.nanoseconds, checkpoint["period"]?.int == period,
      let clock = checkpoint["clock"], new.clock.restore(clock), let high = checkpoint["high"]?.int,
      let low = checkpoint["low"]?.int, high >= low, let sum = checkpoint["sum"]?.doubleBits, sum >= 0,
      let count = checkpoint["count"]?.int, count >= 0
    else { return false }
    (new.high, new.low, new.sum, new.count) = (high, low, sum, count)
    new.close = checkpoint["close"]?.int
    self = new
    return true
  }
}
