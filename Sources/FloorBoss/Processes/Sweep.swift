import FloorIOData
import Glibc
import Shared

/// Ends what an earlier floor of this instance left running: `floor-boss --sweep`. Finds processes by their control sockets, whose hello says
/// who they are; ends only what was started from this program's own folder or says so by its name on that socket.
struct Sweep {
  private let settings: BossSettings

  init(_ settings: BossSettings) { self.settings = settings }

  /// - Returns: 0 when nothing is left, 75 when something could not be ended.
  func run() throws -> Int32 {
    let loop = try EventLoop()
    let folder = settings.arguments.runDirectory
    var clients: [ControlClient] = []
    for name in try Files.names(in: folder) where name.hasSuffix(".sock") && isFloor(String(name.dropLast(5))) {
      clients.append(ControlClient(loop: loop, path: folder + "/" + name))
    }
    _ = try loop.turn(until: { clients.allSatisfy { $0.hello != nil } }, limit: .milliseconds(500))
    var watches: [(name: String, watch: ChildProcess)] = []
    for hello in clients.compactMap(\.hello) {
      if let watch = try ChildProcess.adopt(hello.identity, on: loop, onExit: { _ in }) {
        watches.append((hello.process, watch))
        print("ending \(hello.process) (\(hello.identity))")
        watch.end()
      }
    }
    _ = try loop.turn(until: { watches.allSatisfy { $0.watch.exit != nil } }, limit: .seconds(10))
    for left in watches where left.watch.exit == nil { print("\(left.name) could not be ended") }
    return (watches.allSatisfy { $0.watch.exit != nil } ? ExitCode.done : .tryAgain).rawValue
  }

  private func isFloor(_ process: String) -> Bool {
    ProcessNames.desk.contains(process) || ProcessNames.agent(ofProcess: process) != nil
  }
}
