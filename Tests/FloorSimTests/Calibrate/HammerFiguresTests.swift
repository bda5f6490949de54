import FloorIOVenue
import FloorSim
import FloorTestSupport
import Foundation
import Shared
import Testing

/// The figures that the hammer model writes down for the recorded sets (`Tests/Tools/hammer_figures.csv`), reproduced. The whole of them,
/// overlapping windows and books too, is scripts/calibrate-hammer.
@Suite("The hammer's written figures")
struct HammerFiguresTests {
  private struct Figure {
    let name: String
    let before: Int64
    let forecaster: Forecaster
    let score: String
    let value: Double
    let interval: ClosedRange<Double>?
  }

  private func figures(_ study: String) throws -> [Figure] {
    let text = try String(contentsOfFile: Repository.root + "/Tests/Tools/hammer_figures.csv", encoding: .utf8)
    let rows = text.split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }.filter { $0[0] == study }
    return try rows.map { row in
      let low = Double(row[5])
      let high = Double(row[6])
      return Figure(
        name: row.joined(separator: ","), before: try #require(Int64(row[1])),
        forecaster: try #require(Forecaster(rawValue: row[2])), score: row[3], value: try #require(Double(row[4])),
        interval: low.flatMap { low in high.map { low...$0 } })
    }
  }

  private func lines(_ path: String) throws -> [[UInt8]] {
    let file = try GzipLines(path: ReferenceFiles.data.folder + "/" + path)
    var lines: [[UInt8]] = []
    while let line = try file.next() { lines.append(line) }
    return lines
  }

  private func frames() throws -> [RecordedFrame] {
    let folder = "chainlink_btc_1hz"
    var frames = VenueFrames()
    var all: [RecordedFrame] = []
    for name in try ReferenceFiles.data.files(folder, suffix: ".csv.gz") {
      let rows = try ImportFormat.oraclePrices.rows(try lines(folder + "/" + name), name: name, markets: [])
      for row in rows { all += try frames.lines(for: row) }
    }
    return all
  }

  /// Ours lies in the written interval; where none is written, the written figure lies in ours, to the decimals that it has.
  private func hold(_ study: CalibrationStudy, against name: String) throws {
    let figures = try figures(name)
    #expect(!figures.isEmpty)
    for figure in figures {
      let row = try #require(study.rows.first { $0.left == figure.before }, "\(figure.name)")
      let estimate: CalibrationStudy.Estimate?
      switch figure.score {
      case "brier": estimate = row.scores.first { $0.forecaster == figure.forecaster }?.brier
      case "log_loss": estimate = row.scores.first { $0.forecaster == figure.forecaster }?.logLoss
      default:
        let than = figure.score.split(separator: ":").last.flatMap { Forecaster(rawValue: String($0)) }
        estimate = row.differences.first { $0.forecaster == figure.forecaster && $0.than == than }?.brier
      }
      let ours = try #require(estimate, "\(figure.name)")
      if let interval = figure.interval {
        #expect(
          interval.lowerBound - 5e-4 <= ours.value && ours.value <= interval.upperBound + 5e-4,
          "\(figure.name): \(ours)")
      } else {
        #expect(ours.low - 5e-4 <= figure.value && figure.value <= ours.high + 5e-4, "\(figure.name): \(ours)")
      }
    }
  }

  @Test(
    "On a day's stream with ends recomputed, and on its official results under the older rule, every score lies in the interval written for it",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence))) func stream() throws
  {
    let frames = try frames()
    let series = try #require(MarketSeries(configured: "btc-5m"))
    var mean = ForecastTape(ForecastPlan(series: series, lookback: 60), terms: TapeTerms())
    var plan = ForecastPlan(series: series, lookback: nil)
    for name in try ReferenceFiles.data.files("chainlink_btc_1hz", suffix: ".jsonl.gz") {
      plan.results.merge(try ResultTable.read(try lines("chainlink_btc_1hz/" + name))) { first, _ in first }
    }
    var single = ForecastTape(plan, terms: TapeTerms())
    for frame in frames {
      mean.take(frame)
      single.take(frame)
    }
    try hold(CalibrationStudy(mean.finish(), ClusterBootstrap()), against: "twap")
    try hold(CalibrationStudy(single.finish(), ClusterBootstrap()), against: "spot")
  }

  @Test(
    "The market's middle on the ladder and some fifty seconds before the close is as sharp as it is written",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence))) func quotes() throws
  {
    let ladder = try QuoteLines.read(try lines("btc5m_ladder/ladder.jsonl.gz"), length: 300, slow: 20)
    try hold(CalibrationStudy(ForecastSamples(ladder), ClusterBootstrap(draws: 200)), against: "ladder")
    let history = try QuoteLines.read(try lines("btc5m_ladder/windows_hist.jsonl.gz"), length: 300, slow: 0)
    try hold(CalibrationStudy(ForecastSamples(history), ClusterBootstrap()), against: "history")
  }

  @Test(
    "Two windows that a mean settled: one came Up though the price fell, the other was decided 8 s before its close, which the seed's formula did not see",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence))) func regressions()
    throws
  {
    func samples(_ start: Int64, lookback: Int64?) throws -> [ForecastSample] {
      let name = "btc-updown-5m-\(start).json.gz"
      let rows = try ImportFormat.multifeed.rows(try lines("btc5m_multifeed/" + name), name: name, markets: [])
      var plan = ForecastPlan(series: try #require(MarketSeries(configured: "btc-5m")), lookback: lookback)
      plan.before = [30, 15, 8]
      var tape = ForecastTape(plan, terms: TapeTerms())
      var frames = VenueFrames()
      for row in rows {
        switch row.fact {
        case .price, .resolved, .market: for frame in try frames.lines(for: row) { tape.take(frame) }
        // Prints and best prices are for the middle, and most of the file.
        default: break
        }
      }
      return tape.finish().samples.filter { $0.closes == start + 300 }
    }
    let fell = try samples(1_787_304_900, lookback: 60)
    #expect(fell.map(\.left) == [30, 15, 8] && fell.allSatisfy(\.cameUp))
    let last = try #require(fell.last?.forecasts)
    #expect(try #require(last[.tailedTwap]) > 0.5)
    let decided = try #require(try samples(1_787_236_800, lookback: 60).last)
    #expect(decided.left == 8 && !decided.cameUp)
    // The very figures of the model's vectors: the seed's formula, given the right strike, said 0.80, and Down came.
    #expect(abs(try #require(decided.forecasts[.tailedTwap]) - 0.01969392370257354) < 1e-9, "\(decided.forecasts)")
    #expect(abs(try #require(decided.forecasts[.normalSpotOnMean]) - 0.7989583671778415) < 1e-9, "\(decided.forecasts)")
  }
}
