import FloorIOData
import Glibc
import Shared

/// Waits until the floor really trades: for scripts and for people who start one.
enum WaitCommand: OperatorCommand {
  static let name = "wait"
  static let summary = "wait until the floor trades"
  static let help = """
    usage: floor wait [--strategies N] [--trades N] [--timeout SECONDS]
      --strategies N     different strategies that must have had a fill since the floor's agents were started (default 2)
      --trades N         completed trades that must exist as well (default 0)
      --timeout SECONDS  give up after this long (default 180)
    exit status: 0 it trades, 75 it did not in time
    """
  static let valued: Set<String> = ["--strategies", "--trades", "--timeout"]

  static func run(_ arguments: Arguments, _ instance: Instance) throws -> ExitCode {
    let strategies = try arguments.number("--strategies", in: 0...100, default: 2)
    let trades = try arguments.number("--trades", in: 0...1_000_000, default: 0)
    let timeout = try arguments.number("--timeout", in: 1...86_400, default: 180)
    let deadline = SystemClock.monotonic().advanced(by: .seconds(timeout))
    var last = ""
    while SystemClock.monotonic() < deadline {
      let seen = look(instance)
      if let seen, seen.strategies >= strategies, seen.trades >= trades { return .done }
      let text =
        seen.map { "mode \($0.mode), \($0.fills) fills by \($0.strategies) strategies, \($0.trades) trades" }
        ?? "PostgreSQL does not answer"
      if text != last {
        print("    \(text)")
        last = text
      }
      // A person's command polls; nothing trades on this path.
      poll(nil, 0, 500)
    }
    return .tryAgain
  }

  private struct Seen {
    let mode: String
    let fills: Int64
    let strategies: Int64
    let trades: Int64
  }

  private static func look(_ instance: Instance) -> Seen? {
    do {
      let row = try instance.session().query(
        """
        SELECT (SELECT mode FROM floor_state) AS mode, count(*) AS fills, count(DISTINCT a.strategy) AS strategies,
               (SELECT count(*) FROM trades) AS trades
          FROM fills f JOIN agents a ON a.id = f.agent_id
        """
      ).one()
      return Seen(
        mode: try row.text("mode"), fills: try row.int("fills"), strategies: try row.int("strategies"),
        trades: try row.int("trades"))
    } catch {
      // Down or not yet migrated: the caller says so and asks again until its deadline.
      return nil
    }
  }
}
