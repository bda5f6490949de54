import FloorIOData
import FloorIOVenue
import FloorSim
import Glibc
import Shared

/// `floor sweep`: one strategy under every combination of a grid (docs/backtest.md). Needs no running floor.
enum SweepCommand {
  static let command = FloorCommand(
    name: "sweep", summary: "backtest a strategy under every combination of a grid, and judge the best against luck",
    usage:
      "FILE… --strategy NAME [--series A,B] [--events A,B] --grid GRID.json --out PREFIX | merge PREFIX.runs.jsonl… --out PREFIX",
    details: """
      GRID.json      {"lookback_s": [10, 20, 30], "take_profit_points": ["0.05", "0.08"]}: keys are the strategy's parameters
      --out PREFIX   PREFIX.csv (a line a run), PREFIX.json (all runs, the ranges of the best fifth, the judgement) and
                     PREFIX.runs.jsonl, what is finished so far: the same command again goes on where it stopped
      --folds N      parts of the data for choosing by the past (default 5; 1: none)
      --jobs N       threads (default: one a core)
      --shard I/N    only every Nth combination, beginning with the Ith: for several machines; floor sweep merge puts the
                     journals together
      All options of floor backtest but --agents and --json's report; --set gives parameters that are not in the grid.
      """,
    options: BacktestCommand.command.options.subtracting(["agents"]).union(["grid", "folds", "jobs", "shard"]), run: run
  )

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard let prefix = line.option("out").map(Instance.absolute) else {
      throw FloorFailure(.usage, "--out PREFIX is wanted: where the tables go")
    }
    let folds = try line.whole("folds", default: 5, in: 1...100)
    if line.words.first == "merge" {
      return try merge(line.words.dropFirst().map(Instance.absolute), prefix, folds: folds, instance)
    }
    guard !line.words.isEmpty else { throw FloorFailure(.usage, "give recordings, or merge and journals") }
    guard line.option("strategy") != nil else { throw FloorFailure(.usage, "--strategy NAME is wanted") }
    let grid = try grid(line)
    let shard = try line.option("shard").map { text in
      guard let shard = SweepShard(text) else {
        throw FloorFailure(.usage, "--shard \(text): I/N is wanted, 1/4 … 4/4 for four machines")
      }
      return shard
    }
    let floor = try BacktestFloor(line, instance)
    let paths = line.words.map(Instance.absolute)
    let format = try BacktestCommand.format(line)
    let markets = line.option("markets").map(Instance.absolute)
    let plan = SweepPlan(
      grid: grid, agent: floor.agents[0], settings: floor.settings,
      data: try SweepFingerprint.data(paths, format: format, markets: markets),
      program: try SweepFingerprint.program())
    let refused = (0..<grid.count).filter { plan.refusal($0) != nil }
    if let first = refused.first, let why = plan.refusal(first) {
      if refused.count == grid.count { throw FloorFailure(.configuration, "no combination can be run: \(why)") }
      Terminal.complain(
        "\(refused.count) of \(grid.count) combinations contradict themselves and are left out; the first: \(why)")
    }
    let journalPath = prefix + ".runs.jsonl"
    let lock = try lock(journalPath)
    defer { lock.release() }
    var journal = SweepJournal(plan, runnable: grid.count - refused.count)
    var readable = 0
    if SmallFile.exists(journalPath) {
      let lines = try lines(journalPath)
      readable = lines.reduce(0) { $0 + $1.count + 1 }
      do {
        if !lines.isEmpty { try journal.merge(try SweepJournal(lines: lines)) }
      } catch {
        throw FloorFailure(.usage, "\(journalPath): \(error). Remove it, or give another --out.")
      }
    }
    let done = Set(refused).union(journal.runs.keys)
    let wanted = (0..<grid.count).filter { (shard ?? .whole).holds($0) && !done.contains($0) }
    let work = try SweepWork(
      plan, wanted, journal: journal, path: journalPath, readable: readable,
      threads: try line.whole("jobs", default: WorkerThreads.cores, in: 1...1024), isShown: isatty(2) == 1,
      data: try BacktestData.Index(wanted.isEmpty ? [] : paths, format: format, markets: markets))
    return try write(try work.run(), prefix, files: ".csv, .json, .runs.jsonl", folds: folds, instance)
  }

  private static func merge(_ paths: [String], _ prefix: String, folds: Int, _ instance: Instance) throws -> ExitCode {
    guard let first = paths.first else {
      throw FloorFailure(.usage, "give the journals (*.runs.jsonl) to put together")
    }
    var path = first
    do {
      var journal = try read(first)
      for other in paths.dropFirst() {
        path = other
        try journal.merge(try read(other))
      }
      return try write(journal, prefix, files: ".csv, .json", folds: folds, instance)
    } catch let problem as SweepJournal.Problem {
      throw FloorFailure(.usage, "\(path): \(problem)")
    }
  }

  private static func write(
    _ journal: SweepJournal, _ prefix: String, files: String, folds: Int, _ instance: Instance
  ) throws -> ExitCode {
    let judgement = SweepJudgement(
      Array(journal.runs.values), grid: journal.grid, runnable: journal.runnable, markets: journal.markets, folds: folds
    )
    let json = journal.json(judgement)
    for (text, name) in [(journal.csv, "csv"), (json.text + "\n", "json")] {
      do { try AtomicFile.write(Array(text.utf8), to: "\(prefix).\(name)", mode: 0o644, isDurable: false) } catch {
        throw FloorFailure(.usage, "--out \(prefix): \(error)")
      }
    }
    print(
      instance.isJSON
        ? json.text : SweepText.text(journal, judgement) + "\n\nwritten: \(prefix)\(files)")
    return .done
  }

  private static func grid(_ line: CommandLineWords) throws -> SweepGrid {
    guard let path = line.option("grid").map(Instance.absolute) else {
      throw FloorFailure(.usage, "--grid GRID.json is wanted: each parameter with the values to try")
    }
    do {
      return try SweepGrid(try JSON.parse(try SmallFile.read(path, bytesMax: 16 << 20)))
    } catch {
      throw FloorFailure(.usage, "--grid \(path): \(error)")
    }
  }

  private static func read(_ path: String) throws -> SweepJournal { try SweepJournal(lines: try lines(path)) }

  private static func lines(_ path: String) throws -> [[UInt8]] {
    let bytes: [UInt8]
    do { bytes = try SmallFile.read(path, bytesMax: 4 << 30) } catch {
      throw FloorFailure(.usage, "\(path) cannot be read: \(error)")
    }
    // Behind the last line feed stands what a killed sweep did not finish.
    let whole = bytes.lastIndex(of: 0x0A).map { bytes[..<$0] } ?? []
    return whole.split(separator: 0x0A).map { Array($0) }
  }

  /// Two that read one journal and then write it would each cut off what the other appended.
  private static func lock(_ journal: String) throws -> FileLock {
    let lock: FileLock?
    do { lock = try FileLock.take(journal + ".lock") } catch { throw FloorFailure(.usage, "--out: \(error)") }
    guard let lock else {
      throw FloorFailure(.usage, "\(journal): another sweep writes it: wait, or give each shard its own --out")
    }
    return lock
  }
}
