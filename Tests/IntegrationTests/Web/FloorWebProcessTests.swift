import FloorTestSupport
import Foundation
import Shared
import Testing

/// The real executable on a real database, asked with curl.
@Suite("floor-web", .timeLimit(.minutes(2)))
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
    try FileManager.default.createDirectory(atPath: directory.path + "/log", withIntermediateDirectories: false)
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
      path: "floor-web")
    process.arguments = ["--birth", try Self.birth(floor, in: directory.path)]
    try process.run()
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

    _ = try floor.hire("reversion-1", allocation: "50")
    try eventuallyTrue("the new agent on the page") {
      let json = try JSON.parse(try Self.curl(page + "/api/status").body)
      return json["agents"]?.array?.count == 2
    }
  }
}
