import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Exits that leave on the journal's word although the record knows their intents.
@Suite(.serialized, .hangLimit) struct GatewayJournalTests {
  /// A gateway whose way to PostgreSQL can be broken, with shares to sell.
  private struct Floor {
    let bench: GatewayBench
    let proxy: FaultProxy

    init() throws {
      bench = try GatewayBench()
      let folder = bench.directory.path + "/proxy"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      proxy = try FaultProxy(
        listening: .socket(folder + "/.s.PGSQL.5432"),
        upstream: .socket(bench.database.servers.runDirectory + "/.s.PGSQL.5432"))
      bench.extraConfiguration = [
        .init(
          "database",
          ["host": .string(folder), "port": 5432, "name": .string(bench.database.name), "user": "floor_gateway"])
      ]
      try bench.startGateway()
      try bench.open()
      try bench.until("shares to sell", within: .seconds(30)) {
        let entry = try bench.wish(price: try bench.takingPrice(), size: Shares(whole: 10))
        try bench.send(entry)
        return try bench.final(of: entry.terms.intent).position >= Shares(whole: 5)
      }
    }

    /// A sale of five shares at a price that finds somebody.
    func sale() throws -> IntentMessage {
      let bid = try bench.touch(.sell).price
      let price = bench.market.tick.rounded(Price(micros: max(bench.market.tick.micros, bid.micros - 50_000))!, .up)
      return try bench.wish(.sell, price: price, size: Shares(whole: 5))
    }

    func denial(of wish: IntentMessage) throws -> String? {
      try bench.looker.query("SELECT denial FROM intents WHERE id = $1", [.id(wish.terms.intent)]).first?.text("denial")
    }

    /// The record refuses the sale, and the gateway does not hear of it.
    func refuseUnheard(_ wish: IntentMessage) throws {
      proxy.loseAnswers()
      try setStatus("QUARANTINED")
      try bench.send(wish)
      try bench.until("the record to refuse it") { try denial(of: wish) == "agent_not_running" }
      try setStatus("RUNNING")
      proxy.refuse(true)
      proxy.cut()
    }

    private func setStatus(_ status: String) throws {
      try bench.boss.query(
        "SELECT set_agent_status($1, $2, '', $3)", [.id(bench.agent), .text(status), .int(bench.bossEpoch)])
    }

    func orders(of intent: String) throws -> Int64 {
      try bench.looker.query("SELECT count(*) AS n FROM orders WHERE intent_id = $1", [.text(intent)]).one().int("n")
    }

    /// Orders of ours that the venue took.
    func taken() throws -> Int { try bench.truth().count { $0["kind"] == "order" && $0["account"]?.int == 0 } }
  }

  @Test(
    "An exit that left on the journal's word although the record had refused it unheard is booked apart, and the books are the venue's"
  )
  func overruled() throws {
    let floor = try Floor()
    let bench = floor.bench
    let before = try floor.taken()
    let wish = try floor.sale()
    try floor.refuseUnheard(wish)
    try bench.until("the exit to leave") { try floor.taken() == before + 1 }
    floor.proxy.refuse(false)
    let apart = wish.terms.intent.text + ".journaled"
    try bench.until("the order to be booked", within: .seconds(30)) {
      try bench.looker.query(
        "SELECT state FROM orders JOIN order_state USING (order_id) WHERE intent_id = $1", [.text(apart)]
      ).first?.text("state") == "FILLED"
    }
    #expect(try floor.orders(of: wish.terms.intent.text) == 0)
    #expect(
      try bench.looker.query("SELECT count(*) AS n FROM system_events WHERE event_type = 'journal_overruled'").one()
        .int("n") == 1)
    // What was said of the order waited for it.
    #expect(
      try bench.looker.query("SELECT count(*) AS n FROM system_events WHERE event_type = 'fill_not_recorded'").one()
        .int("n") == 0)
    try bench.until("every trade to be booked") {
      try bench.looker.query("SELECT NOT EXISTS (SELECT FROM fill_state WHERE status <> 'CONFIRMED') AS done").one()
        .bool("done")
    }
    try bench.compareWithVenue()
    let sum = try bench.sumTruth(at: bench.directory.path + "/venue/truth.jsonl")
    #expect(sum.status == 0, "\(sum.output)")
  }

  @Test(
    "A refused exit that is repeated to the next gateway while PostgreSQL is away waits for the record; a new one leaves"
  )
  func repeated() throws {
    let floor = try Floor()
    let bench = floor.bench
    try bench.boss.query(
      "SELECT set_agent_status($1, 'QUARANTINED', '', $2)", [.id(bench.agent), .int(bench.bossEpoch)])
    let wish = try floor.sale()
    try bench.send(wish)
    try bench.until("the record to refuse it") { try floor.denial(of: wish) == "agent_not_running" }
    try bench.boss.query("SELECT set_agent_status($1, 'RUNNING', '', $2)", [.id(bench.agent), .int(bench.bossEpoch)])
    try bench.killGateway()
    try bench.startGateway()
    try bench.until("the mode to be ACTIVE") { bench.control?.progress?.mode == "ACTIVE" }
    let before = try floor.taken()
    let second = try floor.sale()
    floor.proxy.refuse(true)
    floor.proxy.cut()
    try bench.until("the outage to be noticed") { bench.control?.progress?.mode == "REDUCE_ONLY" }
    try bench.send(wish)
    try bench.send(second)
    // Intents are taken in the order in which they come: when the second has left, the first one was looked at.
    try bench.until("the new exit to leave") { try floor.taken() == before + 1 }
    floor.proxy.refuse(false)
    try bench.until("the new exit to be booked", within: .seconds(30)) {
      try floor.orders(of: second.terms.intent.text) == 1
    }
    try bench.send(wish)
    #expect(try bench.final(of: wish.terms.intent).reason == "agent_not_running")
    #expect(try floor.taken() == before + 1)
    #expect(try floor.orders(of: wish.terms.intent.text + ".journaled") == 0)
  }
}
