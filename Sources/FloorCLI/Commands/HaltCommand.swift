import FloorIOData
import Glibc
import Shared

/// `floor halt`: the file first, because it works with everything else away; then the latch in the record.
enum HaltCommand {
  static let command = FloorCommand(
    name: "halt", summary: "stop trading now: nothing new, resting orders cancelled; needs neither boss nor PostgreSQL",
    usage: "[REASON]",
    details: """
      Writes the file STATE/halt, then latches HALTED in the record. Either one halts. floor resume takes both back.
      Exit status 0: at least one road was taken. 75: none could be.
      """, run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let reason = line.words.isEmpty ? "halted by the operator" : line.words.joined(separator: " ")
    var taken = 0
    do {
      let text: JSON = ["reason": .string(reason), "at": .text(SystemClock.wall()), "uid": .int(getuid())]
      try AtomicFile.write(text.bytes + [0x0A], to: instance.haltFile, mode: 0o644)
      taken += 1
      Terminal.tell("halt file written: \(instance.haltFile)")
    } catch {
      Terminal.complain("halt file not written: \(error)")
    }
    do {
      let database = try instance.connect(timeout: .seconds(5))
      let isNew = try database.query("SELECT trip_halt($1) AS new", [.text(reason)]).one().bool("new")
      taken += 1
      Terminal.tell(isNew ? "HALTED is latched in the record" : "the record was halted already")
    } catch {
      Terminal.complain("the record could not be told: \(error)")
    }
    return taken > 0 ? .done : .tryAgain
  }
}

/// `floor resume`.
enum ResumeCommand {
  static let command = FloorCommand(
    name: "resume", summary: "take a halt back; the floor comes up in REDUCE_ONLY, then by itself",
    usage: "[REASON] [--timeout SECONDS]", options: ["timeout"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let reason = line.words.isEmpty ? "resumed by the operator" : line.words.joined(separator: " ")
    let seconds = try line.whole("timeout", default: 15, in: 1...3600)
    let database = try instance.openDatabase()
    if SmallFile.exists(instance.haltFile) {
      guard unsafe unlink(instance.haltFile) == 0 else {
        throw FloorFailure(.tryAgain, "\(instance.haltFile) cannot be removed; remove it by hand, then resume again")
      }
      Terminal.tell("halt file removed")
    }
    return try BossOrder.give("resume", "", ["reason": .string(reason)], over: database, .seconds(seconds), instance)
  }
}
