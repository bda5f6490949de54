import Glibc
import Shared
import Testing

@testable import FloorIOData

/// A Redis of its own on a unix socket, ended with the object.
final class RedisServer {
  private let directory = ScratchDirectory()
  private let loop: EventLoop
  private let extra: [String]
  private var child: ChildProcess?
  private var reaper: ServerReaper?
  var socket: String { directory.path + "/redis.sock" }

  init(_ extra: [String] = []) throws {
    loop = try EventLoop()
    self.extra = extra
    reaper = try ServerReaper(directory: directory.path)
    try start()
  }

  func start() throws {
    child = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/usr/bin/redis-server",
        arguments: [
          "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", directory.path,
        ] + extra), on: loop
    ) { _ in }
    let deadline = SystemClock.monotonic().advanced(by: .seconds(20))
    while !answers() {
      try #require(SystemClock.monotonic() < deadline, "Redis did not start")
      try loop.turn(timeout: .milliseconds(10))
    }
  }

  private func answers() -> Bool {
    guard SmallFile.exists(socket) else { return false }
    do { return try Command.run("/usr/bin/redis-cli", ["-s", socket, "ping"], timeout: .seconds(5)).succeeded } catch {
      return false
    }
  }

  @discardableResult
  func command(_ words: String...) throws -> String {
    try Command.run("/usr/bin/redis-cli", ["-s", socket] + words, timeout: .seconds(10)).text
  }

  func stop() throws {
    let child = try #require(child)
    child.kill()
    try #require(try loop.turn(until: { child.exit != nil }, limit: .seconds(10)))
    _ = unsafe unlink(socket)
  }

  func freeze() { child?.signal(SIGSTOP) }
  func thaw() { child?.signal(SIGCONT) }

  func settings(user: String? = nil, password: Secret? = nil, prefix: String = "") -> RedisSettings {
    RedisSettings(address: .socket(socket), user: user, password: password, keyPrefix: prefix, clientName: "test")
  }

  deinit {
    child?.kill()
    do { _ = try loop.turn(until: { child?.exit != nil }, limit: .seconds(5)) } catch {}
  }
}
