import FloorIOData
import FloorTestSupport
import Shared
import Testing

@Suite("Operator queries")
struct SeedQueryTests {
  /// The three queries that operators know by heart, in their own words.
  static let recentTrades = "SELECT * FROM trades ORDER BY executed_at DESC LIMIT 20;"
  static let agentPerformance = """
    SELECT
        a.name,
        COUNT(t.id) as trades,
        SUM(t.pnl) as pnl,
        AVG(CASE WHEN t.pnl > 0 THEN 1 ELSE 0 END) * 100 as win_rate
    FROM agents a
    LEFT JOIN trades t ON t.agent_id = a.id
    WHERE t.executed_at > NOW() - INTERVAL '24 hours'
    GROUP BY a.name;
    """
  static let healthEvents = """
    SELECT * FROM system_events
    WHERE severity IN ('ERROR', 'CRITICAL')
    ORDER BY timestamp DESC
    LIMIT 50;
    """

  @Test("the three queries run as written and show what stands")
  func seedQueries() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("momo-1", allocation: "100")
    try floor.market("m-1")
    for (number, exit) in ["0.6", "0.4"].enumerated() {
      let buy = try floor.submit(
        floor.intent(
          "momo-1.\(2 * number)", agent: "momo-1", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10"))
      _ = try floor.fill(buy["order_id"]!.string!, trade: "b\(number)", price: "0.5", size: "10")
      let sell = try floor.submit(
        floor.intent(
          "momo-1.\(2 * number + 1)", agent: "momo-1", epoch: epoch, market: "m-1", side: "SELL", price: exit,
          size: "10"))
      _ = try floor.fill(sell["order_id"]!.string!, trade: "s\(number)", price: exit, size: "10")
    }
    let event = floor.boss
    try event.query("SELECT report_event('ERROR', 'test', 'trouble', 'something', NULL)")
    try event.query("SELECT report_event('INFO', 'test', 'calm', 'nothing', NULL)")

    let operatorSession = try floor.database.open(as: "floor_operator")
    #expect(
      try operatorSession.execute(script: Self.recentTrades).map { try $0.usd("pnl").description } == ["-1", "1"])
    let performance = try operatorSession.execute(script: Self.agentPerformance).one()
    #expect(try performance.text("name") == "momo-1")
    #expect(try performance.int("trades") == 2)
    #expect(try performance.usd("pnl") == .zero)
    #expect(try performance.double("win_rate") == 50)
    #expect(try operatorSession.execute(script: Self.healthEvents).map { try $0.text("message") } == ["something"])
  }

  @Test("the operator's files hold those very queries, and each file runs for the operator")
  func files() throws {
    let database = try TestServers.shared().database()
    let session = try database.open(as: "floor_operator")
    func file(_ name: String) throws -> String {
      String(decoding: try SmallFile.read("\(Repository.root)/sql/operator/\(name)", bytesMax: 1 << 20), as: UTF8.self)
    }
    #expect(try file("recent_trades.sql").contains(Self.recentTrades))
    #expect(try file("agent_performance_24h.sql").contains(Self.agentPerformance))
    #expect(try file("system_health_events.sql").contains(Self.healthEvents))
    for name in [
      "recent_trades.sql", "agent_performance_24h.sql", "system_health_events.sql", "floor.sql", "agents.sql",
      "open_positions.sql",
      "open_orders.sql", "refusals_1h.sql", "why_retired.sql", "ledger_check.sql", "invariants.sql",
    ] {
      #expect(throws: Never.self, "\(name)") { try session.execute(script: try file(name)) }
    }
  }

  @Test("on many trades the operator's queries use the indexes made for them")
  func plans() throws {
    let floor = try DatabaseFloor()
    try floor.hire("momo-1", allocation: "100")
    try floor.market("m-1")
    let session = try floor.database.openAsAdministrator()
    try session.execute(
      script: """
        INSERT INTO trade_records (cycle, agent_id, token_id, market, side, entry_price, exit_price, shares, cost, proceeds, fees, pnl, opened_at,
                                   executed_at, exit_reason, is_paper)
        SELECT i, 1, (SELECT token_id FROM tokens LIMIT 1), 'm-1', 'YES', 0.5, 0.5, 1, 0.5, 0.5, 0, 0, now() - i * interval '1 minute',
               now() - i * interval '1 minute', 'x', true
          FROM generate_series(1, 50000) i;
        INSERT INTO system_events (timestamp, severity, component, event_type, message)
        SELECT now() - i * interval '1 minute', CASE WHEN i % 500 = 0 THEN 'ERROR' ELSE 'INFO' END, 'x', 'x', 'x'
          FROM generate_series(1, 50000) i;
        ANALYZE trade_records; ANALYZE system_events; ANALYZE agents;
        """)
    func plan(_ query: String) throws -> String {
      try session.execute(script: "EXPLAIN " + query).map { try $0.text("QUERY PLAN") }.joined(separator: "\n")
    }
    #expect(try plan(Self.recentTrades).contains("trade_records_executed"))
    let performance = try plan(Self.agentPerformance)
    #expect(!performance.contains("Seq Scan on trade_records"), "\(performance)")
    #expect(try plan(Self.healthEvents).contains("system_events_bad"))
  }
}
