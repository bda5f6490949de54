import FloorIOData
import FloorIOVenue
import FloorSim
import Glibc
import Shared

/// `floor calibrate`: the hammer's probabilities against what came (docs/calibration.md). Needs no running floor.
enum CalibrateCommand {
  static let command = FloorCommand(
    name: "calibrate", summary: "hold the hammer's probabilities against what came, by the time to the close",
    usage: "FILE… [--twap none|30|60] [--before 120,60,30] | --quotes FILE",
    details: """
      FILE is a recording (floor recording list), or, with --format, a file in somebody else's shape. At fixed times before each
      window's close every model is asked with what was received until then, and the market's own middle where a book is there.

      on what
        --format NAME, --markets TABLE   as for floor backtest
        --quotes FILE         middles noted at single moments, a JSON object a line (btc5m_ladder): alone, or at whose moments the
                              models are asked on FILE…
        --clock-slow-s N      the quotes' recorder was so many seconds behind (default 0)
      which windows
        --series NAME         btc-5m (default), btc-15m, eth-5m …
        --twap none|30|60     the mean that settles (default 60; none before August 2026)
        --before S,S…         seconds before the close (default 120,60,30,15,10,5)
        --every S             a window closes every S seconds (default: the series' own); less makes overlapping windows, drawn
                              by half-hours
        --results TABLE       results from elsewhere; else the venue's word in the recording, else recomputed from the settling
                              series, else from means reconstructed out of single observations
      with what
        --seed N, --draws N   of the bootstrap (default 1, 2000)
      out
        --out DIR             writes calibration.json, calibration.csv and calibration.html there
        --json                calibration.json on standard output
      """,
    options: [
      "format", "markets", "quotes", "clock-slow-s", "series", "twap", "before", "every", "results", "seed", "draws",
      "out",
    ], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard !line.words.isEmpty || line.option("quotes") != nil else {
      throw FloorFailure(.usage, "give at least one recording (*.jsonl.zst), files with --format, or --quotes FILE")
    }
    let plan = try plan(line)
    let bootstrap = ClusterBootstrap(
      draws: try line.whole("draws", default: 2000, in: 100...1_000_000),
      seed: UInt64(try line.whole("seed", default: 1, in: 0...Int.max)))
    let directory = try line.option("out").map { try BacktestCommand.folder(Instance.absolute($0)) }
    let sampled = try sampled(line, plan)
    guard !sampled.samples.isEmpty else {
      throw FloorFailure(.refused, "no window can be judged: \(CalibrateText.missing(sampled))")
    }
    let study = CalibrationStudy(sampled, bootstrap)
    let json = study.json(about: about(line, plan))
    if let directory {
      try BacktestCommand.write(json.text + "\n", directory + "/calibration.json")
      try BacktestCommand.write(study.csv, directory + "/calibration.csv")
      try BacktestCommand.write(study.page(about: words(line, plan)), directory + "/calibration.html")
    }
    print(instance.isJSON ? json.text : CalibrateText.text(study))
    if let directory, !instance.isJSON {
      print("\nwritten: \(directory)/calibration.json, calibration.csv, calibration.html")
    }
    return .done
  }

  // MARK: What is asked for

  private static func plan(_ line: CommandLineWords) throws -> ForecastPlan {
    let name = line.option("series") ?? "btc-5m"
    guard let series = MarketSeries(configured: name) else {
      throw FloorFailure(.usage, "--series \(name): one series such as btc-5m or eth-15m is wanted")
    }
    var plan = ForecastPlan(series: series, lookback: try BacktestFloor.twap(line, default: 60).map { Int64($0) })
    plan.every = Int64(try line.whole("every", default: Int(plan.every), in: 1...Int(series.length.seconds)))
    if let text = line.option("before") {
      let times = text.split(separator: ",", omittingEmptySubsequences: false).map { Int64($0) }
      let range = 1...series.length.seconds
      guard times.allSatisfy({ $0.map(range.contains) ?? false }) else {
        throw FloorFailure(.usage, "--before \(text): seconds from 1 to \(range.upperBound) are wanted, 60,30,15")
      }
      plan.before = Set(times.compactMap { $0 }).sorted(by: >)
    }
    if let path = line.option("results").map(Instance.absolute) { plan.results = try BacktestFloor.results(path) }
    return plan
  }

  private static func sampled(_ line: CommandLineWords, _ plan: ForecastPlan) throws -> ForecastSamples {
    var quotes: [QuoteMoment]?
    if let path = line.option("quotes").map(Instance.absolute) {
      let slow = Int64(try line.whole("clock-slow-s", default: 0, in: 0...300))
      do {
        quotes = try QuoteLines.read(
          try RecordingImport.read(path), length: plan.series.length.seconds, slow: slow)
      } catch let error as ImportError {
        throw FloorFailure(.refused, "\(path), as quotes: \(error)")
      }
    }
    if line.words.isEmpty, let quotes { return ForecastSamples(quotes) }
    var terms = TapeTerms()
    // Only the middle is looked at: how much stands there does not matter.
    terms.quoteSize = Shares(whole: 1)
    var tape = ForecastTape(plan, terms: terms, quotes: quotes)
    let data = BacktestData(
      try BacktestData.Index(
        line.words.map(Instance.absolute), format: try BacktestCommand.format(line),
        markets: line.option("markets").map(Instance.absolute)))
    while let frame = try data.next() { tape.take(frame) }
    let damaged = data.damagedLines + tape.unreadable
    if damaged > 0 { Terminal.complain("\(damaged) lines or frames could not be read") }
    return tape.finish()
  }

  // MARK: About it

  private static func rule(_ plan: ForecastPlan) -> String {
    plan.lookback.map { "the mean over \($0) s" } ?? "single observations"
  }

  private static func sources(_ line: CommandLineWords) -> [String] {
    (line.words + [line.option("quotes")].compactMap { $0 }).map { String($0.split(separator: "/").last ?? "") }
  }

  private static func about(_ line: CommandLineWords, _ plan: ForecastPlan) -> JSON {
    [
      "files": .array(sources(line).map { .string($0) }), "series": .string(plan.series.alias),
      "settlement_twap_s": .optional(plan.lookback.map { .int($0) }), "every_s": .int(plan.every),
      "feed_age_max_s": .int(plan.feedAgeMax), "gap_max_s": .int(plan.trust.gapMax),
      "missing_max_count": .int(plan.trust.missingMax), "end_lag_s": .int(plan.endLag),
      "results_from_table": .int(plan.results.count),
    ]
  }

  private static func words(_ line: CommandLineWords, _ plan: ForecastPlan) -> [String] {
    let files = sources(line)
    let named = files.count > 4 ? "\(files.count) files" : files.joined(separator: ", ")
    return ["\(plan.series.alias) windows of \(named), settled by \(rule(plan)); one closes every \(plan.every) s."]
  }
}
