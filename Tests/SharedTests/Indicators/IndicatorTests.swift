import Shared
import Testing

private func at(_ seconds: Double) -> MarketTime { MarketTime(nanoseconds: Int64(seconds * 1e9)) }

@Suite("Rate of change, defined on time")
struct RateOfChangeTests {
  @Test("The base is the last value known at or before t − lookback, not one interpolated and not one counted back")
  func lastKnownBefore() {
    var rate = RateOfChange(lookback: .seconds(3))
    rate.add(100, at: at(0))
    rate.add(110, at: at(1))
    #expect(rate.change == nil)  // nothing is known of t − 3 s
    rate.add(130, at: at(3.5))
    // t − 3 s = 0.5 s: known then was 100 (of 0 s), although 110 came half a second later
    #expect(rate.change?.from.value == 100)
    #expect(rate.change?.difference == 30)
    rate.add(121, at: at(4))
    // t − 3 s = 1 s exactly: the value of that very moment counts as known
    #expect(rate.change?.from == .init(time: at(1), value: 110))
  }

  @Test("Silence moves nothing, and a value that stays keeps its time")
  func silence() {
    var rate = RateOfChange(lookback: .seconds(300))
    rate.add(90_000_000_000, at: at(0))
    rate.add(90_000_000_000, at: at(299))
    #expect(rate.change == nil)
    rate.add(90_450_000_000, at: at(1000))  // nothing was heard for eleven minutes
    #expect(rate.change?.from == .init(time: at(0), value: 90_000_000_000))
    #expect(rate.change?.difference == 450_000_000)
    #expect(rate.change?.to.time == at(1000))
  }

  @Test("An observation older than the newest is ignored, one of the same moment replaces")
  func outOfOrder() {
    var rate = RateOfChange(lookback: .seconds(1))
    rate.add(10, at: at(0))
    rate.add(20, at: at(2))
    let result1 = rate.add(99, at: at(1.5))
    #expect(result1 == .ignored)
    let result2 = rate.add(21, at: at(2))
    #expect(result2 == .merged)
    #expect(rate.change?.difference == 11)
    let result3 = rate.add(RollingWindow.largestValue + 1, at: at(3))
    #expect(result3 == .ignored)
  }

  @Test("Equals the brute-force definition on random walks", arguments: UInt64(1)...40)
  func oracle(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let lookback = Int64.random(in: 1...20, using: &random) * 500_000_000
    var rate = RateOfChange(lookback: .nanoseconds(lookback), grain: .zero)
    var history: [RollingWindow.Sample] = []
    var time: Int64 = 0
    for _ in 0..<600 {
      time += Int64.random(in: 0...900_000_000, using: &random)
      let value = Int64.random(in: 99...103, using: &random) * 1_000_000
      rate.add(value, at: MarketTime(nanoseconds: time))
      if history.last?.time.nanoseconds == time { history.removeLast() }
      history.append(.init(time: MarketTime(nanoseconds: time), value: value))
      let base = history.last { $0.time.nanoseconds <= time - lookback }
      #expect(rate.change?.from.value == base?.value)
      #expect(rate.change.map { $0.to.value } == (base == nil ? nil : value))
    }
  }

  @Test("The number of samples is bounded however fast the figure moves")
  func bounded() {
    var window = RollingWindow(span: .seconds(10), grain: .milliseconds(100))
    for step in 0..<200_000 { window.add(Int64(step), at: MarketTime(nanoseconds: Int64(step) * 1_000_000)) }
    #expect(window.count <= 102)
    // the price of the bound: a value is known at most a grain earlier than it was
    #expect(abs((window.atStart?.value ?? 0) - 189_999) <= 100)
  }

  @Test("A checkpoint rebuilds the history bit for bit; a damaged one is refused", arguments: UInt64(1)...10)
  func checkpoint(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var rate = RateOfChange(lookback: .seconds(5), grain: .zero)
    var mean = RollingMean(span: .seconds(5), grain: .zero)
    var time: Int64 = 1_795_180_500_000_000_000
    for _ in 0..<200 {
      time += Int64.random(in: 0...400_000_000, using: &random)
      let value = Int64.random(in: -5...5, using: &random)
      rate.add(value, at: MarketTime(nanoseconds: time))
      mean.add(value, at: MarketTime(nanoseconds: time))
    }
    var again = RateOfChange(lookback: .seconds(5), grain: .zero)
    let result4 = try again.restore(JSON.parse(rate.checkpoint.text))
    #expect(result4)
    #expect(again == rate)
    var meanAgain = RollingMean(span: .seconds(5), grain: .zero)
    let result5 = meanAgain.restore(mean.checkpoint)
    #expect(result5)
    #expect(meanAgain.mean == mean.mean && meanAgain.deviation == mean.deviation)
    for damaged: JSON in [nil, ["samples": [1]], ["samples": ["x", 2]], ["samples": [5, 1, -3, 1]]] {
      let result6 = again.restore(damaged)
      #expect(!result6)
    }
    #expect(again == rate)
  }
}

@Suite("Rolling mean and deviation, weighted by time")
struct RollingMeanTests {
  @Test("A value counts for as long as it held")
  func byHand() {
    var mean = RollingMean(span: .seconds(10))
    mean.add(100, at: at(0))
    #expect(mean.mean == nil)
    mean.add(200, at: at(4))
    #expect(mean.mean == 100)  // 200 has held for no time yet
    mean.add(200, at: at(8))
    #expect(mean.mean == 150)
    #expect(mean.deviation == 50)
    mean.add(400, at: at(12))
    // [2, 12]: 100 for 2 s, 200 for 8 s
    #expect(mean.mean == 180)
    #expect(mean.deviation == 40)
    #expect(mean.coverage == .seconds(10))
    #expect(mean.newest == 400)
  }

  @Test("Twice as many observations of the same path give the same figures")
  func densityDoesNotMatter() {
    var sparse = RollingMean(span: .seconds(60))
    var dense = RollingMean(span: .seconds(60))
    for step in 0..<600 {
      let value = Int64(step / 7 % 5) * 1_000_000
      for part in 0..<4 { dense.add(value, at: at(Double(step) + Double(part) / 4)) }
      sparse.add(value, at: at(Double(step)))
      sparse.add(value, at: at(Double(step) + 0.75))
    }
    #expect(sparse.mean == dense.mean)
    #expect(sparse.deviation == dense.deviation)
  }

  @Test("Equals the sums computed anew after each observation, exactly", arguments: UInt64(1)...40)
  func oracle(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let span = Int64.random(in: 1...30, using: &random) * 700_000_000
    var rolling = RollingMean(span: .nanoseconds(span), grain: .zero)
    var history: [(time: Int64, value: Int64)] = []
    var time: Int64 = 1_795_180_500_000_000_000
    for _ in 0..<400 {
      time += Int64.random(in: 0...1_500_000_000, using: &random)
      let value = 91_000_000_000 + Int64.random(in: -300_000_000...300_000_000, using: &random)
      rolling.add(value, at: MarketTime(nanoseconds: time))
      if history.last?.time == time { history.removeLast() }
      history.append((time, value))
      var sum: Int128 = 0
      var length: Int128 = 0
      for (index, step) in history.enumerated() {
        let end = index + 1 < history.count ? history[index + 1].time : time
        let from = max(step.time, time - span)
        if end > from {
          sum += Int128(step.value) * Int128(end - from)
          length += Int128(end - from)
        }
      }
      #expect(rolling.mean == (length == 0 ? nil : Int64(divide(sum, by: length, rounding: .nearestEven))))
      guard let mean = rolling.mean, let deviation = rolling.deviation else { continue }
      var centred = 0.0
      for (index, step) in history.enumerated() {
        let end = index + 1 < history.count ? history[index + 1].time : time
        let from = max(step.time, time - span)
        if end > from { centred += Double(step.value - mean) * Double(step.value - mean) * Double(end - from) }
      }
      let expected = (centred / Double(length)).squareRoot()
      #expect(abs(deviation - expected) <= 1e-9 * max(1, expected))
    }
  }
}
