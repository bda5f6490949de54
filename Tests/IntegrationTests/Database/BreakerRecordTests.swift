import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What the record says of agents and strategies that lose, or that the venue refuses.
@Suite(.hangLimit)
struct BreakerRecordTests {
  private let floor: DatabaseFloor
  private var database: TestDatabase { floor.database }

  init() throws {
    floor = try DatabaseFloor()
    try floor.market("m")
  }

  /// Whether a refusal in this word is held against the agent.
  private static func isHeld(_ code: RejectCode) -> Bool {
    switch code {
    case .balance, .tick, .minimumSize, .marketClosed, .expiration, .invalidated, .malformed, .other: true
    case .postOnlyCrosses, .fillOrKill, .noMatch, .notReady, .signature, .credentials, .banned, .regionBlocked: false
    }
  }

  private func refuse(_ intent: String, of agent: String, _ epoch: Int64, _ reason: String) throws {
    let order = try floor.submit(
      floor.intent(intent, agent: agent, epoch: epoch, market: "m", side: "BUY", price: "0.5", size: "5"))
    let id = try #require(order["order_id"]?.string, "\(order.text)")
    let answer = try floor.gateway.query(
      "SELECT advance_order($1) AS j",
      [
        .json([
          "gateway_epoch": .int(floor.gatewayEpoch), "order_id": .string(id), "state": "REJECTED",
          "reason": .string(reason),
        ])
      ]
    ).one().json("j")
    try #require(answer["outcome"] == "advanced", "\(answer.text)")
  }

  private func held() throws -> [String] {
    try floor.boss.query(
      "SELECT a.name, r.reason FROM agent_rejections r JOIN agents a ON a.id = r.agent_id ORDER BY a.name, r.reason"
    ).map { try "\($0.text("name")) \($0.text("reason"))" }
  }

  @Test("of the venue's refusals those count that were for the order itself, and none before a person's reset")
  func rejections() throws {
    let epoch = try floor.hire("one", allocation: "100")
    let other = try floor.hire("two", allocation: "100")
    for (index, code) in RejectCode.allCases.enumerated() {
      try refuse("one.\(index + 1)", of: "one", epoch, code.rawValue)
    }
    for (index, word) in ["venue_invalid", "venue_throttled", "cancel_only", "post_only", "paused"].enumerated() {
      try refuse("two.\(index + 1)", of: "two", other, word)
    }
    let expected = RejectCode.allCases.filter(Self.isHeld).map { "one \($0.rawValue)" }.sorted()
    #expect(try held() == expected + ["two venue_invalid"])
    let operating = try database.open(as: "floor_operator")
    try operating.query("SELECT reset_breakers('agent', 'one')")
    #expect(try held() == ["two venue_invalid"])
    try refuse("one.100", of: "one", epoch, RejectCode.tick.rawValue)
    #expect(try held() == ["one venue_tick_size", "two venue_invalid"])
    for (scope, name) in [("agent", "three"), ("strategy", "one"), ("floor", "")] {
      let error = #expect(throws: DatabaseError.self) {
        try operating.query("SELECT reset_breakers($1, $2)", [.text(scope), .text(name)])
      }
      #expect(error?.sqlState == "FL020")
    }
    #expect(
      try operating.query("SELECT count(*) AS n FROM system_events WHERE event_type = 'breakers_reset'").one().int("n")
        == 1)
  }

  /// One round trip of an agent that makes or loses so much.
  private func trip(_ agent: String, _ epoch: Int64, _ number: Int, sells price: String) throws {
    for (side, price) in [("BUY", "0.5"), ("SELL", price)] {
      let order = try floor.submit(
        floor.intent(
          "\(agent).\(number * 2 + (side == "BUY" ? 0 : 1))", agent: agent, epoch: epoch, market: "m", side: side,
          price: price, size: "10"))
      let id = try #require(order["order_id"]?.string, "\(order.text)")
      _ = try floor.fill(id, trade: "\(agent)-\(number)-\(side)", price: price, size: "10", status: "CONFIRMED")
    }
  }

  private func day(_ strategy: String) throws -> Rows.Row {
    try floor.boss.query("SELECT * FROM strategy_day_pnl WHERE strategy = $1", [.text(strategy)]).one()
  }

  @Test(
    "a strategy's losses are those of all its agents in the order of time; a win ends the streak, a reset all of it")
  func strategies() throws {
    let one = try floor.hire("one", allocation: "100", strategy: "momentum")
    let two = try floor.hire("two", allocation: "100", strategy: "momentum")
    let apart = try floor.hire("apart", allocation: "100", strategy: "spike")
    try trip("one", one, 1, sells: "0.4")
    try trip("two", two, 1, sells: "0.3")
    try trip("apart", apart, 1, sells: "0.1")
    #expect(try day("momentum").int("losses_in_a_row") == 2 && day("momentum").usd("counted") == USD(dollars: -3))
    #expect(try day("spike").int("losses_in_a_row") == 1 && day("spike").usd("counted") == USD(dollars: -4))
    try trip("two", two, 2, sells: "0.6")
    #expect(try day("momentum").int("losses_in_a_row") == 0, "a win of any of them ends it")
    try trip("one", one, 2, sells: "0.4")
    try trip("one", one, 3, sells: "0.4")
    #expect(try day("momentum").int("losses_in_a_row") == 2 && day("momentum").usd("counted") == USD(dollars: -4))
    // An agent that is gone has lost what it has lost.
    try floor.boss.query("SELECT set_agent_status('two', 'PAUSED', 'test', $1)", [.int(floor.bossEpoch)])
    #expect(try day("momentum").usd("counted") == USD(dollars: -4))

    let operating = try database.open(as: "floor_operator")
    try operating.query("SELECT reset_breakers('strategy', 'momentum')")
    #expect(try day("momentum").int("losses_in_a_row") == 0 && day("momentum").usd("counted") == .zero)
    #expect(try day("momentum").usd("realized") == USD(dollars: -4), "what was lost stays lost")
    #expect(try day("spike").int("losses_in_a_row") == 1)
    try trip("one", one, 4, sells: "0.4")
    #expect(try day("momentum").int("losses_in_a_row") == 1 && day("momentum").usd("counted") == USD(dollars: -1))
    // An agent's own streak is another breaker: its reset is its own.
    func losses(_ agent: String) throws -> Int64 {
      try floor.boss.query("SELECT losses_in_a_row FROM agent_day_pnl WHERE name = $1", [.text(agent)]).one().int(
        "losses_in_a_row")
    }
    #expect(try losses("one") == 4)
    try operating.query("SELECT reset_breakers('agent', 'one')")
    #expect(try losses("one") == 0)
    #expect(try day("momentum").int("losses_in_a_row") == 1)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("what a person brings or takes moves the day's first and highest equity, whatever was noted before it")
  func outsideMoney() throws {
    func day() throws -> [USD?] {
      let row = try floor.boss.query("SELECT peak, first, outside FROM day_equity").one()
      return try ["peak", "first", "outside"].map { row.isNull($0) ? nil : try row.usd($0) }
    }
    let outside = try #require(day()[2])
    #expect(try day() == [nil, nil, outside])
    func note(_ equity: Int64, peak: Int64, outside: USD?) throws {
      try floor.gateway.query(
        "SELECT record_evidence($1)",
        [
          .json([
            "gateway_epoch": .int(floor.gatewayEpoch), "kind": "balance",
            "body": [
              "equity_usd": .text(USD(dollars: equity)), "peak_usd": .text(USD(dollars: peak)),
              "outside_usd": .optional(outside.map { .text($0) }),
            ],
          ])
        ])
    }
    let operating = try database.open(as: "floor_operator")
    try note(90, peak: 100, outside: outside)
    try operating.query("SELECT declare_money('taken', -30)")
    #expect(try day() == [USD(dollars: 70), USD(dollars: 60), outside - USD(dollars: 30)])
    try note(65, peak: 71, outside: outside - USD(dollars: 30))
    try operating.query("SELECT declare_money('brought', 5.5)")
    #expect(
      try day() == [USD(micros: 76_500_000), USD(micros: 65_500_000), outside - USD(micros: 24_500_000)])
    // One that does not say what there was from outside is taken as it stands.
    try note(80, peak: 80, outside: nil)
    #expect(try day()[0] == USD(dollars: 80))
  }

  @Test("a peak never sinks, a fall stays, and a reset takes both away, also from what was read before it")
  func peaks() throws {
    try floor.hire("one", allocation: "100", strategy: "momentum")
    func write(_ peak: String, fell: Bool = false) throws {
      let day = try day("momentum").text("day")
      let asked = try floor.boss.query("SELECT clock_timestamp() AS t").one().text("t")
      try write(peak, fell, day, asked)
    }
    func write(_ peak: String, _ fell: Bool, _ day: String, _ asked: String) throws {
      try floor.gateway.query(
        "SELECT record_strategy_day($1)",
        [
          .json([
            "gateway_epoch": .int(floor.gatewayEpoch), "strategy": "momentum", "day": .string(day),
            "peak": .string(peak), "fell": .bool(fell), "asked": .string(asked),
          ])
        ])
    }
    #expect(try day("momentum").isNull("peak"))
    try write("3.5")
    try write("2")
    #expect(try day("momentum").usd("peak") == USD(micros: 3_500_000) && day("momentum").isNull("fell_at"))
    try write("2", fell: true)
    try write("4")
    #expect(try day("momentum").usd("peak") == USD(dollars: 4) && !day("momentum").isNull("fell_at"))
    let (today, before) = try (
      day("momentum").text("day"), floor.boss.query("SELECT clock_timestamp() AS t").one().text("t")
    )
    try database.open(as: "floor_operator").query("SELECT reset_breakers('strategy', 'momentum')")
    #expect(try day("momentum").isNull("peak") && day("momentum").isNull("fell_at"))
    try write("4", true, today, before)
    #expect(try day("momentum").isNull("peak"))
    try write("-1")
    #expect(try day("momentum").usd("peak") == USD(dollars: -1))
    let stale = #expect(throws: DatabaseError.self) {
      try floor.gateway.query(
        "SELECT record_strategy_day($1)",
        [.json(["gateway_epoch": .int(floor.gatewayEpoch + 1), "strategy": "momentum", "peak": "9"])])
    }
    #expect(stale?.sqlState == "FL001")
  }
}
