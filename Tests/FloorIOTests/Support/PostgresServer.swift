import Glibc
import Shared
import Testing

@testable import FloorIOData

/// A PostgreSQL of its own on a unix socket, without durability, ended with the object.
final class PostgresServer {
  private static let bin = "/usr/lib/postgresql/15/bin"
  private let directory = ScratchDirectory()
  private let loop: EventLoop
  private var child: ChildProcess?
  private var reaper: ServerReaper?
  var pid: Int32 { child?.pid ?? -1 }

  /// As root PostgreSQL refuses to run: it gets its own user.
  private static func asServer(_ program: String, _ arguments: [String]) -> (String, [String]) {
    getuid() == 0
      ? ("/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", program] + arguments)
      : (program, arguments)
  }

  init() throws {
    loop = try EventLoop()
    reaper = try ServerReaper(directory: directory.path)
    if getuid() == 0 {
      guard let entry = unsafe getpwnam("postgres") else { throw SystemError("getpwnam", ENOENT, "postgres") }
      _ = unsafe chown(directory.path, entry.pointee.pw_uid, entry.pointee.pw_gid)
    }
    let (program, arguments) = Self.asServer(
      Self.bin + "/initdb",
      ["-D", directory.path + "/pg", "-U", "floor", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
    let made = try Command.run(program, arguments, timeout: .seconds(60))
    try #require(made.succeeded, "\(made.text)")
    try start()
  }

  func start() throws {
    let (program, arguments) = Self.asServer(
      Self.bin + "/postgres",
      [
        "-D", directory.path + "/pg", "-c", "listen_addresses=", "-c", "unix_socket_directories=" + directory.path,
        "-c", "fsync=off", "-c", "max_connections=30", "-c", "shared_buffers=16MB",
      ])
    child = try ChildProcess.spawn(
      ChildSpecification(executable: program, arguments: arguments, workingDirectory: directory.path), on: loop
    ) { _ in }
    let deadline = SystemClock.monotonic().advanced(by: .seconds(30))
    while true {
      do {
        _ = try BlockingDatabase(settings())
        return
      } catch {
        try #require(SystemClock.monotonic() < deadline, "PostgreSQL did not start: \(error)")
        try loop.turn(timeout: .milliseconds(20))
      }
    }
  }

  /// Fast shutdown: sessions are ended.
  func stop(_ signal: Int32 = SIGINT) throws {
    let child = try #require(child)
    child.signal(signal)
    try #require(try loop.turn(until: { child.exit != nil }, limit: .seconds(20)))
  }

  func settings(statementTimeout: Duration = .milliseconds(2500)) -> DatabaseSettings {
    DatabaseSettings(
      host: directory.path, database: "postgres", user: "floor", applicationName: "test",
      statementTimeout: statementTimeout)
  }

  /// Freezes every process of the server, as a machine out of breath does.
  func freeze() {
    kill(-pid, SIGSTOP)
    for pid in backends() { kill(pid, SIGSTOP) }
  }
  func thaw() {
    for pid in backends() { kill(pid, SIGCONT) }
    kill(-pid, SIGCONT)
  }

  /// PostgreSQL gives each of its processes a group of its own.
  private func backends() -> [Int32] {
    var found: [Int32] = []
    guard let proc = unsafe opendir("/proc") else { return [] }
    while let entry = unsafe readdir(proc) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if let number = Int32(name), let stat = ProcessStat.read(pid: number), stat.parent == pid { found.append(number) }
    }
    _ = unsafe closedir(proc)
    return found
  }

  deinit {
    thaw()
    child?.signal(SIGQUIT)
    let deadline = SystemClock.monotonic().advanced(by: .seconds(10))
    while child?.exit == nil, SystemClock.monotonic() < deadline {
      do { try loop.turn(timeout: .milliseconds(50)) } catch { break }
    }
    child?.kill()
  }
}
