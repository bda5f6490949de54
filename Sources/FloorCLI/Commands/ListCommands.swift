import FloorIOData
import Shared

/// `floor agents | positions | orders | trades | events | verdicts`: the record as tables.
enum ListCommands {
  static let all = [
    list(
      "agents", "every agent: capital, result, lineage", hasLimit: false,
      """
      SELECT p.name AS agent, p.strategy, p.status, p.generation, parent.name AS parent, p.allocated, p.free, p.trades, p.wins, p.pnl,
             p.fees, d.realized AS today, p.last_trade_at
        FROM agent_pnl p JOIN agents a ON a.id = p.agent_id LEFT JOIN agents parent ON parent.id = a.parent_id
        LEFT JOIN agent_day_pnl d ON d.agent_id = p.agent_id
       WHERE $1 = '' OR p.name = $1 ORDER BY p.status = 'RETIRED', p.name LIMIT $2
      """),
    list(
      "positions", "what is held", hasLimit: false,
      """
      SELECT agent, market, outcome, shares, average_price, cost, fees, opened_at, ends_at, market_state
        FROM positions_view WHERE shares <> 0 AND ($1 = '' OR agent = $1) ORDER BY agent, market LIMIT $2
      """),
    list(
      "orders", "orders that are not final", hasLimit: false,
      """
      SELECT agent, market, outcome, side, type, price, size, filled, state, reserved, reason, created_at, order_id
        FROM open_orders WHERE $1 = '' OR agent = $1 ORDER BY created_at LIMIT $2
      """),
    list(
      "trades", "completed round trips, newest first", hasLimit: true,
      """
      SELECT t.id AS trade, t.executed_at, a.name AS agent, t.market, t.side, t.entry_price, t.exit_price, t.shares, t.fees, t.pnl, t.exit_reason
        FROM trades t JOIN agents a ON a.id = t.agent_id WHERE $1 = '' OR a.name = $1 ORDER BY t.executed_at DESC LIMIT $2
      """),
    list(
      "events", "what happened to the floor, newest first", hasLimit: true,
      """
      SELECT timestamp, severity, component, event_type, message FROM system_events
       WHERE $1 = '' OR component = $1 ORDER BY timestamp DESC, id DESC LIMIT $2
      """, filter: "COMPONENT"),
    list(
      "verdicts", "verdicts on agents and the evidence behind them", hasLimit: true,
      """
      SELECT v.at, a.name AS agent, v.verdict, v.made_by, v.reason, r.rule, r.evidence
        FROM verdicts v JOIN agents a ON a.id = v.agent_id LEFT JOIN recommendations r ON r.id = v.recommendation_id
       WHERE $1 = '' OR a.name = $1 ORDER BY v.at DESC LIMIT $2
      """),
  ]

  private static func list(
    _ name: String, _ summary: String, hasLimit: Bool, _ sql: StaticString, filter: String = "AGENT"
  ) -> FloorCommand {
    FloorCommand(
      name: name, summary: summary, usage: "[\(filter)] " + (hasLimit ? "[--limit N] " : "") + "[--json]",
      options: hasLimit ? ["limit"] : []
    ) { line, instance in
      guard line.words.count <= 1 else { throw FloorFailure(.usage, "give at most one \(filter.lowercased())") }
      let limit = hasLimit ? try line.whole("limit", default: 20, in: 1...100_000) : 100_000
      let rows = try instance.openDatabase().query(sql, [.text(line.words.first ?? ""), .int(limit)])
      let listing = Listing(rows)
      print(instance.isJSON ? listing.json.text : listing.table)
      return .done
    }
  }
}
