import FloorIOData
import Glibc
import Shared

/// `floor wait`: until the floor is up, or until it really trades. For scripts and for people who start one.
enum WaitCommand {
  static let command = FloorCommand(
    name: "wait", summary: "wait until the floor is up, or really trades",
    usage: "[--strategies N] [--trades N] [--timeout SECONDS]",
    details: """
      Up: mode ACTIVE and an agent running.
        --strategies N   different strategies that must have had a fill as well
        --trades N       completed trades that must exist as well
      Exit status 75 when the time (default 180 s) is over.
      """, options: ["strategies", "trades", "timeout"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    let strategies = try line.whole("strategies", default: 0, in: 0...100)
    let trades = try line.whole("trades", default: 0, in: 0...1_000_000)
    let seconds = try line.whole("timeout", default: 180, in: 1...86_400)
    let deadline = SystemClock.monotonic().advanced(by: .seconds(seconds))
    var said = ""
    var database: BlockingDatabase?
    while true {
      let missing: String
      do {
        let open = try database ?? instance.connect(connectTimeout: .seconds(1), timeout: .seconds(3))
        database = open
        missing = try whatIsMissing(open, strategies, trades)
      } catch {
        database = nil
        missing = "PostgreSQL: \(error)"
      }
      if missing.isEmpty { return .done }
      if missing != said {
        Terminal.tell("    waiting: \(Table.plain(missing))")
        said = missing
      }
      guard SystemClock.monotonic() < deadline else { return .tryAgain }
      // A person's command polls; nothing trades on this path.
      usleep(200_000)
    }
  }

  /// Empty when nothing is.
  private static func whatIsMissing(_ database: BlockingDatabase, _ strategies: Int, _ trades: Int) throws -> String {
    let row = try database.query(
      """
      SELECT f.mode, f.reason, (SELECT count(*) FROM agents WHERE status = 'RUNNING') AS running,
             (SELECT count(DISTINCT a.strategy) FROM fills x JOIN agents a ON a.id = x.agent_id) AS strategies,
             (SELECT count(*) FROM trades) AS trades
        FROM floor_state f
      """
    ).one()
    let mode = try row.text("mode")
    guard mode == "ACTIVE" else { return "mode \(mode) (\(try row.text("reason")))" }
    guard try row.int("running") > 0 else { return "no agent runs yet" }
    let filled = try row.int("strategies")
    if filled < strategies { return "fills by \(filled) of \(strategies) strategies" }
    let closed = try row.int("trades")
    if closed < trades { return "\(closed) of \(trades) trades" }
    return ""
  }
}
