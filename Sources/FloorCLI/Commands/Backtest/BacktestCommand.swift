import FloorIOData
import FloorIOVenue
import FloorSim
import Glibc
import Shared

/// `floor backtest`: agents on recorded days (docs/backtest.md). Needs no running floor.
enum BacktestCommand {
  static let command = FloorCommand(
    name: "backtest", summary: "run agents on recorded days: the cores that trade, on the recording's clock",
    usage: "FILE… --strategy NAME [--series A,B] [--events A,B] [--set KEY=VALUE]… | --agents DIR",
    details: """
      FILE is a recording (floor recording list), or, with --format, a file in somebody else's shape. Several are merged by time.

      who trades
        --strategy NAME       one agent; --series btc-5m,… and --events mlb-*,… its markets, --size-usd its entry,
                              --set KEY=VALUE its parameters
        --agents DIR          one agent for each NAME.yaml of DIR (default: the floor's own roster)
      on what
        --format NAME         \(ImportFormat.allCases.map(\.rawValue).joined(separator: ", "))
        --markets TABLE       the table that goes with such files
        --results TABLE       results from elsewhere: a CSV with slug and outcome (Yes, No, Up, Down)
        --quote-size SHARES   where only best prices were recorded: so many stand there
      with what
        --config FILE, --profile NAME, --capital-usd N    limits (default: the floor's configuration, else the built-in one)
        --latency-ms N        to the venue, and back again (default 50 each)
        --fee-rate R          the taker's (default 0.07)
        --twap none|30|60     the mean that settles windows (default 60; none before August 2026)
        --stale-after-s N     without a word for so long a book is old (default: market.stale_after_ms)
      out
        --out DIR             writes report.json, trades.csv and report.html there
        --json                report.json on standard output
      """,
    options: [
      "strategy", "series", "events", "size-usd", "set", "agents", "format", "markets", "results", "quote-size",
      "config",
      "profile",
      "capital-usd", "latency-ms", "fee-rate", "twap", "stale-after-s", "out",
    ], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard !line.words.isEmpty else {
      throw FloorFailure(.usage, "give at least one recording (*.jsonl.zst), or files with --format")
    }
    let format = try format(line)
    var floor = try BacktestFloor(line, instance)
    let directory = try line.option("out").map { try folder(Instance.absolute($0)) }
    floor.settings.keepsPaths = directory != nil
    let data = BacktestData(
      try BacktestData.Index(
        line.words.map(Instance.absolute), format: format, markets: line.option("markets").map(Instance.absolute)))
    let report = try run(floor, data)
    if let directory {
      try write(report.json.text + "\n", directory + "/report.json")
      try write(report.tradesCSV, directory + "/trades.csv")
      try write(report.page, directory + "/report.html")
    }
    print(instance.isJSON ? report.json.text : BacktestText.text(report))
    if data.damagedLines > 0 { Terminal.complain("\(data.damagedLines) lines of the recordings could not be read") }
    guard report.booksBalance else { throw FloorFailure(.broken, "the ledger does not balance: this is a defect") }
    if let directory, !instance.isJSON { print("\nwritten: \(directory)/report.json, trades.csv, report.html") }
    return .done
  }

  static func format(_ line: CommandLineWords) throws -> ImportFormat? {
    guard let name = line.option("format") else { return nil }
    guard let format = ImportFormat(rawValue: name) else {
      let known = ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw FloorFailure(.usage, "--format \(name): one of \(known) is wanted")
    }
    return format
  }

  static func run(_ floor: BacktestFloor, _ data: BacktestData) throws -> BacktestReport {
    var backtest: Backtest
    do { backtest = try Backtest([floor.agents], floor.settings) } catch {
      throw FloorFailure(.configuration, "\(error)")
    }
    while let frame = try data.next() { backtest.take(frame) }
    return backtest.finish()[0]
  }

  static func folder(_ path: String) throws -> String {
    guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw FloorFailure(.usage, "--out \(path): \(SystemError("mkdir", errno, path))")
    }
    return path
  }

  static func write(_ text: String, _ path: String) throws {
    do { try AtomicFile.write(Array(text.utf8), to: path, mode: 0o644, isDurable: false) } catch {
      throw FloorFailure(.usage, "--out: \(error)")
    }
  }
}
