import FloorIOData
import FloorTestSupport
import Shared
import Testing

@Suite("Leases, modes, commands, capital")
struct ControlTests {
  static func state(_ error: any Error) -> String { (error as? DatabaseError)?.sqlState ?? "\(error)" }

  static func refused(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return state(error) }
  }

  @Test("a lease has one holder; renewing keeps the epoch, expiry and proven death pass it on with the next")
  func leases() throws {
    let database = try TestServers.shared().database()
    let boss = try database.open(as: "floor_boss")
    func claim(_ holder: String, _ boot: String, ttl: String = "6 seconds", dead: String? = nil) throws -> Int64? {
      let answer = try boss.query(
        "SELECT claim_lease('boss', $1, $2, $3::interval, $4) AS e",
        [.text(holder), .text(boot), .text(ttl), dead.map { .text($0) } ?? .null])
      return try answer.one().isNull("e") ? nil : answer.one().int("e")
    }
    #expect(try claim("a:1:1", "boot-a") == 1)
    #expect(try claim("a:1:1", "boot-a") == 1)
    #expect(try claim("b:2:2", "boot-b") == nil)
    #expect(try claim("b:2:2", "boot-b", dead: "boot-x") == nil)
    #expect(try claim("b:2:2", "boot-b", dead: "boot-a") == 2)
    #expect(try claim("a:1:1", "boot-a") == nil)
    #expect(try claim("b:2:2", "boot-b", ttl: "-1 second") == 2)
    #expect(try claim("c:3:3", "boot-c") == 3)
    // The same process name with another boot is another run: it must wait like anybody.
    #expect(try claim("c:3:3", "boot-d") == nil)
    #expect(try boss.query("SELECT release_lease('boss', 'c:3:3', 'boot-c') AS r").one().bool("r"))
    #expect(try claim("d:4:4", "boot-e") == 4)
    #expect(Self.refused { try boss.query("SELECT claim_lease('gateway', 'a', 'b')") } == "42501")
  }

  @Test("many claimants at once: exactly one gets the lease")
  func oneOfMany() async throws {
    let database = try TestServers.shared().database()
    let epochs = try await withThrowingTaskGroup(of: Int64?.self) { group in
      for number in 0..<8 {
        group.addTask {
          let session = try database.open(as: "floor_boss")
          let row = try session.query("SELECT claim_lease('boss', $1, $1) AS e", [.text("boot-\(number)")]).one()
          return row.isNull("e") ? nil : try row.int("e")
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(epochs.compactMap { $0 } == [1])
  }

  @Test("a boss that lost its lease changes nothing")
  func staleBoss() throws {
    let floor = try DatabaseFloor()
    try floor.hire("one", allocation: "10")
    try floor.boss.query("SELECT claim_lease('boss', 'b', 'next', '6 seconds', 'boss-boot')")
    let stale = floor.bossEpoch
    #expect(Self.refused { try floor.boss.query("SELECT set_mode('ACTIVE', 'x', $1)", [.int(stale)]) } == "FL001")
    #expect(Self.refused { try floor.boss.query("SELECT allocate('one', 1, $1)", [.int(stale)]) } == "FL001")
    #expect(Self.refused { try floor.boss.query("SELECT begin_agent_epoch('one', $1)", [.int(stale)]) } == "FL001")
    #expect(Self.refused { try floor.boss.query("SELECT take_commands($1)", [.int(stale)]) } == "FL001")
    #expect(Self.refused { try floor.boss.query("SELECT retire_agent('one', 'x', $1)", [.int(stale)]) } == "FL001")
  }

  @Test("a halt is latched: no mode leaves it, only resume, and then without new entries")
  func halt() throws {
    let floor = try DatabaseFloor()
    let auditor = try floor.database.open(as: "floor_auditor")
    #expect(try auditor.query("SELECT trip_halt('money drift') AS t").one().bool("t"))
    #expect(try auditor.query("SELECT trip_halt('again') AS t").one().bool("t") == false)
    #expect(
      try floor.boss.query("SELECT set_mode('ACTIVE', 'x', $1) AS m", [.int(floor.bossEpoch)]).one().text("m")
        == "HALTED")
    let row = try floor.boss.query("SELECT mode, reason, latched_by FROM floor_state").one()
    #expect(try row.text("reason") == "money drift")
    #expect(try row.text("latched_by") == "floor_auditor")
    let administrator = try floor.database.openAsAdministrator()
    #expect(
      Self.refused {
        try administrator.execute(script: "UPDATE floor_state SET mode = 'ACTIVE', halted = false, latched_by = null")
      } == "FL013")
    #expect(
      try floor.boss.query("SELECT resume_floor('looked at it', $1) AS m", [.int(floor.bossEpoch)]).one().text("m")
        == "REDUCE_ONLY")
    #expect(
      try floor.boss.query("SELECT set_mode('ACTIVE', 'x', $1) AS m", [.int(floor.bossEpoch)]).one().text("m")
        == "ACTIVE")
    #expect(
      try administrator.query(
        "SELECT count(*) AS n FROM system_events WHERE severity = 'CRITICAL' AND event_type = 'halt'"
      ).one().int("n") == 1)
  }

  @Test("a doubt is added to a halt and none takes it back but the resume; what the auditor halts for is always one")
  func doubts() throws {
    let floor = try DatabaseFloor()
    let auditor = try floor.database.open(as: "floor_auditor")
    func holds() throws -> Bool {
      try floor.boss.query("SELECT halt_holds FROM floor_state").one().bool("halt_holds")
    }
    func resume() throws { try floor.boss.query("SELECT resume_floor('looked at it', $1)", [.int(floor.bossEpoch)]) }
    try floor.gateway.query("SELECT trip_halt('drawdown', false)")
    #expect(try !holds())
    #expect(try floor.gateway.query("SELECT trip_halt('journal unreadable', true) AS t").one().bool("t") == false)
    #expect(try holds())
    try floor.boss.query("SELECT trip_halt('the operator')")
    #expect(try holds())
    #expect(try floor.boss.query("SELECT reason FROM floor_state").one().text("reason") == "drawdown")
    try resume()
    #expect(try !holds())
    try auditor.query("SELECT trip_halt('money')")
    #expect(try holds())
    try resume()
    try floor.boss.query("SELECT trip_halt('the operator')")
    #expect(try !holds())
    try auditor.query("SELECT trip_halt('money')")
    #expect(try holds())
    let administrator = try floor.database.openAsAdministrator()
    #expect(
      try administrator.query("SELECT count(*) AS n FROM system_events WHERE event_type = 'halt_holds'").one().int("n")
        == 2)
  }

  @Test("a command is consumed once, expires, and is finished once")
  func commands() async throws {
    let floor = try DatabaseFloor()
    let operatorSession = try floor.database.open(as: "floor_operator")
    let id = try operatorSession.query("SELECT request_command('pause', 'one', '{}', '1 hour') AS id").one().int("id")
    try operatorSession.query("SELECT request_command('start', 'one', '{}', '-1 second')")
    try operatorSession.query("SELECT request_command('pause', 'one', '{}', '1 hour', 'nonce-1')")
    #expect(
      Self.refused { try operatorSession.query("SELECT request_command('pause', 'one', '{}', '1 minute', 'nonce-1')") }
        == "23505")
    let epoch = floor.bossEpoch
    let database = floor.database
    let taken = try await withThrowingTaskGroup(of: [Int64].self) { group in
      for _ in 0..<4 {
        group.addTask {
          try database.open(as: "floor_boss").query("SELECT id FROM take_commands($1)", [.int(epoch)]).map {
            try $0.int("id")
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(taken.count == 2 && taken.contains(id))
    #expect(try floor.boss.query("SELECT state FROM commands WHERE verb = 'start'").one().text("state") == "EXPIRED")
    func finish() throws -> Bool {
      try floor.boss.query("SELECT finish_command($1, true, '{}', $2) AS f", [.int(id), .int(epoch)]).one().bool("f")
    }
    #expect(try finish())
    #expect(try finish() == false)
    #expect(
      try floor.boss.query("SELECT requested_by FROM commands WHERE id = $1", [.int(id)]).one().text("requested_by")
        == "floor_operator")
  }

  @Test("allocations together stay under the cap when many are asked for at once")
  func allocationCap() async throws {
    let floor = try DatabaseFloor(capital: "1000", allocationCap: "400")
    for number in 0..<8 { try floor.hire("agent-\(number)", allocation: "1") }
    let (database, epoch) = (floor.database, floor.bossEpoch)
    let outcomes = try await withThrowingTaskGroup(of: [String].self) { group in
      for number in 0..<8 {
        group.addTask {
          let session = try database.open(as: "floor_boss")
          return try (0..<10).map { _ in
            try session.query("SELECT allocate($1, 17.5, $2) AS j", [.text("agent-\(number)"), .int(epoch)]).one().json(
              "j")["outcome"]?.string
              ?? ""
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    // 392 remain after eight dollars: 22 allocations of 17.50 fit.
    #expect(outcomes.count { $0 == "allocated" } == 22)
    #expect(try floor.brokenInvariants() == [])
    #expect(
      try floor.boss.query("SELECT allocate('agent-0', 7.01, $1) AS j", [.int(epoch)]).one().json("j")["reason"]
        == "allocation_cap")
  }

  @Test("an agent retires only when it is flat, and its capital with what it won returns to the treasury")
  func retirement() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let order = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10"))[
        "order_id"]!.string!
    func retire() throws -> JSON {
      try floor.boss.query("SELECT retire_agent('one', 'lost its edge', $1) AS j", [.int(floor.bossEpoch)]).one().json(
        "j")
    }
    #expect(try retire()["outcome"] == "draining")
    // Its epoch is fenced at once.
    let late = try floor.intent(
      "one.2", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "1")
    #expect(try floor.submit(late)["reason"] == "agent_fenced")
    _ = try floor.fill(order, trade: "t1", price: "0.5", size: "10")
    #expect(try retire()["outcome"] == "draining")
    // The gateway sells for it.
    let exit = try floor.intent(
      "one.exit-1", agent: "one", epoch: 0, market: "m-1", side: "SELL", price: "0.6", size: "10",
      changes: [("origin", "gateway")])
    let sale = try floor.submit(exit)
    #expect(sale["outcome"] == "accepted")
    _ = try floor.fill(sale["order_id"]!.string!, trade: "t2", price: "0.6", size: "10")
    #expect(try retire()["outcome"] == "retired")
    #expect(try retire()["outcome"] == "retired")
    let row = try floor.boss.query("SELECT treasury, cash, allocated FROM floor_overview").one()
    #expect(try row.usd("treasury").description == "1001")
    #expect(try row.usd("cash").description == "1001")
    #expect(try row.usd("allocated") == .zero)
    // Its login role is free again, its name never.
    #expect(
      try floor.boss.query(
        "SELECT hire_agent($1) AS j", [.json(["boss_epoch": .int(floor.bossEpoch), "name": "one", "strategy": "x"])]
      ).one().json("j")["outcome"] == "exists")
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("a clone has its parent, its generation, its own capital and none of its parent's positions")
  func clones() throws {
    let floor = try DatabaseFloor()
    try floor.hire("one", allocation: "50")
    let answer = try floor.boss.query(
      "SELECT clone_agent('one', 'one-c1', $1, 'won', $2) AS j", [.json(["x": "0.1"]), .int(floor.bossEpoch)]
    ).one().json("j")
    #expect(answer["generation"]?.int == 1)
    let row = try floor.boss.query(
      "SELECT a.strategy, p.name AS parent, l.allocated, a.db_role FROM agents a JOIN agents p ON p.id = a.parent_id JOIN allocations l ON l.agent_id = a.id WHERE a.name = 'one-c1'"
    ).one()
    #expect(try row.text("parent") == "one")
    #expect(try row.text("strategy") == "momentum")
    #expect(try row.usd("allocated") == .zero)
    #expect(try row.text("db_role") == "floor_agent_02")
  }

  @Test("the pool of login roles is finite and says so")
  func pool() throws {
    let floor = try DatabaseFloor()
    var outcomes: [String] = []
    for number in 0..<33 {
      let answer = try floor.boss.query(
        "SELECT hire_agent($1) AS j",
        [.json(["boss_epoch": .int(floor.bossEpoch), "name": .string("a\(number)"), "strategy": "x"])]
      ).one().json("j")
      outcomes.append(answer["outcome"]?.string ?? "")
    }
    #expect(outcomes[..<32].allSatisfy { $0 == "hired" })
    #expect(outcomes[32] == "refused")
  }

  @Test("the audit chain holds every entry once, and a row that was altered behind its back breaks it")
  func chain() throws {
    let floor = try DatabaseFloor()
    try floor.hire("one", allocation: "10")
    let auditor = try floor.database.open(as: "floor_auditor")
    let before = try auditor.query("SELECT count(*) AS n FROM audit_outbox").one().int("n")
    #expect(before > 3)
    #expect(try auditor.query("SELECT chain_audit(2) AS n").one().int("n") == 2)
    #expect(try auditor.query("SELECT chain_audit() AS n").one().int("n") == before - 2)
    #expect(try auditor.query("SELECT count(*) AS n FROM audit_outbox").one().int("n") == 0)
    let rows = try auditor.query("SELECT seq, prev, hash FROM audit_log ORDER BY seq")
    for index in 1..<rows.count {
      #expect(try rows[index].bytes("prev") == rows[index - 1].bytes("hash"))
      #expect(try rows[index].int("seq") == rows[index - 1].int("seq") + 1)
    }
  }

  @Test("market ticks fall into their day; days are made ahead and dropped when old")
  func partitions() throws {
    let database = try TestServers.shared().database()
    let feed = try database.open(as: "floor_feed")
    #expect(try feed.query("SELECT ensure_tick_partitions(2) AS n").one().int("n") == 3)
    #expect(try feed.query("SELECT ensure_tick_partitions(2) AS n").one().int("n") == 0)
    try feed.query("INSERT INTO market_ticks (market_at, slug, token_id, bid) VALUES (now(), 'm', '1', 0.5)")
    try feed.query(
      "INSERT INTO market_ticks (at, market_at, slug, token_id, bid) VALUES (now() - interval '40 days', now(), 'm', '1', 0.5)"
    )
    let administrator = try database.openAsAdministrator()
    #expect(try administrator.query("SELECT count(*) AS n FROM market_ticks_default").one().int("n") == 1)
    try feed.query("SELECT drop_tick_partitions(30)")
    #expect(try administrator.query("SELECT count(*) AS n FROM market_ticks").one().int("n") == 1)
    try administrator.execute(
      script:
        "CREATE TABLE market_ticks_20200101 PARTITION OF market_ticks FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-01-02 00:00:00+00'); ALTER TABLE market_ticks_20200101 OWNER TO floor_owner"
    )
    #expect(try feed.query("SELECT drop_tick_partitions(30) AS n").one().int("n") == 1)
  }
}
