import FloorIOData
import FloorTestSupport
import Foundation
import Shared

extension TortureFloor {
  /// Waits until nothing is under way any more, then compares everything with the venue's truth log. Every line is a difference; none is
  /// health.
  func differences() throws -> [String] {
    try waitUntilQuiet()
    let looker = try bench.database.openAsAdministrator(patience: .seconds(600))
    let truth = TruthReader(path: bench.directory.path + "/venue/truth.jsonl")
    try truth.read()
    let record = try RecordReader(looker)
    var found = CrashOracle.pending(truth, record) + CrashOracle.differences(truth, record)
    found += try lost(looker)
    found += try beyondLimits(looker)
    found += try bench.database.brokenInvariants(patience: .seconds(600)).map { "broken invariant: \($0)" }
    let reserved = try looker.query(
      """
      SELECT coalesce((SELECT sum(reserved) FROM allocations), 0) + coalesce((SELECT sum(reserved_shares) FROM positions), 0) AS r
      """
    ).one().usd("r")
    if reserved != .zero { found.append("\(reserved) stay reserved") }
    return found
  }

  /// Every outcome known, every trade settled, and both booked.
  private func waitUntilQuiet() throws {
    var unrest = ""
    do {
      try bench.until("the record to come to rest", within: .seconds(120)) {
        try tend()
        feed(SystemClock.monotonic())
        unrest = "mode \(bench.control?.progress?.mode ?? "unknown")"
        guard isOpen, bench.control?.progress?.mode == "ACTIVE" else { return false }
        let looker = try bench.database.openAsAdministrator()
        unrest = try looker.query(
          """
          SELECT coalesce(string_agg(what || ' ' || n, ', '), '') AS unrest FROM (
            SELECT state AS what, count(*) AS n FROM order_state
             WHERE state IN ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN') GROUP BY 1
            UNION ALL SELECT status, count(*) FROM fill_state WHERE status IN ('MATCHED', 'MINED') GROUP BY 1) x
          """
        ).one().text("unrest")
        return unrest.isEmpty
      }
    } catch { throw BenchFailure("\(unrest): \(error)") }
  }

  /// Agents number their wishes from one: the record must hold every number.
  private func lost(_ looker: BlockingDatabase) throws -> [String] {
    var found: [String] = []
    let rows = try looker.query(
      "SELECT a.name, count(i.id) AS n FROM agents a LEFT JOIN intents i ON i.agent_id = a.id AND i.origin = 'agent' GROUP BY a.name"
    )
    let counts = Dictionary(uniqueKeysWithValues: try rows.map { (try $0.text("name"), try $0.int("n")) })
    for agent in agents where counts[agent.name.text] != agent.decisions {
      found.append("\(agent.name) had \(agent.decisions) wishes, the record \(counts[agent.name.text] ?? 0)")
    }
    return found
  }

  private func beyondLimits(_ looker: BlockingDatabase) throws -> [String] {
    var orders: [String: ExposureReplay.Order] = [:]
    var found: [String] = []
    for row in try looker.query(
      "SELECT o.order_id, a.name, o.worst, o.size FROM orders o JOIN agents a ON a.id = o.agent_id")
    {
      let worst = try row.usd("worst")
      if worst > Self.orderLimit { found.append("an order may cost \(worst), more than \(Self.orderLimit)") }
      orders[try row.text("order_id")] = ExposureReplay.Order(
        agent: try row.text("name"), worst: worst.micros, size: try row.shares("size").micros)
    }
    var replay = ExposureReplay(orders: orders)
    try TruthLines(path: bench.directory.path + "/venue/truth.jsonl").read { try replay.take($0) }
    for agent in agents {
      let most = USD(micros: replay.most[agent.name.text] ?? 0)
      // A sale rounds the cost of what it sells, by a micro-dollar at most.
      let slack = USD(micros: agent.decisions)
      if most > agent.allocation + slack { found.append("\(agent.name) had \(most) at risk, of \(agent.allocation)") }
    }
    let cap = USD(dollars: Self.capital * 4 / 10)
    if USD(micros: replay.floorMost) > cap {
      found.append("the floor had \(USD(micros: replay.floorMost)) at risk, of \(cap)")
    }
    fullest =
      agents.map { agent in
        Double(replay.most[agent.name.text] ?? 0) / Double(agent.allocation.micros)
      }.max() ?? 0
    return found
  }
}
