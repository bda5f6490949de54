import FloorIOData
import Shared

/// What the record holds of one order, intent or round trip.
struct ExplainReading {
  let database: BlockingDatabase

  /// Something that an id may name.
  struct Subject: Hashable {
    enum Kind: String { case order, intent, trade, fill }
    let kind: Kind
    let id: String
  }

  // MARK: Whose id it is

  /// The one thing whose id this is, or begins like this.
  func subject(_ word: String) throws -> Subject {
    let exact = try found(word, "=")
    if exact.count == 1 { return exact[0] }
    let all = exact.isEmpty ? try found(word, "prefix") : exact
    if all.count == 1 { return all[0] }
    guard !all.isEmpty else {
      throw FloorFailure(
        .refused, "the record knows no order, intent, round trip or venue's trade whose id is or begins with \(word)")
    }
    let some = all.prefix(5).map { "\($0.kind.rawValue) \($0.id)" }.joined(separator: ", ")
    throw FloorFailure(.usage, "\(word) is ambiguous: \(some)\(all.count > 5 ? ", …" : ""). Give more of it.")
  }

  private func found(_ word: String, _ how: String) throws -> [Subject] {
    // A round trip's number is never a beginning of one: 12 is not 120.
    let rows = try database.query(
      how == "="
        ? """
        SELECT 'order' AS kind, order_id AS id FROM orders WHERE order_id = $1
        UNION ALL SELECT 'intent', id FROM intents WHERE id = $1
        UNION ALL SELECT 'trade', id::text FROM trade_records WHERE CASE WHEN $1 ~ '^[0-9]{1,18}$' THEN id = $1::bigint END
        UNION ALL SELECT 'fill', venue_trade_id FROM (SELECT DISTINCT venue_trade_id FROM fills WHERE venue_trade_id = $1) f
        LIMIT 6
        """
        : """
        SELECT 'order' AS kind, order_id AS id FROM orders WHERE starts_with(order_id, $1)
        UNION ALL SELECT 'intent', id FROM intents WHERE starts_with(id, $1)
        UNION ALL SELECT 'fill', venue_trade_id FROM (SELECT DISTINCT venue_trade_id FROM fills WHERE starts_with(venue_trade_id, $1)) f
        LIMIT 6
        """, [.text(word)])
    return try rows.compactMap { row in
      Subject.Kind(rawValue: try row.text("kind")).map { Subject(kind: $0, id: row["id"] ?? "") }
    }
  }

  /// The intents behind a subject, oldest first.
  func intents(of subject: Subject) throws -> [String] {
    let rows: Rows
    switch subject.kind {
    case .intent: return [subject.id]
    case .order: rows = try database.query("SELECT intent_id FROM orders WHERE order_id = $1", [.text(subject.id)])
    case .fill:
      rows = try database.query(
        "SELECT o.intent_id FROM fills f JOIN orders o USING (order_id) WHERE f.venue_trade_id = $1 ORDER BY f.seq",
        [.text(subject.id)])
    case .trade:
      rows = try database.query(
        """
        SELECT o.intent_id FROM fill_state s JOIN fills f USING (venue_trade_id, order_id) JOIN orders o USING (order_id)
         WHERE s.trade_id = (SELECT cycle FROM trade_records WHERE id = $1::bigint) GROUP BY o.intent_id ORDER BY min(f.seq)
        """, [.text(subject.id)])
    }
    return try rows.map { try $0.text("intent_id") }
  }

  // MARK: One order

  func facts(_ intentID: String) throws -> OrderStory.Facts {
    let row = try database.query(
      """
      SELECT i.id AS intent, i.agent_id, a.name AS agent, a.strategy, i.epoch, i.origin, i.action, i.market, i.outcome, i.side, i.type,
             i.price, i.size, i.worst, i.cancels, i.reason, i.useful_until, i.market_at, i.book_at, i.result, i.denial, i.denial_detail,
             i.created_at, o.order_id, o.token_id, o.is_paper, s.state, s.settlement, s.filled, s.reserved, s.reserved_shares,
             s.reason AS state_reason, s.detail AS state_detail, s.updated_at
        FROM intents i JOIN agents a ON a.id = i.agent_id LEFT JOIN orders o ON o.intent_id = i.id LEFT JOIN order_state s USING (order_id)
       WHERE i.id = $1
      """, [.text(intentID)]
    ).one()
    var facts = OrderStory.Facts(intent: Fact(row))
    let agent = try row.int("agent_id")
    let created = try row.wall("created_at")
    // Not by the intent's id, which no index of decisions holds: by agent and time, which one does.
    facts.decision = try list(
      """
      SELECT at, market_at, reason, detail, feed_order FROM decisions
       WHERE agent_id = $1 AND at BETWEEN $2::timestamptz - interval '1 minute' AND $2::timestamptz + interval '10 minutes'
         AND intent_id = $3 AND kind = 'signal' LIMIT 1
      """, [.int(agent), .time(created), .text(intentID)]
    ).first
    facts.cancels = try list(
      """
      SELECT created_at, market_at, reason, denial FROM intents WHERE agent_id = $1 AND created_at >= $2 AND cancels = $3 ORDER BY created_at
      """, [.int(agent), .time(created), .text(intentID)])
    guard let order = row["order_id"] else { return facts }
    facts.changes = try changes(of: order, from: created, to: try row.wall("updated_at"))
    facts.fills = try list(
      """
      SELECT f.venue_trade_id, f.side, f.price, f.size, f.notional, f.fee, f.liquidity, f.source, f.executed_at, f.recorded_at, f.market_at, x.status,
             x.trade_id, x.updated_at, x.realized
        FROM fills f JOIN fill_state x USING (venue_trade_id, order_id) WHERE f.order_id = $1 ORDER BY f.seq
      """, [.text(order)])
    let trips: SQLValue = .array(facts.fills.map { .text($0["trade_id"]) })
    facts.settlements = try list(
      """
      SELECT id, kind, shares, payout, proceeds, realized, settled_at, market_at FROM settlements WHERE trade_id = ANY ($1::bigint[]) ORDER BY id
      """, [trips])
    facts.trades = try list(
      """
      SELECT id, cost, proceeds, fees, pnl, exit_reason, executed_at, market_at, voided_at, void_reason FROM trade_records
       WHERE cycle = ANY ($1::bigint[]) ORDER BY id
      """, [trips])
    facts.bookings = try bookings(order, facts, row["outcome"] ?? "")
    return facts
  }

  private func list(_ sql: StaticString, _ values: [SQLValue]) throws -> [Fact] {
    try database.query(sql, values).map { Fact($0) }
  }

  private func bookings(_ order: String, _ facts: OrderStory.Facts, _ outcome: String) throws -> [Fact] {
    let fills = facts.fills.map { SQLValue.text("\($0["venue_trade_id"])/\(order)") }
    return try list(
      """
      SELECT t.tx_id, t.kind, t.booked_at, t.market_at,
             (SELECT string_agg(coalesce('agent ' || a.name, e.account) || ' ' || CASE WHEN e.amount > 0 THEN '+' ELSE '' END
                       || trim_scale(e.amount) || ' ' || CASE WHEN e.asset = 'USD' THEN 'USD' ELSE $3 END, ', ' ORDER BY e.line)
                FROM ledger_entries e LEFT JOIN agents a ON e.account = 'agent:' || a.id WHERE e.tx_id = t.tx_id) AS lines
        FROM ledger_transactions t
       WHERE t.kind IN ('fill', 'void') AND t.ref = ANY ($1) OR t.kind IN ('settle', 'correct') AND t.ref = ANY ($2) ORDER BY t.tx_id
      """,
      [.array(fills), .array(facts.settlements.map { .text($0["id"]) }), .text(outcome)])
  }

  // MARK: The audit chain

  /// Each change of the order's state. The chain is in the order of time and has an index by number alone, so its part is found by halving.
  private func changes(of order: String, from: WallTime, to: WallTime) throws -> [Fact] {
    let first = try entry(from: from.advanced(by: .seconds(-60)))
    let last = try entry(from: to.advanced(by: .seconds(60)))
    return try list(
      """
      SELECT at, actor, from_state AS "from", to_state AS "to", reason FROM (
        SELECT outbox_id AS number, at_text AS at, actor, body::jsonb->>'from' AS from_state, body::jsonb->>'to' AS to_state,
               body::jsonb->>'reason' AS reason
          FROM audit_log WHERE seq BETWEEN $2 AND $3 AND kind = 'order_state' AND body LIKE '%' || $1 || '%'
        UNION ALL
        SELECT id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), actor, body->>'from', body->>'to', body->>'reason'
          FROM audit_outbox WHERE kind = 'order_state' AND body->>'order' = $1) x ORDER BY number
      """, [.text(order), .integer(first), .integer(last)])
  }

  /// The first entry at or after a time, or the one behind the last.
  private func entry(from time: WallTime) throws -> Int64 {
    var low: Int64 = 1
    var high = try database.query("SELECT coalesce(max(seq), 0) + 1 AS seq FROM audit_log").one().int("seq")
    while low < high {
      let middle = low + (high - low) / 2
      let at = try database.query("SELECT at_text FROM audit_log WHERE seq = $1", [.integer(middle)]).one().wall(
        "at_text")
      if at < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
