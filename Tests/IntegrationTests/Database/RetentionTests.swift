import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// What the record forgets, and what it never does.
@Suite("The record's retention")
struct RetentionTests {
  @Test("Old answers of the venue go, but for each day's last and highest; money and verdicts stay")
  func evidenceAges() throws {
    let floor = try DatabaseFloor()
    let database = try floor.database.openAsAdministrator()
    for day in [200, 100, 1] {
      for (hour, peak) in [(0, "1000"), (1, "1200.5"), (2, "900"), (3, "1100")] {
        try database.query(
          """
          INSERT INTO evidence (kind, body, gateway_epoch, at)
          VALUES ('balance', $1, 1, date_trunc('day', now(), 'UTC') - make_interval(days => $2::integer) + make_interval(hours => $3::integer))
          """, [.json(["peak_usd": .string(peak)]), .int(Int64(day)), .int(Int64(hour))])
      }
      for severity in ["INFO", "WARNING", "ERROR", "CRITICAL"] {
        try database.query(
          """
          INSERT INTO system_events (timestamp, severity, component, event_type, message)
          VALUES (now() - make_interval(days => $2::integer), $1, 'test', 'retention', '')
          """, [.text(severity), .int(Int64(day))])
      }
      try database.query(
        "INSERT INTO reconciliations (why, requested_at) VALUES ('hourly', now() - make_interval(days => $1::integer))",
        [.int(Int64(day))])
    }
    let deposits = try database.query("SELECT count(*) AS n FROM ledger_entries").one().int("n")
    #expect(try floor.boss.query("SELECT purge_history('90 days') AS n").one().int("n") == 10)
    #expect(try database.query("SELECT count(*) AS n FROM reconciliations").one().int("n") == 1)
    let rows = try database.query(
      "SELECT body->>'peak_usd' AS peak, at < now() - interval '90 days' AS old FROM evidence ORDER BY id")
    #expect(
      try rows.filter { try $0.text("old") == "t" }.map { try $0.text("peak") } == ["1200.5", "1100", "1200.5", "1100"])
    #expect(rows.count == 8)
    let kept = try database.query(
      "SELECT severity FROM system_events WHERE event_type = 'retention' AND timestamp < now() - interval '90 days' ORDER BY id"
    )
    #expect(try kept.map { try $0.text("severity") } == ["ERROR", "CRITICAL", "ERROR", "CRITICAL"])
    #expect(try database.query("SELECT count(*) AS n FROM ledger_entries").one().int("n") == deposits)
    #expect(throws: DatabaseError.self) { try database.query("UPDATE evidence SET kind = 'trades'") }
  }

  @Test("A decision that is written again is the same decision")
  func decisionsHaveNames() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("named-1", allocation: "10")
    let database = try floor.database.openAsAdministrator()
    for reason in ["first", "again", "other"] {
      try database.query(
        """
        INSERT INTO decisions (agent_id, epoch, kind, reason, number)
        SELECT id, $1, 'signal', $2, CASE $2 WHEN 'other' THEN 2 ELSE 1 END FROM agents WHERE name = 'named-1' ON CONFLICT DO NOTHING
        """, [.int(epoch), .text(reason)])
    }
    let rows = try database.query("SELECT reason FROM decisions ORDER BY number")
    #expect(try rows.map { try $0.text("reason") } == ["first", "other"])
  }
}
