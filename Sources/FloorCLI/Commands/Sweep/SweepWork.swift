import FloorIOData
import FloorIOVenue
import FloorSim
import Glibc
import Shared
import Synchronization

/// The runs of a sweep on all cores. Each thread takes a batch of combinations and reads the data once for all of them; what is finished is
/// in the journal before the next batch begins.
final class SweepWork: Sendable {
  private struct State {
    /// The next first.
    var waiting: [Int]
    var journal: SweepJournal
    var file: AppendFile
    var failure: (any Error)?
    var done = 0
  }

  private let plan: SweepPlan
  private let data: BacktestData.Index
  private let threads: Int
  private let batch: Int
  private let total: Int
  private let begun = SystemClock.monotonic()
  private let isShown: Bool
  private let state: Mutex<State>

  /// - Parameters:
  ///   - numbers: of the combinations that are still to be run.
  ///   - readable: bytes of the journal's file that hold whole lines; what a killed sweep left behind them is cut off.
  ///   - data: opened anew by each thread for each batch.
  init(
    _ plan: SweepPlan, _ numbers: [Int], journal: SweepJournal, path: String, readable: Int, threads: Int,
    isShown: Bool, data: BacktestData.Index
  ) throws {
    self.plan = plan
    self.data = data
    self.threads = max(1, min(threads, numbers.count))
    // Large enough that reading is shared, small enough that a stop costs little and the last thread is not waited for long.
    batch = max(1, min(64, numbers.count / (self.threads * 4)))
    total = numbers.count
    self.isShown = isShown
    let file = try AppendFile(path)
    if file.size > readable { try file.cut(to: readable) }
    if file.size == 0 { try file.append(journal.head.bytes + [0x0A], isDurable: false) }
    state = Mutex(State(waiting: numbers, journal: journal, file: file))
  }

  /// Runs all; the journal with what came of it.
  func run() throws -> SweepJournal {
    show()
    if total > 0 { try WorkerThreads.run(threads) { _ in self.work() } }
    if isShown { Terminal.complain("") }
    return try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.journal
    }
  }

  private func work() {
    while let numbers = take() {
      do {
        let (runs, markets) = try run(numbers)
        try keep(runs, markets)
      } catch {
        state.withLock { $0.failure = $0.failure ?? error }
        return
      }
      show()
    }
  }

  private func take() -> [Int]? {
    state.withLock { state in
      guard state.failure == nil, !state.waiting.isEmpty else { return nil }
      let numbers = Array(state.waiting.prefix(batch))
      state.waiting.removeFirst(numbers.count)
      return numbers
    }
  }

  private func run(_ numbers: [Int]) throws -> (runs: [SweepRun], markets: [MarketSlug]) {
    let data = BacktestData(data)
    var backtest = try Backtest(numbers.map { [plan.agent($0)] }, plan.settings)
    while let frame = try data.next() { backtest.take(frame) }
    let reports = backtest.finish()
    for report in reports where !report.booksBalance {
      throw FloorFailure(.broken, "the ledger does not balance: this is a defect")
    }
    let runs = zip(numbers, reports).map { SweepRun(number: $0, values: plan.grid.values($0), report: $1) }
    return (runs, WalkForward.inOrder(reports.first.map { Array($0.results.keys) } ?? []))
  }

  private func keep(_ runs: [SweepRun], _ markets: [MarketSlug]) throws {
    try state.withLock { state in
      var bytes: [UInt8] = []
      if state.journal.markets.isEmpty, !markets.isEmpty {
        state.journal.tell(markets)
        bytes += SweepJournal.line(markets).bytes + [0x0A]
      }
      for run in runs {
        state.journal.add(run)
        bytes += run.json.bytes + [0x0A]
      }
      try state.file.append(bytes, isDurable: false)
      state.done += runs.count
    }
  }

  // MARK: Progress

  private func show() {
    guard isShown else { return }
    let done = state.withLock { $0.done }
    let spent = SystemClock.monotonic().since(begun).milliseconds
    let cells = total == 0 ? 30 : done * 30 / total
    let bar = String(repeating: "#", count: cells) + String(repeating: ".", count: 30 - cells)
    let left = done == 0 ? "" : ", \(SweepWork.span(spent * Int64(total - done) / Int64(done))) left"
    let line = Array("\r[\(bar)] \(done) of \(total) runs\(left)    ".utf8)
    // Nobody to see it is no reason to fail.
    _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress!, $0.count) }
  }

  private static func span(_ milliseconds: Int64) -> String {
    let seconds = (milliseconds + 999) / 1000
    return seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min"
  }
}
