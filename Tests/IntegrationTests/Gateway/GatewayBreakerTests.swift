import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// The breakers of one agent and of one strategy in a real gateway that dies in between: what they hold against whom stands in the record.
@Suite(.serialized, .hangLimit) struct GatewayBreakerTests {
  private func limits(_ more: [JSON.Member]) -> [JSON.Member] {
    [
      .init(
        "limits",
        .object(
          [
            .init("per_trade_pct", "2"), .init("per_agent_pct", "10"), .init("system_pct", "40"),
            .init("orders_per_min", 60_000), .init("loss_streak_count", 1000), .init("daily_loss_pct", "50"),
            .init("drawdown_pct", "50"),
          ] + more))
    ]
  }

  /// The end of an order that takes; a new agent, or one of a new gateway, first hears that it may not.
  private func trade(
    _ bench: GatewayBench, _ side: Side = .buy, by agent: AgentName? = nil
  ) throws -> OrderEventMessage {
    let deadline = SystemClock.monotonic().advanced(by: .seconds(20))
    while true {
      let touch = try bench.touch(side).price
      let moved = side == .buy ? min(touch.micros + 50_000, 990_000) : max(touch.micros - 50_000, 10_000)
      let price = bench.market.tick.rounded(try #require(Price(micros: moved)), side == .buy ? .down : .up)
      let wish = try bench.wish(side, price: price, size: Shares(whole: 5), by: agent)
      try bench.send(wish)
      let end = try bench.final(of: wish.terms.intent)
      if end.reason != "agent_paused" { return end }
      guard SystemClock.monotonic() < deadline else { throw BenchFailure("\(end.reason) \(end.detail)") }
    }
  }

  /// Trades until an answer is as wanted: what the gateway knows of the record may be a second old.
  private func until(
    _ what: String, _ bench: GatewayBench, by agent: AgentName? = nil, _ holds: (OrderEventMessage) -> Bool
  ) throws -> OrderEventMessage {
    var end: OrderEventMessage?
    try bench.until(what, within: .seconds(20)) {
      let answer = try trade(bench, by: agent)
      end = answer
      return holds(answer)
    }
    return try #require(end)
  }

  private func told(_ bench: GatewayBench, _ event: String, like words: String) throws -> Int64 {
    try bench.looker.query(
      "SELECT count(*) AS n FROM system_events WHERE component = 'gateway' AND event_type = $1 AND message LIKE $2",
      [.text(event), .text(words)]
    ).one().int("n")
  }

  private func reset(_ bench: GatewayBench, _ scope: String, _ name: String) throws {
    try bench.database.open(as: "floor_operator").query(
      "SELECT reset_breakers($1, $2)", [.text(scope), .text(name)])
  }

  private func restart(_ bench: GatewayBench) throws {
    try bench.killGateway()
    try bench.startGateway()
    try bench.until("the mode to be ACTIVE") { bench.control?.progress?.mode == "ACTIVE" }
    try bench.publishBook()
  }

  @Test(
    "An agent whose orders the venue refuses loses its entries, not its exits, though the gateway was killed between; others go on, a person takes it back"
  )
  func rejects() throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = limits([.init("rejects_count", 3), .init("rejects_pause_s", 3600)])
    try bench.startGateway()
    try bench.open()
    let partner = try bench.hirePartner()
    try bench.until("shares to sell", within: .seconds(30)) { try trade(bench).position >= Shares(whole: 5) }

    func refusedByVenue(_ times: Int64) throws {
      try bench.faults([
        [
          "endpoint": "POST /order", "kind": "error", "status": 400, "count": .int(times),
          "body": #"{"error":"not enough balance / allowance"}"#,
        ]
      ])
      for _ in 0..<times {
        let end = try trade(bench)
        try #require(end.event == .rejected && end.reason == RejectCode.balance.rawValue, "\(end.reason)")
      }
    }
    try refusedByVenue(2)
    try restart(bench)
    try bench.grantPartner(partner)
    try refusedByVenue(1)
    let refused = try until("the breaker", bench) { $0.reason == "venue_rejects" }
    #expect(refused.event == .denied)
    #expect(refused.detail.hasPrefix("agent=\(bench.agent) rejects=3 window_s=600 until="), "\(refused.detail)")
    #expect(try trade(bench, .sell).reason != "venue_rejects")
    _ = try until("the partner to buy", bench, by: partner) { $0.event == .done && $0.position >= Shares(whole: 5) }
    try bench.until("the event") {
      try told(bench, "breaker_tripped", like: "agent \(bench.agent): venue_rejects %") == 1
    }

    try restart(bench)
    #expect(try until("the standing", bench) { $0.event == .denied }.reason == "venue_rejects")
    try reset(bench, "agent", bench.agent.text)
    _ = try until("entries again", bench) { $0.event == .done }
    try bench.until("the event of its end") {
      try told(bench, "breaker_over", like: "agent \(bench.agent): venue_rejects %") == 1
    }
    try bench.compareWithVenue()
  }

  @Test(
    "What all agents of a strategy lose together ends the entries of all of them, though the gateway was killed between; another strategy goes on, a person takes it back",
    arguments: [
      ("strategy_loss_streak_count", "2", "strategy_loss_streak"),
      ("strategy_daily_loss_pct", "0.02", "strategy_daily_loss"),
      ("strategy_drawdown_pct", "0.02", "strategy_drawdown"),
    ])
  func strategies(key: String, value: String, code: String) throws {
    let bench = try GatewayBench()
    bench.extraConfiguration = limits([.init(key, key.hasSuffix("count") ? 2 : .string(value))])
    try bench.startGateway()
    try bench.open()
    let twin = try bench.hirePartner()
    let stranger = try bench.hirePartner(strategy: "spike")
    func round(_ agent: AgentName?) throws {
      var position = Shares.zero
      try bench.until("shares, or the breaker", within: .seconds(30)) {
        let end = try trade(bench, by: agent)
        position = end.position
        return position >= Shares(whole: 5) || end.reason == code
      }
      guard position > .zero else { return }
      try bench.until("none left", within: .seconds(30)) {
        let bid = try bench.touch(.sell).price
        let price = bench.market.tick.rounded(Price(micros: max(bid.micros - 50_000, 10_000))!, .up)
        let wish = try bench.wish(.sell, price: price, size: position, by: agent)
        try bench.send(wish)
        position = try bench.final(of: wish.terms.intent).position
        return position == .zero
      }
    }
    // Each round trip at once costs the spread and two fees: more than fifteen cents. The limits are two of them.
    try round(nil)
    try restart(bench)
    try bench.grantPartner(twin)
    try bench.grantPartner(stranger)
    try round(twin)
    let refused = try until("the breaker", bench) { $0.reason == code }
    #expect(refused.detail.hasPrefix("strategy=momentum "), "\(refused.detail)")
    #expect(try trade(bench, by: twin).reason == code)
    _ = try until("the other strategy to buy", bench, by: stranger) {
      $0.event == .done && $0.position >= Shares(whole: 5)
    }
    try bench.until("the event") {
      try told(bench, "breaker_tripped", like: "strategy momentum: \(code) %") >= 1
    }

    try restart(bench)
    #expect(try until("the standing", bench) { $0.event == .denied }.reason == code)
    try reset(bench, "strategy", "momentum")
    _ = try until("entries again", bench) { $0.event == .done }
    try bench.compareWithVenue()
  }
}
