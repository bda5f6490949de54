import FloorIOData
import FloorTestSupport
import Shared
import Testing

@Suite("Performance monitor")
struct PerformanceMonitorTests {
  @Test(
    "a loser is recommended for retirement with its evidence, once, and the result can be recomputed from the record")
  func loserIsRecommended() throws {
    let floor = try DatabaseFloor()
    try floor.hire("loser", allocation: "100")
    try floor.hire("steady", allocation: "100")
    try floor.market("m-1")
    let administrator = try floor.database.openAsAdministrator()
    // Twenty cents lost on each dollar, give or take; the steady one wins and loses alike.
    try administrator.execute(
      script: """
        INSERT INTO trade_records (id, cycle, agent_id, token_id, market, side, entry_price, exit_price, shares, cost, proceeds, fees, pnl,
                                   opened_at, executed_at, exit_reason, is_paper)
        SELECT a.id * 1000 + i, a.id * 1000 + i, a.id, (SELECT token_id FROM tokens LIMIT 1), 'm-1', 'YES', 0.5, 0.5, 10, 5, 5 + r.pnl, 0, r.pnl,
               now() - interval '2 hours' + i * interval '1 minute', now() - interval '2 hours' + i * interval '1 minute', 'test', true
          FROM agents a, generate_series(1, 40) i,
               LATERAL (SELECT CASE WHEN a.name = 'loser' THEN -1 + (i % 3) * 0.1 WHEN i % 2 = 0 THEN 1 ELSE -1 END AS pnl) r;
        """)
    let home = try TemporaryDirectory()
    let servers = floor.database.servers
    let birth = BirthDocument(
      process: "perf-monitor", stateDirectory: home.path, runDirectory: home.path, epoch: Epoch(1), boot: "monitor-1",
      configuration: [
        "database": [
          "host": .string(servers.runDirectory), "port": 5432, "name": .string(floor.database.name),
          "user": "floor_monitor",
        ],
        "redis": ["socket": .string(servers.redisSocket), "user": "monitor"], "judging": ["every_s": 1],
      ],
      secrets: [
        "database_password": servers.databasePassword("floor_monitor"),
        "redis_password": servers.busPassword("monitor"),
      ])
    let child = try ProgramUnderTest("perf-monitor", birth: birth, in: home)
    try eventuallyTrue("both agents have a snapshot and the loser its advice", within: .seconds(30)) {
      try administrator.query("SELECT count(*) AS n FROM performance_snapshots").one().int("n") == 2
        && administrator.query("SELECT count(*) AS n FROM waiting_recommendations").one().int("n") == 1
    }
    let advice = try administrator.query("SELECT agent, action, evidence FROM waiting_recommendations").one()
    #expect(try advice.text("agent") == "loser")
    #expect(try advice.text("action") == "RETIRE")
    let evidence = try advice.json("evidence")
    #expect(evidence["trades"]?.int == 40)
    let pnl = try administrator.query(
      "SELECT sum(pnl) AS p FROM trades t JOIN agents a ON a.id = t.agent_id WHERE a.name = 'loser'"
    ).one().usd("p")
    #expect(evidence["pnl_usd"]?.usd == pnl)
    let snapshot = try administrator.query(
      "SELECT s.trades, s.wins, s.pnl, s.implied_win_rate, s.max_drawdown FROM performance_snapshots s JOIN agents a ON a.id = s.agent_id WHERE a.name = 'loser'"
    ).one()
    #expect(try snapshot.int("wins") == 0)
    #expect(try snapshot.usd("pnl") == pnl)
    #expect(try snapshot.usd("max_drawdown") == -pnl)
    #expect(try snapshot.double("implied_win_rate") == 0.5)
    // It goes on looking without repeating itself; one more trade makes one more snapshot and no more advice.
    try administrator.execute(
      script: """
        INSERT INTO trade_records (id, cycle, agent_id, token_id, market, side, entry_price, exit_price, shares, cost, proceeds, fees, pnl,
                                   opened_at, executed_at, exit_reason, is_paper)
        SELECT 9999, 9999, id, (SELECT token_id FROM tokens LIMIT 1), 'm-1', 'YES', 0.5, 0.5, 10, 5, 4, 0, -1, now(), now(), 'test', true
          FROM agents WHERE name = 'loser'
        """)
    try eventuallyTrue("the next snapshot", within: .seconds(20)) {
      try administrator.query("SELECT count(*) AS n FROM performance_snapshots").one().int("n") == 3
    }
    #expect(try administrator.query("SELECT count(*) AS n FROM recommendations").one().int("n") == 1)
    #expect(try child.stop() == 0)
  }
}
