import FloorIOData
import Shared

/// A row in `commands`, and the wait for what the boss makes of it.
enum BossOrder {
  /// Returns `.done` when it was done, `.refused` when the boss said no, `.tryAgain` when nobody answered in time. The row has a nonce and
  /// expires with the wait, so an order given up here is not carried out later.
  static func give(
    _ verb: String, _ target: String, _ arguments: JSON, over database: BlockingDatabase, _ limit: Duration,
    _ instance: Instance
  ) throws -> ExitCode {
    let id = try database.query(
      "SELECT request_command($1, $2, $3, $4::int * interval '1 millisecond', $5) AS id",
      [
        .text(verb), .text(target), .json(arguments), .int(limit.milliseconds), .text(SystemRandom.hex(16)),
      ]
    ).one().int("id")
    let loop = try EventLoop()
    let listener = Database(loop: loop, settings: instance.reachable(), log: .discarding(process: "floor"))
    defer { listener.close() }
    var hasNews = true
    var isAsking = false
    // The end of any command, and each (re)connection, are a reason to look; between them nobody asks.
    listener.listen("floor_commands_ended") { _ in hasNews = true }
    listener.onStateChange = { isUp in hasNews = hasNews || isUp }
    let deadline = SystemClock.monotonic().advanced(by: limit)
    var answer: Result<Rows.Row, any Error>?
    var state = "REQUESTED"
    while SystemClock.monotonic() < deadline {
      if hasNews, !isAsking {
        hasNews = false
        isAsking = true
        // On the connection that listens, behind its LISTEN: looked at over another one, an end between the look and the LISTEN is missed.
        listener.query("SELECT state, result FROM commands WHERE id = $1", [.int(id)]) { result in
          isAsking = false
          answer = Result { try result.get().one() }
        }
      }
      try loop.turn(timeout: deadline.since(SystemClock.monotonic()))
      guard let known = answer else { continue }
      answer = nil
      do {
        let row = try known.get()
        state = try row.text("state")
        if ["DONE", "FAILED", "EXPIRED"].contains(state) {
          return report(id, verb, target, state, row.isNull("result") ? .null : try row.json("result"), instance)
        }
      } catch let error as DatabaseError where error.retryable || !error.outcomeKnown {
        // The connection comes back, and that is news.
        continue
      }
    }
    let why =
      state == "TAKEN"
      ? "the boss has taken it and goes on with it: SELECT state, result FROM commands WHERE id = \(id)"
      : "no boss took it; it expires by itself. Is the boss up? floor status"
    if instance.isJSON {
      print((["command": .int(id), "state": .string(state), "note": .string(why)] as JSON).text)
    } else {
      Terminal.complain("\(verb) \(target) (command \(id)): \(why)")
    }
    return .tryAgain
  }

  private static func report(
    _ id: Int64, _ verb: String, _ target: String, _ state: String, _ result: JSON, _ instance: Instance
  ) -> ExitCode {
    if instance.isJSON {
      print((["command": .int(id), "state": .string(state), "result": result] as JSON).text)
    } else {
      let subject = target.isEmpty ? verb : "\(verb) \(target)"
      switch state {
      case "DONE": print("\(subject): done" + details(result))
      case "FAILED": Terminal.complain("\(subject): refused" + details(result))
      default: Terminal.complain("\(subject): no boss took it in time")
      }
    }
    return state == "DONE" ? .done : state == "FAILED" ? .refused : .tryAgain
  }

  private static func details(_ result: JSON) -> String {
    guard let members = result.members, !members.isEmpty else { return "" }
    if let refused = result["refused"]?.string { return ": \(Table.plain(refused))" }
    return " (" + members.map { "\($0.key) \($0.value.string ?? $0.value.text)" }.joined(separator: ", ") + ")"
  }
}
