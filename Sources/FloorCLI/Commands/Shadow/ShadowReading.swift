import FloorIOData
import FloorSim
import Shared

/// What the record holds of the orders that went to the venue.
struct ShadowReading {
  let database: BlockingDatabase
  let since: WallTime
  /// One agent's orders; `nil` for all.
  let agent: String?

  /// Oldest first.
  func orders() throws -> [ShadowOrder] {
    let fills = try fills()
    let rows = try database.query(
      """
      SELECT o.order_id, a.strategy, o.token_id, o.side, o.type, o.price, o.size, m.fee_rate, m.fee_exponent, o.useful_until, o.expires_at,
             o.created_at, s.state,
             (SELECT min(e.created_at) FROM order_events e WHERE e.order_id = o.order_id AND e.event <> 'unknown') AS heard_at,
             (SELECT max(e.created_at) FROM order_events e WHERE e.order_id = o.order_id AND e.event = 'done') AS done_at
        FROM orders o JOIN agents a ON a.id = o.agent_id JOIN order_state s USING (order_id) JOIN markets m USING (slug)
       WHERE o.created_at >= $1 AND ($2::text IS NULL OR a.name = $2) ORDER BY o.created_at, o.order_id
      """, [.time(since), agent.map { .text($0) } ?? .null])
    return try rows.map { row in
      let state = try row.text("state")
      let id = try row.text("order_id")
      let neverArrived = state == "EXPIRED_UNSENT" || state == "VOID"
      let isTakenOut = state == "CANCELLED" || state == "EXPIRED"
      // The venue ends a dated order a minute before the second that was signed.
      let dated = row.isNull("expires_at") ? nil : try row.market("expires_at").advanced(by: .seconds(-60))
      let useful = row.isNull("useful_until") ? nil : try row.market("useful_until")
      return ShadowOrder(
        id: try row.id("order_id"), strategy: try row.text("strategy"), token: try row.id("token_id"),
        side: try word("side", row), type: try word("type", row), price: try row.price("price"),
        size: try row.shares("size"), fee: try fee(row), ends: [dated, useful].compactMap { $0 }.min(),
        sentAt: try row.wall("created_at"),
        heardAt: neverArrived || row.isNull("heard_at") ? nil : try row.wall("heard_at"),
        takenOutAt: !isTakenOut || row.isNull("done_at") ? nil : try row.wall("done_at"), neverArrived: neverArrived,
        fills: fills[id] ?? [])
    }
  }

  private func word<Word: RawRepresentable>(_ column: String, _ row: Rows.Row) throws -> Word
  where Word.RawValue == String {
    let text = try row.text(column)
    guard let word = Word(rawValue: text) else { throw DatabaseError(.shape, "\(column) \(text)") }
    return word
  }

  private func fee(_ row: Rows.Row) throws -> TakerFee {
    let rate = try row.usd("fee_rate").micros
    let exponent = try row.usd("fee_exponent").micros / 1_000_000
    guard let fee = TakerFee(rateMicros: rate, exponent: Int(exponent)) else {
      throw DatabaseError(.shape, "a market has an impossible fee")
    }
    return fee
  }

  /// Those that stand.
  private func fills() throws -> [String: [ShadowOrder.Fill]] {
    let rows = try database.query(
      """
      SELECT f.order_id, f.size, f.notional, f.fee, f.executed_at
        FROM orders o JOIN fills f USING (order_id) JOIN fill_state x USING (venue_trade_id, order_id)
       WHERE o.created_at >= $1 AND x.status <> 'FAILED' ORDER BY f.seq
      """, [.time(since)])
    var fills: [String: [ShadowOrder.Fill]] = [:]
    for row in rows {
      fills[try row.text("order_id"), default: []].append(
        ShadowOrder.Fill(
          at: try row.wall("executed_at"), size: try row.shares("size"), cash: try row.usd("notional"),
          fee: try row.usd("fee")))
    }
    return fills
  }

  /// What a share of each token was paid, of markets that are decided.
  func payouts() throws -> [TokenID: Price] {
    var payouts: [TokenID: Price] = [:]
    for row in try database.query(
      """
      SELECT t.token_id, CASE t.outcome WHEN 'YES' THEN m.payout_yes ELSE 1 - m.payout_yes END AS payout
        FROM markets m JOIN tokens t USING (slug)
       WHERE m.payout_yes IS NOT NULL AND m.slug IN (SELECT slug FROM orders WHERE created_at >= $1)
      """, [.time(since)])
    { payouts[try row.id("token_id")] = try row.price("payout") }
    return payouts
  }
}
