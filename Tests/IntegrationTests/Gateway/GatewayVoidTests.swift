import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// Orders that were proven absent and appear after all (reliability, V4), over real parts.
@Suite(.serialized) struct GatewayVoidTests {
  @Test("An order that was proven absent hours ago and appears under another gateway is known for ours, and taken out")
  func risesAfterHours() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let price = try bench.restingPrice()
    try bench.faults([["endpoint": "POST /order", "kind": "late", "ms": 9000, "count": 1]])
    let wish = try bench.wish(price: price, size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    try bench.send(wish)
    #expect(try bench.final(of: wish.terms.intent).reason == "absent")
    try bench.killGateway()
    try bench.looker.execute(
      script: """
        SET session_replication_role = replica;
        UPDATE order_state SET updated_at = updated_at - interval '3 hours' WHERE state = 'VOID';
        SET session_replication_role = origin
        """)
    try bench.startGateway()
    let truth = TruthReader(path: bench.directory.path + "/venue/truth.jsonl")
    try bench.until("the venue to take it at last") {
      try truth.read()
      return truth.taken.count == 1
    }
    try bench.until("it to be taken out again", within: .seconds(20)) { try bench.venueOpenOrders() == 0 }
    func told(_ code: String) throws -> Int64 {
      try bench.looker.query("SELECT count(*) AS n FROM system_events WHERE event_type = $1", [.text(code)]).one()
        .int("n")
    }
    #expect(try told("order_rose_again") >= 1)
    #expect(try told("external_order") == 0)
    try bench.compareWithVenue()
  }
}
