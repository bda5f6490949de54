import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Positions that nobody else looks after, and the gateway's own end, over real parts.
@Suite(.serialized) struct GatewayEndTests {
  private func sold(_ bench: GatewayBench) throws -> [String] {
    try bench.looker.query(
      """
      SELECT i.reason FROM fills f JOIN orders o USING (order_id) JOIN intents i ON i.id = o.intent_id
       WHERE i.origin = 'gateway' AND f.side = 'SELL'
      """
    ).map { try $0.text("reason") }
  }

  private func held(_ bench: GatewayBench) throws -> Shares {
    try bench.looker.query("SELECT coalesce(sum(shares), 0) AS s FROM positions").one().shares("s")
  }

  /// A position of five shares and a resting order.
  private func hold(_ bench: GatewayBench) throws -> IntentMessage {
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.send(entry)
    #expect(try bench.final(of: entry.terms.intent).position == Shares(whole: 5))
    let resting = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    try bench.send(resting)
    try bench.until("the order to rest") { bench.events(of: resting.terms.intent).contains { $0.event == .live } }
    return resting
  }

  @Test(
    "An ordered stop with on_stop flatten cancels what rests and sells what is held, then ends with 0; with keep it keeps",
    arguments: ["flatten", "keep"])
  func orderedStop(onStop: String) throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [.init("floor", ["capital_usd": "1000", "on_stop": .string(onStop)])]
    try bench.startGateway()
    try bench.open()
    let resting = try hold(bench)
    // As at a stop of the floor: the boss has recorded that nothing new is wanted.
    try bench.boss.query("SELECT set_mode('REDUCE_ONLY', 'the floor is being stopped', $1)", [.int(bench.bossEpoch)])
    bench.control!.send(.drain)
    try bench.until("the end") {
      try bench.publishBook()
      return !bench.gateway!.isRunning
    }
    #expect(bench.gateway!.terminationStatus == 0)
    #expect(try bench.final(of: resting.terms.intent).reason == "shutdown")
    #expect(try held(bench) == (onStop == "flatten" ? .zero : Shares(whole: 5)))
    #expect(try sold(bench).isEmpty == (onStop == "keep"))
    #expect(try bench.looker.query("SELECT coalesce(sum(reserved), 0) AS r FROM allocations").one().usd("r") == .zero)
    try bench.compareWithVenue()
  }

  @Test("SIGTERM alone, a restart of this one process, keeps positions whatever an ordered stop of the floor would do")
  func restartKeeps() throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [.init("floor", ["capital_usd": "1000", "on_stop": "flatten"])]
    try bench.startGateway()
    try bench.open()
    _ = try hold(bench)
    bench.gateway!.terminate()
    try bench.until("the end") { !bench.gateway!.isRunning }
    #expect(try held(bench) == Shares(whole: 5))
    #expect(try sold(bench).isEmpty)
  }

  @Test(
    "The orders of an agent that cannot act are cancelled, its position is sold, and a retired one's capital comes back",
    arguments: ["DRAINING", "QUARANTINED", "PAUSED"])
  func takenOver(status: String) throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [
      .init("orders", ["request_timeout_ms": 800, "hold_to_settlement_s": 0, "collar_points": "0.1"])
    ]
    try bench.startGateway()
    try bench.open()
    let resting = try hold(bench)
    let epoch = bench.agentEpoch
    switch status {
    case "DRAINING":
      _ = try bench.boss.query("SELECT retire_agent($1, 'test', $2)", [.id(bench.agent), .int(bench.bossEpoch)])
    default:
      _ = try bench.boss.query(
        "SELECT set_agent_status($1, $2, 'test', $3)", [.id(bench.agent), .text(status), .int(bench.bossEpoch)])
    }
    if status == "PAUSED" { bench.control!.send(.revoke(agent: bench.agent)) }
    try bench.until("the position to be sold", within: .seconds(30)) {
      try bench.publishBook()
      return try held(bench) == .zero
    }
    try bench.until("the resting order to be cancelled") {
      bench.events(of: resting.terms.intent).contains { $0.final }
    }
    #expect(try sold(bench).allSatisfy { $0.hasPrefix("taken over: ") })
    #expect(try !sold(bench).isEmpty)
    if status == "DRAINING" {
      // What the fenced process still sends changes nothing, although the gateway has not been told of the fence.
      let late = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5), epoch: epoch)
      let orders = try bench.acceptedOrders()
      try bench.send(late)
      var answer: JSON?
      try bench.until("the capital to come back") {
        answer = try bench.boss.query(
          "SELECT retire_agent($1, 'test', $2) AS j", [.id(bench.agent), .int(bench.bossEpoch)]
        ).one().json("j")
        return answer?["outcome"] == "retired"
      }
      #expect(answer?["returned"]?.usd ?? .zero > USD(dollars: 90))
      #expect(
        try bench.looker.query("SELECT account_balance('treasury') AS t").one().usd("t") == (try bench.venueBalance()))
      #expect(try bench.acceptedOrders() == orders)
    }
    try bench.compareWithVenue()
  }

  @Test("A cancel that the venue did not hear while PostgreSQL was away, and the gateway killed: the next one cancels")
  func journaledCancel() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let resting = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(3600))
    try bench.send(resting)
    try bench.until("the order to rest") { bench.events(of: resting.terms.intent).contains { $0.event == .live } }
    try bench.databaseAway()
    try bench.until("the outage to be noticed") { bench.control?.progress?.mode == "REDUCE_ONLY" }
    try bench.faults([["endpoint": "DELETE /order", "kind": "error", "count": 1000]])
    try bench.send(
      try bench.wish(price: try bench.restingPrice(), size: Shares(whole: 10), cancels: resting.terms.intent))
    let journal = bench.directory.path + "/state/journal/gateway.journal"
    try bench.until("the cancel to be in the journal") { try !SmallFile.read(journal, bytesMax: 1 << 20).isEmpty }
    try bench.killGateway()
    // What a crash in the middle of a line leaves.
    let torn = try #require(FileHandle(forWritingAtPath: journal))
    try torn.seekToEnd()
    try torn.write(contentsOf: Data("94 00ff {\"kind\":\"can".utf8))
    try torn.close()
    try bench.faults([])
    try bench.databaseBack()
    try bench.startGateway()
    try bench.until("the order to end") {
      try bench.looker.query(
        "SELECT s.reason FROM order_state s JOIN orders o USING (order_id) WHERE o.intent_id = $1 AND s.state = 'CANCELLED'",
        [.id(resting.terms.intent)]
      ).first?.text("reason") == "agent_cancel"
    }
    try bench.until("the journal to be emptied") { try SmallFile.read(journal, bytesMax: 1 << 20).isEmpty }
    try bench.compareWithVenue()
  }
}
