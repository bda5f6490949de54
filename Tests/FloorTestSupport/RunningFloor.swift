import FloorIOData
import Foundation
import Shared
import Synchronization

/// A whole private floor as an operator has it: started by `scripts/run` with the programs of this build, on free ports, with its own
/// PostgreSQL, Redis, supervisord and simulated venue. Stopped, and its state removed, by `stop()`, with this value, or when the test
/// process ends, however it ends. Blocks the calling thread.
public final class RunningFloor {
  public let instance: String
  /// The state directory: `log/`, `venue/truth.jsonl`, `recordings/`, `etc/`.
  public let state: String
  /// The run directory: control sockets, Redis' socket.
  public let run: String
  public let simPort: Int
  public let webPort: Int
  public let metricsPort: Int
  private let script: Process
  /// Its end of file stops the floor.
  private let lifeline: FileHandle
  private var database: BlockingDatabase?

  /// Starts a floor and returns when it is started (not necessarily trading). `options` are further options of `scripts/run`.
  public init(_ subject: String, _ options: [String] = []) throws {
    instance = "t-\(subject)-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
    (simPort, webPort, metricsPort) = (try FreePort.next(), try FreePort.next(), try FreePort.next())
    script = Process()
    script.executableURL = URL(filePath: "/bin/bash")
    script.arguments =
      [
        Repository.root + "/scripts/lib/test-floor", String(ProcessInfo.processInfo.processIdentifier), instance,
        "--programs", ProgramUnderTest.directory.path, "--no-wait", "--set", "sim.port=\(simPort)",
        "--set", "web.port=\(webPort)", "--set", "web.metrics_port=\(metricsPort)",
      ] + options
    let input = Pipe()
    let output = Pipe()
    let told = try TemporaryDirectory()
    let tale = told.path + "/told"
    guard FileManager.default.createFile(atPath: tale, contents: nil), let errors = FileHandle(forWritingAtPath: tale)
    else { throw TestServersError("could not write \(tale)") }
    script.standardInput = input
    script.standardOutput = output
    script.standardError = errors
    try script.run()
    lifeline = input.fileHandleForWriting
    var line: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
      line.append(byte)
    }
    let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
    guard words.count == 3, words[0] == "ready" else {
      let text = String(decoding: try SmallFile.read(tale, bytesMax: 1 << 20), as: UTF8.self)
      throw TestServersError("scripts/run did not start the floor:\n\(text.suffix(4_000))")
    }
    (state, run) = (words[1], words[2])
  }

  deinit { end() }

  /// Stops the floor in order and removes its state; throws when that takes longer than `deadline`.
  public func stop(within deadline: Duration = .seconds(60)) throws {
    database = nil
    end()
    try eventuallyTrue("the floor stops", within: deadline) { !script.isRunning }
  }

  private func end() {
    do { try lifeline.close() } catch { print("the lifeline of \(instance) does not close: \(error)") }
  }

  /// The rows of a query as the operator; reconnects by itself after a server's restart.
  public func rows(_ sql: String) throws -> Rows {
    do {
      let session = try database ?? connect()
      database = session
      return try session.execute(script: sql)
    } catch {
      database = nil
      throw error
    }
  }

  /// The column `value` of the only row.
  public func text(_ sql: String) throws -> String { try rows(sql).one().text("value") }

  /// The column `value` of the only row, a whole number.
  public func count(_ sql: String) throws -> Int64 { try rows(sql).one().int("value") }

  /// The column `value` of the only row, as the record's superuser: for trying what no role of the floor may do by hand.
  public func asAdministrator(_ sql: String) throws -> String {
    try connect(as: "floor_admin").execute(script: sql).one().text("value")
  }

  /// Runs `floor` with these arguments against this floor: exit status and everything it printed.
  public func floor(_ words: String...) throws -> (status: Int32, output: String) {
    try launch(state + "/bin/floor", words + ["--state", state])
  }

  /// Runs `scripts/<name>` with these arguments: exit status and everything it printed.
  public func script(_ name: String, _ words: [String]) throws -> (status: Int32, output: String) {
    try launch(Repository.root + "/scripts/" + name, words)
  }

  /// `supervisorctl` of this floor.
  public func supervisorctl(_ words: String...) throws -> (status: Int32, output: String) {
    try launch("/usr/bin/supervisorctl", ["-c", state + "/etc/supervisor.conf"] + words)
  }

  /// What `redis-cli GET` says of a key. Names of an instance that is not called `floor` begin with its name.
  public func redisValue(_ key: String) throws -> String {
    let answer = try launch("/usr/bin/redis-cli", ["-s", run + "/redis.sock", "GET", instance + ":" + key])
    guard answer.status == 0 else { throw TestServersError("redis-cli GET \(key): \(answer.output)") }
    return answer.output
  }

  private func connect(as user: String = "floor_operator") throws -> BlockingDatabase {
    try BlockingDatabase(
      DatabaseSettings(
        host: run + "-pg", database: "polybot", user: user, password: nil, applicationName: "tests"))
  }

  private func launch(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let child = Process()
    child.executableURL = URL(filePath: program)
    child.arguments = arguments
    let output = Pipe()
    child.standardInput = FileHandle.nullDevice
    child.standardOutput = output
    child.standardError = output
    try child.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    child.waitUntilExit()
    return (child.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}

/// Loopback ports that nobody holds at this moment, none of them given out twice by this test process: a floor needs three before any of
/// them is bound.
private enum FreePort {
  private static let given = Mutex<Set<UInt16>>([])

  static func next() throws -> Int {
    while true {
      let port = try ListeningPort.anyFree()
      if given.withLock({ $0.insert(port).inserted }) { return Int(port) }
    }
  }
}
