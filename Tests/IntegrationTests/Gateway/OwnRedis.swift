import FloorTestSupport
import Foundation

/// A Redis of one bench, with the floor's users: it may be killed and started again without anybody else noticing.
final class OwnRedis {
  let socket: String
  private let users: String
  private var process: Process?

  init(directory: String, servers: TestServers) throws {
    socket = directory + "/redis.sock"
    users = servers.stateDirectory + "/redis/users.acl"
    try start()
  }

  deinit { end() }

  /// Returns when it answers.
  func start() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--save", "", "--appendonly",
      "no",
      "--aclfile", users, "--dir", URL(filePath: socket).deletingLastPathComponent().path,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
    try eventuallyTrue("Redis to listen", within: .seconds(10)) {
      FileManager.default.fileExists(atPath: socket) && process.isRunning
    }
  }

  /// Gone, and its socket with it.
  func end() {
    guard let process, process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    do { try FileManager.default.removeItem(atPath: socket) } catch { print("\(socket) is not removed: \(error)") }
  }
}
