import FloorIOData
import Shared

private let help = """
  perf-monitor: computes each agent's record from its completed trades, writes snapshots, and recommends to retire or to clone.

  usage: perf-monitor --birth-fd N | --birth FILE | --help | --version

  Birth document: configuration.database, configuration.redis; optional configuration.judging {every_s: 30,
  trades_min_count: 30, retire_below_pct: -5, clone_above_pct: 5}; secrets database_password, redis_password.
  """

/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runPerfMonitor(_ arguments: [String]) -> Int32 {
  FloorProcess.run("perf-monitor", arguments, help: help) { process in
    let monitor = try PerformanceMonitor(process)
    process.onStopRequested = { [monitor] in
      _ = monitor
      process.stop()
    }
  }
}
