import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// The last lines of defence, each made to act in a real gateway: the breaker, the loss limits, the fallback, the dead-man switch, the end
/// without a boss.
@Suite(.serialized) struct GatewayLimitsTests {
  private func rest(_ bench: GatewayBench) throws -> IntentMessage {
    let wish = try bench.wish(
      price: try bench.restingPrice(), size: Shares(whole: 10), type: .goodTillCancelled, useful: .seconds(3600))
    try bench.send(wish)
    try bench.until("the order to rest") { bench.events(of: wish.terms.intent).contains { $0.event == .live } }
    return wish
  }

  private func log(_ bench: GatewayBench) throws -> String {
    try String(contentsOfFile: bench.directory.path + "/state/log/order-gateway.log", encoding: .utf8)
  }

  @Test("Five calls in a row without an answer open the breaker: nothing is sent until a probe is answered")
  func breaker() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let deaf: [JSON] = ["/data/*", "/v1/*", "/balance-allowance*", "/markets*"].map {
      ["endpoint": $0, "kind": "drop_answer", "count": 100_000]
    }
    try bench.faults(.array(deaf))
    try bench.until("the breaker to open", within: .seconds(30)) {
      try log(bench).contains("\"message\":\"venue circuit\",\"from\":\"closed\",\"to\":\"open\"")
    }
    try bench.publishBook()
    let refused = try bench.wish(price: try Price(parsing: "0.5"), size: Shares(whole: 5))
    try bench.send(refused)
    #expect(try bench.final(of: refused.terms.intent).reason == RefusalCode.venueUnavailable.rawValue)
    #expect(try bench.acceptedOrders() == 0)
    try bench.faults([])
    try bench.until("a probe to close it", within: .seconds(30)) {
      try log(bench).contains("\"to\":\"closed\"")
    }
    let ask = try bench.touch(.buy)
    let entry = try bench.wish(price: ask.price, size: Shares(whole: 5))
    try bench.send(entry)
    #expect(try bench.final(of: entry.terms.intent).event == .done)
    try bench.compareWithVenue()
  }

  @Test("A rule for each event group refuses what would exceed it, and the record has a row for the group")
  func rules() throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [
      .init(
        "limits", JSON.object([.init("rules", ["scope=event_group usd=7", "scope=category name=sports pct=0.01"])]))
    ]
    try bench.startGateway()
    try bench.open()
    let group = Market(bench.market).groups.event
    let price = try bench.restingPrice()
    let size = Shares(micros: 7_000_000 * 1_000_000 / price.micros * 6 / 10).cut(decimals: 2)
    // Two that are each inside and together beyond.
    let wishes = try (0..<2).map { ticks in
      let below = try #require(Price(micros: price.micros - Int64(ticks) * bench.market.tick.micros))
      return try bench.wish(price: below, size: size, type: .goodTillCancelled, useful: .seconds(3600))
    }
    try bench.send(wishes[0])
    try bench.until("the first to rest") { bench.events(of: wishes[0].terms.intent).contains { $0.event == .live } }
    try bench.publishBook()
    try bench.send(wishes[1])
    let refused = try bench.final(of: wishes[1].terms.intent)
    #expect(refused.reason == "event_group_limit")
    #expect(refused.detail.contains("scope=event_group name=\(group)"), "\(refused.detail)")
    let locks = try bench.looker.query("SELECT scope, name FROM limit_rows").map {
      "\(try $0.text("scope")) \(try $0.text("name"))"
    }
    #expect(locks == ["event_group \(group)"])
  }

  @Test("A rule that is per cent of the allocation follows it: what is refused of a small one passes when it has grown")
  func ruleOfTheAllocation() throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [
      .init("limits", JSON.object([.init("rules", ["scope=agent pct=7 basis=allocation"])]))
    ]
    try bench.startGateway()
    try bench.open(allocation: "100")
    let price = try bench.restingPrice()
    let size = Shares(micros: 7_000_000 * 1_000_000 / price.micros * 6 / 10).cut(decimals: 2)
    func rest(_ ticks: Int64) throws -> IntentMessage {
      let below = try #require(Price(micros: price.micros - ticks * bench.market.tick.micros))
      let wish = try bench.wish(price: below, size: size, type: .goodTillCancelled, useful: .seconds(3600))
      try bench.publishBook()
      try bench.send(wish)
      try bench.until("an answer") { !bench.events(of: wish.terms.intent).isEmpty }
      return wish
    }
    let first = try rest(0)
    #expect(bench.events(of: first.terms.intent)[0].event == .live)
    let refused = try bench.final(of: rest(1).terms.intent)
    #expect(refused.reason == "per_agent_limit")
    #expect(refused.detail.contains("limit_usd=7 scope=agent name=\(bench.agent)"), "\(refused.detail)")
    try bench.boss.query("SELECT allocate($1, 100, $2)", [.id(bench.agent), .int(bench.bossEpoch)])
    try bench.until("the larger allocation to be known") {
      bench.events(of: try rest(1).terms.intent)[0].event == .live
    }
    #expect(try bench.venueOpenOrders() == 2)
  }

  @Test(
    "A lost day ends entries and lets exits pass; a drawdown halts; both say why, and the record has it",
    arguments: [("daily_loss_pct", "daily_loss", "REDUCE_ONLY"), ("drawdown_pct", "drawdown", "HALTED")])
  func lossLimits(key: String, reason: String, mode: String) throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [
      .init(
        "limits",
        JSON.object([
          .init("per_trade_pct", "2"), .init("per_agent_pct", "10"), .init("system_pct", "40"),
          .init("orders_per_min", 60_000), .init("daily_loss_pct", key == "daily_loss_pct" ? "0.01" : "50"),
          .init("drawdown_pct", key == "drawdown_pct" ? "0.01" : "50"),
        ]))
    ]
    try bench.startGateway()
    try bench.open()
    // A round trip at once costs the spread and two fees: more than a ten-thousandth of the capital.
    for side in [Side.buy, .sell] {
      if side == .sell, key == "drawdown_pct", bench.control?.progress?.mode == mode { break }
      let price = try bench.touch(side).price
      let wish = try bench.wish(side, price: price, size: Shares(whole: 5))
      try bench.send(wish)
      _ = try bench.final(of: wish.terms.intent)
    }
    try bench.until("the mode \(mode)") {
      try bench.publishBook()
      return bench.control?.progress?.mode == mode
    }
    #expect(bench.control?.progress?.note.contains(reason) == true)
    let entry = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
    try bench.send(entry)
    #expect(
      try bench.final(of: entry.terms.intent).reason
        == (mode == "HALTED" ? RefusalCode.halted : RefusalCode.modeForbids).rawValue)
    try bench.until("the record to have it") {
      try bench.looker.query(
        "SELECT count(*) AS n FROM system_events WHERE component = 'gateway' AND event_type = 'mode_demanded' AND message LIKE $1",
        [.text("%" + reason)]
      ).one().int("n") == 1
    }
    if mode == "HALTED" {
      try bench.until("the latch") {
        try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted")
      }
    }
    try bench.compareWithVenue()
  }

  @Test("PostgreSQL away for long is called FILE_FALLBACK, exits go on, and the alarm is recorded afterwards")
  func fileFallback() throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [
      .init(
        "orders", ["request_timeout_ms": 800, "reconcile_s": 2, "collar_points": "0.1", "file_fallback_s": 1])
    ]
    try bench.startGateway()
    try bench.open()
    try bench.until("shares to sell", within: .seconds(30)) {
      let entry = try bench.wish(price: try bench.takingPrice(), size: Shares(whole: 10))
      try bench.send(entry)
      return try bench.final(of: entry.terms.intent).position >= Shares(whole: 5)
    }
    let before = try bench.venueBalance()
    try bench.databaseAway()
    try bench.until("FILE_FALLBACK") { bench.control?.progress?.mode == "FILE_FALLBACK" }
    let exit = try bench.wish(.sell, price: try bench.touch(.sell).price, size: Shares(whole: 5))
    try bench.send(exit)
    try bench.until("the exit to reach the venue") { try bench.venueBalance() > before }
    try bench.databaseBack()
    try bench.until("ACTIVE again") { bench.control?.progress?.mode == "ACTIVE" }
    #expect(try bench.final(of: exit.terms.intent).event == .done)
    try bench.until("the alarm to be recorded") {
      try bench.looker.query(
        "SELECT count(*) AS n FROM system_events WHERE event_type = 'file_fallback' AND severity = 'CRITICAL'"
      ).one().int("n") == 1
    }
    try bench.compareWithVenue()
  }

  @Test("A gateway that stands still lets the dead-man switch fire; awake again it learns that its order is gone")
  func deadMan() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    let resting = try rest(bench)
    #expect(try bench.venueOpenOrders() == 1)
    kill(bench.gateway!.processIdentifier, SIGSTOP)
    defer { kill(bench.gateway!.processIdentifier, SIGCONT) }
    try bench.until("the switch to fire", within: .seconds(40)) { try bench.venueOpenOrders() == 0 }
    kill(bench.gateway!.processIdentifier, SIGCONT)
    #expect(try bench.final(of: resting.terms.intent, within: .seconds(30)).event == .done)
    #expect(try bench.looker.query("SELECT coalesce(sum(reserved), 0) AS r FROM allocations").one().usd("r") == .zero)
    try bench.compareWithVenue()
  }

  @Test("Alone for longer than allowed the gateway cancels what rests, keeps what it holds, and ends with 0")
  func alone() throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = [.init("supervision", ["desk_alone_s": 6])]
    try bench.startGateway()
    try bench.open()
    let resting = try rest(bench)
    bench.control!.close()
    try bench.until("the end", within: .seconds(30)) { !bench.gateway!.isRunning }
    #expect(bench.gateway!.terminationStatus == 0)
    #expect(try bench.final(of: resting.terms.intent).reason == "shutdown")
    #expect(
      try bench.looker.query("SELECT count(*) AS n FROM leases WHERE name = 'gateway' AND expires_at > now()").one()
        .int("n") == 0)
  }
}
