import FloorIOData
import Shared

/// Ends what an earlier floor of this instance left running: `floor-boss --sweep`. It needs no configuration, and it leaves a floor alone that
/// still has a boss.
struct Sweep {
  private let arguments: BossArguments
  private static let limit: Duration = .seconds(10)

  init(_ arguments: BossArguments) { self.arguments = arguments }

  /// - Returns: 0 when nothing is left, 75 when something could not be ended or a boss is at work.
  func run() throws -> Int32 {
    guard let lock = try InstanceLock.takeIfFree(arguments.stateDirectory + "/floor-boss.lock")
    else {
      say("a boss of this instance is at work: supervisorctl stop floor first")
      return ExitCode.tryAgain.rawValue
    }
    let loop = try EventLoop()
    let leftovers = Leftovers(arguments)
    var watches: [(name: String, watch: ChildProcess)] = []
    for process in try leftovers.find(on: loop) {
      if let watch = try ChildProcess.adopt(process.identity, on: loop, onExit: { _ in }) {
        watches.append((process.name, watch))
        let silent = process.hello == nil ? ", which does not answer" : ""
        print("ending \(process.name) (\(process.identity))\(silent)")
        watch.end()
      }
    }
    _ = try loop.turn(until: { watches.allSatisfy { $0.watch.exit != nil } }, limit: Sweep.limit)
    var left = watches.filter { $0.watch.exit == nil }.map {
      "\($0.name) (\($0.watch.identity)) could not be ended"
    }
    // A socket that still takes connections belongs to somebody who neither said who he is nor runs a program of this installation.
    for name in try leftovers.sockets()
    where TCPProbe.refusal(host: leftovers.path(name), port: 0, limit: .seconds(1)) == nil {
      left.append("somebody holds \(leftovers.path(name)) and does not say who he is")
    }
    for line in left { say(line) }
    withExtendedLifetime(lock) {}
    return (left.isEmpty ? ExitCode.done : .tryAgain).rawValue
  }
}
