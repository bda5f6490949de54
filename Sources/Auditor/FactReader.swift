import FloorIOData
import Shared

/// Reads `AuditFacts` in one statement, so that all of it is one moment of the record however much is being written meanwhile.
enum FactReader {
  /// Rows of (kind, c1 … c13), fills and the rest each in the order that `facts(from:)` expects.
  static let statement: StaticString = """
    SELECT * FROM (
    SELECT 'F' AS kind, f.seq AS place, f.venue_trade_id AS c1, f.order_id AS c2, f.agent_id::text AS c3, f.token_id AS c4, f.side AS c5,
           f.price::text AS c6, f.size::text AS c7, f.notional::text AS c8, f.fee::text AS c9, f.liquidity AS c10,
           (s.voided_at IS NOT NULL)::text AS c11, s.trade_id::text AS c12
      FROM fills f LEFT JOIN fill_state s USING (venue_trade_id, order_id)
    UNION ALL
    SELECT 'O', 0, o.order_id, o.agent_id::text, o.side, o.price::text, o.size::text, s.reserved::text, NULL, NULL, NULL, NULL, NULL, NULL
      FROM orders o JOIN order_state s USING (order_id)
     WHERE s.reserved <> 0 OR s.filled <> 0
    UNION ALL
    SELECT 'S', x.id, x.id::text, x.agent_id::text, x.token_id, x.trade_id::text, x.shares::text, x.payout::text, x.proceeds::text, x.kind,
           NULL, NULL, NULL, NULL
      FROM settlements x
    UNION ALL
    SELECT 'L', t.tx_id, t.kind, t.ref, max(e.account) FILTER (WHERE e.account LIKE 'agent:%'), max(e.asset) FILTER (WHERE e.asset <> 'USD'),
           sum(e.amount) FILTER (WHERE e.account LIKE 'agent:%' AND e.asset = 'USD')::text,
           sum(e.amount) FILTER (WHERE e.account = 'treasury')::text,
           sum(e.amount) FILTER (WHERE e.account = 'venue' AND e.asset = 'USD')::text,
           sum(e.amount) FILTER (WHERE e.account = 'fees')::text, sum(e.amount) FILTER (WHERE e.account = 'external')::text,
           sum(e.amount) FILTER (WHERE e.account LIKE 'agent:%' AND e.asset <> 'USD')::text,
           sum(e.amount) FILTER (WHERE e.account = 'venue' AND e.asset <> 'USD')::text, NULL
      FROM ledger_transactions t LEFT JOIN ledger_entries e USING (tx_id) GROUP BY t.tx_id, t.kind, t.ref
    UNION ALL
    SELECT 'B', 0, account, asset, balance::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM ledger_balances
    UNION ALL
    SELECT 'P', 0, agent_id::text, token_id, shares::text, cost::text, fees::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM positions
    UNION ALL
    SELECT 'A', 0, l.agent_id::text, a.name, l.allocated::text, l.reserved::text, l.invested::text, l.realized::text,
           NULL, NULL, NULL, NULL, NULL, NULL FROM allocations l JOIN agents a ON a.id = l.agent_id
    UNION ALL
    SELECT 'T', 0, id::text, cycle::text, pnl::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM trade_records WHERE voided_at IS NULL
    UNION ALL
    SELECT 'M', 0, t.token_id, m.fee_rate::text, m.fee_exponent::text,
           (CASE t.outcome WHEN 'YES' THEN m.payout_yes ELSE 1 - m.payout_yes END)::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
      FROM tokens t JOIN markets m USING (slug)
     WHERE EXISTS (SELECT FROM positions x WHERE x.token_id = t.token_id)
    UNION ALL
    SELECT 'X', 0, allocation_cap::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM floor_state
    ) everything ORDER BY kind, place
    """

  /// Throws `DatabaseError` `.shape` where a cell is not what it must be.
  static func facts(from rows: Rows) throws -> AuditFacts {
    var facts = AuditFacts()
    for row in rows {
      func text(_ column: String) throws -> String { try row.text(column) }
      func amount(_ column: String) throws -> Int64 {
        guard let cell = row[column] else { return 0 }
        do { return try Decimal6.parse(cell) } catch {
          throw DatabaseError(.shape, "column \(column) does not hold an amount")
        }
      }
      switch try text("kind") {
      case "F":
        facts.fills.append(
          .init(
            trade: try text("c1"), order: try text("c2"), agent: try row.int("c3"), token: try text("c4"),
            isBuy: try text("c5") == "BUY",
            price: try amount("c6"), size: try amount("c7"), notional: try amount("c8"), fee: try amount("c9"),
            isTaker: try text("c10") == "TAKER", isVoided: try text("c11") == "true",
            cycle: row["c12"] == nil ? 0 : try row.int("c12")))
      case "O":
        facts.orders[try text("c1")] = .init(
          agent: try row.int("c2"), isBuy: try text("c3") == "BUY", price: try amount("c4"), size: try amount("c5"),
          reserved: try amount("c6"))
      case "S":
        facts.settlements.append(
          .init(
            id: try row.int("c1"), agent: try row.int("c2"), token: try text("c3"), cycle: try row.int("c4"),
            shares: try amount("c5"),
            payout: try amount("c6"), proceeds: try amount("c7"), isCorrection: try text("c8") == "correct"))
      case "L":
        facts.bookings.append(
          .init(
            kind: try text("c1"), reference: try text("c2"), account: row["c3"], token: row["c4"],
            agentCash: try amount("c5"),
            treasury: try amount("c6"), venueCash: try amount("c7"), fees: try amount("c8"), external: try amount("c9"),
            agentShares: try amount("c10"), venueShares: try amount("c11")))
      case "B": facts.balances[.init(try text("c1"), try text("c2"))] = try amount("c3")
      case "P":
        facts.positions[.init(try row.int("c1"), try text("c2"))] = .init(
          shares: try amount("c3"), cost: try amount("c4"), fees: try amount("c5"))
      case "A":
        facts.allocations[try row.int("c1")] = .init(
          name: try text("c2"), allocated: try amount("c3"), reserved: try amount("c4"), invested: try amount("c5"),
          realized: try amount("c6"))
      case "T": facts.trades.append(.init(id: try row.int("c1"), cycle: try row.int("c2"), pnl: try amount("c3")))
      case "M":
        facts.tokens[try text("c1")] = .init(
          feeRate: try amount("c2"), feeExponent: Int(try amount("c3") / 1_000_000),
          payout: row["c4"] == nil ? nil : try amount("c4"))
      case "X": facts.allocationCap = try amount("c1")
      default: throw DatabaseError(.shape, "an unknown kind of row")
      }
    }
    return facts
  }
}
