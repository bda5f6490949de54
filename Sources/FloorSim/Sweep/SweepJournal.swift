import Shared

/// What of a sweep is done, as it is kept: a line that says which sweep it is, one with the markets, and one for each run, in any order.
public struct SweepJournal: Sendable {
  public struct Problem: Error, Hashable, CustomStringConvertible {
    public let description: String
  }

  public let fingerprint: String
  public let grid: SweepGrid
  public let strategy: String
  /// Combinations that can be run.
  public let runnable: Int
  /// Settled markets in the order of time, as far as their names tell it; empty before the first run.
  public private(set) var markets: [MarketSlug] = []
  public private(set) var runs: [Int: SweepRun] = [:]

  /// - Parameter runnable: combinations that the plan does not refuse.
  public init(_ plan: SweepPlan, runnable: Int) {
    self.runnable = runnable
    fingerprint = plan.fingerprint
    grid = plan.grid
    strategy = plan.agent.strategy
  }

  /// The journal's first line.
  public var head: JSON {
    [
      "sweep": 2, "fingerprint": .string(fingerprint), "strategy": .string(strategy), "runnable": .int(runnable),
      "grid": grid.json,
    ]
  }

  /// The line that tells the markets.
  public static func line(_ markets: [MarketSlug]) -> JSON { ["settled": .array(markets.map { .text($0) })] }

  public mutating func tell(_ markets: [MarketSlug]) { self.markets = markets }
  public mutating func add(_ run: SweepRun) { runs[run.number] = run }

  /// Reads a journal. A last line without an end is one that was being written when its writer died: it does not count.
  public init(lines: [[UInt8]]) throws(Problem) {
    guard let first = lines.first, let head = try? JSON.parse(first), head["sweep"]?.int == 2,
      let runnable = head["runnable"]?.int, let fingerprint = head["fingerprint"]?.string,
      let strategy = head["strategy"]?.string, let axes = head["grid"]
    else { throw Problem(description: "its first line is none of a sweep's journal, version 2") }
    self.runnable = Int(clamping: runnable)
    do { grid = try SweepGrid(axes) } catch { throw Problem(description: "its grid: \(error)") }
    self.fingerprint = fingerprint
    self.strategy = strategy
    for (index, line) in lines.enumerated().dropFirst() {
      guard let json = try? JSON.parse(line) else { throw Problem(description: "line \(index + 1) is no JSON") }
      if let slugs = json["settled"]?.array {
        markets = slugs.compactMap { $0.string.flatMap(MarketSlug.init) }
      } else if let run = SweepRun(json), run.number >= 0, run.number < grid.count {
        runs[run.number] = run
      } else {
        throw Problem(description: "line \(index + 1) is no run of this grid")
      }
    }
  }

  /// Takes in what another journal of the same sweep has.
  public mutating func merge(_ other: SweepJournal) throws(Problem) {
    guard other.fingerprint == fingerprint else {
      throw Problem(description: "it is of another sweep: other data, settings, grid or program")
    }
    if markets.isEmpty { markets = other.markets }
    for (number, run) in other.runs {
      if let known = runs[number], known != run {
        throw Problem(description: "run \(number) came out differently: the two were not made by equal programs")
      }
      runs[number] = run
    }
  }

  // MARK: Tables

  /// A line a run, in the order of their numbers (S3-39).
  public var csv: String {
    let head =
      ["run"] + grid.axes.map(\.key) + [
        "trades", "win_rate", "ev_error_points", "total_pnl_usd", "fees_usd", "return_on_risk", "max_drawdown_usd",
        "trades_an_hour", "digest",
      ]
    let lines = runs.values.sorted { $0.number < $1.number }.map { run in
      let ratio = run.atRisk > .zero ? Double(run.pnl.micros) / Double(run.atRisk.micros) : nil
      let figures: [String] = [
        "\(run.trades)", run.winRate.map { Figures.text($0, decimals: 4) } ?? "",
        run.evError.map { Figures.text($0, decimals: 6) } ?? "", "\(run.pnl)", "\(run.fees)",
        ratio.map { Figures.text($0, decimals: 6) } ?? "", "\(run.maxDrawdown)",
        Figures.text(run.tradesAnHour, decimals: 3), String(run.digest, radix: 16),
      ]
      return (["\(run.number)"] + run.values.map(SweepGrid.text) + figures).joined(separator: ",")
    }
    return ([head.joined(separator: ",")] + lines).joined(separator: "\n") + "\n"
  }

  /// The whole sweep and what it means (S3-40).
  public func json(_ judgement: SweepJudgement) -> JSON {
    [
      "report": "sweep", "version": 2, "strategy": .string(strategy), "grid": grid.json,
      "combinations": .int(grid.count), "runnable": .int(runnable),
      "finished": .int(runs.count), "markets": .int(markets.count), "judgement": judgement.json,
      "runs": .array(runs.values.sorted { $0.number < $1.number }.map(\.json)),
    ]
  }
}
