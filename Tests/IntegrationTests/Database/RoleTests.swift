import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// Each role tries what it must not do; the catalogue is read for what nobody may.
@Suite("Database roles")
struct RoleTests {
  /// Runs the script and tells how it was refused.
  static func refusal(_ session: BlockingDatabase, _ script: String) -> String? {
    do {
      try session.execute(script: script)
      return nil
    } catch let error as DatabaseError {
      return error.sqlState
    } catch {
      return "\(error)"
    }
  }

  static let moneyTables = [
    "allocations", "intents", "orders", "order_state", "order_events", "fills", "fill_state", "positions",
    "settlements", "trade_records",
    "ledger_transactions", "ledger_entries", "ledger_balances", "market_exposure", "floor_state", "leases", "agents",
    "agent_epochs",
    "agent_cursors", "agent_days", "reconciliations", "audit_log", "audit_outbox", "evidence", "schema_migrations",
  ]

  @Test(
    "no role of the floor writes a money table directly",
    arguments: [
      "floor_boss", "floor_gateway", "floor_feed", "floor_auditor", "floor_monitor", "floor_web", "floor_operator",
      "floor_agent_01",
    ])
  func moneyTablesAreClosed(role: String) throws {
    let session = try TestServers.shared().database().open(as: role)
    for table in Self.moneyTables {
      #expect(Self.refusal(session, "DELETE FROM \(table)") == "42501", "\(role) deletes from \(table)")
      #expect(Self.refusal(session, "INSERT INTO \(table) DEFAULT VALUES") == "42501", "\(role) inserts into \(table)")
      #expect(Self.refusal(session, "TRUNCATE \(table)") == "42501", "\(role) truncates \(table)")
    }
    #expect(Self.refusal(session, "UPDATE allocations SET allocated = 1000000") == "42501")
    #expect(Self.refusal(session, "UPDATE agents SET epoch = 99") == "42501")
    #expect(Self.refusal(session, "UPDATE ledger_entries SET amount = 1") == "42501")
    #expect(Self.refusal(session, "CREATE TABLE mine (a int)") == "42501")
    #expect(Self.refusal(session, "CREATE ROLE mine") == "42501")
    #expect(Self.refusal(session, "SET ROLE floor_owner") == "42501")
    #expect(Self.refusal(session, "ALTER TABLE ledger_entries DISABLE TRIGGER ALL") == "42501")
    #expect(Self.refusal(session, "COPY agents TO PROGRAM 'cat'") == "42501")
  }

  @Test("each role may call its own functions and not the others'")
  func functionsAreApart() throws {
    let servers = try TestServers.shared()
    let database = try servers.database()
    let calls: [(function: String, roles: Set<String>)] = [
      ("submit_intent('{}')", ["floor_gateway"]), ("record_fill('{}')", ["floor_gateway"]),
      ("submit_own_exit('{}')", ["floor_gateway"]), ("settle_fills('{}')", ["floor_gateway"]),
      ("take_fill(null, null, null)", []), ("fail_fill(null, null, null)", []), ("is_recorded('', '', 1, 1)", []),
      ("advance_order('{}')", ["floor_gateway"]), ("settle_market('{}')", ["floor_gateway"]),
      ("record_deposit('{}')", ["floor_gateway"]), ("allocate('a', 1, 1)", ["floor_boss"]),
      ("return_capital('a', 1)", ["floor_boss"]), ("set_mode('ACTIVE', '', 1)", ["floor_boss"]),
      ("resume_floor('', 1)", ["floor_boss"]), ("hire_agent('{}')", ["floor_boss"]),
      ("begin_agent_epoch('a', 1)", ["floor_boss"]), ("take_commands(1)", ["floor_boss"]),
      ("post_ledger('deposit', 'x', null, '[]')", []), ("void_fill(null, '', '')", []),
      ("book_allocation(1, 0, 0, 0)", []), ("chain_audit()", ["floor_auditor"]),
      ("upsert_market('{}')", ["floor_feed"]), ("request_command('halt')", ["floor_operator", "floor_boss"]),
      ("purge_history('1 day')", ["floor_boss"]),
      ("request_reconciliation()", ["floor_operator"]), ("take_reconciliation(1)", ["floor_gateway"]),
      ("record_reconciliation('{}')", ["floor_gateway"]), ("record_strategy_day('{}')", ["floor_gateway"]),
      ("reset_breakers('agent', 'nobody')", ["floor_operator"]), ("declare_money('x', 0)", ["floor_operator"]),
      ("offer_intent('{}')", ["floor_agent_01"]),
    ]
    for role in [
      "floor_boss", "floor_gateway", "floor_feed", "floor_auditor", "floor_monitor", "floor_web", "floor_operator",
      "floor_agent_01",
    ] {
      let session = try database.open(as: role)
      for call in calls {
        let refused = Self.refusal(session, "SELECT \(call.function)") == "42501"
        #expect(refused == !call.roles.contains(role), "\(role) and \(call.function)")
      }
    }
  }

  @Test("an agent writes only its own checkpoints, decisions and counts, under its present epoch")
  func agentsAreApart() throws {
    let floor = try DatabaseFloor()
    let first = try floor.hire("one", allocation: "10")
    let second = try floor.hire("two", allocation: "10")
    let roles = try floor.boss.query("SELECT id, name, db_role FROM agents ORDER BY id").map {
      (try $0.int("id"), try $0.text("db_role"))
    }
    let session = try floor.database.open(as: roles[0].1)
    func decide(_ agent: Int64, _ epoch: Int64) -> String? {
      Self.refusal(
        session, "INSERT INTO decisions (agent_id, epoch, kind, reason) VALUES (\(agent), \(epoch), 'signal', 'up')")
    }
    func checkpoint(_ agent: Int64, _ epoch: Int64) -> String? {
      Self.refusal(
        session,
        """
        INSERT INTO checkpoints (agent_id, seq, epoch, state) VALUES (\(agent), 1, \(epoch), '{}')
        ON CONFLICT (agent_id) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, state = excluded.state
        """)
    }
    func count(_ agent: Int64, _ epoch: Int64) -> String? {
      Self.refusal(
        session,
        """
        INSERT INTO evaluation_counts (agent_id, epoch, slot, evaluations, quiet, refused, signals, reasons, unreported, decisions)
        VALUES (\(agent), \(epoch), 'epoch', 1, 1, 0, 0, '{}', 0, 0)
        ON CONFLICT (agent_id, epoch, slot) DO UPDATE SET evaluations = excluded.evaluations
        """)
    }
    #expect(count(roles[0].0, first) == nil)
    #expect(count(roles[0].0, first) == nil)
    #expect(count(roles[1].0, second) == "42501")
    #expect(count(roles[0].0, first + 100) == "42501")
    #expect(try session.query("SELECT * FROM evaluation_counts").count == 1)
    #expect(decide(roles[0].0, first) == nil)
    #expect(decide(roles[1].0, second) == "42501")
    #expect(decide(roles[0].0, first - 1) == "42501")
    #expect(checkpoint(roles[0].0, first) == nil)
    #expect(checkpoint(roles[0].0, first) == nil)
    #expect(checkpoint(roles[1].0, second) == "42501")
    #expect(checkpoint(roles[0].0, first + 100) == "42501")
    #expect(try session.query("SELECT * FROM agent_snapshot('one')").count == 1)
    #expect(Self.refusal(session, "SELECT agent_snapshot('two')") == "42501")
    #expect(Self.refusal(session, "SELECT * FROM order_events_since('two', 0)") == "42501")
    #expect(Self.refusal(session, "SELECT offer_intent('{\"agent\":\"two\"}')") == "42501")
    #expect(Self.refusal(session, "SELECT offer_intent('{\"agent\":\"one\",\"intent\":\"one.1\"}')") == nil)
    #expect(Self.refusal(session, "SELECT * FROM agents") == "42501")
    #expect(Self.refusal(session, "SELECT * FROM orders") == "42501")

    // A fence: what the old birth still writes is refused from then on.
    let fresh = try floor.beginEpoch("one")
    #expect(decide(roles[0].0, first) == "42501")
    #expect(decide(roles[0].0, fresh) == nil)
    #expect(try floor.gateway.query("SELECT take_offered_intents($1)", [.int(floor.gatewayEpoch)]).count == 1)
    #expect(try floor.gateway.query("SELECT take_offered_intents($1)", [.int(floor.gatewayEpoch)]).count == 0)
  }

  @Test("the signed bytes of an order are readable by the gateway alone")
  func signedBytes() throws {
    let database = try TestServers.shared().database()
    #expect(Self.refusal(try database.open(as: "floor_gateway"), "SELECT signed_body FROM orders") == nil)
    for role in ["floor_boss", "floor_auditor", "floor_monitor", "floor_web", "floor_operator"] {
      let session = try database.open(as: role)
      #expect(Self.refusal(session, "SELECT signed_body FROM orders") == "42501", "\(role)")
      #expect(Self.refusal(session, "SELECT order_id, price FROM orders") == nil, "\(role)")
    }
  }

  @Test(
    "nobody who can log in owns anything, creates roles or bypasses row security; every privileged function pins its search path"
  )
  func catalogue() throws {
    let session = try TestServers.shared().database().openAsAdministrator()
    func none(_ what: String, _ script: String) throws {
      let rows = try session.execute(script: script).map { $0["found"] ?? "" }
      #expect(rows == [], "\(what)")
    }
    try none(
      "roles with power",
      """
      SELECT rolname AS found FROM pg_roles WHERE rolname LIKE 'floor\\_%' AND rolname <> 'floor_admin'
         AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)
      """)
    try none(
      "tables not owned by floor_owner",
      """
      SELECT relname AS found FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
         AND relowner <> 'floor_owner'::regrole AND relname <> 'schema_migrations'
      """)
    try none(
      "SECURITY DEFINER without a search path",
      """
      SELECT proname AS found FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
         AND NOT coalesce(array_to_string(proconfig, ',') LIKE '%search_path=public, pg_temp%', false)
      """)
    try none(
      "functions anybody may call",
      """
      SELECT proname AS found FROM pg_proc WHERE pronamespace = 'public'::regnamespace
         AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)
      """)
    try none(
      "tables without a comment",
      """
      SELECT relname AS found FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND obj_description(oid, 'pg_class') IS NULL AND NOT relispartition AND relname <> 'schema_migrations'
      """)
    try none(
      "foreign keys of money tables without an index for the child's look-up are few and known",
      "SELECT conname AS found FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")
  }

  @Test("a fact cannot be changed or removed, not even by its owner")
  func factsStay() throws {
    let floor = try DatabaseFloor()
    let session = try floor.database.openAsAdministrator()
    try floor.hire("one", allocation: "10")
    #expect(Self.refusal(session, "UPDATE ledger_entries SET amount = amount + 1") == "FL010")
    #expect(Self.refusal(session, "DELETE FROM ledger_entries") == "FL010")
    #expect(Self.refusal(session, "UPDATE agent_epochs SET epoch = 7") == "FL010")
    #expect(Self.refusal(session, "TRUNCATE ledger_entries") == "FL010")
  }
}
