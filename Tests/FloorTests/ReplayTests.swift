import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

extension WholeFloor {
  /// Six windows of real books, at sixty times their speed, over the real protocol. (`scripts/replay-all` does the same with all there are.)
  @Suite(
    "Recorded markets are traded and the books agree",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
  struct ReplayTests {
    @Test(
      "Six real windows: venue, ledger and auditor agree to the micro-dollar, and one fill that is off by 10⁻⁶ is found by both"
    )
    func sixWindows() throws {
      let directory = try TemporaryDirectory()
      let recordings = try RecordedWindows.copyRecordings(to: directory).joined(separator: " ")
      let floor = try RunningFloor(
        "replay",
        [
          "--agents", Repository.root + "/config/replay/agents", "--set", "market.series=btc-5m",
          "--set", "floor.capital_usd=\(RecordedWindows.capital)", "--set", "judging.act=false", "--venue-arguments",
          "--source replay \(recordings) --speed \(RecordedWindows.speed) --cut-gaps --taker-hold-ms 10 "
            + "--capital \(RecordedWindows.capital) --paused",
        ])
      // Everybody is there before the first recorded second plays.
      try eventuallyTrue("gateway, auditor and markets are there", within: .seconds(60)) {
        try floor.count(
          "SELECT count(*) AS value FROM processes WHERE state = 'READY' AND name IN ('order-gateway', 'auditor')") == 2
          && floor.count("SELECT count(*) AS value FROM markets") > 0
      }
      let venue = "http://127.0.0.1:\(floor.simPort)"
      #expect(try Tool.run("curl", ["-sf", "-X", "POST", venue + "/sim/start"]).status == 0)
      try RecordedWindows.await(venue)
      try eventuallyTrue("all positions are settled", within: .seconds(60)) {
        try floor.count("SELECT count(*) AS value FROM positions WHERE shares <> 0") == 0
      }
      let trades = try floor.rows(
        "SELECT count(*) AS n, count(*) FILTER (WHERE pnl > 0) AS won, count(*) FILTER (WHERE pnl < 0) AS lost FROM trades"
      ).one()
      print(
        "six recorded windows: \(try trades.int("n")) round trips, \(try trades.int("won")) won, \(try trades.int("lost")) lost"
      )
      #expect(try trades.int("n") > 0)

      // Three books that agree.
      let truth = floor.state + "/venue/truth.jsonl"
      let fills = try floor.count("SELECT count(*) AS value FROM fills")
      let sums = try eventually("venue and ledger agree", within: .seconds(30)) {
        let sums = try floor.sumTruth(truth)
        return sums.status == 0 ? try JSON.parse(sums.output) : nil
      }
      #expect(sums["fills"]?.int == fills && sums["differences"]?.array == [])
      try eventuallyTrue("the auditor has seen every fill", within: .seconds(60)) {
        try floor.auditedFills() == fills
      }
      #expect(try floor.count("SELECT count(*) AS value FROM findings") == 0)

      // What was decided on follows from the recorded books.
      let entries = try WholeFloor.RecordingTests.entries(floor)
      let figures = try WholeFloor.RecordingTests.figures(floor, for: entries)
      let differences = try WholeFloor.RecordingTests.differences(entries, figures)
      print("\(entries.count) entries taken anew from \(figures.frames) recorded messages, \(differences.count) differ")
      #expect(!entries.isEmpty && differences.isEmpty, "\(differences.prefix(5).joined(separator: "\n"))")

      try expectAlteredTruthIsFound(floor, truth, in: directory)
      try expectAlteredFillIsFound(floor, truth)
      try floor.stop()
    }

    /// The venue's word on one fill is changed by a millionth of a share in a copy of its log.
    private func expectAlteredTruthIsFound(_ floor: RunningFloor, _ truth: String, in directory: TemporaryDirectory)
      throws
    {
      let copy = directory.path + "/altered.jsonl"
      var isAltered = false
      let lines = try String(contentsOfFile: truth, encoding: .utf8).split(
        separator: "\n", omittingEmptySubsequences: false)
      let altered = try lines.map { line -> String in
        guard !isAltered, line.contains("\"kind\":\"trade\"") else { return String(line) }
        let trade = try JSON.parse(String(line))
        guard let taker = trade["taker"], taker["account"]?.int == 0, let shares = taker["shares"]?.int else {
          return String(line)
        }
        isAltered = true
        return trade.with("taker", taker.with("shares", .int(shares + 1))).text
      }
      #expect(isAltered)
      try altered.joined(separator: "\n").write(toFile: copy, atomically: true, encoding: .utf8)
      let sums = try floor.sumTruth(copy)
      #expect(sums.status == 1)
      #expect(try JSON.parse(sums.output)["differences"]?.array?.count == 1, "\(sums.output)")
    }

    /// Our own record of one fill is changed by a millionth, past every guard of the database.
    private func expectAlteredFillIsFound(_ floor: RunningFloor, _ truth: String) throws {
      let owner = try BlockingDatabase(
        DatabaseSettings(
          host: floor.run + "-pg", database: "polybot", user: "floor_admin", password: nil, applicationName: "tests"))
      let alter = """
        UPDATE fills SET size = size + 0.000001
         WHERE (venue_trade_id, order_id) = (SELECT venue_trade_id, order_id FROM fills ORDER BY seq LIMIT 1)
        """
      #expect(throws: (any Error).self, "facts do not change") { try owner.execute(script: alter) }
      _ = try owner.execute(script: "SET session_replication_role = replica; \(alter)")
      let sums = try floor.sumTruth(truth)
      #expect(sums.status == 1)
      #expect(try JSON.parse(sums.output)["differences"]?.array?.count == 1, "\(sums.output)")
      let finding = try eventually("the auditor finds it", within: .seconds(60)) {
        try floor.rows("SELECT code, severity, subject FROM findings WHERE subject LIKE 'fill %' ORDER BY id").first
      }
      #expect(try finding.text("severity") == "CRITICAL")
      try eventuallyTrue("and halts the floor", within: .seconds(30)) {
        try floor.text("SELECT mode AS value FROM floor_state") == "HALTED"
      }
    }
  }
}

/// The recorded windows that are replayed.
enum RecordedWindows {
  static let folder = "btc5m_books/raw"
  static let windows = 6
  static let speed = 60
  static let capital = 4000

  /// The liveliest windows that are there: the largest files.
  static func files() throws -> [String] {
    let files = try ReferenceFiles.data.files(folder, suffix: ".jsonl.gz").map { name in
      let size = try FileManager.default.attributesOfItem(atPath: path(name))[.size] as? Int
      return (name: name, size: try #require(size))
    }
    return files.sorted { ($1.size, $0.name) < ($0.size, $1.name) }.prefix(windows).map(\.name).sorted()
  }

  /// Until the venue has played all of them; the error says how far it came.
  static func await(_ venue: String) throws {
    let most = Duration.seconds(60 + 300 * windows / speed * 4)
    var status = ""
    do {
      try eventuallyTrue("the recordings are over", within: most) {
        status = try Tool.run("curl", ["-sf", venue + "/sim/status"]).output
        return status.contains("\"finished\":true")
      }
    } catch is DeadlinePassed {
      throw DeadlinePassed(description: "the recordings are not over after \(most): \(status)")
    }
  }

  static func path(_ name: String) -> String { "\(ReferenceFiles.data.folder)/\(folder)/\(name)" }

  /// A copy that the venue's own account can read.
  static func copyRecordings(to directory: TemporaryDirectory) throws -> [String] {
    let readable = [FileAttributeKey.posixPermissions: 0o755]
    try FileManager.default.setAttributes(readable, ofItemAtPath: directory.path)
    let table = ReferenceFiles.data.folder + "/btc5m_books/markets.csv"
    let files = try files()
    for source in files.map(path) + (FileManager.default.fileExists(atPath: table) ? [table] : []) {
      let target = directory.path + "/" + URL(filePath: source).lastPathComponent
      try FileManager.default.copyItem(atPath: source, toPath: target)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: target)
    }
    return files.map { directory.path + "/" + $0 }
  }
}

extension RunningFloor {
  /// The independent sum of a truth log, compared with this floor's ledger: exit status and one JSON object.
  func sumTruth(_ log: String) throws -> (status: Int32, output: String) {
    try Tool.run(
      "python3", [Repository.root + "/Tests/Tools/truth_sum.py", log, "--ledger"],
      environment: ["PGHOST": run + "-pg", "PGDATABASE": "polybot", "PGUSER": "floor_operator"])
  }

  /// Fills in the auditor's last pass, by its own log; `nil` before the first.
  func auditedFills() throws -> Int64? {
    try SmallFile.read(state + "/log/auditor.log", bytesMax: 64 << 20).split(separator: 0x0A).last { line in
      line.firstRange(of: Array("books audited".utf8)) != nil
    }.flatMap { try JSON.parse(Array($0))["fills"]?.int }
  }
}

/// A program of the system, run to its end.
enum Tool {
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}
