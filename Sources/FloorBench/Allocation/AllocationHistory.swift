import FloorIOData
import Shared

/// What was held of the dollar in every committed state of a turn, by the orders themselves and not by the counters that were raced for: each
/// order's worst case from the commit that made it to the commit that ended it, in the order of the commits (`track_commit_timestamp`).
struct AllocationHistory {
  let admissions: Int
  /// Admissions after which more was held than there was.
  let exceeded: Int
  let most: USD
  /// By how much the agents' counters and the market's differ from what is held now.
  let drift: USD

  init(_ floor: AllocationFloor, _ market: AllocationFloor.Market) throws {
    let database = try floor.administratorSession()
    let row = try database.query(
      """
      WITH steps AS (
        SELECT pg_xact_commit_timestamp(o.xmin) AS at, o.worst AS change FROM orders o WHERE o.token_id = $1
        UNION ALL
        SELECT pg_xact_commit_timestamp(s.xmin), -o.worst FROM orders o JOIN order_state s USING (order_id)
         WHERE o.token_id = $1 AND order_state_is_final(s.state)
      ), states AS (
        SELECT change, sum(change) OVER (ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS held FROM steps
      )
      SELECT count(*) FILTER (WHERE change > 0) AS admissions, count(*) FILTER (WHERE change > 0 AND held > $2::numeric) AS exceeded,
             coalesce(max(held), 0) AS most FROM states
      """, [.text(market.token), .usd(AllocationFloor.limit)]
    ).one()
    admissions = Int(try row.int("admissions"))
    exceeded = Int(try row.int("exceeded"))
    most = try row.usd("most")
    drift = try database.query(
      """
      WITH held AS (SELECT agent_id, sum(reserved) AS held FROM order_state WHERE token_id = $1 GROUP BY agent_id)
      SELECT coalesce((SELECT sum(abs(a.reserved - coalesce(h.held, 0))) FROM allocations a LEFT JOIN held h USING (agent_id)), 0)
           + abs((SELECT open FROM market_exposure WHERE slug = $2) - coalesce((SELECT sum(held) FROM held), 0)) AS drift
      """, [.text(market.token), .text(market.slug)]
    ).one().usd("drift")
  }

  /// The counters as the orders say, after a form that lost updates.
  static func repair(_ floor: AllocationFloor, _ market: AllocationFloor.Market) throws {
    let database = try floor.administratorSession()
    try database.query("UPDATE allocations SET reserved = 0 WHERE reserved <> 0")
    try database.query("UPDATE market_exposure SET open = 0 WHERE slug = $1 AND open <> 0", [.text(market.slug)])
  }
}
