import FloorIOData
import FloorTestSupport
import Foundation
import Shared

extension TortureFloor {
  /// What a burst came to.
  struct Burst {
    /// Intents that were sent, and what the record holds of them.
    let intents: Int64
    let orders: Int64
    /// From the first byte of the first intent to the commit of the last.
    let elapsed: Duration

    var text: String {
      let seconds = Double(elapsed.milliseconds) / 1000
      return
        "a burst of \(intents) intents in \(elapsed.milliseconds) ms: \(Int((Double(intents) / seconds).rounded())) a second, "
        + "\(Int((Double(orders) / seconds).rounded())) of them to a durable order (\(orders)), the rest to a durable refusal"
    }
  }

  /// Sends so many intents at once while the venue stands still, so that nothing is at work but the way from the bus to the disk: proof,
  /// risk gate, signature, and the commit that lets an order's first byte leave. PostgreSQL's own clock says when each was committed.
  func burst(_ count: Int, within limit: Duration) throws -> Burst {
    let looker = try bench.database.openAsAdministrator()
    let begun = try looker.query("SELECT (extract(epoch from clock_timestamp()) * 1000000)::bigint AS us").one().int(
      "us")
    bench.pauseVenue()
    defer { bench.resumeVenue() }
    let goal = report.wishes + count
    try bench.until("\(count) intents to be sent", within: limit) {
      for _ in 0..<count where report.wishes < goal { send(SystemClock.monotonic()) }
      return report.wishes == goal
    }
    var found: Burst?
    try bench.until("\(count) intents to be in the record", within: limit) {
      let row = try looker.query(
        """
        SELECT count(*) AS intents, count(o.order_id) AS orders,
               coalesce((extract(epoch from max(pg_xact_commit_timestamp(i.xmin))) * 1000000)::bigint, 0) AS us
          FROM intents i LEFT JOIN orders o ON o.intent_id = i.id WHERE i.created_at >= to_timestamp($1::bigint / 1e6)
        """, [.int(begun)]
      ).one()
      guard try row.int("intents") >= count else { return false }
      found = Burst(
        intents: try row.int("intents"), orders: try row.int("orders"),
        elapsed: .microseconds(try row.int("us") - begun))
      return true
    }
    return found!
  }
}
