import FloorIOData
import Shared
import Synchronization

/// Two hundred settings of the measurements' strategy on the same quotes: how many settings times events a second, on one core and on all
/// that are asked for. The sums of orders and winnings are those that other engines find.
enum SweepBench {
  struct Settings {
    var events = 100_000
    var rounds = 5
    var cores = 2
  }

  static func run(_ settings: Settings) throws -> JSON {
    let quotes = QuoteStream.make(events: settings.events, tokens: 1)
    var times: [Int: [Int64]] = [:]
    var sums: Set<BreakoutSweep.Outcome> = []
    for _ in 0..<settings.rounds {
      for cores in Set([1, settings.cores]).sorted() {
        let start = SystemClock.monotonic()
        let sum = try sweep(quotes, cores: cores)
        times[cores, default: []].append(SystemClock.monotonic().since(start).nanoseconds)
        sums.insert(sum)
      }
    }
    guard sums.count == 1, let sum = sums.first else {
      throw BenchFailure("the same quotes gave different sums: \(sums)")
    }
    let work = Double(settings.events * BreakoutSweep.grid.count)
    return [
      "scenario": "sweep", "events": .int(settings.events), "settings": .int(BreakoutSweep.grid.count),
      "rounds": .int(settings.rounds), "orders": .int(sum.orders), "won_milli_usd": .int(sum.won),
      "rows": .array(
        times.sorted { $0.key < $1.key }.map { cores, values in
          let median = values.sorted()[values.count / 2]
          return [
            "cores": .int(cores), "ns": .int(median),
            "settings_events_per_s": .int(Int64(work / (Double(median) / 1e9))),
          ]
        }),
    ]
  }

  /// Each core a stretch of the grid, so that settings of one period, which share work, stay together.
  private static func sweep(_ quotes: [BenchQuote], cores: Int) throws -> BreakoutSweep.Outcome {
    if cores == 1 { return BreakoutSweep.run(quotes, BreakoutSweep.grid).reduce(BreakoutSweep.Outcome(), +) }
    let grid = BreakoutSweep.grid
    let sum = Sum()
    try WorkerThreads.run(cores) { worker in
      let share = (grid.count + cores - 1) / cores
      let part = Array(grid.dropFirst(worker * share).prefix(share))
      sum.add(BreakoutSweep.run(quotes, part).reduce(BreakoutSweep.Outcome(), +))
    }
    return sum.total
  }

  private final class Sum: Sendable {
    private let sum = Mutex(BreakoutSweep.Outcome())
    func add(_ outcome: BreakoutSweep.Outcome) { sum.withLock { $0 = $0 + outcome } }
    var total: BreakoutSweep.Outcome { sum.withLock { $0 } }
  }

  static func table(_ result: JSON) -> String {
    func cell(_ value: Int64, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
    var lines = [
      "\(result["settings"]?.int ?? 0) settings on \(result["events"]?.int ?? 0) quotes, median of \(result["rounds"]?.int ?? 0) rounds",
      "orders \(result["orders"]?.int ?? 0), won \(result["won_milli_usd"]?.int ?? 0) thousandths of a dollar",
      "cores         µs   settings × events a second",
    ]
    for row in result["rows"]?.array ?? [] {
      lines.append(
        cell(row["cores"]?.int ?? 0, 5) + cell((row["ns"]?.int ?? 0) / 1000, 11)
          + cell(row["settings_events_per_s"]?.int ?? 0, 29))
    }
    return lines.joined(separator: "\n")
  }
}
