import FloorTestSupport
import Shared
import Testing

@Suite("Indicators that count steps of time")
struct SteppedIndicatorTests {
  private func at(_ milliseconds: Int64) -> MarketTime { MarketTime(nanoseconds: milliseconds * 1_000_000) }

  // MARK: Steps

  @Test("Each moment of the grid has the last value known at or before it, however often the feed speaks")
  func steps() {
    var clock = StepClock(step: .seconds(1))
    #expect(clock.add(10, at: at(400)) == nil)
    #expect(clock.add(11, at: at(900)) == nil)
    // Stamped at the moment itself: it still counts there, and is over when something later is known.
    #expect(clock.add(12, at: at(1000)) == nil)
    let first = clock.add(13, at: at(1001))
    #expect(first?.value == 12 && first?.count == 1 && first?.end == at(1000))
    let gap = clock.add(20, at: at(4500))
    #expect(gap?.value == 13 && gap?.count == 3 && gap?.end == at(4000))
    #expect(clock.add(99, at: at(4400)) == nil && clock.newest?.value == 20)
    #expect(clock.add(21, at: at(4500)) == nil && clock.newest?.value == 21)
  }

  @Test("A chatty feed and a terse one make the same steps", arguments: Seeds.some(5))
  func chatty(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var (terse, chatty) = (StepClock(step: .milliseconds(250)), StepClock(step: .milliseconds(250)))
    func expand(_ steps: StepClock.Steps?, _ into: inout [Int64]) {
      if let steps { into += Array(repeating: steps.value, count: Int(steps.count)) }
    }
    var (few, many): ([Int64], [Int64]) = ([], [])
    var time: Int64 = 1_795_180_500_000
    for _ in 0..<500 {
      let value = Int64.random(in: 0...1000, using: &random)
      expand(terse.add(value, at: at(time)), &few)
      expand(chatty.add(value, at: at(time)), &many)
      let gap = Int64.random(in: 1...1500, using: &random)
      // The same value said again changes nothing.
      for part in [gap / 3, gap / 2] where part > 0 { expand(chatty.add(value, at: at(time + part)), &many) }
      time += gap
    }
    // The chatty one is told later of the same: it may know of a few steps more.
    #expect(few.count > 500 && few == Array(many.prefix(few.count)))
  }

  // MARK: Exponential mean

  /// The definition, weight by weight.
  private func byDefinition(_ values: [Double], span: Int64) -> (mean: Double, variance: Double) {
    let alpha = 2 / (Double(span) + 1)
    var weights = Array(repeating: 0.0, count: values.count)
    var weight = 1.0
    for index in values.indices.reversed() {
      weights[index] = index == 0 ? weight : weight * alpha
      weight *= 1 - alpha
    }
    let mean = zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
    return (mean, zip(values, weights).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 })
  }

  @Test("Three values by hand: span 3 weighs the newest by a half")
  func byHand() {
    var figure = ExponentialMean(span: 3)
    for value in [1.0, 3, 7] { figure.add(value) }
    // 1 → 2 → 4.5; variance 0 → ½·(0 + ½·4) = 1 → ½·(1 + ½·25) = 6.75.
    #expect(figure.mean == 4.5 && figure.variance == 6.75 && figure.isWarm && figure.count == 3)
  }

  @Test(
    "Mean and deviation are the weighted ones of the definition, repeated values included", arguments: Seeds.some(5))
  func exponential(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for span in [1, 2, 20, 300] as [Int64] {
      var figure = ExponentialMean(span: span)
      var values: [Double] = []
      for _ in 0..<100 {
        let value = Double(Int64.random(in: 400_000...600_000, using: &random))
        let times = Int64.random(in: 1...4, using: &random)
        figure.add(value, times: times)
        values += Array(repeating: value, count: Int(times))
      }
      let (mean, variance) = byDefinition(values, span: span)
      #expect(abs(figure.mean - mean) <= 1e-9 * mean, "span \(span)")
      #expect(abs(figure.variance - variance) <= 1e-9 * max(1, variance), "span \(span)")
      #expect(figure.count == values.count)
    }
  }

  // MARK: CUSUM

  @Test("The sums rise by what lies beyond the slack, fall back to nothing, and alarm above the threshold, not at it")
  func cumulative() {
    var sum = CumulativeSum(slack: 0.5, threshold: 2)
    sum.add(1.5)
    #expect(sum.up == 1 && sum.down == 0 && sum.alarm == .none && sum.progress == 0.5)
    sum.add(1.5)
    #expect(sum.up == 2 && sum.alarm == .none)
    sum.add(0.75)
    #expect(sum.up == 2.25 && sum.alarm == .up)
    sum.add(-4)
    #expect(sum.up == 0 && sum.down == 3.5 && sum.alarm == .down)
    sum.add(0, times: 7)
    #expect(sum.down == 0 && sum.alarm == .none)
    sum.add(1, times: 5)
    #expect(sum.up == 2.5 && sum.alarm == .up)
    sum.reset()
    #expect(sum.up == 0 && sum.alarm == .none)
  }

  @Test("Steps together are steps one by one", arguments: Seeds.some(3))
  func together(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var (one, many) = (CumulativeSum(slack: 0.25, threshold: 5), CumulativeSum(slack: 0.25, threshold: 5))
    for _ in 0..<300 {
      // Quarters, so that no rounding tells the two apart.
      let deviation = Double(Int64.random(in: -8...8, using: &random)) / 4
      let times = Int64.random(in: 1...5, using: &random)
      many.add(deviation, times: times)
      for _ in 0..<times { one.add(deviation) }
      #expect(one == many)
    }
  }

  // MARK: Average range

  @Test("Three bars by hand: the gap to the last close counts, and a silent bar is flat")
  func ranges() {
    var range = AverageRange(bar: .seconds(1), period: 2)
    // First bar 10…14, close 12: range 4. Second 20…21, from 12: range 9. Their mean is 6.5.
    for (time, value) in [(100, 10), (500, 14), (900, 12), (1100, 20), (1900, 21)] as [(Int64, Int64)] {
      range.add(value, at: at(time))
    }
    #expect(range.value == nil && range.count == 1)
    range.add(21, at: at(2100))
    #expect(range.value == 6.5 && range.count == 2)
    // The third bar stays at 21 (range 0), the fourth is silent: 6.5 → 3.25 → 1.625.
    range.add(30, at: at(4500))
    #expect(range.value == 1.625 && range.count == 4)
  }

  @Test("Bars are those of the definition, whatever the gaps", arguments: Seeds.some(5))
  func averages(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let period: Int64 = 5
    var range = AverageRange(bar: .seconds(1), period: period)
    // As the definition has it: bars of (start, end], each begun at the close before it.
    var observations: [(time: Int64, value: Int64)] = []
    var time: Int64 = 1_795_180_500_250
    for _ in 0..<400 {
      let value = Int64.random(in: 300_000...700_000, using: &random)
      observations.append((time, value))
      range.add(value, at: at(time))
      time += Int64.random(in: 10...2500, using: &random)
    }
    var (close, ranges): (Int64?, [Double]) = (nil, [])
    let last = try #require(observations.last?.time)
    var end = (observations[0].time + 999) / 1000 * 1000
    while end < last {
      let inside = observations.filter { $0.time > end - 1000 && $0.time <= end }.map(\.value)
      let (high, low) = (inside.max() ?? close ?? 0, inside.min() ?? close ?? 0)
      let known = close ?? low
      ranges.append(Double(close == nil ? high - low : max(high - low, abs(high - known), abs(low - known))))
      close = inside.last ?? close
      end += 1000
    }
    var average = ranges.prefix(Int(period)).reduce(0, +) / Double(period)
    for next in ranges.dropFirst(Int(period)) { average = (average * Double(period - 1) + next) / Double(period) }
    #expect(range.count == ranges.count)
    #expect(abs(try #require(range.value) - average) <= 1e-9 * average)
  }

  // MARK: Checkpoints

  @Test(
    "After a restart everything goes on bit for bit; a damaged checkpoint changes nothing", arguments: Seeds.some(3))
  func checkpoints(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var mean = ExponentialMean(span: 20)
    var sum = CumulativeSum(slack: 0.1, threshold: 3)
    var range = AverageRange(bar: .seconds(1), period: 3)
    var time: Int64 = 0
    func step() {
      time += Int64.random(in: 1...2000, using: &random)
      let value = Int64.random(in: 1...1_000_000, using: &random)
      mean.add(Double(value))
      sum.add(Double(value) / 1e6 - 0.5)
      range.add(value, at: at(time))
    }
    for _ in 0..<50 { step() }
    var (mean2, sum2, range2) = (
      ExponentialMean(span: 20), CumulativeSum(slack: 0.1, threshold: 3), AverageRange(bar: .seconds(1), period: 3)
    )
    let restored = [
      mean2.restore(mean.checkpoint), sum2.restore(sum.checkpoint), range2.restore(range.checkpoint),
    ]
    #expect(restored == [true, true, true] && mean2 == mean && sum2 == sum && range2 == range)
    for damage in [JSON.null, ["mean": 1], ["up": "x", "down": 0], ["clock": 5]] as [JSON] {
      let taken = [mean2.restore(damage), sum2.restore(damage), range2.restore(damage)]
      #expect(taken == [false, false, false], "\(damage)")
    }
    #expect(mean2 == mean && sum2 == sum && range2 == range)
  }

  // MARK: Books

  @Test("A book's spread, depth and imbalance; an empty side counts as 0 or 1")
  func books() throws {
    func level(_ price: Int64, _ shares: Int64) throws -> BookLevel {
      BookLevel(price: try #require(Price(micros: price)), size: Shares(whole: shares))
    }
    let book = BookFigures(
      BookTop(
        bids: [try level(480_000, 100), try level(470_000, 100)],
        asks: [try level(520_000, 60), try level(600_000, 40)]))
    #expect(book.spread == 40_000)
    #expect(book.bidDepth == USD(micros: 95_000_000) && book.askDepth == USD(micros: 55_200_000))
    #expect(book.depth == book.askDepth && book.imbalance == 100.0 / 300)
    let empty = BookFigures(.empty)
    #expect(empty.spread == 1_000_000 && empty.depth == .zero && empty.imbalance == nil)
    #expect(BookFigures(BookTop(bids: [], asks: [try level(300_000, 1)])).spread == 300_000)
  }
}
