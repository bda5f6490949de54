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
    var state = "REQUESTED"
    let code: ExitCode? = try RowWait.answer(
      instance, channel: "floor_commands_ended", within: limit, "SELECT state, result FROM commands WHERE id = $1",
      [.int(id)]
    ) { row in
      state = try row.text("state")
      guard ["DONE", "FAILED", "EXPIRED"].contains(state) else { return nil }
      return report(id, verb, target, state, row.isNull("result") ? .null : try row.json("result"), instance)
    }
    if let code { return code }
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
