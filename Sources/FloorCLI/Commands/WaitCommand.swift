import FloorIOData
import Shared

/// `floor wait`: until the floor is up, or until it really trades. For scripts and for people who start one.
enum WaitCommand {
  static let command = FloorCommand(
    name: "wait", summary: "wait until the floor is up, or really trades",
    usage: "[--strategies N] [--trades N] [--timeout SECONDS]",
    details: """
      Up: mode ACTIVE and an agent running.
        --strategies N   different strategies that must have had a fill as well, since the floor's boss took over
        --trades N       completed trades that must have been made as well, since then
      Exit status 75 when the time (default 180 s) is over.
      """, options: ["strategies", "trades", "timeout"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    let strategies = try line.whole("strategies", default: 0, in: 0...100)
    let trades = try line.whole("trades", default: 0, in: 0...1_000_000)
    let seconds = try line.whole("timeout", default: 180, in: 1...86_400)
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: instance.reachable(), log: .discarding(process: "floor"))
    defer { database.close() }
    var missing = "PostgreSQL"
    var isAsking = false
    func look() {
      guard !isAsking else { return }
      guard database.isConnected else {
        missing = "PostgreSQL: " + (database.lastError ?? "connecting")
        return
      }
      isAsking = true
      database.query(question, timeout: .seconds(3)) { result in
        isAsking = false
        do { missing = try whatIsMissing(try result.get().one(), strategies, trades) } catch {
          missing = "PostgreSQL: \(error)"
        }
      }
    }
    database.onStateChange = { _ in look() }
    database.listen("floor_state") { _ in look() }
    // Fills notify nobody.
    loop.every(.milliseconds(200)) { look() }
    let deadline = SystemClock.monotonic().advanced(by: .seconds(seconds))
    var said = ""
    while SystemClock.monotonic() < deadline {
      if missing.isEmpty { return .done }
      if missing != said {
        Terminal.tell("    waiting: \(Table.plain(missing))")
        said = missing
      }
      try loop.turn(timeout: .milliseconds(250))
    }
    return .tryAgain
  }

  /// The floor began when its present boss took over; what was traded before is another run's.
  private static let question: StaticString = """
    SELECT f.mode, f.reason, (SELECT count(*) FROM agents WHERE status = 'RUNNING') AS running,
           (SELECT count(DISTINCT a.strategy) FROM fills x JOIN agents a ON a.id = x.agent_id WHERE x.recorded_at >= b.began) AS strategies,
           (SELECT count(*) FROM trades WHERE executed_at >= b.began) AS trades
      FROM floor_state f CROSS JOIN (
        SELECT coalesce(max(timestamp), '-infinity') AS began FROM system_events WHERE component = 'floor-boss' AND event_type = 'boss') b
    """

  /// Empty when nothing is.
  private static func whatIsMissing(_ row: Rows.Row, _ strategies: Int, _ trades: Int) throws -> String {
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
