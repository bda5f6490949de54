import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// The real executable on a real database, asked with curl.
@Suite("floor-web", .hangLimit)
struct FloorWebProcessTests {
  static func birth(_ floor: DatabaseFloor, in directory: String) throws -> String {
    let document: JSON = [
      "process": "floor-web", "instance": "floor", "state_directory": .string(directory),
      "run_directory": .string(directory), "epoch": 1, "boot": "test", "lifeline": false,
      "configuration": [
        "web": ["port": 0, "metrics_port": 0],
        "database": [
          "host": .string(floor.database.servers.runDirectory), "port": 5432, "name": .string(floor.database.name),
          "user": "floor_web",
        ],
      ],
      "secrets": ["database_password": .string(floor.database.servers.databasePassword("floor_web").reveal())],
    ]
    let path = directory + "/birth.json"
    let isMade = FileManager.default.createFile(
      atPath: path, contents: Data(document.bytes), attributes: [.posixPermissions: 0o600])
    try #require(isMade)
    return path
  }

  static func start(_ floor: DatabaseFloor, in directory: TemporaryDirectory) throws -> Process {
    try FileManager.default.createDirectory(atPath: directory.path + "/log", withIntermediateDirectories: false)
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
      path: "floor-web")
    process.arguments = ["--birth", try birth(floor, in: directory.path)]
    try process.run()
    return process
  }

  static func curl(_ url: String) throws -> (status: String, body: String) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["curl", "-sS", "--max-time", "5", "-w", "\n%{http_code}", url]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let cut = text.lastIndex(of: "\n") ?? text.startIndex
    return (String(text[cut...].dropFirst()), String(text[..<cut]))
  }

  @Test("It reads the floor with its own role and tells it on both ports; the picture renews itself")
  func servesTheFloor() throws {
    let floor = try DatabaseFloor()
    _ = try floor.hire("momentum-1", allocation: "100")
    let directory = try TemporaryDirectory()
    let process = try Self.start(floor, in: directory)
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let log = directory.path + "/log/floor-web.log"
    let ports: [Int64] = try eventually("both ports in the log") {
      guard let text = try? String(contentsOfFile: log, encoding: .utf8) else { return nil }
      let ports = text.split(separator: "\n").compactMap { try? JSON.parse(String($0)) }.compactMap { line in
        (line["fields"]?["port"] ?? line["port"])?.int
      }
      return ports.count == 2 ? ports : nil
    }
    let page = "http://127.0.0.1:\(ports[0])"
    let status: JSON = try eventually("a picture") {
      let answer = try Self.curl(page + "/api/status")
      guard answer.status == "200", let json = try? JSON.parse(answer.body), json["floor"] != nil else { return nil }
      return json
    }
    #expect(status["agents"]?.array?.first?["name"]?.string == "momentum-1")
    #expect(status["agents"]?.array?.first?["allocated"]?.usd == USD(dollars: 100))
    #expect(status["floor"]?["paper"]?.bool == true)
    // No boss, no desk: it says so.
    #expect(try Self.curl(page + "/health").status == "503")
    #expect(try Self.curl(page + "/").body.contains("<title>PolyFloor</title>"))
    let metrics = try Self.curl("http://127.0.0.1:\(ports[1])/metrics")
    #expect(metrics.status == "200" && metrics.body.contains("polyfloor_database_up 1"))

    // A gateway that holds to a tighter mode than the record's ACTIVE: its word is heard, and missed when it is gone.
    let loop = try EventLoop()
    let hello = ControlHello(
      process: ProcessNames.gateway, identity: .current, boot: "test", epoch: Epoch(1), build: "test")
    let server = try ControlServer(
      loop: loop, path: directory.path + "/order-gateway.sock", hello: hello, log: .discarding(process: "test")
    ) {
      ControlProgress(progress: 1, isReady: true, lag: .zero, mode: "REDUCE_ONLY", note: "daily loss")
    }
    func mode() throws -> String? {
      try JSON.parse(try Self.curl(page + "/health").body)["mode"]?.string
    }
    func becomes(_ word: String) throws -> Bool {
      for _ in 0..<100 {
        for _ in 0..<5 { try loop.turn(timeout: .milliseconds(20)) }
        if try mode() == word { return true }
      }
      return false
    }
    #expect(try mode() == "ACTIVE")
    #expect(try becomes("REDUCE_ONLY"))
    server.close()
    #expect(try becomes("ACTIVE"))

    _ = try floor.hire("reversion-1", allocation: "50")
    try eventuallyTrue("the new agent on the page") {
      let json = try JSON.parse(try Self.curl(page + "/api/status").body)
      return json["agents"]?.array?.count == 2
    }
  }

  @Test("However often PostgreSQL was away, one picture a second is taken")
  func onePictureASecond() throws {
    let floor = try DatabaseFloor()
    let directory = try TemporaryDirectory()
    let process = try Self.start(floor, in: directory)
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let loop = try EventLoop()
    let control = ControlClient(loop: loop, path: directory.path + "/floor-web.sock")
    defer { control.close() }
    var reports: [ControlProgress] = []
    control.onProgress = { reports.append($0) }
    func until(_ what: String, _ holds: () -> Bool) throws {
      guard try loop.turn(until: holds, limit: .seconds(30)) else { throw DeadlinePassed(description: what) }
    }
    let administrator = try floor.database.openAsAdministrator()
    var sessions: Set<Int64> = []
    for _ in 0..<6 {
      var found: Int64?
      while found == nil {
        try until("a picture over a new session") { reports.last.map { $0.isReady && $0.progress > 0 } ?? false }
        reports = []
        found = try administrator.query(
          "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'floor_web'"
        ).map { try $0.int("pid") }.first { !sessions.contains($0) }
      }
      sessions.insert(try #require(found))
      try administrator.query("SELECT pg_terminate_backend($1::integer)", [.int(try #require(found))])
    }
    try until("pictures again") { reports.last?.isReady == true }
    reports = []
    let began = SystemClock.monotonic()
    try until("reports of five seconds") { reports.count > 10 && reports.last!.progress > reports[0].progress }
    let seconds = Double(SystemClock.monotonic().since(began).milliseconds) / 1000
    let pictures = try #require(reports.last).progress - reports[0].progress
    #expect(Double(pictures) <= seconds + 1, "\(pictures) pictures in \(seconds) s")
  }
}
