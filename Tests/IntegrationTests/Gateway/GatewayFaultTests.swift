import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What a whole gateway makes of the venue's states and surprises (reliability, V19, V21 to V24, V26; N-20), over real parts.
@Suite(.serialized) struct GatewayFaultTests {
  private func open() throws -> GatewayBench {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    return bench
  }

  private func told(_ bench: GatewayBench, _ code: String) throws -> Int64 {
    try bench.looker.query("SELECT count(*) AS n FROM system_events WHERE event_type = $1", [.text(code)]).one()
      .int("n")
  }

  private func rest(_ bench: GatewayBench) throws -> IntentMessage {
    let wish = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(600))
    try bench.send(wish)
    try bench.until("the order to rest") { bench.events(of: wish.terms.intent).contains { $0.event == .live } }
    return wish
  }

  @Test(
    "V19: a venue's clock that is far off stops what is new within seconds; cancels still pass, and trading resumes with the clock",
    arguments: [30, -3600])
  func clock(seconds: Int64) throws {
    let bench = try open()
    let resting = try rest(bench)
    try bench.request("POST", "/sim/skew", ["seconds": .int(seconds)])
    try bench.until("HALT-CLOCK") { bench.control?.progress?.mode == "CANCEL_ONLY" }
    #expect(bench.control?.progress?.note.contains("HALT-CLOCK") == true, "\(bench.control?.progress?.note ?? "")")
    try bench.until("its word") { try told(bench, "halt_clock") == 1 }
    let entry = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(entry)
    #expect(try bench.final(of: entry.terms.intent).reason == RefusalCode.modeForbids.rawValue)
    let cancel = try bench.wish(
      price: resting.terms.price, size: resting.terms.size, cancels: resting.terms.intent)
    try bench.send(cancel)
    #expect(try bench.final(of: resting.terms.intent).reason == "agent_cancel")
    try bench.request("POST", "/sim/skew", ["seconds": 0])
    try bench.until("trading") { bench.control?.progress?.mode == "ACTIVE" }
    #expect(try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted") == false)
  }

  @Test(
    "V21: a restarting engine ends what meets it and closes the door for as long as it says; then orders pass again")
  func restart() throws {
    let bench = try open()
    try bench.request("POST", "/sim/mode", ["mode": "restart", "ms": 3000, "post_only_ms": 8000])
    let first = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(first)
    #expect(try bench.final(of: first.terms.intent).reason == VenueMode.restarting.rawValue)
    try bench.until("the mode") { bench.control?.progress?.mode == "CANCEL_ONLY" }
    let second = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(second)
    #expect(try bench.final(of: second.terms.intent).reason == RefusalCode.modeForbids.rawValue)
    // Afterwards it is in post-only mode for a while, which the next order finds out.
    var reasons: Set<String> = []
    try bench.until("an order that passes", within: .seconds(30)) {
      let wish = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
      try bench.send(wish)
      reasons.insert(try bench.final(of: wish.terms.intent).reason)
      return reasons.contains("filled") || reasons.contains("remainder_dropped")
    }
    #expect(reasons.contains(VenueMode.postOnly.rawValue), "\(reasons)")
    try bench.until("the books to agree") { (try? bench.compareWithVenue()) != nil }
  }

  @Test(
    "V22: beats that are lost for ten seconds cost what rests: the gateway hears it, frees the money and beats again")
  func deadMan() throws {
    let bench = try open()
    let resting = try rest(bench)
    try bench.faults([["endpoint": "POST /v1/heartbeats", "kind": "error"]])
    let end = try bench.final(of: resting.terms.intent, within: .seconds(30))
    #expect(end.event == .done && end.position == .zero)
    #expect(try bench.looker.query("SELECT sum(reserved) AS r FROM allocations").one().usd("r") == .zero)
    try bench.faults([])
    let before = try bench.truth().count
    try bench.until("the switch to be armed again", within: .seconds(15)) {
      try bench.truth().dropFirst(before).contains { $0["kind"] == "dead_man" && $0["armed"] == true }
    }
    _ = try rest(bench)
  }

  @Test(
    "V23: an order on the account that is not ours is an alarm, once, and nobody's: no agent hears of it, nothing of it is cancelled"
  )
  func stranger() throws {
    let bench = try open()
    let key = try EthereumKey(privateKey: #require(Word256(hex: bench.credentials.needText("private_key"))).bytes)
    let login = try L2Authentication(
      address: key.address, apiKey: bench.credentials.needText("api_key"),
      secret: bench.credentials.needText("secret"), passphrase: bench.credentials.needText("passphrase"))
    let token = bench.market.token(of: .yes)
    let order = try OrderSigner(key: key).sign(
      ExchangeOrder(
        salt: 77, maker: key.address, signer: key.address, token: token,
        amounts: .limit(.buy, price: Price(parsing: "0.01"), size: Shares(whole: 20), tick: bench.market.tick),
        side: .buy, createdAtMilliseconds: 77),
      for: ExchangeDomain(token: Word256(token), negRisk: bench.market.negRisk, chainID: ExchangeDomain.polygon))
    let clob = ClobClient(
      http: bench.http, base: "http://127.0.0.1:\(bench.venuePort)", credentials: login)
    var outcome: SubmitOutcome?
    clob.post(order.body(owner: login.apiKey, timeInForce: .goodTillCancelled), expected: order.id) { outcome = $0 }
    try bench.until("the stranger's order") { outcome != nil }
    #expect(outcome == .live)
    try bench.until("the alarm") { try told(bench, "external_order") == 1 }
    // Two more readings of the list say it no second time.
    var readings = 0
    let lines = try bench.truth().count
    try bench.until("two more readings", within: .seconds(25)) {
      readings = try bench.truth().dropFirst(lines).count { $0["path"] == "/data/orders" }
      return readings >= 2
    }
    #expect(try told(bench, "external_order") == 1)
    #expect(try bench.venueOpenOrders() == 1 && bench.events.isEmpty)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == 0)
    // A comparison that is asked for finds it twice, and says what it is.
    let answer = try bench.reconcile()
    let found = try answer.json("differences").array ?? []
    #expect(found.map { $0["kind"]?.string } == ["order_not_ours"] && found.first?["subject"]?.string == order.id.text)
    #expect(try told(bench, "reconcile") == 1)
  }

  @Test("V24: a key that somebody revoked halts the floor, also when nothing is sent, and no new key is made")
  func revoked() throws {
    let bench = try open()
    try bench.request("POST", "/sim/revoke", ["api_key": bench.credentials["api_key"]!])
    try bench.until("HALT-AUTH", within: .seconds(20)) {
      try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted")
    }
    try bench.until("the reason") { bench.control?.progress?.note.contains("HALT-AUTH") ?? false }
    #expect(bench.control?.progress?.mode == "HALTED")
    #expect(try !bench.truth().contains { ($0["path"]?.string ?? "").hasPrefix("/auth") })
  }

  @Test("V26: fills that a broken stream did not tell are asked for, booked once, and equal the venue's")
  func missedUpdates() throws {
    let bench = try open()
    try bench.request("POST", "/sim/faults/streams", [["stream": "user", "kind": "lose"]])
    let first = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(first)
    #expect(try bench.final(of: first.terms.intent, within: .seconds(30)).event == .done)
    try bench.request("POST", "/sim/faults/streams", [["stream": "user", "kind": "hang_up", "count": 3]])
    let second = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(second)
    #expect(try bench.final(of: second.terms.intent, within: .seconds(30)).event == .done)
    try bench.until("the books to agree") { (try? bench.compareWithVenue()) != nil }
    try bench.compareWithVenue()
  }

  @Test(
    "N-20: a version that we do not know closes entries with one alert; exits pass, and entries are back with the version"
  )
  func version() throws {
    let bench = try open()
    var held = Shares.zero
    try bench.until("a position") {
      let entry = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
      try bench.send(entry)
      held = try bench.final(of: entry.terms.intent).position
      return held > .zero
    }
    try bench.killGateway()
    try bench.faults([
      ["endpoint": "GET /version", "kind": "error", "status": 200, "body": "{\"version\":3}"]
    ])
    try bench.startGateway()
    try bench.until("REDUCE_ONLY for that reason") {
      guard let progress = bench.control?.progress else { return false }
      return progress.mode == "REDUCE_ONLY" && progress.note.contains("version 3")
    }
    try bench.until("the alert") { try told(bench, "venue_drift") == 1 }
    let refused = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(refused)
    #expect(try bench.final(of: refused.terms.intent).reason == RefusalCode.modeForbids.rawValue)
    let exit = try bench.wish(.sell, price: try bench.touch(.sell).price, size: held)
    try bench.send(exit)
    #expect(try bench.final(of: exit.terms.intent).event == .done)
    try bench.killGateway()
    try bench.faults([])
    try bench.startGateway()
    try bench.until("ACTIVE") { bench.control?.progress?.mode == "ACTIVE" }
  }

  @Test("N-20: news of a kind that we do not know on the user stream is told once, and trading goes on")
  func news() throws {
    let bench = try open()
    try bench.request(
      "POST", "/sim/faults/streams", [["stream": "user", "kind": "insert", "text": #"{"event_type":"surprise"}"#]])
    for _ in 1...2 {
      try bench.until("a fill after strange news") {
        let entry = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
        try bench.send(entry)
        return try bench.final(of: entry.terms.intent).position > .zero
      }
    }
    try bench.until("one warning") { try told(bench, "venue_news") == 1 }
    #expect(try told(bench, "venue_drift") == 0 && bench.control?.progress?.mode == "ACTIVE")
  }
}
