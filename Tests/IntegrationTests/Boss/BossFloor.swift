import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// A real `floor-boss` over a private database, with stand-ins for its children: processes that speak the control protocol and misbehave
/// as a test wants. Everything it started is gone when it is released.
final class BossFloor {
  let home: TemporaryDirectory
  let database: TestDatabase
  let administrator: BlockingDatabase
  let servers: TestServers
  private(set) var boss: Foundation.Process?
  private var bosses: [Foundation.Process] = []

  var state: String { home.path + "/s" }
  var run: String { home.path + "/r" }
  var bin: String { home.path + "/b" }

  /// - Parameter capital: booked as the venue's first balance, so that there is something to allocate.
  init(agents: [String] = ["a", "b"], capital: String = "1000") throws {
    home = try TemporaryDirectory()
    servers = try TestServers.shared()
    database = try servers.database()
    administrator = try database.openAsAdministrator()
    let files = FileManager.default
    for folder in ["s/etc", "s/log", "s/venue", "r", "b", "c/agents", "c/profiles"] {
      try files.createDirectory(
        atPath: home.path + "/" + folder, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    }
    try files.copyItem(
      atPath: servers.stateDirectory + "/etc/secrets.yaml", toPath: state + "/etc/secrets.yaml")
    let credentials: JSON = [
      "private_key": "0x1", "address": "0x2", "api_key": "k", "secret": "s", "passphrase": "p",
      "base_url": "http://127.0.0.1:1",
    ]
    try write(credentials.text, to: state + "/venue/credentials.json")
    try files.copyItem(atPath: BossFloor.products + "/floor-boss", toPath: bin + "/floor-boss")
    let standIn = Repository.root + "/Tests/stand-ins/child.py"
    for name in ProcessNames.desk + [ProcessNames.agentExecutable] {
      try files.copyItem(atPath: standIn, toPath: bin + "/" + name)
      try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: bin + "/" + name)
    }
    for file in ["floor.yaml", "profiles/floor1000.yaml"] {
      try files.copyItem(
        atPath: Repository.root + "/config/" + file, toPath: home.path + "/c/" + file)
    }
    for agent in agents {
      try write(
        "name: \(agent)\nstrategy: momentum\nseries: [btc-5m]\n",
        to: home.path + "/c/agents/\(agent).yaml")
    }
    let gateway = try database.open(as: "floor_gateway")
    let epoch = try gateway.query("SELECT claim_lease('gateway', 'test:1:1', 'test') AS e").one()
      .int("e")
    try gateway.query(
      "SELECT record_deposit($1)",
      [
        .json([
          "gateway_epoch": .int(epoch), "ref": "first", "amount": .string(capital),
          "market_now_ns": .int(DatabaseFloor.now),
        ])
      ])
  }

  deinit {
    for process in bosses where process.isRunning { kill(process.processIdentifier, SIGKILL) }
    // What the boss started ends with it or is ended here, by its own path.
    for pid in standIns.values { kill(pid, SIGKILL) }
  }

  /// Where the test's own build keeps the executables.
  static let products: String = {
    var folder = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent()
    while !FileManager.default.fileExists(atPath: folder.appending(path: "floor-boss").path),
      folder.path != "/"
    {
      folder.deleteLastPathComponent()
    }
    return folder.path
  }()

  func write(_ text: String, to path: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  func faults(_ json: JSON) throws { try write(json.text, to: bin + "/faults.json") }

  var arguments: [String] {
    [
      "--config", home.path + "/c/floor.yaml", "--state", state, "--run", run,
      "--set", "postgres.host=" + servers.runDirectory, "--set",
      "postgres.database=" + database.name,
      "--set", "redis.socket=" + servers.redisSocket,
      // Another floor may run on this machine.
      "--set", "web.port=0", "--set", "web.metrics_port=0", "--set", "sim.port=0",
    ]
  }

  @discardableResult
  func start(_ more: [String] = [], environment: [String: String] = [:]) throws
    -> Foundation.Process
  {
    let process = Foundation.Process()
    process.executableURL = URL(filePath: bin + "/floor-boss")
    process.arguments = arguments + more
    process.environment = environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { own, _ in
      own
    }
    let log = state + "/log/boss.err"
    if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(filePath: log)) }
    let handle = try #require(FileHandle(forWritingAtPath: log))
    try handle.seekToEnd()
    process.standardError = handle
    process.standardOutput = handle
    try process.run()
    boss = process
    bosses.append(process)
    return process
  }

  /// Living stand-ins of this floor, by process name.
  var standIns: [String: Int32] {
    var found: [String: Int32] = [:]
    let entries: [String]
    do { entries = try DirectoryListing.names(in: "/proc") } catch {
      // Nobody found because nobody could look must not pass for nobody left.
      Issue.record("/proc: \(error)")
      return found
    }
    for pid in entries.compactMap({ Int32($0) }) {
      guard let line = try? SmallFile.read("/proc/\(pid)/cmdline", bytesMax: 8192),
        let stat = ProcessStat.read(pid: pid), !stat.isDead
      else { continue }
      let text = String(decoding: line.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
      if text.contains(bin + "/"), !text.contains("floor-boss"),
        let program = text.split(separator: " ").first(where: { $0.hasPrefix(bin + "/") })
      {
        found["\(program.dropFirst(bin.count + 1))#\(pid)"] = pid
      }
    }
    return found
  }

  /// What the boss has logged.
  func log() throws -> String {
    let path = state + "/log/floor-boss.log"
    guard FileManager.default.fileExists(atPath: path) else { return "" }
    return String(decoding: try SmallFile.read(path, bytesMax: 1 << 22), as: UTF8.self)
  }

  /// Lines that a process noted.
  func heard(_ name: String) throws -> [JSON] {
    let path = bin + "/" + name + ".heard"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try SmallFile.read(path, bytesMax: 1 << 20).split(separator: 10).map {
      try JSON.parse($0)
    }
  }

  func births(_ name: String) throws -> [Int64] { try heard(name).compactMap { $0["born"]?.int } }

  struct Row: Equatable {
    let state: String
    let pid: Int32?
    let restarts: Int64
    let epoch: Int64
  }

  func process(_ name: String) throws -> Row? {
    try administrator.query(
      "SELECT state, coalesce(pid, 0) AS pid, restarts, coalesce(epoch, 0) AS epoch FROM processes WHERE name = $1",
      [.text(name)]
    ).first.map {
      let pid = Int32(try $0.int("pid"))
      return Row(
        state: try $0.text("state"), pid: pid == 0 ? nil : pid, restarts: try $0.int("restarts"),
        epoch: try $0.int("epoch"))
    }
  }

  /// Waits until all these are ready in the record.
  func awaitReady(_ names: [String], within limit: Duration = .seconds(20)) throws {
    try eventuallyTrue("ready: \(names)", within: limit) {
      try names.allSatisfy { try process($0)?.state == "READY" }
    }
  }

  /// Waits until the process is ready under another process id than this.
  func awaitReplaced(_ name: String, _ old: Int32, within limit: Duration = .seconds(10)) throws
    -> Row
  {
    try eventually("\(name) replaced", within: limit) {
      guard let row = try process(name), row.state == "READY", let pid = row.pid, pid != old else {
        return nil
      }
      return row
    }
  }

  func command(_ verb: String, _ target: String, _ arguments: JSON = .object([])) throws -> Int64 {
    try administrator.query(
      "SELECT request_command($1, $2, $3) AS id", [.text(verb), .text(target), .json(arguments)]
    ).one().int("id")
  }

  /// The command's end: whether it was done, and its result.
  func awaitCommand(_ id: Int64, within limit: Duration = .seconds(10)) throws -> (
    done: Bool, result: JSON
  ) {
    try eventually("command \(id)", within: limit) {
      let row = try administrator.query(
        "SELECT state, coalesce(result, '{}') AS result FROM commands WHERE id = $1", [.integer(id)]
      ).one()
      let state = try row.text("state")
      return state == "DONE" || state == "FAILED" || state == "EXPIRED"
        ? (state == "DONE", try row.json("result")) : nil
    }
  }

  func mode() throws -> String {
    try administrator.query("SELECT mode FROM floor_state").one().text("mode")
  }

  func status(_ agent: String) throws -> String? {
    try administrator.query("SELECT status FROM agents WHERE name = $1", [.text(agent)]).first?
      .text("status")
  }

  func events(_ type: String) throws -> Int64 {
    try administrator.query(
      "SELECT count(*) AS n FROM system_events WHERE event_type = $1", [.text(type)]
    ).one().int(
      "n")
  }

  /// Waits for the boss's own end and returns its exit status.
  func awaitEnd(_ process: Foundation.Process, within limit: Duration = .seconds(25)) throws
    -> Int32
  {
    try eventuallyTrue("the boss ends", within: limit) { !process.isRunning }
    return process.terminationStatus
  }
}
