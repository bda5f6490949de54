import FloorIOData
import FloorTestSupport
import Shared
import Testing

@testable import Auditor
@testable import FloorCLI

@Suite("Auditor against the record")
struct AuditorTests {
  /// A floor that has traded: purchases, a partial sale, a failed fill, a settlement, an open position.
  static func tradedFloor() throws -> DatabaseFloor {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    try floor.market("m-2")
    func trade(_ id: String, _ market: String, _ side: String, _ price: String, _ size: String, _ fee: String) throws
      -> String
    {
      let order = try floor.submit(
        floor.intent(id, agent: "one", epoch: epoch, market: market, side: side, price: price, size: size))["order_id"]!
        .string!
      _ = try floor.fill(order, trade: "t-" + id, price: price, size: size, fee: fee)
      return order
    }
    _ = try trade("one.1", "m-1", "BUY", "0.5", "10", "0.175")
    _ = try trade("one.2", "m-1", "SELL", "0.6", "4", "0.0672")
    let failing = try trade("one.3", "m-1", "BUY", "0.3", "7", "0.1029")
    _ = try floor.fill(failing, trade: "t-one.3", price: "0.3", size: "7", fee: "0.1029", status: "FAILED")
    _ = try floor.settle("m-1", payoutYes: "1")
    _ = try trade("one.4", "m-2", "BUY", "0.41", "12.34", "0.20895")
    _ = try floor.submit(
      floor.intent("one.5", agent: "one", epoch: epoch, market: "m-2", side: "BUY", price: "0.4", size: "5"))
    return floor
  }

  static func findings(_ floor: DatabaseFloor) throws -> [AuditFinding.Code] {
    let session = try floor.database.open(as: "floor_auditor")
    return AuditRun.report(on: try FactReader.facts(from: session.query(FactReader.statement))).findings.map(\.code)
  }

  @Test("the auditor's own computation agrees with the database's functions")
  func agrees() throws {
    let floor = try Self.tradedFloor()
    let session = try floor.database.open(as: "floor_auditor")
    let report = AuditRun.report(on: try FactReader.facts(from: session.query(FactReader.statement)))
    #expect(report.findings == [])
    #expect(report.fills == 4)
    #expect(try session.query("SELECT cash FROM floor_overview").one().usd("cash").micros == report.wallet)
  }

  @Test(
    "one micro-unit changed behind the floor's back is found",
    arguments: [
      "UPDATE fills SET price = price + 0.000001 WHERE seq = 1",
      "UPDATE fills SET size = size + 0.000001 WHERE seq = 1",
      "UPDATE fills SET notional = notional + 0.000001 WHERE seq = 1",
      "UPDATE fills SET fee = fee + 0.000001 WHERE seq = 1",
      "UPDATE ledger_entries SET amount = amount + 0.000001 WHERE tx_id = 3 AND line = 1",
      "UPDATE ledger_balances SET balance = balance + 0.000001 WHERE account = 'treasury'",
      "UPDATE positions SET shares = shares + 0.000001 WHERE shares > 0",
      "UPDATE allocations SET realized = realized + 0.000001", "UPDATE settlements SET proceeds = proceeds - 0.000001",
      "UPDATE fill_state SET voided_at = NULL, status = 'MATCHED' WHERE voided_at IS NOT NULL",
      "DELETE FROM ledger_entries WHERE tx_id = (SELECT tx_id FROM ledger_transactions WHERE kind = 'settle')",
    ])
  func oneMicro(change: String) throws {
    let floor = try Self.tradedFloor()
    let administrator = try floor.database.openAsAdministrator()
    try administrator.execute(script: "SET session_replication_role = replica; \(change)")
    let codes = try Self.findings(floor)
    #expect(!codes.isEmpty)
    #expect(codes.contains { $0.halts })
  }

  static func birth(_ floor: DatabaseFloor, _ home: TemporaryDirectory) -> BirthDocument {
    BirthDocument(
      process: "auditor", stateDirectory: home.path, runDirectory: home.path, epoch: Epoch(1), boot: "audit-1",
      configuration: [
        "database": [
          "host": .string(floor.database.servers.runDirectory), "port": 5432, "name": .string(floor.database.name),
          "user": "floor_auditor",
        ],
        "redis": ["socket": .string(floor.database.servers.redisSocket), "user": "auditor"],
        "auditor": ["interval_ms": 50, "drift_s": 120],
      ],
      secrets: [
        "database_password": floor.database.servers.databasePassword("floor_auditor"),
        "redis_password": floor.database.servers.busPassword("auditor"),
      ])
  }

  @Test("the running auditor writes a finding once, raises an event, halts the floor, and chains the audit log")
  func runs() throws {
    let floor = try Self.tradedFloor()
    let home = try TemporaryDirectory()
    let birth = Self.birth(floor, home)
    let child = try ProgramUnderTest("auditor", birth: birth, in: home)
    let administrator = try floor.database.openAsAdministrator()
    try eventuallyTrue("the audit log is chained", within: .seconds(20)) {
      try administrator.query("SELECT count(*) AS n FROM audit_log").one().int("n") > 5
        && administrator.query("SELECT count(*) AS n FROM audit_outbox").one().int("n") == 0
    }
    #expect(try administrator.query("SELECT count(*) AS n FROM findings").one().int("n") == 0)
    #expect(try administrator.query("SELECT mode FROM floor_state").one().text("mode") == "ACTIVE")
    try administrator.execute(
      script: "SET session_replication_role = replica; UPDATE fills SET fee = fee + 0.000001 WHERE seq = 1")
    try eventuallyTrue("the floor is halted", within: .seconds(20)) {
      try administrator.query("SELECT halted FROM floor_state").one().bool("halted")
    }
    let reason = try administrator.query("SELECT reason, latched_by FROM floor_state").one()
    #expect(try reason.text("reason").hasPrefix("auditor: "))
    #expect(try reason.text("latched_by") == "floor_auditor")
    // Several passes later the standing findings are still one row each.
    let before = try administrator.query("SELECT max(id) AS n FROM findings").one().int("n")
    let chained = try administrator.query("SELECT max(seq) AS n FROM audit_log").one().int("n")
    try administrator.query("INSERT INTO audit_outbox (kind, body) VALUES ('test', '{}')")
    try eventuallyTrue("the next entry is chained", within: .seconds(20)) {
      try administrator.query("SELECT max(seq) AS n FROM audit_log").one().int("n") > chained
    }
    #expect(
      try administrator.query("SELECT count(*) AS n FROM findings GROUP BY code, subject HAVING count(*) > 1").count
        == 0)
    #expect(before > 0)
    #expect(try child.stop() == 0)
    // What it noted outside the database agrees with the chain.
    let noted = try AuditHeads.read(AuditHeads.path(stateDirectory: home.path))
    #expect(!noted.isEmpty)
  }

  @Test("floor audit verify follows the chain, and finds an altered entry, a cut tail and a rewritten log")
  func verification() throws {
    let floor = try Self.tradedFloor()
    let home = try TemporaryDirectory()
    let administrator = try floor.database.openAsAdministrator()
    let auditor = try floor.database.open(as: "floor_auditor")
    func verify() throws -> (status: ExitCause, text: String) {
      let output = try Command.run(
        try Siblings.path("floor"),
        [
          "audit", "verify", "--state", home.path, "--run", home.path, "--host", floor.database.servers.runDirectory,
          "--database", floor.database.name, "--user", "floor_admin",
        ], timeout: .seconds(30))
      return (output.status, output.text)
    }
    #expect(try auditor.query("SELECT chain_audit(1000) AS n").one().int("n") > 5)
    let last = try administrator.query("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1").one()
    let head = AuditHeads.Head(
      seq: try last.int("seq"), hash: AuditEntryReader.hex(try last.bytes("hash")), at: "2026-11-20T00:00:00Z")
    let path = AuditHeads.path(stateDirectory: home.path)
    try AuditHeads.append(head, to: path)
    let whole = try verify()
    #expect(whole.status == .code(0))
    #expect(whole.text.contains("whole: \(head.seq) entries, 1 noted heads agree; head \(head.hash)"), "\(whole.text)")

    // A log that continues is still whole; a head of another record is not in it.
    try administrator.query("INSERT INTO audit_outbox (kind, body) VALUES ('test', '{}')")
    #expect(try auditor.query("SELECT chain_audit(1000) AS n").one().int("n") == 1)
    #expect(try verify().status == .code(0))
    try AuditHeads.append(
      AuditHeads.Head(seq: head.seq + 1, hash: String(repeating: "0", count: 64), at: ""), to: path)
    let rewritten = try verify()
    #expect(rewritten.status == .code(1))
    #expect(rewritten.text.contains("the head noted at entry \(head.seq + 1) is not in the log"), "\(rewritten.text)")

    try administrator.execute(
      script: "SET session_replication_role = replica; UPDATE audit_log SET body = '{}' WHERE seq = 3")
    #expect(try verify().text.contains("entry 3 was altered"))
    try administrator.execute(script: "DELETE FROM audit_log WHERE seq >= 3")
    #expect(try verify().text.contains("the head noted at entry \(head.seq) is not in the log"))
  }

  /// Readings of the venue's balance, each `every` seconds, the last one `end` seconds after now; `difference` is added to the books.
  private func evidence(
    _ session: BlockingDatabase, readings: Int, every: Int, end: Int, difference: String
  ) throws {
    try session.query(
      """
      INSERT INTO evidence (kind, body, gateway_epoch, at)
      SELECT 'balance', jsonb_build_object('balance_usd', ((SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e
               JOIN ledger_transactions t USING (tx_id) WHERE t.booked_at <= w.at AND e.asset = 'USD'
                AND (e.account = 'treasury' OR e.account LIKE 'agent:%')) + $4::numeric)::text), 1, w.at
        FROM (SELECT n, clock_timestamp() + make_interval(secs => $3 - ($1 - n) * $2) AS at FROM generate_series(1, $1) n) w ORDER BY n
      """, [.int(readings), .int(every), .int(end), .text(difference)])
  }

  @Test("a drift that was made good hours ago is not found at a start, one that stands now is, at once and once")
  func driftOfThePast() throws {
    let floor = try Self.tradedFloor()
    let home = try TemporaryDirectory()
    let administrator = try floor.database.openAsAdministrator()
    func findings() throws -> [String] {
      try administrator.query("SELECT found FROM findings ORDER BY id").map { try $0.text("found") }
    }
    // Six hours of readings, of which the first differed; then one that agrees.
    try evidence(administrator, readings: 60, every: 30, end: -18_000, difference: "7")
    try evidence(administrator, readings: 600, every: 30, end: -60, difference: "0")
    // What differs since two and a half minutes.
    try evidence(administrator, readings: 6, every: 30, end: 200, difference: "5")
    var child = try ProgramUnderTest("auditor", birth: Self.birth(floor, home), in: home)
    // A pass takes 20 readings: the whole history would take 33 passes.
    try eventuallyTrue("the present drift is found", within: .seconds(10)) { try findings().isEmpty == false }
    #expect(try findings() == ["venue minus books 5"])
    #expect(try child.stop() == 0)

    // A person looked at it and resumed: the next auditor knows it.
    try floor.boss.query("SELECT resume_floor('seen', $1)", [.int(floor.bossEpoch)])
    func recalls() throws -> Int {
      let log = String(
        decoding: try SmallFile.read(home.path + "/log/auditor.log", bytesMax: 1 << 22), as: UTF8.self)
      return log.split(separator: "\n").count { $0.contains("books audited") }
    }
    let before = try recalls()
    child = try ProgramUnderTest("auditor", birth: Self.birth(floor, home), in: home)
    try eventuallyTrue("three more passes", within: .seconds(20)) { try recalls() >= before + 3 }
    #expect(try findings().count == 1)
    #expect(try !administrator.query("SELECT halted FROM floor_state").one().bool("halted"))
    // Made good, and wrong again by the same amount: that is news.
    try evidence(administrator, readings: 1, every: 30, end: 230, difference: "0")
    try evidence(administrator, readings: 6, every: 30, end: 410, difference: "5")
    try eventuallyTrue("it is found again", within: .seconds(10)) { try findings().count == 2 }
    #expect(try administrator.query("SELECT halted FROM floor_state").one().bool("halted"))
    #expect(try child.stop() == 0)
  }

  @Test("an auditor that cannot read the books is not ready and says so once; a good pass makes it ready again")
  func blind() throws {
    let floor = try Self.tradedFloor()
    let home = try TemporaryDirectory()
    let administrator = try floor.database.openAsAdministrator()
    let child = try ProgramUnderTest("auditor", birth: Self.birth(floor, home), in: home)
    let loop = try EventLoop()
    let control = ControlClient(loop: loop, path: home.path + "/auditor.sock")
    defer { control.close() }
    func ready(_ wanted: Bool) throws -> Bool {
      try loop.turn(until: { control.progress?.isReady == wanted }, limit: .seconds(15))
    }
    func told() throws -> Int64 {
      try administrator.query(
        "SELECT count(*) AS n FROM system_events WHERE event_type = 'auditor_blind' AND severity = 'CRITICAL'"
      ).one().int("n")
    }
    #expect(try ready(true))
    for round in 1...2 {
      try administrator.execute(script: "REVOKE SELECT ON settlements FROM floor_readers")
      #expect(try ready(false))
      #expect(control.progress?.note.contains("cannot be read") == true)
      try eventuallyTrue("it is told", within: .seconds(5)) { try told() == round }
      try administrator.execute(script: "GRANT SELECT ON settlements TO floor_readers")
      #expect(try ready(true))
      #expect(try told() == round)
    }
    #expect(try child.stop() == 0)
  }
}
