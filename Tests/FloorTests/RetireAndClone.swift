import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

extension WholeFloor {
  /// Selection from the evidence to the last cent, by itself: one strategy, the same made-up waves, and parameters that lose or win.
  @Suite("Agents are retired and cloned by themselves") struct RetireAndClone {
    @Test(
      "Who loses by parameters alone is fenced, flattened and retired, its capital returns; the winner's clone trades")
    func selection() throws {
      let waves = try Waves(windows: 3)
      let floor = try RunningFloor("selection", waves.options)
      try waves.play(floor, ready: ["agent-early", "agent-late"])

      try eventuallyTrue("late is retired", within: .seconds(90)) {
        try floor.count("SELECT count(*) AS value FROM agents WHERE name = 'late' AND status = 'RETIRED'") == 1
      }
      try eventuallyTrue("the clone has traded", within: .seconds(90)) {
        try floor.count(
          """
          SELECT count(*) AS value FROM trades t JOIN agents a ON a.id = t.agent_id JOIN agents p ON p.id = a.parent_id
           WHERE p.name = 'early' AND a.generation = 1
          """) > 0
      }

      // Said after it is done: the clone may have traded before.
      try eventuallyTrue("the verdict on late stands", within: .seconds(30)) {
        try floor.count(
          """
          SELECT count(*) AS value FROM verdicts v JOIN recommendations r ON r.id = v.recommendation_id JOIN agents a ON a.id = r.agent_id
           WHERE a.name = 'late' AND r.action = 'RETIRE'
          """) > 0
      }

      // The evidence: what the rule saw, recomputed here from the trades it names.
      let advice = try floor.rows(
        """
        SELECT r.action, r.rule, (r.evidence->>'trades')::int AS trades, (r.evidence->>'pnl_usd')::numeric(20,6) AS told,
               (SELECT sum(pnl) FROM (SELECT pnl FROM trade_records WHERE agent_id = r.agent_id
                  AND id <= (r.evidence->>'last_trade_id')::bigint) t) AS counted, v.verdict, v.evidence->'evidence' = r.evidence AS kept
          FROM recommendations r JOIN agents a ON a.id = r.agent_id JOIN verdicts v ON v.recommendation_id = r.id
         WHERE (a.name, r.action) IN (('late', 'RETIRE'), ('early', 'CLONE')) ORDER BY r.action DESC, r.id
        """)
      let actions = try advice.map { try $0.text("action") }
      #expect(actions.first == "RETIRE", "advice with a verdict: \(actions)")
      #expect(try advice.contains { try $0.text("action") == "CLONE" && $0.text("verdict") == "CLONE" })
      for row in advice {
        #expect(try row.text("rule") == AdviceRule.name)
        #expect(try row.int("trades") >= 5)
        #expect(try row.usd("told") == row.usd("counted"))
        #expect(try row.bool("kept"))
      }

      // The epoch is fenced: the record refuses what the last living one would still send.
      let epochs = try floor.rows(
        """
        SELECT e.epoch, e.reason FROM agent_epochs e JOIN agents a ON a.id = e.agent_id WHERE a.name = 'late' ORDER BY e.epoch
        """)
      let (lived, fence) = (try #require(epochs.dropLast().last), try #require(epochs.last))
      #expect(try fence.text("reason").hasPrefix("retire"))
      let late = try floor.asAdministrator(
        """
        SELECT submit_intent(jsonb_build_object('intent', 'late.999', 'agent', 'late', 'epoch', \(try lived.int("epoch")),
                 'gateway_epoch', (SELECT epoch FROM leases WHERE name = 'gateway'), 'action', 'enter', 'market', m.slug, 'outcome', 'YES',
                 'side', 'BUY', 'type', 'FAK', 'price', '0.50', 'size', '5', 'worst', '2.6', 'useful_until_ns', '9000000000000000000',
                 'market_now_ns', '1790000000000000000'))->>'reason' AS value FROM markets m LIMIT 1
        """)
      #expect(late == "agent_fenced")

      // Its positions are closed and its capital is back, to the micro-dollar.
      let left = try floor.rows(
        """
        SELECT l.allocated, l.reserved, l.invested, account_balance(agent_account(a.id)) AS cash,
               (SELECT count(*) FROM positions p WHERE p.agent_id = a.id AND p.shares <> 0) AS positions,
               (SELECT count(*) FROM open_orders o WHERE o.agent_id = a.id) AS orders
          FROM agents a JOIN allocations l ON l.agent_id = a.id WHERE a.name = 'late'
        """
      ).one()
      for column in ["allocated", "reserved", "invested", "cash"] { #expect(try left.usd(column) == .zero) }
      #expect(try left.int("positions") == 0 && left.int("orders") == 0)
      // Whatever it held when it was fenced was sold by the gateway, and by nobody else.
      let after = try floor.rows(
        """
        SELECT count(*) FILTER (WHERE i.origin = 'agent') AS own, count(*) FILTER (WHERE i.origin = 'gateway') AS gateway
          FROM orders o JOIN intents i ON i.id = o.intent_id JOIN agents a ON a.id = o.agent_id
         WHERE a.name = 'late' AND o.created_at > (SELECT max(began_at) FROM agent_epochs WHERE agent_id = a.id)
        """
      ).one()
      #expect(try after.int("own") == 0)
      let returned = try floor.rows(
        """
        SELECT sum(-e.amount) AS back FROM ledger_transactions t JOIN ledger_entries e ON e.tx_id = t.tx_id
          JOIN agents a ON e.account = agent_account(a.id) WHERE a.name = 'late' AND t.kind = 'return'
        """
      ).one().usd("back")
      #expect(returned > USD(dollars: 50) && returned < USD(dollars: 100), "what it lost did not come back")

      // For people.
      let table = try floor.floor("agents")
      #expect(table.status == 0)
      #expect(table.output.contains("RETIRED") && table.output.contains("early-r"))
      let verdicts = try floor.floor("verdicts", "late")
      #expect(verdicts.output.contains("RETIRE") && verdicts.output.contains(AdviceRule.name))
      #expect(try floor.count("SELECT count(*) AS value FROM findings") == 0)
      try floor.stop()
    }

    @Test("An agent that is told to retire while it holds a position loses it to the gateway, which sells it")
    func retiredWhileHolding() throws {
      let waves = try Waves(windows: 3)
      let floor = try RunningFloor("retire", waves.options + ["--set", "judging.act=false"])
      try waves.play(floor, ready: ["agent-early", "agent-late"])
      try eventuallyTrue("late holds something", within: .seconds(60)) {
        try floor.count(
          "SELECT count(*) AS value FROM positions p JOIN agents a ON a.id = p.agent_id WHERE a.name = 'late' AND p.shares > 0"
        ) > 0
      }
      // Stopped in its tracks: what is sold from now on is sold by the gateway, and the process must be killed.
      let pid = try floor.count("SELECT pid AS value FROM processes WHERE name = 'agent-late'")
      kill(Int32(pid), SIGSTOP)
      let answer = try floor.floor("retire", "late", "--timeout", "30")
      #expect(answer.status == 0, "\(answer.output)")
      #expect(try floor.count("SELECT count(*) AS value FROM agents WHERE name = 'late' AND status = 'RETIRED'") == 1)
      #expect(
        try floor.count(
          """
          SELECT count(*) AS value FROM fills f JOIN orders o USING (order_id) JOIN intents i ON i.id = o.intent_id
            JOIN agents a ON a.id = f.agent_id WHERE a.name = 'late' AND i.origin = 'gateway' AND i.reason = 'taken over: draining'
          """) > 0)
      #expect(
        try floor.count(
          "SELECT count(*) AS value FROM positions p JOIN agents a ON a.id = p.agent_id WHERE a.name = 'late' AND p.shares <> 0"
        ) == 0)
      try eventuallyTrue("its process is gone") { kill(Int32(pid), 0) != 0 }
      try floor.stop()
    }
  }
}

/// Recordings in which prices go up and down in waves, and how a floor plays them.
struct Waves {
  private let folder: TemporaryDirectory
  let options: [String]

  init(windows: Int) throws {
    let folder = try TemporaryDirectory()
    self.folder = folder
    let waves = Process()
    waves.executableURL = URL(filePath: "/usr/bin/python3")
    waves.arguments = [Repository.root + "/scripts/lib/waves.py", folder.path, String(windows)]
    try waves.run()
    waves.waitUntilExit()
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { folder.path + "/" + $0 }
    // The floor may run as another user than the tests.
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    for file in files { try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file) }
    options = [
      "--agents", Repository.root + "/config/selection/agents",
      "--venue-arguments", "--source replay \(files.joined(separator: " ")) --speed 10 --taker-hold-ms 10 --paused",
      "--set", "market.series=btc-15m,eth-15m", "--set", "judging.every_s=1", "--set", "judging.trades_min_count=5",
      "--set", "orders.hold_to_settlement_s=0",
    ]
  }

  /// Lets the market begin once gateway and agents are there.
  func play(_ floor: RunningFloor, ready agents: [String]) throws {
    let names = (agents + [ProcessNames.gateway]).map { "'\($0)'" }.joined(separator: ", ")
    try eventuallyTrue("gateway and agents are ready", within: .seconds(90)) {
      try floor.count("SELECT count(*) AS value FROM processes WHERE state = 'READY' AND name IN (\(names))")
        == Int64(agents.count + 1)
    }
    let start = Process()
    start.executableURL = URL(filePath: "/usr/bin/curl")
    start.arguments = ["-sf", "-X", "POST", "-o", "/dev/null", "http://127.0.0.1:\(floor.simPort)/sim/start"]
    try start.run()
    start.waitUntilExit()
    #expect(start.terminationStatus == 0, "the venue starts")
  }
}
