import CBench
import FloorIOData
import Shared

/// What one observation costs each indicator: nanoseconds, and how often it asks the allocator for memory. A window grows while it is
/// filled for the first time, so the counting begins when as many observations were taken as are counted then.
enum IndicatorBench {
  struct Settings {
    var observations = 200_000
    var rounds = 5
  }

  /// How often this thread has asked the allocator.
  static var allocations: UInt64 { cbench_allocations() }

  /// A walk around 76,800 dollars, at 10⁻⁶, an observation every 50 to 250 ms.
  private struct Walk {
    private var chance = SeededGenerator(seed: 20_260_101)
    private(set) var value: Int64 = 76_800_000_000
    private(set) var time = MarketTime(seconds: 1_795_180_500)

    mutating func step() {
      value += Int64(chance.next() % 2_000_001) - 1_000_000
      time = time.advanced(by: .milliseconds(50 + Int64(chance.next() % 201)))
    }
  }

  private struct Indicator {
    let name: String
    let add: (Int64, MarketTime) -> Int64
  }

  /// Each with the settings that a strategy could have; what it says is summed, so that nothing is left out.
  private static func indicators() -> [Indicator] {
    var mean = RollingMean(span: .seconds(600))
    var change = RateOfChange(lookback: .seconds(300))
    var window = RollingWindow(span: .seconds(300))
    var exponential = ExponentialMean(span: 120)
    var points = CumulativeSum(slack: 0.5, threshold: 8)
    var clock = StepClock(step: .seconds(1))
    var range = AverageRange(bar: .seconds(5), period: 14)
    var flow = FlowWindow(step: .seconds(1), short: 10, baseline: 120)
    var volatility = StepVolatility()
    func side(_ first: Int64, _ step: Int64, _ shares: Int64) -> [BookLevel] {
      (0..<5).compactMap { level in
        Price(micros: first + level * step).map { BookLevel(price: $0, size: Shares(micros: shares * 1_000_000)) }
      }
    }
    let top = BookTop(bids: side(500_000, -10_000, 10), asks: side(510_000, 10_000, 20))
    return [
      Indicator(name: "rolling window") { window.add($0, at: $1) == .added ? 1 : 0 },
      Indicator(name: "rate of change") {
        change.add($0, at: $1)
        return change.change?.difference ?? 0
      },
      Indicator(name: "rolling mean") {
        mean.add($0, at: $1)
        return mean.mean ?? 0
      },
      Indicator(name: "exponential mean and deviation") { value, _ in
        exponential.add(Double(value))
        return Int64(exponential.mean) + Int64(exponential.deviation)
      },
      Indicator(name: "cumulative sum") { value, _ in
        points.add(Double(value % 7) - 3)
        return Int64(points.up)
      },
      Indicator(name: "steps of time") { clock.add($0, at: $1)?.count ?? 0 },
      Indicator(name: "average true range") {
        range.add($0, at: $1)
        return Int64(range.value ?? 0)
      },
      Indicator(name: "flow window") {
        flow.add(FlowWindow.Amount(yes: $0 & 0xFFFF, no: 1), at: $1)
        return flow.usual
      },
      Indicator(name: "realised volatility") { value, time in
        volatility.put(Double(value), at: time.seconds)
        return volatility.sigma == nil ? 0 : 1
      },
      Indicator(name: "spread, depth, imbalance") { _, _ in
        let figures = BookFigures(top)
        return figures.spread + figures.depth.micros + (figures.imbalance.map { Int64($0 * 1000) } ?? 0)
      },
    ]
  }

  static func run(_ settings: Settings) -> JSON {
    var walk = Walk()
    let observations = (0..<settings.observations).map { _ -> (Int64, MarketTime) in
      walk.step()
      return (walk.value, walk.time)
    }
    let span = walk.time.since(MarketTime(seconds: 1_795_180_500))
    var rows: [JSON] = []
    var sum: Int64 = 0
    for indicator in indicators() {
      var best = Int64.max
      var allocations: UInt64 = 0
      for round in 0...settings.rounds {
        let later = span * round
        let before = IndicatorBench.allocations
        let begun = SystemClock.monotonic()
        for (value, time) in observations { sum &+= indicator.add(value, time.advanced(by: later)) }
        let taken = SystemClock.monotonic().since(begun)
        // The first round fills the windows.
        guard round > 0 else { continue }
        allocations += IndicatorBench.allocations - before
        best = min(best, taken.nanoseconds / Int64(settings.observations))
      }
      rows.append([
        "indicator": .string(indicator.name), "ns": .int(best), "allocations": .int(Int64(allocations)),
        "observations": .int(Int64(settings.observations * settings.rounds)),
      ])
    }
    return ["measurement": "indicators", "rows": .array(rows), "sum": .int(sum)]
  }

  static func table(_ result: JSON) -> String {
    var lines = ["indicator                          ns   allocations   observations"]
    func cell(_ row: JSON, _ key: String, _ width: Int) -> String {
      let text = row[key]?.text ?? ""
      return String(repeating: " ", count: max(1, width - text.count)) + text
    }
    for row in result["rows"]?.array ?? [] {
      let name = row["indicator"]?.string ?? ""
      lines.append(
        name + String(repeating: " ", count: max(1, 31 - name.count)) + cell(row, "ns", 6)
          + cell(row, "allocations", 14)
          + cell(row, "observations", 15))
    }
    return lines.joined(separator: "\n")
  }
}
