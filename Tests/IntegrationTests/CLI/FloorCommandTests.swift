import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorCLI

/// The real `floor` program against a real record.
@Suite struct FloorCommandTests {
  private let directory: TemporaryDirectory
  private var state: String { directory.path + "/state" }
  private var run: String { directory.path + "/run" }

  init() throws {
    directory = try TemporaryDirectory()
    for name in ["state", "run", "state/log", "state/backups", "state/checkpoints", "state/journal", "state/etc"] {
      try FileManager.default.createDirectory(
        atPath: directory.path + "/" + name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
  }

  private func floor(_ words: String..., database: TestDatabase? = nil) throws -> Command.Output {
    var arguments = words + ["--state", state, "--run", run]
    if let database {
      arguments += ["--host", database.servers.runDirectory, "--database", database.name, "--user", "floor_admin"]
    } else {
      arguments += ["--host", directory.path + "/nowhere"]
    }
    return try Command.run(try Siblings.path("floor"), arguments, timeout: .seconds(60))
  }

  @Test("version, help and usage errors have their exit codes") func questions() throws {
    #expect(try floor("--version").succeeded)
    #expect(try floor("status", "--help").text.contains("usage: floor status"))
    #expect(try floor("dance").status == .code(64))
    #expect(try floor("trades", "--limit", "none").status == .code(64))
  }

  @Test("with everything away, status names what is missing, and halt still writes its file") func nothingThere() throws
  {
    let status = try floor("status")
    #expect(status.status == .code(1))
    for name in ["PostgreSQL", "Redis", "floor-boss", "order-gateway", "market-feed"] {
      #expect(status.text.contains(name))
    }
    let json = try JSON.parse(try floor("status", "--json").text)
    #expect(json["floor"]?.isNull == true)
    #expect((json["missing"]?.array?.count ?? 0) >= 8)
    #expect(try floor("agents").status == .code(75))

    let halt = try floor("halt", "smoke", "and", "mirrors")
    #expect(halt.status == .code(0))
    #expect(halt.text.contains("the record could not be told"))
    let file = try JSON.parse(try SmallFile.read(state + "/halt", bytesMax: 1000))
    #expect(file["reason"] == "smoke and mirrors")
    #expect(try floor("status").text.contains("HALT FILE"))
    #expect(try floor("doctor").text.contains("floor resume"))
  }

  @Test("a process that lives is shown although the record is away") func controlSockets() throws {
    let ready = DispatchSemaphore(value: 0)
    let birth = BirthDocument(
      process: "order-gateway", stateDirectory: state, runDirectory: run, epoch: Epoch(9), boot: "b")
    let thread = Thread {
      _ = FloorProcess.run(birth) { process in
        process.isReady = true
        process.note = "reconciled\u{1B}[2J"
        process.loop.after(.seconds(4)) { process.stop() }
        ready.signal()
      }
    }
    thread.start()
    ready.wait()
    let json = try JSON.parse(try floor("status", "--json").text)
    let gateway = json["processes"]?.array?.first { $0["process"] == "order-gateway" }
    #expect(gateway?["up"] == true)
    #expect(gateway?["epoch"]?.int == 9)
    let text = try floor("status").text
    #expect(text.contains("reconciled"))
    #expect(!text.contains("\u{1B}"))
  }

  @Test("the record is shown as tables and as JSON") func lists() throws {
    let record = try DatabaseFloor()
    try record.hire("alpha", allocation: "100")
    try record.hire("beta", allocation: "50", strategy: "mean-reversion")
    let database = record.database
    let agents = try floor("agents", database: database)
    #expect(agents.succeeded)
    #expect(agents.text.contains("alpha") && agents.text.contains("beta") && agents.text.contains("100.00"))
    let one = try JSON.parse(try floor("agents", "beta", "--json", database: database).text)
    #expect(one.array?.map { $0["agent"]?.string } == ["beta"])
    #expect(try floor("verdicts", "beta", database: database).text.contains("beta"))
    for name in ["positions", "orders", "trades"] {
      let output = try floor(name, database: database)
      #expect(output.succeeded, "\(output.text)")
      #expect(output.text.contains("(none)"))
    }
    #expect(try floor("events", "--limit", "5", database: database).text.contains("ACTIVE"))
    let status = try floor("status", database: database)
    #expect(status.text.contains("ACTIVE") && status.text.contains("capital 1000"))
    let wait = try floor("wait", "--timeout", "5", database: database)
    #expect(wait.succeeded)
    let trading = try floor("wait", "--strategies", "2", "--timeout", "1", database: database)
    #expect(trading.status == .code(75))
    #expect(trading.text.contains("fills by 0 of 2 strategies"))
  }

  @Test("halt latches the record; orders to the boss report done, refused and nobody there") func orders() throws {
    let record = try DatabaseFloor()
    try record.hire("alpha", allocation: "100")
    let database = record.database
    #expect(try floor("halt", "test", database: database).text.contains("latched"))
    #expect(try record.boss.query("SELECT halted AS h FROM floor_state").one().bool("h"))
    #expect(try floor("halt", "again", database: database).text.contains("halted already"))

    // No boss looks at the rows: the order expires.
    let alone = try floor("pause", "alpha", "--timeout", "1", database: database)
    #expect(alone.status == .code(75))
    #expect(alone.text.contains("no boss took it"))

    // A boss that does what it is told, except to pause.
    let settings = database.settings(role: "floor_boss")
    let epoch = record.bossEpoch
    let thread = Thread {
      do {
        let boss = try BlockingDatabase(settings)
        var answered = 0
        try eventuallyTrue("three orders answered", within: .seconds(50)) {
          for row in try boss.query("SELECT id, verb FROM take_commands($1)", [.int(epoch)]) {
            let done = try row.text("verb") != "pause"
            let result: JSON = done ? ["mode": "REDUCE_ONLY"] : ["refused": "alpha is the last agent"]
            try boss.query(
              "SELECT finish_command($1, $2, $3, $4)",
              [.int(try row.int("id")), .bool(done), .json(result), .int(epoch)])
            answered += 1
          }
          return answered == 3
        }
      } catch { Issue.record(error) }
    }
    thread.start()
    let refused = try floor("pause", "alpha", database: database)
    #expect(refused.status == .code(1))
    #expect(refused.text.contains("alpha is the last agent"))
    let resumed = try floor("resume", database: database)
    #expect(resumed.succeeded, "\(resumed.text)")
    #expect(resumed.text.contains("resume: done (mode REDUCE_ONLY)"))
    #expect(!SmallFile.exists(state + "/halt"))
    #expect(try floor("retire", "Not A Name", database: database).status == .code(64))
    let hired = try floor(
      "hire", "gamma", "--strategy", "momentum", "--series", "btc-5m", "--size-usd", "5", database: database)
    #expect(hired.succeeded, "\(hired.text)")
    let arguments = try record.boss.query(
      "SELECT arguments FROM commands WHERE verb = 'hire' AND target = 'gamma'"
    ).one().json("arguments")
    #expect(arguments["strategy"] == "momentum")
    #expect(arguments["parameters"]?["series"]?.array == ["btc-5m"])
    let wrong = try floor(
      "hire", "delta", "--strategy", "momentum", "--series", "btc-5m", "--set", "nonsense=1", database: database)
    #expect(wrong.status == .code(78))
    #expect(wrong.text.contains("nonsense"))
  }

  @Test("a migration is done once and planned before; a database that is newer is refused") func migrate() throws {
    let database = try TestServers.shared().emptyDatabase()
    let folder = ["--root", Repository.root]
    #expect(try floor("db", "plan", folder[0], folder[1], database: database).text.contains("0001"))
    let first = try floor("db", "migrate", folder[0], folder[1], database: database)
    #expect(first.succeeded, "\(first.text)")
    #expect(try floor("db", "migrate", folder[0], folder[1], database: database).text.contains("0 applied now"))
    try database.openAsAdministrator().query(
      "INSERT INTO public.schema_migrations (number, name, checksum) VALUES (9999, '9999_future.sql', 'x')")
    #expect(try floor("db", "migrate", folder[0], folder[1], database: database).status == .code(69))
  }

  @Test("what was backed up comes back, functions still belong to the owner that cannot log in") func backup() throws {
    let record = try DatabaseFloor()
    try record.hire("alpha", allocation: "100")
    let database = record.database
    try AtomicFile.write(Array("good".utf8), to: state + "/checkpoints/alpha.a")
    // Each place that ever holds a secret, and copies such as people make of them.
    let secrets = [
      "etc/secrets.yaml": "database_floor_boss: ", "etc/venue.json": "{\"private_key\": \"",
      "etc/venue.json.bak": "{\"private_key\": \"", "venue/credentials.json": "{\"private_key\": \"",
      "venue/credentials.json.new": "{\"private_key\": \"", "etc/old/wallet": "private_key",
    ]
    for folder in ["venue", "etc/old", "share/config/agents"] {
      try FileManager.default.createDirectory(
        atPath: state + "/" + folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    for (path, text) in secrets { try AtomicFile.write(Array((text + "hunter2").utf8), to: state + "/" + path) }
    for path in ["etc/instance.json", "venue/truth.jsonl", "share/config/floor.yaml"] {
      try AtomicFile.write(Array("{}".utf8), to: state + "/" + path)
    }
    let made = try floor("backup", "--json", database: database)
    #expect(made.succeeded, "\(made.text)")
    let line = try #require(made.text.split(separator: "\n").last)
    let folder = try #require(try JSON.parse(String(line))["backup"]?.string)
    let listing = try Command.run("/bin/tar", ["-tzf", folder + "/files.tar.gz"], timeout: .seconds(10)).text
    for name in ["checkpoints/alpha.a", "etc/instance.json", "venue/truth.jsonl", "share/config/floor.yaml"] {
      #expect(listing.contains(name))
    }
    let everything = try Command.run(
      "/bin/tar", ["-xzOf", folder + "/files.tar.gz"], timeout: .seconds(10)
    ).text
    #expect(!everything.contains("hunter2") && !everything.contains("private_key"))
    for path in secrets.keys { #expect(!listing.contains(path)) }

    try record.hire("beta", allocation: "50")
    try AtomicFile.write(Array("bad".utf8), to: state + "/checkpoints/alpha.a")
    #expect(try floor("restore", folder, database: database).status == .code(1))
    try AtomicFile.write(Array("newer".utf8), to: state + "/journal/notes")
    let restored = try floor("restore", folder, "--yes", database: database)
    #expect(restored.succeeded, "\(restored.text)")
    let administrator = try database.openAsAdministrator()
    let names = try administrator.query("SELECT name FROM agents ORDER BY name").map { try $0.text("name") }
    #expect(names == ["alpha"])
    #expect(try SmallFile.read(state + "/checkpoints/alpha.a", bytesMax: 100) == Array("good".utf8))
    #expect(!SmallFile.exists(state + "/journal/notes"))
    let owner = try administrator.query(
      "SELECT pg_get_userbyid(proowner) AS owner FROM pg_proc WHERE proname = 'submit_intent'"
    ).one().text("owner")
    #expect(owner == "floor_owner")
    // The roles work as before: their rights came back with the record.
    #expect(throws: DatabaseError.self) {
      try database.open(as: "floor_monitor").query("UPDATE agents SET status = 'RETIRED'")
    }
    try database.open(as: "floor_boss").query("SELECT set_mode('ACTIVE', 'again', $1)", [.int(record.bossEpoch)])
  }

  @Test("a restore that fails leaves record, journal and checkpoints as they were") func failedRestore() throws {
    let record = try DatabaseFloor()
    try record.hire("alpha", allocation: "100")
    let made = try floor("backup", "--json", database: record.database)
    let line = try #require(made.text.split(separator: "\n").last)
    let folder = try #require(try JSON.parse(String(line))["backup"]?.string)
    try AtomicFile.write(Array("newer".utf8), to: state + "/journal/notes")
    func survives(_ sabotage: String, _ bytes: [UInt8]) throws {
      let good = try SmallFile.read(folder + sabotage, bytesMax: 1 << 24)
      try AtomicFile.write(bytes, to: folder + sabotage)
      #expect(try floor("restore", folder, "--yes", database: record.database).status == .code(75))
      #expect(try SmallFile.read(state + "/journal/notes", bytesMax: 100) == Array("newer".utf8))
      #expect(try floor("agents", database: record.database).text.contains("alpha"))
      try AtomicFile.write(good, to: folder + sabotage)
    }
    try survives("/polybot.dump", Array("no dump".utf8))
    try survives("/files.tar.gz", Array("no archive".utf8))
  }
}
