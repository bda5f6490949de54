import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// The order path over real parts: gateway process, `sim-venue` process, PostgreSQL, Redis.
@Suite(.serialized) struct GatewayTests {
  @Test(
    "An intent becomes a signed, recorded, filled order; the ledger equals the venue to the micro-dollar; the exit closes a trade"
  )
  func roundTrip() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    // The first balance at the venue is the first deposit.
    #expect(try bench.ledgerCash() == USD(dollars: 1000))
    let ask = try bench.touch(.buy)
    let size = Shares(whole: min(20, ask.size.micros / 1_000_000))
    let entry = try bench.wish(price: ask.price, size: size)
    try bench.send(entry)
    let end = try bench.final(of: entry.terms.intent)
    #expect(end.event == .done && end.reason == "filled")
    let story = bench.events(of: entry.terms.intent).map(\.event)
    #expect(story.contains(.fill))
    #expect(end.position == size)

    let bid = try bench.touch(.sell)
    let exit = try bench.wish(
      .sell, price: bid.price, size: Shares(whole: min(size.micros, bid.size.micros) / 1_000_000))
    try bench.send(exit)
    let out = try bench.final(of: exit.terms.intent)
    #expect(out.event == .done)
    try bench.until("the settlement of all fills", within: .seconds(10)) {
      try bench.looker.query("SELECT count(*) AS n FROM fill_state WHERE status <> 'CONFIRMED'").one().int("n") == 0
    }
    try bench.compareWithVenue()
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 2)
    let answer = try bench.reconcile()
    #expect(try answer.json("differences").array?.isEmpty == true, "\(answer["differences"] ?? "")")
    let compared = try answer.json("compared")
    #expect(
      try compared["balance_venue"]?.usd == bench.venueBalance() && compared["cash_record"] == compared["balance_venue"]
    )
    #expect((compared["trades_venue"]?.int ?? 0) >= 2 && compared["fills_record"] == compared["trades_venue"])
  }

  @Test(
    "An order is signed for the contract that settles its market: the standard one, negative risk, protocol v2",
    arguments: ["ferry-", "harbour-master-", "bridge-"])
  func contracts(stem: String) throws {
    let bench = try GatewayBench()
    bench.slugWanted = { $0.slug.text.hasPrefix(stem) }
    try bench.startGateway()
    try bench.open()
    #expect(bench.market.negRisk == (stem == "harbour-master-"))
    let entry = try bench.wish(price: bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(entry)
    #expect(try bench.final(of: entry.terms.intent).reason == "filled")
    try bench.compareWithVenue()
  }

  @Test("The same intent three times is one order; a stale epoch, a wrong secret and an ungranted agent are none")
  func admission() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let ask = try bench.touch(.buy)
    let size = Shares(whole: 5)
    let entry = try bench.wish(price: ask.price, size: size)
    for _ in 0..<3 { try bench.send(entry) }
    try bench.final(of: entry.terms.intent)
    try bench.send(entry)
    let stale = try bench.wish(price: ask.price, size: size, epoch: bench.agentEpoch - 1)
    let forged = try bench.wish(price: ask.price, size: size, secret: String(repeating: "00", count: 16))
    try bench.send(stale)
    try bench.send(forged)
    // One that is refused for its numbers comes after them on the same channel: when it is answered, they were heard.
    let large = try bench.wish(price: ask.price, size: Shares(whole: 5000))
    try bench.send(large)
    let denied = try bench.final(of: large.terms.intent)
    #expect(denied.event == .denied)
    #expect(denied.reason == RefusalCode.perTrade.rawValue)
    #expect(denied.detail.contains("limit_usd=20"))
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 1)
    #expect(bench.events(of: stale.terms.intent).isEmpty)
    #expect(bench.events(of: forged.terms.intent).isEmpty)
    // The epoch moves on in the record while the gateway still holds the old grant: the record itself refuses.
    try bench.beginEpoch()
    let fenced = try bench.wish(price: ask.price, size: size, epoch: bench.agentEpoch - 1)
    try bench.send(fenced)
    let after = try bench.wish(price: ask.price, size: Shares(whole: 5000), epoch: bench.agentEpoch - 1)
    try bench.send(after)
    try bench.until("the fenced intents to be refused") {
      try String(contentsOfFile: bench.directory.path + "/state/log/order-gateway.log", encoding: .utf8).contains(
        "intent without proof")
    }
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 1)
  }

  @Test("The venue takes the order and its answer is lost: UNKNOWN, found by asking, one order, every fill once")
  func answerLost() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    try bench.faults([["endpoint": "POST /order", "kind": "drop_answer", "count": 1]])
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.send(entry)
    let end = try bench.final(of: entry.terms.intent)
    #expect(end.event == .done)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 1)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM fills").one().int("n") >= 1)
    try bench.compareWithVenue()
  }

  @Test(
    "kill -9 between the commit and the answer: the next gateway finds the order at the venue, books it once, sends nothing again"
  )
  func killedMidway() throws {
    let bench = try GatewayBench()
    // The gateway waits for the answer for as long as this machine needs to bring the kill.
    bench.extraConfiguration = [
      .init(
        "orders",
        [
          "request_timeout_ms": 60_000, "absence_proof_s": 2, "reconcile_s": 2, "collar_points": "0.1",
          "duplicate_window_ms": 1,
        ])
    ]
    try bench.startGateway()
    try bench.open()
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5))
    // A venue that stands still neither answers nor tells of the fill on its stream.
    bench.pauseVenue()
    try bench.send(entry)
    var bytes = 0
    try bench.until("the commit", within: .seconds(60)) {
      let sent = try bench.looker.query("SELECT octet_length(signed_body) AS n FROM orders").map { try $0.int("n") }
      bytes = Int(sent.first ?? 0)
      return !sent.isEmpty
    }
    try bench.until("the order to lie at the venue's door", within: .seconds(60)) {
      try bench.unreadByVenue().contains { $0 > bytes }
    }
    try bench.killGateway()
    #expect(try bench.looker.query("SELECT state FROM order_state").one().text("state") == "SENDING")
    bench.resumeVenue()
    try bench.startGateway()
    try bench.until("the order to be resolved", within: .seconds(60)) {
      try bench.looker.query("SELECT state FROM order_state").one().text("state") == "FILLED"
    }
    try bench.send(entry)
    try bench.until("the repeat to be answered") { !bench.events(of: entry.terms.intent).isEmpty }
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 1)
    try bench.compareWithVenue()
  }

  @Test("A resting order is cancelled when its usefulness ends, and its reservation comes back")
  func usefulUntil() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let entry = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(2))
    try bench.send(entry)
    try bench.until("the order to rest") { bench.events(of: entry.terms.intent).contains { $0.event == .live } }
    let end = try bench.final(of: entry.terms.intent)
    #expect(end.event == .done && end.reason == "expired")
    #expect(try bench.looker.query("SELECT sum(reserved) AS r FROM allocations").one().usd("r") == .zero)
  }

  @Test(
    "The halt by file, by signal and by row: each cancels what rests and refuses what comes",
    arguments: ["file", "signal", "row"])
  func halt(road: String) throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let entry = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    try bench.send(entry)
    try bench.until("the order to rest") { bench.events(of: entry.terms.intent).contains { $0.event == .live } }
    switch road {
    case "file": try Data().write(to: URL(filePath: bench.directory.path + "/state/halt"))
    case "signal": kill(bench.gateway!.processIdentifier, SIGUSR1)
    default: try bench.boss.query("SELECT trip_halt('test')")
    }
    let end = try bench.final(of: entry.terms.intent)
    #expect(end.event == .done && end.reason == "halted")
    let ask = try bench.touch(.buy)
    let next = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.send(next)
    #expect(try bench.final(of: next.terms.intent).reason == "halted")
    try bench.until("the halt to be in the record") {
      try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted")
    }
  }

  @Test("SIGTERM cancels what rests, gives the lease back and ends with 0")
  func orderlyEnd() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let entry = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    try bench.send(entry)
    try bench.until("the order to rest") { bench.events(of: entry.terms.intent).contains { $0.event == .live } }
    bench.gateway!.terminate()
    #expect(try bench.final(of: entry.terms.intent).reason == "shutdown")
    try bench.until("the end") { !bench.gateway!.isRunning }
    #expect(bench.gateway!.terminationStatus == 0)
    #expect(
      try bench.looker.query("SELECT count(*) AS n FROM leases WHERE name = 'gateway' AND expires_at > now()").one()
        .int("n") == 0)
  }
}
