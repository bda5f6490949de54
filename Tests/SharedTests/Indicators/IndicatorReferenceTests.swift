import FloorTestSupport
import Foundation
import Shared
import Testing

/// The folder of series that `scripts/check-indicators` makes.
private enum IndicatorReference {
  static let variable = "FLOOR_INDICATORS"
  static let folder = ProcessInfo.processInfo.environment[variable]
  static let absence: Comment = "FLOOR_INDICATORS names no folder of series: scripts/check-indicators makes one"

  static var files: [String] {
    get throws {
      guard let folder else { return [] }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted()
      guard !names.isEmpty else { throw MissingFiles(folder: folder, suffix: ".json") }
      return names.map { folder + "/" + $0 }
    }
  }
}

/// One file of it.
private struct IndicatorSeries {
  let json: JSON
  let times: [MarketTime]
  let values: [Int64]

  init(_ path: String) throws {
    json = try JSON.parse(
      [UInt8](Data(contentsOf: URL(filePath: path))), limits: JSONLimits(bytes: 64 << 20))
    times = try IndicatorSeries.times(json.need("times"))
    values = try IndicatorSeries.whole(json.need("values"))
    #expect(times.count == values.count && times.count >= 400)
  }

  static func times(_ json: JSON) throws -> [MarketTime] {
    try whole(json).map { MarketTime(nanoseconds: $0 * 1_000_000) }
  }

  static func whole(_ json: JSON) throws -> [Int64] { try (json.array ?? []).map { try #require($0.int) } }

  static func numbers(_ json: JSON) throws -> [Double?] {
    try (json.array ?? []).map { item in
      if item == .null { return nil }
      let text = try #require(item.decimalText)
      let number: Double = try #require(Double(text))
      return number
    }
  }

  func setting(_ key: String) throws -> Int64 { try json.need("settings").needInt(key) }
  func number(_ key: String) throws -> Double {
    let text = try json.need("settings").needText(key)
    return try #require(Double(text))
  }
}

@Suite(
  "Indicators against numpy and pandas", .enabled(if: IndicatorReference.folder != nil, IndicatorReference.absence))
struct IndicatorReferenceTests {
  /// Of the same size to `tolerance` of it.
  private static func agree(_ ours: Double, _ theirs: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(ours - theirs) <= tolerance * max(1, abs(theirs))
  }

  @Test("Exponential mean and variance are pandas' ewm(adjust=False)")
  func exponential() throws {
    for path in try IndicatorReference.files {
      let series = try IndicatorSeries(path)
      let means = try IndicatorSeries.numbers(series.json.need("ewma_mean"))
      let variances = try IndicatorSeries.numbers(series.json.need("ewma_variance"))
      try #require(means.count == series.values.count && variances.count == series.values.count)
      var figure = ExponentialMean(span: try series.setting("span"))
      for (index, value) in series.values.enumerated() {
        figure.add(Double(value))
        #expect(Self.agree(figure.mean, try #require(means[index])), "mean \(index) of \(path)")
        #expect(Self.agree(figure.variance, try #require(variances[index])), "variance \(index) of \(path)")
      }
    }
  }

  @Test(
    "CUSUM is the running sum above its own lowest point, in deviations and in price", arguments: ["sigma", "price"])
  func cusum(unit: String) throws {
    for path in try IndicatorReference.files {
      let series = try IndicatorSeries(path)
      let json = try series.json.need("cusum").need(unit)
      let deviations = try IndicatorSeries.numbers(json.need("deviations"))
      let ups = try IndicatorSeries.numbers(json.need("up"))
      let downs = try IndicatorSeries.numbers(json.need("down"))
      try #require(deviations.count == series.values.count && ups.count == deviations.count)
      var sum = CumulativeSum(slack: try series.number("slack"), threshold: try series.number("threshold"))
      var alarms = 0
      for (index, deviation) in deviations.enumerated() {
        sum.add(try #require(deviation))
        let (up, down) = (try #require(ups[index]), try #require(downs[index]))
        // The closed form takes differences of large sums.
        #expect(Self.agree(sum.up, up, 1e-7) && Self.agree(sum.down, down, 1e-7), "step \(index) of \(path)")
        if sum.alarm != .none { alarms += 1 }
      }
      #expect(alarms > 0, "a series without an alarm proves little")
    }
  }

  @Test(
    "Rolling mean and deviation are those of a grid of milliseconds; the rate of change starts at the last value before"
  )
  func rolling() throws {
    for path in try IndicatorReference.files {
      let series = try IndicatorSeries(path)
      let means = try IndicatorSeries.numbers(series.json.need("rolling_mean"))
      let deviations = try IndicatorSeries.numbers(series.json.need("rolling_deviation"))
      let backs = try IndicatorSeries.numbers(series.json.need("back"))
      try #require(means.count == series.values.count && deviations.count == means.count && backs.count == means.count)
      let span = Duration.milliseconds(try series.setting("window_ms"))
      var mean = RollingMean(span: span)
      var rate = RateOfChange(lookback: span)
      var compared = 0
      for (index, value) in series.values.enumerated() {
        mean.add(value, at: series.times[index])
        rate.add(value, at: series.times[index])
        #expect(rate.change.map { Double($0.from.value) } == backs[index], "rate \(index) of \(path)")
        guard let expected = means[index], let spread = deviations[index] else {
          #expect(mean.coverage < span)
          continue
        }
        #expect(mean.coverage == span)
        // Ours is rounded to a whole number.
        #expect(abs(Double(try #require(mean.mean)) - expected) <= 0.501, "mean \(index) of \(path)")
        #expect(Self.agree(try #require(mean.deviation), spread, 1e-4), "deviation \(index) of \(path)")
        compared += 1
      }
      #expect(compared > 300)
    }
  }

  @Test("The average range is Wilder's over pandas' bars")
  func averageRange() throws {
    for path in try IndicatorReference.files {
      let series = try IndicatorSeries(path)
      let bars = try IndicatorSeries.whole(series.json.need("bars"))
      let ranges = try IndicatorSeries.numbers(series.json.need("range"))
      try #require(bars.count == series.values.count && ranges.count == bars.count)
      var range = AverageRange(
        bar: .milliseconds(try series.setting("bar_ms")), period: try series.setting("period"))
      for (index, value) in series.values.enumerated() {
        range.add(value, at: series.times[index])
        #expect(range.count == bars[index], "bars \(index) of \(path)")
        #expect((range.value == nil) == (ranges[index] == nil))
        if let ours = range.value, let theirs = ranges[index] {
          #expect(Self.agree(ours, theirs), "range \(index) of \(path)")
        }
      }
      #expect(range.value != nil)
    }
  }

  @Test("Realised volatility is pandas' ewm of squared changes over five seconds, missing seconds on the straight line")
  func volatility() throws {
    for path in try IndicatorReference.files {
      let json = try IndicatorSeries(path).json.need("volatility")
      let seconds = try IndicatorSeries.whole(json.need("seconds"))
      let prices = try IndicatorSeries.numbers(json.need("prices"))
      let sigmas = try IndicatorSeries.numbers(json.need("sigma"))
      try #require(seconds.count == prices.count && sigmas.count == seconds.count && seconds.count > 1000)
      var settings = StepVolatility.Settings.standard
      (settings.countMin, settings.floor) = (1, 0)
      var figure = StepVolatility(settings)
      for (index, second) in seconds.enumerated() {
        figure.put(try #require(prices[index]), at: second)
        #expect((figure.sigma == nil) == (sigmas[index] == nil), "second \(second) of \(path)")
        if let ours = figure.sigma, let theirs = sigmas[index] {
          #expect(abs(ours / theirs - 1) < 1e-9, "second \(second) of \(path)")
        }
      }
    }
  }

  @Test("Volume of the short span and of the baseline are pandas' sums of seconds, exactly")
  func flow() throws {
    for path in try IndicatorReference.files {
      let series = try IndicatorSeries(path)
      let json = try series.json.need("flow")
      let times = try IndicatorSeries.times(json.need("times"))
      let yes = try IndicatorSeries.whole(json.need("yes"))
      let no = try IndicatorSeries.whole(json.need("no"))
      let short = try (json.need("short").array ?? []).map(IndicatorSeries.whole)
      let baseline = try (json.need("baseline").array ?? []).map(IndicatorSeries.whole)
      try #require(times.count == yes.count && short.count == times.count && baseline.count == times.count)
      var window = FlowWindow(
        step: .seconds(1), short: Int(try series.setting("short_s")), baseline: Int(try series.setting("baseline_s")))
      for (index, time) in times.enumerated() {
        window.add(.init(yes: yes[index], no: no[index]), at: time)
        #expect([window.recent.yes, window.recent.no] == short[index], "short \(index) of \(path)")
        #expect([window.before.yes, window.before.no] == baseline[index], "baseline \(index) of \(path)")
      }
    }
  }

  @Test("Spread, depth and imbalance of a book")
  func books() throws {
    for path in try IndicatorReference.files {
      let books = try IndicatorSeries(path).json.need("books").array ?? []
      #expect(books.count >= 100)
      for book in books {
        func levels(_ side: String, _ sizes: String) throws -> [BookLevel] {
          try zip(IndicatorSeries.whole(book.need(side)), IndicatorSeries.whole(book.need(sizes))).map {
            BookLevel(price: try #require(Price(micros: $0 * 10_000)), size: Shares(micros: $1))
          }
        }
        let figures = BookFigures(BookTop(bids: try levels("bids", "bid_sizes"), asks: try levels("asks", "ask_sizes")))
        #expect(figures.spread == (try book.needInt("spread")))
        #expect(figures.bidDepth.micros == (try book.needInt("bid_depth")))
        #expect(figures.askDepth.micros == (try book.needInt("ask_depth")))
        let text = try book.needText("imbalance")
        let imbalance = try #require(Double(text))
        #expect(Self.agree(try #require(figures.imbalance), imbalance))
      }
    }
  }
}
