import Shared

/// A straight map of values to places along one side of a drawing, with round ticks. Whatever it is made from, it has a width: places are
/// always numbers.
struct Scale: Hashable, Sendable {
  let low: Double
  let high: Double
  /// Where `low` and `high` lie, in units of the drawing.
  let start: Double
  let end: Double

  /// - Parameters:
  ///   - values: what has to fit; what is no number is left out.
  ///   - margin: of the width, on either side.
  init(_ values: some Sequence<Double>, from start: Double, to end: Double, margin: Double = 0) {
    let numbers = values.filter(\.isFinite)
    var low = numbers.min() ?? 0
    var high = numbers.max() ?? 1
    let isFlat = high - low <= abs(high) * 1e-12
    let room = isFlat ? max(abs(high) * 0.001, 0.5) : (high - low) * margin
    low -= room
    high += room
    self.low = low
    self.high = high
    self.start = start
    self.end = end
  }

  /// Where a value lies, kept inside; `nil` for what is no number.
  func place(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    let share = min(1, max(0, (value - low) / (high - low)))
    return start + share * (end - start)
  }

  /// Round values inside, about `count` of them, and how many decimals they need.
  func ticks(_ count: Int) -> (values: [Double], decimals: Int) {
    let raw = (high - low) / Double(max(1, count))
    var power = 1.0
    var decimals = 0
    while power > raw, decimals < 6 {
      power /= 10
      decimals += 1
    }
    while power * 10 <= raw { power *= 10 }
    let step = power * ([1, 2, 5].first { $0 * power >= raw } ?? 10)
    // A step of 10 needs a decimal less.
    if step >= power * 10, decimals > 0 { decimals -= 1 }
    let first = (low / step).rounded(.up)
    let last = (high / step).rounded(.down)
    guard first <= last, last - first < 100 else { return ([], decimals) }
    return (stride(from: first, through: last, by: 1).map { $0 * step }, decimals)
  }
}

/// The same along time: nanoseconds of market time, ticks at round times of the day in UTC, dates at midnight.
struct TimeScale: Hashable, Sendable {
  private let from: MarketTime
  private let scale: Scale

  init(_ from: MarketTime, _ to: MarketTime, start: Double, end: Double) {
    self.from = from
    // A recording of one moment still has a second.
    scale = Scale([0, max(1, TimeScale.seconds(to.since(from)))], from: start, to: end)
  }

  private static func seconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1e9 }

  func place(_ time: MarketTime) -> Double { scale.place(TimeScale.seconds(time.since(from))) ?? scale.start }

  /// Times and what to write there: with seconds below a minute's step.
  func ticks(_ count: Int) -> [(at: MarketTime, text: String)] {
    let steps: [Int64] = [
      1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
      2_592_000,
    ]
    let raw = Int64(scale.high) / Int64(max(1, count))
    let step = steps.first { $0 >= raw } ?? (raw / 2_592_000 + 1) * 2_592_000
    let first = (from.nanoseconds + step * 1_000_000_000 - 1) / (step * 1_000_000_000)
    let last = (from.nanoseconds + Int64(scale.high) * 1_000_000_000) / (step * 1_000_000_000)
    guard first <= last else { return [] }
    return (first...last).map { index in
      let time = MarketTime(seconds: index * step)
      let text = "\(time)"
      // At midnight the new day says more than the hour.
      let isDay = time.seconds % 86_400 == 0
      let from = text.index(text.startIndex, offsetBy: isDay ? 5 : 11)
      return (time, String(text[from...].prefix(isDay || step >= 60 ? 5 : 8)))
    }
  }
}
