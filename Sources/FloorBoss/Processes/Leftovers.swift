import FloorIOData
import Shared

/// Processes of this floor that live, whoever started them. Found by two marks: their control sockets, whose hello says who they are, and the
/// path of their program in the process table, which a process that is hung or stopped shows as well.
struct Leftovers {
  struct Process: Hashable {
    let name: String
    let identity: ChildIdentity
    /// What it said on its socket; `nil` for one that says nothing.
    let hello: ControlHello?
  }

  /// How long a socket may take to say hello.
  private static let helloLimit: Duration = .milliseconds(500)

  private let runDirectory: String
  /// The programs of this instance alone: another folder may serve several floors.
  private let folder: String

  init(_ arguments: BossArguments) {
    runDirectory = arguments.runDirectory
    folder = arguments.stateDirectory + "/bin"
  }

  /// The control sockets of desk and agents, by process.
  func sockets() throws -> [String] {
    let names = try Files.names(in: runDirectory).filter { $0.hasSuffix(".sock") }.map { String($0.dropLast(5)) }
    return names.filter { ProcessNames.desk.contains($0) || ProcessNames.agent(ofProcess: $0) != nil }
  }

  func path(_ process: String) -> String { "\(runDirectory)/\(process).sock" }

  /// Asks on every socket, waits for the hellos, then looks through the process table for the others. Blocks for half a second at most.
  func find(on loop: EventLoop) throws -> [Process] {
    let clients = try sockets().map { ControlClient(loop: loop, path: path($0)) }
    defer { for client in clients { client.close() } }
    _ = try loop.turn(until: { clients.allSatisfy { $0.hello != nil } }, limit: Leftovers.helloLimit)
    var found = clients.compactMap(\.hello).map { Process(name: $0.process, identity: $0.identity, hello: $0) }
    for silent in try inProcessTable() where !found.contains(where: { $0.identity == silent.identity }) {
      found.append(silent)
    }
    return found.filter { $0.identity.isAlive }
  }

  /// By the path they were started with, which is all that a process shows that hides its memory.
  func inProcessTable() throws -> [Process] {
    try DirectoryListing.names(in: "/proc").compactMap { Int32($0) }.compactMap { pid in
      let line: [UInt8]
      do {
        line = try SmallFile.read("/proc/\(pid)/cmdline", bytesMax: 1 << 20)
      } catch {
        // Gone meanwhile.
        return nil
      }
      guard let program = ProcessNames.program(commandLine: line, in: folder), let stat = ProcessStat.read(pid: pid),
        !stat.isDead
      else { return nil }
      let identity = ChildIdentity(pid: pid, startTicks: stat.startTicks)
      // An agent's program does not say which agent it is.
      let name = program == ProcessNames.agentExecutable ? "agent-pid\(pid)" : program
      return Process(name: name, identity: identity, hello: nil)
    }
  }
}
