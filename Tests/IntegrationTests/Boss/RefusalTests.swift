import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What a configuration is refused for, and that everything is told at once. The real `floor-boss`, real servers, ports that are taken.
@Suite struct RefusalTests {
  /// Listens on a loopback port of its own, as somebody else's program would.
  private final class Stranger {
    let process = Foundation.Process()
    let port: Int

    init() throws {
      process.executableURL = URL(filePath: "/usr/bin/python3")
      process.arguments = [
        "-c",
        "import socket,time\ns=socket.create_server(('127.0.0.1',0))\nprint(s.getsockname()[1],flush=True)\ntime.sleep(600)",
      ]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
      port = try #require(Int(line.split(separator: "\n").first ?? ""))
    }

    deinit { kill(process.processIdentifier, SIGKILL) }
  }

  private func check(_ floor: BossFloor, _ more: [String]) throws -> (status: ExitCause, text: String) {
    let output = try Command.run(
      floor.bin + "/floor-boss", ["--check", "--live"] + floor.arguments + more, timeout: .seconds(30))
    return (output.status, output.text)
  }

  private func problems(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { $0.contains(" → ") }
  }

  @Test("A good configuration is good on this machine too") func good() throws {
    let floor = try BossFloor()
    let answer = try check(floor, [])
    #expect(answer.status == .code(0), "\(answer.text)")
    #expect(answer.text.contains("agents: a, b"))
  }

  @Test("The file of authorities that a secure address is held against must be there") func authorities() throws {
    let floor = try BossFloor()
    let answer = try check(
      floor, ["--set", "endpoints.authorities_file=/nowhere.pem", "--set", "endpoints.clob_url=https://127.0.0.1:1"])
    #expect(answer.text.contains("endpoints.authorities_file = \"/nowhere.pem\" cannot be read"), "\(answer.text)")
    let plain = try check(floor, ["--set", "endpoints.authorities_file=/nowhere.pem"])
    #expect(plain.status == .code(0), "\(plain.text)")
  }

  @Test(
    "A server that the configuration points at and that does not answer is named with its address",
    arguments: [
      (["postgres.host=127.0.0.1", "postgres.port=1"], "postgres.host = \"127.0.0.1\" leads to no PostgreSQL"),
      (["postgres.database=nowhere"], "database \"nowhere\" does not exist"),
      (["redis.socket=/nowhere/redis.sock"], "redis.socket = \"/nowhere/redis.sock\" leads to no Redis"),
      (
        ["endpoints.clob_url=http://127.0.0.1:1"],
        "endpoints.clob_url = \"http://127.0.0.1:1\" leads to no venue: 127.0.0.1:1: Connection refused"
      ),
    ]) func unreachable(_ settings: [String], _ words: String) throws
  {
    let floor = try BossFloor()
    let answer = try check(floor, settings.flatMap { ["--set", $0] })
    #expect(answer.status == .code(78))
    #expect(problems(answer.text).count == 1, "\(answer.text)")
    #expect(answer.text.contains(words), "\(answer.text)")
    #expect(answer.text.contains("command line: "))
  }

  @Test(
    "A port that somebody else has is refused with his name", arguments: ["web.port", "web.metrics_port", "sim.port"])
  func portInUse(_ key: String) throws {
    let floor = try BossFloor()
    let stranger = try Stranger()
    let answer = try check(floor, ["--before-servers", "--set", "\(key)=\(stranger.port)"])
    #expect(answer.status == .code(78))
    let found = problems(answer.text)
    #expect(found.count == 1, "\(answer.text)")
    #expect(
      answer.text.contains(
        "command line: \(key) = \"\(stranger.port)\" is in use by python3 (pid \(stranger.process.processIdentifier)) → end"
      ))
  }

  @Test("A floor that may stop longer than supervisord waits for it is refused, with the longest time that is allowed")
  func stopWait() throws {
    let floor = try BossFloor()
    let long = ["--before-servers", "--set", "supervision.stop_within_s=40"]
    let answer = try check(floor, long + ["--stop-wait", "44"])
    #expect(answer.status == .code(78))
    #expect(problems(answer.text).count == 1, "\(answer.text)")
    #expect(
      answer.text.contains("command line: supervision.stop_within_s = \"40\" is more than supervisord waits for")
        && answer.text.contains("it kills the floor after 44 s") && answer.text.contains("at most 39"), "\(answer.text)"
    )
    #expect(try check(floor, long + ["--stop-wait", "45"]).status == .code(0))
    // Nobody kills it: a boss that was started by hand.
    #expect(try check(floor, long).status == .code(0))
    #expect(try check(floor, long + ["--stop-wait", "soon"]).status == .code(64))
  }

  @Test("A password that is missing is named, and so is a wallet without keys") func secrets() throws {
    let floor = try BossFloor()
    let path = floor.state + "/etc/secrets.yaml"
    let lines = String(decoding: try SmallFile.read(path, bytesMax: 1 << 20), as: UTF8.self).split(separator: "\n")
    try floor.write(lines.filter { !$0.hasPrefix("bus_gateway:") }.joined(separator: "\n") + "\n", to: path)
    try floor.write(
      "{\"private_key\": \"0x1\", \"address\": \"0x2\", \"secret\": \"s\"}", to: floor.state + "/etc/venue.json")
    let answer = try check(
      floor,
      ["--before-servers", "--set", "mode=live", "--set", "live.armed=true", "--set", "venue=polymarket"]
        + VenueEndpoints.paths.flatMap { ["--set", "\($0)=\($0.contains("_ws_") ? "ws" : "http")://127.0.0.1:1"] })
    #expect(answer.text.contains("\(path): bus_gateway is missing → "))
    #expect(answer.text.contains("/etc/venue.json: api_key is missing → "))
    #expect(answer.text.contains("/etc/venue.json: passphrase is missing → "))
    // Six addresses, one server: said once.
    #expect(problems(answer.text).count == 4, "\(answer.text)")
  }

  @Test("A record of one venue is not given to another, nor play money's to real money; the floor's own is accepted")
  func venueOfRecord() throws {
    let floor = try BossFloor()
    try floor.write("sim paper", to: floor.state + "/venue-of-record")
    #expect(try check(floor, ["--before-servers"]).status == .code(0))
    let addresses = VenueEndpoints.paths.flatMap {
      ["--set", "\($0)=\($0.contains("_ws_") ? "ws" : "http")://127.0.0.1:1"]
    }
    let other = try check(floor, ["--before-servers", "--set", "venue=polymarket"] + addresses)
    #expect(other.status == .code(78))
    #expect(
      other.text.contains("makes this floor polymarket paper, and the record of this state directory is sim paper"))
    #expect(other.text.contains("--instance NAME"))
    try floor.write("polymarket paper", to: floor.state + "/venue-of-record")
    let own = try check(floor, ["--before-servers", "--set", "venue=polymarket"] + addresses)
    #expect(!own.text.contains("the record of this state directory"))
    // A venue that is none is told once, not again as a stranger to the record.
    let misspelt = try check(floor, ["--before-servers", "--set", "venue=polymarkt"])
    #expect(misspelt.status == .code(78) && !misspelt.text.contains("the record of this state directory"))
    let real = try check(
      floor,
      ["--before-servers", "--set", "venue=polymarket", "--set", "mode=live", "--set", "live.armed=true"] + addresses)
    #expect(real.text.contains("polymarket live, and the record of this state directory is polymarket paper"))
  }

  @Test("All of it comes in one message: each problem with its place, its value and what to do") func allAtOnce() throws
  {
    let floor = try BossFloor()
    let stranger = try Stranger()
    let file = floor.home.path + "/c/floor.yaml"
    let text = String(decoding: try SmallFile.read(file, bytesMax: 1 << 20), as: UTF8.self)
    try floor.write(text + "\ncolour: red\n", to: file)
    try floor.write("name: a\nstrategy: momentun\nseries: [btc-5m]\n", to: floor.home.path + "/c/agents/a.yaml")
    let secrets = floor.state + "/etc/secrets.yaml"
    let lines = String(decoding: try SmallFile.read(secrets, bytesMax: 1 << 20), as: UTF8.self).split(separator: "\n")
    try floor.write(lines.filter { !$0.hasPrefix("bus_web:") }.joined(separator: "\n") + "\n", to: secrets)
    let answer = try check(
      floor,
      [
        "supervision.progress_deadline_s=3", "mode=live", "web.port=\(stranger.port)", "redis.socket=/nowhere/r",
        "postgres.host=/nowhere", "endpoints.gamma_url=http://127.0.0.1:1",
      ].flatMap { ["--set", $0] })
    #expect(answer.status == .code(78))
    for words in [
      "colour = \"red\" is not a key", "did you mean momentum?", "bus_web is missing",
      "did you mean supervision.progress_deadline_ms?", "live.armed is false",
      "is the simulated venue, and mode is live",
      "is in use by python3", "leads to no Redis", "leads to no PostgreSQL", "leads to no venue",
    ] { #expect(answer.text.contains(words), "\(words): \(answer.text)") }
    #expect(answer.text.contains("configuration refused, 10 problems:"), "\(answer.text)")
    for line in problems(answer.text) { #expect(line.contains(": ")) }
  }

  @Test(
    "The boss does not start on a port that somebody has, nor with a server that never answered; it waits for one that did"
  )
  func start() throws {
    let floor = try BossFloor()
    let stranger = try Stranger()
    let refused = try floor.start(["--set", "web.port=\(stranger.port)", "--set", "redis.socket=/nowhere/redis.sock"])
    #expect(try floor.awaitEnd(refused) == 78)
    let note = String(decoding: try SmallFile.read(floor.state + "/refused", bytesMax: 1 << 16), as: UTF8.self)
    #expect(note.contains("configuration refused, 2 problems:"), "\(note)")
    #expect(floor.standIns.isEmpty)

    let boss = try floor.start()
    try floor.awaitReady(BossTests.all)
    #expect(!SmallFile.exists(floor.state + "/refused"))
    kill(boss.processIdentifier, SIGTERM)
    #expect(try floor.awaitEnd(boss) == 0)

    // The same address, now dead: an outage. It stays and says what it waits for.
    let known: JSON = [
      "postgres": .string("/nowhere-pg 5432 \(floor.database.name)"), "redis": .string(floor.servers.redisSocket),
    ]
    try floor.write(known.text, to: floor.state + "/etc/reached.json")
    let waiting = try floor.start(["--set", "postgres.host=/nowhere-pg"])
    try eventuallyTrue("it says what it waits for") {
      String(decoding: try SmallFile.read(floor.state + "/log/floor-boss.log", bytesMax: 1 << 22), as: UTF8.self)
        .contains("PostgreSQL: ")
    }
    #expect(waiting.isRunning)
  }

  @Test("supervisord's own second try of a refused start lives long enough to be final") func supervised() throws {
    let floor = try BossFloor()
    let bad = ["--set", "limits.per_trade=2"]
    func seconds() throws -> Duration {
      let begin = SystemClock.monotonic()
      #expect(try floor.awaitEnd(try floor.start(bad, environment: ["SUPERVISOR_ENABLED": "1"])) == 78)
      return SystemClock.monotonic().since(begin)
    }
    #expect(try seconds() < .milliseconds(1000))
    #expect(try seconds() > .milliseconds(1100))
  }

  @Test(
    "The boss refuses a schema older or newer than its own before it takes anything over, at its first start and at a later one",
    arguments: [(true, "older"), (true, "newer"), (false, "older"), (false, "newer"), (false, "none")])
  func schema(_ isFirst: Bool, _ kind: String) throws {
    let floor = try BossFloor()
    switch kind {
    case "older":
      try floor.administrator.query(
        "DELETE FROM schema_migrations WHERE number = $1", [.int(Migrator.newestKnown)])
    case "newer":
      try floor.administrator.query(
        "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, '9999_later.sql', 'x')",
        [.int(Migrator.newestKnown + 1)])
    default: try floor.administrator.query("DROP TABLE schema_migrations")
    }
    if !isFirst {
      let known: JSON = [
        "postgres": .string("\(floor.servers.runDirectory) 5432 \(floor.database.name)"),
        "redis": .string(floor.servers.redisSocket),
      ]
      try floor.write(known.text, to: floor.state + "/etc/reached.json")
    }
    func seconds() throws -> Duration {
      let begin = SystemClock.monotonic()
      let boss = try floor.start(environment: ["SUPERVISOR_ENABLED": "1"])
      #expect(try floor.awaitEnd(boss) == 78)
      return SystemClock.monotonic().since(begin)
    }
    _ = try seconds()
    let note = String(decoding: try SmallFile.read(floor.state + "/refused", bytesMax: 1 << 16), as: UTF8.self)
    #expect(note.contains("configuration refused, 1 problem:"), "\(note)")
    #expect(note.contains(kind == "newer" ? "start the newer programs" : "→ floor db migrate"), "\(note)")
    #expect(floor.standIns.isEmpty)
    #expect(try floor.administrator.query("SELECT count(*) AS n FROM agents").one().int("n") == 0)
    #expect(try floor.administrator.query("SELECT count(*) AS n FROM leases WHERE name = 'boss'").one().int("n") == 0)
    // supervisord's second try is final.
    #expect(try seconds() > .milliseconds(1100))
  }
}
