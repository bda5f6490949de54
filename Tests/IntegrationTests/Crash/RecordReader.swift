import FloorIOData
import Shared

/// What the floor's own tables say, read to be compared with the truth.
struct RecordReader {
  struct Order: Hashable {
    let intent: String
    let state: String
    let rests: Bool
    /// SHA-256 of the recorded bytes.
    let body: String
  }

  let intents: Set<String>
  let orders: [String: Order]
  let fills: [TruthReader.Key: TruthReader.Part]
  let statuses: [TruthReader.Key: String]
  /// In millionths, without what is nothing.
  let ledger: [String: Int64]

  init(_ database: BlockingDatabase) throws {
    intents = Set(try database.query("SELECT id FROM intents").map { try $0.text("id") })
    var orders: [String: Order] = [:]
    for row in try database.query(
      """
      SELECT o.order_id, o.intent_id, s.state, o.type IN ('GTC', 'GTD') AS rests, encode(sha256(o.signed_body), 'hex') AS body
        FROM orders o JOIN order_state s USING (order_id)
      """)
    {
      orders[try row.text("order_id")] = Order(
        intent: try row.text("intent_id"), state: try row.text("state"), rests: try row.bool("rests"),
        body: try row.text("body"))
    }
    self.orders = orders
    var fills: [TruthReader.Key: TruthReader.Part] = [:]
    var statuses: [TruthReader.Key: String] = [:]
    for row in try database.query(
      "SELECT venue_trade_id, order_id, size, notional, fee, status FROM fills JOIN fill_state USING (venue_trade_id, order_id)"
    ) {
      let key = TruthReader.Key(trade: try row.text("venue_trade_id"), order: try row.text("order_id"))
      fills[key] = TruthReader.Part(
        shares: try row.shares("size").micros, cash: try row.usd("notional").micros, fee: try row.usd("fee").micros)
      statuses[key] = try row.text("status")
    }
    self.fills = fills
    self.statuses = statuses
    var ledger: [String: Int64] = [:]
    for row in try database.query(
      """
      SELECT asset, sum(amount) AS total FROM ledger_entries
       WHERE account = 'treasury' OR account LIKE 'agent:%' GROUP BY asset HAVING sum(amount) <> 0
      """)
    {
      ledger[try row.text("asset")] = try row.usd("total").micros
    }
    self.ledger = ledger
  }

  func count(_ state: String) -> Int { orders.values.count { $0.state == state } }
}
