import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What the gateway does when something around it goes away, over real parts.
@Suite(.serialized) struct GatewayOutageTests {
  @Test(
    "Orders flow while the gateway is killed again and again: one order an intent, every fill once, ledger equal to the venue"
  )
  func killedRepeatedly() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    var random = SeededGenerator(seed: Seeds.some(1)[0])
    var wishes: [IntentMessage] = []
    var bought = Shares.zero
    for round in 0..<6 {
      for _ in 0..<3 {
        let rests = Bool.random(using: &random)
        let price = rests ? try bench.restingPrice() : try bench.touch(.buy).price
        let wish = try bench.wish(
          price: price, size: Shares(whole: 5), type: rests ? .goodTillCancelled : .fillAndKill, useful: .seconds(6))
        wishes.append(wish)
        try bench.send(wish)
        try bench.loop.turn(timeout: .milliseconds(1))
      }
      bought += Shares(whole: 15)
      if round == 5 { break }
      let end = SystemClock.monotonic().advanced(by: .milliseconds(Int64.random(in: 0...60, using: &random)))
      while SystemClock.monotonic() < end { try bench.loop.turn(timeout: .milliseconds(2)) }
      try bench.killGateway()
      try bench.startGateway()
      // An agent repeats what was not answered.
      for wish in wishes where bench.events(of: wish.terms.intent).isEmpty { try bench.send(wish) }
    }
    // A wish that the gateway has not read yet stands in no record: the last ones are known to be through when they have ended.
    for wish in wishes.suffix(3) { _ = try bench.final(of: wish.terms.intent, within: .seconds(40)) }
    try bench.until("every order to end", within: .seconds(40)) {
      try bench.looker.query(
        "SELECT count(*) AS n FROM order_state WHERE state IN ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN')"
      ).one().int("n") == 0
    }
    try bench.compareWithVenue()
    // What the venue took is what tells whether anything was doubled: the record's own key allows no second order of an intent.
    let truth = try bench.truth()
    let taken = truth.filter { $0["kind"] == "order" && $0["account"]?.int == 0 }
    let order = try #require(taken.first)
    let sum = try bench.sumTruth(truth)
    #expect(sum.status == 0, "\(sum.output)")
    #expect(try JSON.parse(sum.output)["orders"]?.int == Int64(taken.count))
    // And it would be noticed: the same bytes taken twice, and a second signature for an intent.
    let twice = try bench.sumTruth(truth + [order])
    #expect(twice.status == 1 && twice.output.contains("the venue took the order \(order["order"]!.string!) 2 times"))
    let second = "0x" + String(repeating: "5e", count: 32)
    let alone = try bench.sumTruth(truth + [order.with("order", .string(second))])
    #expect(alone.status == 1 && alone.output.contains("the order \(second) is the venue's alone"), "\(alone.output)")
    #expect(
      try bench.database.openAsAdministrator().query("SELECT count(*) AS n FROM allocations WHERE reserved <> 0").one()
        .int("n") == 0)
  }

  @Test(
    "PostgreSQL away: entries stop at once, an exit leaves on the journal's word, and the record catches up without a difference"
  )
  func databaseAway() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.send(entry)
    #expect(try bench.final(of: entry.terms.intent).position == Shares(whole: 5))
    let before = try bench.venueBalance()

    try bench.outside().execute(script: "ALTER DATABASE \(bench.database.name) WITH ALLOW_CONNECTIONS false")
    try bench.looker.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'floor_gateway'"
    )
    try bench.until("entries to stop") { bench.control?.progress?.mode == "REDUCE_ONLY" }
    let refused = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.send(refused)
    let bid = try bench.touch(.sell)
    let exit = try bench.wish(.sell, price: bid.price, size: Shares(whole: 5))
    try bench.send(exit)
    try bench.until("the exit to reach the venue") { try bench.venueBalance() > before }
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 1)
    #expect(!(try SmallFile.read(bench.directory.path + "/state/journal/gateway.journal", bytesMax: 1 << 20)).isEmpty)

    try bench.outside().execute(script: "ALTER DATABASE \(bench.database.name) WITH ALLOW_CONNECTIONS true")
    let out = try bench.final(of: exit.terms.intent)
    #expect(out.event == .done)
    #expect(try bench.final(of: refused.terms.intent).reason == RefusalCode.databaseAway.rawValue)
    try bench.compareWithVenue()
    try bench.until("the journal to be emptied") {
      try SmallFile.read(bench.directory.path + "/state/journal/gateway.journal", bytesMax: 1 << 20).isEmpty
    }
    try bench.until("the mode to be ACTIVE again") { bench.control?.progress?.mode == "ACTIVE" }
  }

  @Test(
    "With PostgreSQL away and nothing happening the dead-man beats go on: an exit that rests outlives the venue's ten seconds; entries are taken out after fifteen, and the record catches up"
  )
  func restingWithoutDatabase() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let bought = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 10))
    try bench.send(bought)
    #expect(try bench.final(of: bought.terms.intent).position == Shares(whole: 10))
    let entry = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    let exit = try bench.wish(
      .sell, price: try Price(parsing: "0.99"), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600)
    )
    for wish in [entry, exit] {
      try bench.send(wish)
      try bench.until("the order to rest") { bench.events(of: wish.terms.intent).contains { $0.event == .live } }
    }
    func lines(_ kind: String) throws -> [JSON] { try bench.truth().filter { $0["kind"]?.string == kind } }
    func beats() throws -> Int {
      try lines("request").count { $0["path"]?.string == "/v1/heartbeats" && $0["status"]?.int == 200 }
    }
    let ended = try lines("ended").count
    let away = SystemClock.monotonic()
    try bench.databaseAway()
    try bench.until("entries to stop") { bench.control?.progress?.mode == "REDUCE_ONLY" }
    let before = try beats()
    try bench.until("the entry to be taken out", within: .seconds(30)) { try bench.venueOpenOrders() == 1 }
    #expect(SystemClock.monotonic().since(away) >= .seconds(15))
    try bench.until("three beats", within: .seconds(25)) { try beats() >= before + 3 }
    #expect(try lines("dead_man").allSatisfy { $0["armed"]?.bool == true })
    #expect(try lines("ended").count == ended + 1)
    // The cancel was on the disk before it left.
    let journal = bench.directory.path + "/state/journal/gateway.journal"
    let words = String(decoding: try SmallFile.read(journal, bytesMax: 1 << 20), as: UTF8.self)
    #expect(words.contains("database_away"), "\(words)")

    try bench.databaseBack()
    #expect(try bench.final(of: entry.terms.intent, within: .seconds(30)).reason == "database_away")
    #expect(try bench.venueOpenOrders() == 1)
    try bench.compareWithVenue()
    try bench.until("the journal to be emptied") { try SmallFile.read(journal, bytesMax: 1 << 20).isEmpty }
    #expect(
      try bench.looker.query(
        "SELECT array_agg(s.state ORDER BY s.state)::text AS s FROM order_state s JOIN orders o USING (order_id) WHERE o.type = 'GTC'"
      ).one().text("s") == "{CANCELLED,LIVE}")
  }

  @Test("Without a boss for five seconds the gateway takes no new risk; with one again it does")
  func bossGone() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    bench.control!.close()
    let watcher = ControlClient(loop: bench.loop, path: bench.directory.path + "/order-gateway.sock")
    defer { watcher.close() }
    try bench.until("REDUCE_ONLY") { watcher.progress?.mode == "REDUCE_ONLY" }
    let next = ControlClient(
      loop: bench.loop, path: bench.directory.path + "/order-gateway.sock", bossEpoch: Epoch(bench.bossEpoch + 1))
    defer { next.close() }
    try bench.until("ACTIVE") { watcher.progress?.mode == "ACTIVE" }
  }

  @Test("Redis is not needed to trade: an intent offered through the record is taken, once")
  func offered() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.looker.query("SELECT offer_intent($1)", [.json(entry.json)])
    #expect(try bench.final(of: entry.terms.intent).event == .done)
    try bench.send(entry)
    let again = try bench.wish(price: ask.price, size: Shares(whole: 5000))
    try bench.send(again)
    try bench.final(of: again.terms.intent)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 1)
  }

  @Test("What was offered while the gateway could not reach the record, so that no call woke it, is taken when it can")
  func offeredInAnOutage() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5), useful: .seconds(120))
    try bench.databaseAway()
    try bench.until("entries to stop") { bench.control?.progress?.mode == "REDUCE_ONLY" }
    // Two that do not read are in the way of the third.
    for body in ["{}", "{\"v\":1}"] {
      try bench.looker.query(
        "INSERT INTO offered_intents (agent_id, body) SELECT id, $1::jsonb FROM agents WHERE name = $2",
        [.text(body), .id(bench.agent)])
    }
    try bench.looker.query("SELECT offer_intent($1)", [.json(entry.json)])
    try bench.databaseBack()
    try bench.publishBook()
    try bench.final(of: entry.terms.intent, within: .seconds(30))
  }

  @Test("A decided window pays its positions once, from the venue's own outcome, and the books agree")
  func settlement() throws {
    let bench = try GatewayBench(venueArguments: ["--speed", "60", "--settlement-delay-s", "5"])
    try bench.startGateway()
    try bench.open()
    let slug = try bench.buyIntoWindow()
    try bench.until("the window to be paid", within: .seconds(30)) { bench.events.contains { $0.event == .settled } }
    #expect(bench.events.count { $0.event == .settled } == 1)
    let state = try bench.looker.query(
      "SELECT state, payout_yes FROM markets WHERE slug = $1", [.id(slug)]
    ).one()
    #expect(try state.text("state") == "RESOLVED")
    try bench.until("ledger and venue to agree", within: .seconds(10)) {
      try bench.ledgerCash() == bench.venueBalance()
    }
    #expect(try bench.looker.query("SELECT count(*) AS n FROM trades").one().int("n") == 1)
  }

  @Test(
    "A window that the record holds for settled otherwise is told once and tried ever more rarely, not every second")
  func settlementRefused() throws {
    let bench = try GatewayBench(venueArguments: ["--speed", "60", "--settlement-delay-s", "5"])
    bench.slugWanted = { $0.windowStart != nil && $0.slug.text.contains("-5m-") }
    try bench.startGateway()
    try bench.open()
    // An intent, refused for its size, makes the gateway know the market.
    let ask = try bench.touch(.buy)
    let large = try bench.wish(price: ask.price, size: Shares(whole: 5000))
    try bench.send(large)
    try bench.final(of: large.terms.intent)
    // No outcome of the venue pays halves.
    try bench.looker.execute(
      script: """
        SET session_replication_role = replica;
        UPDATE markets SET state = 'RESOLVED', resolved_outcome = 'SPLIT', payout_yes = 0.5 WHERE slug = '\(bench.market.slug)';
        SET session_replication_role = origin
        """)
    func refusals() throws -> (told: Int64, logged: Int) {
      let log = String(
        decoding: try SmallFile.read(bench.directory.path + "/state/log/order-gateway.log", bytesMax: 16 << 20),
        as: UTF8.self)
      let told = try bench.looker.query(
        "SELECT count(*) AS n FROM system_events WHERE event_type = 'settlement_refused' AND severity = 'CRITICAL'"
      ).one().int("n")
      return (told, log.split(separator: "\n").count { $0.contains("market still not settled") })
    }
    try bench.until("the refusal to be told", within: .seconds(40)) { try refusals().told > 0 }
    let begun = SystemClock.monotonic()
    try bench.until("two more tries", within: .seconds(30)) { try refusals().logged >= 2 }
    // After two seconds and four more: a try a second would have been there long before.
    #expect(SystemClock.monotonic().since(begun) > .seconds(4))
    #expect(try refusals().told == 1)
  }
}
