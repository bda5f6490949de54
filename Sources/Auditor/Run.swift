import FloorIOData
import Shared

private let help = """
  auditor: recomputes the floor's books from orders and fills by its own code, compares them with the ledger and with the venue's balance,
  chains and verifies the audit log, writes findings, and halts the floor when money does not add up.

  usage: auditor --birth-fd N | --birth FILE | --help | --version

  Birth document: configuration.database, configuration.redis; optional configuration.auditor {interval_ms: 5000, drift_s: 120};
  secrets database_password, redis_password.
  """

/// The process's entry: configuration, wiring, the loop. Returns the exit status.
func runAuditor(_ arguments: [String]) -> Int32 {
  FloorProcess.run("auditor", arguments, help: help) { process in
    let auditor = try Auditor(process)
    // The loop's handlers hold it; this keeps it also while no timer is set.
    process.onStopRequested = { [auditor] in
      _ = auditor
      process.stop()
    }
  }
}
