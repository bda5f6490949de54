import FloorIOData
import Glibc
import Shared

/// `floor halt`: the file first, because it works with everything else away; then the signal, then the latch in the record. Waits for what
/// the gateway says of it.
enum HaltCommand {
  static let command = FloorCommand(
    name: "halt", summary: "stop trading now: nothing new, resting orders cancelled; needs neither boss nor PostgreSQL",
    usage: "[REASON] [--wait SECONDS]",
    details: """
      Takes three roads, each of which halts: writes the file STATE/halt, sends the gateway SIGUSR1, latches HALTED in the record.
      Then waits for the gateway's word (5 seconds; --wait 0: not at all): why, which account, what is still open, what floor resume does.
      floor resume takes file and latch back.
      With floor.on_halt: close it waits until what is held is sold, which takes the gateway up to 30 seconds: --wait 40.
      Exit status 0: at least one road was taken, and the gateway says FLAT, or there is none to ask. 1: it says NOT FLAT, or nothing in time,
      or that something was not sold, or is still being sold.
      75: no road could be taken.
      """, options: ["wait"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let reason = line.words.isEmpty ? "halted by the operator" : line.words.joined(separator: " ")
    let seconds = try line.whole("wait", default: 5, in: 0...600)
    var taken = 0
    do {
      let text: JSON = ["reason": .string(reason), "at": .text(SystemClock.wall()), "uid": .int(getuid())]
      try AtomicFile.write(text.bytes + [0x0A], to: instance.haltFile, mode: 0o644)
      taken += 1
      Terminal.tell("halt file written: \(instance.haltFile)")
    } catch {
      Terminal.complain("halt file not written: \(error)")
    }
    var gateway: GatewayHand?
    do {
      gateway = try instance.runDirectory.map { try GatewayHand(runDirectory: $0) }
      if try gateway?.signal() == true {
        taken += 1
        Terminal.tell("the gateway was told by a signal")
      } else {
        Terminal.complain("no gateway answers: there is none to be told by a signal")
      }
    } catch {
      Terminal.complain("the gateway could not be told by a signal: \(error)")
    }
    do {
      let database = try instance.connect(timeout: .seconds(5))
      let isNew = try database.query("SELECT trip_halt($1) AS new", [.text(reason)]).one().bool("new")
      taken += 1
      Terminal.tell(isNew ? "HALTED is latched in the record" : "the record was halted already")
    } catch {
      Terminal.complain("the record could not be told: \(error)")
    }
    guard taken > 0 else { return .tryAgain }
    guard let gateway, seconds > 0, gateway.isThere else { return .done }
    let word = try gateway.word(within: .seconds(seconds))
    Terminal.tell(word.text)
    return word.isDone ? .done : .refused
  }
}

/// The operator's hand on the gateway's process: its control socket says who it is and what it says.
private final class GatewayHand {
  private let loop: EventLoop
  private let client: ControlClient

  init(runDirectory: String) throws {
    loop = try EventLoop()
    client = ControlClient(loop: loop, path: "\(runDirectory)/\(ProcessNames.gateway).sock")
  }

  deinit { client.close() }

  /// It said who it is.
  var isThere: Bool { client.hello != nil }

  /// `false`: there is none.
  func signal() throws -> Bool {
    guard try loop.turn(until: { client.hello != nil }, limit: .milliseconds(500)),
      let identity = client.hello?.identity, identity.isAlive
    else { return false }
    guard kill(identity.pid, SIGUSR1) == 0 else { throw SystemError("kill", errno, "\(identity.pid)") }
    return true
  }

  /// What it says of its halt: the proof as soon as there is one, else the last word in time.
  func word(within limit: Duration) throws -> (text: String, isDone: Bool) {
    func note() -> String { client.progress.flatMap { $0.mode == FloorMode.halted.rawValue ? $0.note : nil } ?? "" }
    func isLast() -> Bool { HaltReport.saysFlat(note()) && !HaltReport.isPending(note()) }
    _ = try loop.turn(until: isLast, limit: limit)
    let said = note()
    return (
      said.isEmpty ? "the gateway has not said within \(limit) that it halts" : said,
      isLast() && !HaltReport.leaves(said)
    )
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
