import FloorIOData
import FloorTestSupport
import Shared
import Testing

@Suite("The order path in the database")
struct OrderPathTests {
  @Test("a repeated intent gets the first answer, with the order where it stands now, and reserves once")
  func deduplication() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let p = try floor.intent(
      "one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "20", worst: "10.35")
    let first = try floor.submit(p)
    #expect(first["outcome"] == "accepted")
    #expect(first["state"] == "SENDING")
    _ = try floor.advance(p["order_id"]!.string!, "LIVE")
    let again = try floor.submit(p.with("order_id", .string(floor.newOrderID())))
    #expect(again["outcome"] == "duplicate")
    #expect(again["first"] == "accepted")
    #expect(again["order_id"] == first["order_id"])
    #expect(again["state"] == "LIVE")
    #expect(again["cursor"] == 0, "an order has no event of its own until something happens to it")
    #expect(again["same"] == true)
    #expect(try floor.submit(p.with("price", "0.6"))["same"] == false)
    #expect(try floor.gateway.query("SELECT reserved FROM allocations").one().usd("reserved").description == "10.35")
    #expect(try floor.gateway.query("SELECT count(*) AS n FROM orders").one().int("n") == 1)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("what is denied is recorded with its reason, and a repeat hears the same")
  func denials() throws {
    let floor = try DatabaseFloor(orderCap: "50")
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    var number = 0
    func deny(_ changes: [(String, JSON)], side: String = "BUY", size: String = "10", _ before: () throws -> Void = {})
      throws -> String
    {
      try before()
      number += 1
      let p = try floor.intent(
        "one.\(number)", agent: "one", epoch: epoch, market: "m-1", side: side, price: "0.5", size: size,
        changes: changes)
      let answer = try floor.submit(p)
      #expect(answer["outcome"] == "denied")
      let repeated = try floor.submit(p)
      if answer["recorded"] == true {
        #expect(repeated["first"] == "denied")
        #expect(repeated["reason"] == answer["reason"])
        #expect(answer["event"]?["event"] == "denied")
      }
      return answer["reason"]?.string ?? ""
    }
    #expect(try deny([("market", "nowhere")]) == "market_unknown")
    #expect(try deny([("market_now_ns", .int(DatabaseFloor.now + 60_000_000_000))]) == "expired")
    #expect(
      try deny([
        ("useful_until_ns", .int(DatabaseFloor.windowEnd + 1)), ("market_now_ns", .int(DatabaseFloor.windowEnd)),
      ]) == "market_closed")
    #expect(try deny([("worst", "4.999999")]) == "worst_case_too_low")
    #expect(try deny([], size: "101") == "order_limit")
    #expect(try deny([("per_order_limit", "4")]) == "order_limit")
    #expect(try deny([("market_cap", "4")]) == "market_cap")
    try floor.market("m-2")
    func rule(_ scope: String, _ name: JSON, _ code: String) -> [(String, JSON)] {
      [
        ("market", "m-2"),
        ("limits", [["scope": .string(scope), "name": name, "cap": "4", "code": .string(code)]]),
      ]
    }
    #expect(try deny(rule("category", .null, "category_limit")) == "category_limit")
    #expect(try deny(rule("event_group", "m-2", "event_group_limit")) == "event_group_limit")
    #expect(try deny(rule("agent", "one", "per_agent_limit")) == "per_agent_limit")
    #expect(try deny([("worst", "51"), ("per_order_limit", "1000")], size: "98") == "order_limit")
    #expect(try deny([], side: "SELL") == "no_shares")
    #expect(try deny([("origin", "gateway")]) == "gateway_may_only_exit")
    #expect(try deny([("agent", "nobody")]) == "agent_unknown")
    #expect(try deny([("epoch", .int(epoch - 1))]) == "agent_fenced")
    #expect(try deny([("gateway_epoch", 77)]) == "gateway_fenced")
    #expect(try deny([("denied", ["reason": "rate", "detail": "12 a second"])]) == "rate")
    func pause(_ status: String) throws {
      try floor.boss.query("SELECT set_agent_status('one', $1, '', $2)", [.text(status), .int(floor.bossEpoch)])
    }
    #expect(try deny([], { try pause("PAUSED") }) == "agent_not_running")
    #expect(try deny([], side: "SELL") == "no_shares")
    #expect(try deny([], side: "SELL", { try pause("QUARANTINED") }) == "agent_not_running")
    try pause("RUNNING")
    func mode(_ mode: String) throws {
      try floor.boss.query("SELECT set_mode($1, 'test', $2)", [.text(mode), .int(floor.bossEpoch)])
    }
    #expect(try deny([], { try mode("REDUCE_ONLY") }) == "mode")
    #expect(try deny([], side: "SELL") == "no_shares")
    #expect(try deny([], side: "SELL", { try mode("CANCEL_ONLY") }) == "mode")
    #expect(try deny([], { try floor.boss.query("SELECT trip_halt('stop')") }) == "halted")
    #expect(try floor.brokenInvariants() == [])
    #expect(try floor.gateway.query("SELECT count(*) AS n FROM orders").one().int("n") <= 1)
  }

  @Test("a stale birth is refused without a trace, and its successor may repeat the same intent")
  func fencing() throws {
    let floor = try DatabaseFloor()
    let old = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let new = try floor.beginEpoch("one")
    let p = try floor.intent("one.1", agent: "one", epoch: old, market: "m-1", side: "BUY", price: "0.5", size: "10")
    #expect(try floor.submit(p)["reason"] == "agent_fenced")
    #expect(try floor.submit(p.with("epoch", .int(new)))["outcome"] == "accepted")
  }

  @Test("while births change, no intent of an older one is accepted after the new epoch is committed")
  func fencingUnderChurn() async throws {
    let floor = try DatabaseFloor(capital: "100000", allocationCap: "100000")
    try floor.hire("one", allocation: "90000")
    try floor.market("m-1")
    let (database, gatewayEpoch, bossEpoch) = (floor.database, floor.gatewayEpoch, floor.bossEpoch)
    // Intents are prepared here, because the fixture belongs to one thread.
    let template = try floor.intent("x", agent: "one", epoch: 0, market: "m-1", side: "BUY", price: "0.5", size: "1")
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let boss = try database.open(as: "floor_boss")
        for _ in 0..<60 { try boss.query("SELECT begin_agent_epoch('one', $1, 'churn')", [.int(bossEpoch)]) }
      }
      for lane in 0..<3 {
        group.addTask {
          let session = try database.open(as: "floor_gateway")
          for number in 0..<60 {
            let epoch = try session.query("SELECT epoch FROM agents WHERE name = 'one'").one().int("epoch")
            let hex = String(lane * 1000 + number + 1, radix: 16)
            let p = template.with("intent", .string("one.\(lane)-\(number)")).with("epoch", .int(epoch))
              .with("order_id", .string("0x" + String(repeating: "0", count: 64 - hex.count) + hex)).with(
                "gateway_epoch", .int(gatewayEpoch))
            try session.query("SELECT submit_intent($1)", [.json(p)])
          }
        }
      }
      try await group.waitForAll()
    }
    // Commit order: an accepted order's transaction must not be newer than the epoch that replaced its own.
    let late = try floor.database.openAsAdministrator().query(
      """
      SELECT count(*) AS n FROM intents i
       WHERE i.result = 'accepted' AND EXISTS (SELECT FROM agent_epochs e WHERE e.agent_id = i.agent_id AND e.epoch > i.epoch
             AND e.began_at < i.created_at)
      """
    ).one().int("n")
    #expect(late == 0)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("an exit that left from the journal is recorded whatever the rules say by then, an entry never")
  func journaled() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let buy = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10"))[
        "order_id"]!.string!
    _ = try floor.fill(buy, trade: "t1", price: "0.5", size: "10")
    _ = try floor.beginEpoch("one")
    try floor.boss.query("SELECT trip_halt('test')")
    let sale = try floor.intent(
      "one.2", agent: "one", epoch: epoch, market: "m-1", side: "SELL", price: "0.6", size: "10",
      changes: [("market_now_ns", .int(DatabaseFloor.windowEnd + 1))])
    #expect(try floor.submit(sale.with("intent", "one.3"))["outcome"] == "denied")
    #expect(try floor.submit(sale.with("journaled", true))["outcome"] == "accepted")
    _ = try floor.fill(sale["order_id"]!.string!, trade: "t2", price: "0.6", size: "10")
    #expect(try floor.gateway.query("SELECT pnl FROM trades").one().usd("pnl") == USD(dollars: 1))
    // Shares that another order promised meanwhile: recorded all the same, and the position says that it is short.
    let entry = try floor.intent(
      "one.4", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "1",
      changes: [("journaled", true)])
    #expect(throws: DatabaseError.self) { try floor.submit(entry) }
    let naked = try floor.intent(
      "one.5", agent: "one", epoch: epoch, market: "m-1", side: "SELL", price: "0.6", size: "3")
    #expect(try floor.submit(naked.with("journaled", true))["outcome"] == "accepted")
    #expect(try floor.gateway.query("SELECT deficient FROM positions").one().bool("deficient"))
    #expect(try floor.advance(naked["order_id"]!.string!, "CANCELLED")["outcome"] == "advanced")
    #expect(try floor.gateway.query("SELECT deficient FROM positions").one().bool("deficient") == false)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("a wish of no possible shape is recorded as denied when the gateway refuses it, and never accepted")
  func shapeless() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let odd = try floor.intent(
      "one.1", agent: "one", epoch: epoch, market: "m-1", side: "SELL", price: "0.5", size: "10",
      changes: [("action", "enter")])
    #expect(throws: DatabaseError.self) { try floor.submit(odd) }
    #expect(try floor.submit(odd.with("denied", ["reason": "bad_shape"]))["reason"] == "bad_shape")
  }

  /// 60 dollars hold eleven reservations of 5.30 each and 40 hold seven: in the first case the two markets bind, which two agents with 100
  /// dollars could fill with eighteen each, in the second the two agents.
  @Test(
    "clients at once never take an agent above its allocation or a market above its cap",
    arguments: [(allocation: "100", cap: "60", accepted: 22), (allocation: "40", cap: "60", accepted: 14)])
  func capsHoldAtOnce(allocation: String, cap: String, accepted expected: Int) async throws {
    let floor = try DatabaseFloor(capital: "1000", allocationCap: "1000")
    let epochs = [try floor.hire("one", allocation: allocation), try floor.hire("two", allocation: allocation)]
    try floor.market("m-1")
    try floor.market("m-2")
    let database = floor.database
    let names = ["one", "two"]
    let templates = try names.indices.map { index in
      try ["m-1", "m-2"].map { market in
        try floor.intent(
          "x", agent: names[index], epoch: epochs[index], market: market, side: "BUY", price: "0.5", size: "10",
          worst: "5.3",
          changes: [("market_cap", .string(cap))])
      }
    }
    let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
      for lane in 0..<6 {
        group.addTask {
          let session = try database.open(as: "floor_gateway")
          var accepted = 0
          for number in 0..<20 {
            let agent = (lane + number) % 2
            let hex = String(lane * 1000 + number + 1, radix: 16)
            let p = templates[agent][number / 2 % 2].with("intent", .string("\(names[agent]).\(lane)-\(number)"))
              .with("order_id", .string("0x" + String(repeating: "0", count: 64 - hex.count) + hex))
            if try session.query("SELECT submit_intent($1) AS j", [.json(p)]).one().json("j")["outcome"] == "accepted" {
              accepted += 1
            }
          }
          return accepted
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(accepted == expected)
    #expect(try floor.brokenInvariants() == [])
    let most = try floor.gateway.query(
      "SELECT (SELECT max(open) FROM market_exposure) AS market, (SELECT max(reserved) FROM allocations) AS agent"
    ).one()
    #expect(try most.usd("market") <= USD(parsing: "58.3"))
    #expect(try most.usd("agent") <= USD(parsing: allocation))
  }

  struct RuleCase: Sendable {
    let scope: String
    let name: String?
    let cap: String?
    /// Hundredths of a per cent of the allocation.
    var share: Int64?
    /// Of 120 orders of 5.30 dollars, 30 of each of two agents in each of two markets of one category and of two event groups.
    let accepted: Int
  }

  @Test(
    "clients at once never take what is at risk above a rule, and give all back when their orders end",
    arguments: [
      RuleCase(scope: "category", name: nil, cap: "60", accepted: 11),
      RuleCase(scope: "category", name: "sports", cap: "60", accepted: 120),
      RuleCase(scope: "event_group", name: nil, cap: "60", accepted: 22),
      RuleCase(scope: "event_group", name: "alone", cap: "30", accepted: 5 + 60),
      RuleCase(scope: "market", name: nil, cap: "60", accepted: 22),
      RuleCase(scope: "strategy", name: nil, cap: "60", accepted: 11),
      RuleCase(scope: "agent", name: "one", cap: "30", accepted: 5 + 60),
      RuleCase(scope: "floor", name: nil, cap: "40", accepted: 7),
      // Each was given 400.
      RuleCase(scope: "agent", name: nil, cap: nil, share: 1000, accepted: 7 + 7),
      RuleCase(scope: "agent", name: nil, cap: "30", share: 1000, accepted: 5 + 5),
      RuleCase(scope: "strategy", name: nil, cap: nil, share: 1000, accepted: 15),
    ])
  func rulesHoldAtOnce(rule: RuleCase) async throws {
    let floor = try DatabaseFloor(capital: "1000", allocationCap: "1000")
    let names = ["one", "two"]
    let epochs = try names.map { try floor.hire($0, allocation: "400") }
    try floor.market("alone")
    try floor.market("m-2", group: "btc-5m")
    let database = floor.database
    let limits: JSON = [
      [
        "scope": .string(rule.scope), "name": .optional(rule.name.map { .string($0) }),
        "cap": .optional(rule.cap.map { .string($0) }), "allocation_bps": .optional(rule.share.map { .int($0) }),
        "code": "over",
      ]
    ]
    let templates = try names.indices.map { index in
      try ["alone", "m-2"].map { market in
        try floor.intent(
          "x", agent: names[index], epoch: epochs[index], market: market, side: "BUY", price: "0.5", size: "10",
          worst: "5.3", changes: [("limits", limits)])
      }
    }
    let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
      for lane in 0..<6 {
        group.addTask {
          let session = try database.open(as: "floor_gateway")
          return try (0..<20).count { number in
            let agent = (lane + number) % 2
            let hex = String(lane * 1000 + number + 1, radix: 16)
            let p = templates[agent][(number / 2) % 2].with("intent", .string("\(names[agent]).\(lane)-\(number)"))
              .with("order_id", .string("0x" + String(repeating: "0", count: 64 - hex.count) + hex))
            let answer = try session.query("SELECT submit_intent($1) AS j", [.json(p)]).one().json("j")
            #expect(answer["outcome"] == "accepted" || answer["reason"] == "over")
            return answer["outcome"] == "accepted"
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(accepted == rule.accepted, "\(rule.scope) \(rule.name ?? "")")
    #expect(try floor.brokenInvariants() == [])
    let orders = try floor.gateway.query("SELECT order_id FROM orders").map { try $0.text("order_id") }
    for order in orders { _ = try floor.advance(order, "REJECTED") }
    #expect(
      try floor.submit(
        templates[0][0].with("intent", "one.again").with("order_id", .string("0x" + String(repeating: "f", count: 64))))[
          "outcome"] == "accepted")
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("shares that are not held, or already promised, cannot be sold, whatever comes at once")
  func noNakedSale() async throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let buy = try floor.submit(
      floor.intent("one.b", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10"))
    _ = try floor.fill(buy["order_id"]!.string!, trade: "t", price: "0.5", size: "10")
    let template = try floor.intent(
      "x", agent: "one", epoch: epoch, market: "m-1", side: "SELL", price: "0.6", size: "3")
    let database = floor.database
    let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
      for lane in 0..<5 {
        group.addTask {
          let session = try database.open(as: "floor_gateway")
          return try (0..<3).count { number in
            let hex = String(lane * 100 + number + 9, radix: 16)
            let p = template.with("intent", .string("one.\(lane)-\(number)"))
              .with("order_id", .string("0x" + String(repeating: "0", count: 64 - hex.count) + hex))
            return try session.query("SELECT submit_intent($1) AS j", [.json(p)]).one().json("j")["outcome"]
              == "accepted"
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(accepted == 3)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test(
    "in a halt the gateway sells what is held, as long as nobody doubts the books: not more than that, not late, and nobody else sells"
  )
  func ownExitsInHalt() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let buy = try floor.submit(
      floor.intent("one.b", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10"))
    _ = try floor.fill(buy["order_id"]!.string!, trade: "t", price: "0.5", size: "10")
    var number = 0
    func sell(_ size: String, origin: String = "gateway", _ changes: [(String, JSON)] = []) throws -> JSON {
      number += 1
      return try floor.intent(
        "one.\(number)", agent: "one", epoch: epoch, market: "m-1", side: "SELL", price: "0.4", size: size,
        changes: [("origin", .string(origin)), ("type", "FAK")] + changes)
    }
    func own(_ p: JSON) throws -> JSON {
      try floor.gateway.query("SELECT submit_own_exit($1) AS j", [.json(p)]).one().json("j")
    }
    #expect(try own(sell("1"))["outcome"] == "accepted")
    try floor.boss.query("SELECT trip_halt('the operator')")
    #expect(try floor.submit(sell("1"))["reason"] == "halted")
    #expect(try floor.submit(sell("1", origin: "agent"))["reason"] == "halted")
    for bad in [try sell("1", origin: "agent"), try sell("1").with("side", "BUY").with("action", "enter")] {
      #expect(throws: DatabaseError.self) { try own(bad) }
    }
    let first = try sell("4")
    #expect(try own(first)["outcome"] == "accepted")
    let again = try own(first)
    #expect(again["outcome"] == "duplicate" && again["first"] == "accepted")
    // Ten less the two orders that are open.
    #expect(try own(sell("5.01"))["reason"] == "no_shares")
    #expect(try own(sell("1", [("outcome", "NO")]))["reason"] == "no_shares")
    let late: JSON = .int(DatabaseFloor.now + 60_000_000_000)
    #expect(try own(sell("1", [("market_now_ns", late)]))["reason"] == "expired")
    let over: [(String, JSON)] = [
      ("useful_until_ns", .int(DatabaseFloor.windowEnd + 1)), ("market_now_ns", .int(DatabaseFloor.windowEnd)),
    ]
    #expect(try own(sell("1", over))["reason"] == "market_closed")
    #expect(try own(sell("1", [("gateway_epoch", .int(floor.gatewayEpoch + 1))]))["reason"] == "gateway_fenced")
    let auditor = try floor.database.open(as: "floor_auditor")
    try auditor.query("SELECT trip_halt('money')")
    #expect(try own(sell("1"))["reason"] == "halted")
    let filled = try floor.fill(first["order_id"]!.string!, trade: "t2", price: "0.4", size: "4")
    #expect(filled["outcome"] == "recorded")
    #expect(
      try floor.gateway.query("SELECT shares, deficient FROM positions").one().shares("shares") == Shares(whole: 6))
    #expect(try floor.gateway.query("SELECT deficient FROM positions").one().bool("deficient") == false)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("an order moves along its edges only, ends once, and gives back what it held")
  func edges() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let p = try floor.intent(
      "one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "20", worst: "10.4")
    let order = try floor.submit(p)["order_id"]!.string!
    #expect(try floor.advance(order, "VOID")["outcome"] == "refused")
    #expect(try floor.advance(order, "UNKNOWN")["outcome"] == "advanced")
    // While it is unknown the token takes no other entry, and the reservation stays.
    let other = try floor.intent(
      "one.2", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "1")
    #expect(try floor.submit(other)["reason"] == "token_has_unknown_order")
    #expect(try floor.gateway.query("SELECT reserved FROM allocations").one().usd("reserved").description == "10.4")
    #expect(try floor.advance(order, "LIVE")["outcome"] == "advanced")
    #expect(try floor.advance(order, "LIVE")["outcome"] == "unchanged")
    _ = try floor.fill(order, trade: "t1", price: "0.5", size: "5")
    #expect(try floor.gateway.query("SELECT reserved FROM allocations").one().usd("reserved").description == "7.8")
    #expect(try floor.advance(order, "CANCEL_SENT")["outcome"] == "advanced")
    #expect(try floor.advance(order, "CANCELLED")["outcome"] == "advanced")
    #expect(try floor.advance(order, "LIVE")["outcome"] == "refused")
    #expect(try floor.gateway.query("SELECT reserved FROM allocations").one().usd("reserved") == .zero)
    #expect(try floor.advance("0x" + String(repeating: "f", count: 64), "LIVE")["outcome"] == "order_unknown")
    // A fill that comes after the end is still a fact.
    #expect(try floor.fill(order, trade: "t2", price: "0.5", size: "1")["outcome"] == "recorded")
    #expect(try floor.gateway.query("SELECT state, filled FROM order_state").one().text("state") == "CANCELLED")
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("two of our orders in one trade are two fills, each booked once and each taken back alone")
  func twoOrdersInOneTrade() throws {
    let floor = try DatabaseFloor()
    let epochs = [try floor.hire("one", allocation: "100"), try floor.hire("two", allocation: "100")]
    try floor.market("m-1")
    let orders = try ["one", "two"].indices.map { index in
      try floor.submit(
        floor.intent(
          "\(["one", "two"][index]).1", agent: ["one", "two"][index], epoch: epochs[index], market: "m-1", side: "BUY",
          price: "0.5", size: "10"))["order_id"]!.string!
    }
    for order in orders + orders {
      let isFirst =
        try floor.gateway.query(
          "SELECT filled FROM order_state WHERE order_id = $1", [.text(order)]
        ).one().shares("filled") == .zero
      #expect(
        try floor.fill(order, trade: "t1", price: "0.5", size: "4")["outcome"] == (isFirst ? "recorded" : "duplicate"))
    }
    func held() throws -> [String] {
      try floor.gateway.query("SELECT shares FROM positions ORDER BY agent_id").map {
        try $0.shares("shares").description
      }
    }
    #expect(try held() == ["4", "4"])
    _ = try floor.fill(orders[1], trade: "t1", price: "0.5", size: "4", status: "FAILED")
    #expect(try held() == ["4", "0"])
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("a fill with another price under the same key changes nothing and raises an alarm")
  func conflict() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let order = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "20"))[
        "order_id"]!.string!
    _ = try floor.fill(order, trade: "t1", price: "0.5", size: "5")
    #expect(try floor.fill(order, trade: "t1", price: "0.500001", size: "5")["outcome"] == "conflict")
    #expect(
      try floor.gateway.query("SELECT count(*) AS n FROM system_events WHERE event_type = 'fill_conflict'").one().int(
        "n") == 1)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("a ledger transaction that does not sum to zero is refused at its commit")
  func doubleEntry() throws {
    let floor = try DatabaseFloor()
    let session = try floor.database.openAsAdministrator()
    let error = #expect(throws: DatabaseError.self) {
      try session.transaction {
        try session.query(
          "SELECT post_ledger('deposit', 'odd', NULL, '[[\"treasury\",\"USD\",1],[\"external\",\"USD\",-0.999999]]')")
      }
    }
    #expect(error?.sqlState == "FL011")
    #expect(try session.query("SELECT count(*) AS n FROM ledger_transactions WHERE ref = 'odd'").one().int("n") == 0)
    #expect(throws: DatabaseError.self) {
      // Two assets that cancel only across each other.
      try session.query(
        "SELECT post_ledger('deposit', 'odd', NULL, '[[\"treasury\",\"USD\",1],[\"treasury\",\"123\",-1]]')")
    }
  }

  @Test("settlement pays each position its outcome, closes its trade, and a repeat does nothing")
  func settlement() throws {
    let floor = try DatabaseFloor()
    let epochs = [try floor.hire("one", allocation: "100"), try floor.hire("two", allocation: "100")]
    try floor.market("m-1")
    let yes = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epochs[0], market: "m-1", side: "BUY", price: "0.4", size: "10"))[
        "order_id"]!.string!
    let no = try floor.submit(
      floor.intent(
        "two.1", agent: "two", epoch: epochs[1], market: "m-1", side: "BUY", price: "0.6", size: "10",
        changes: [("outcome", "NO")]))["order_id"]!
      .string!
    _ = try floor.fill(yes, trade: "t1", price: "0.4", size: "10", fee: "0.168")
    _ = try floor.fill(no, trade: "t2", price: "0.6", size: "4", fee: "0.06")
    let answer = try floor.settle("m-1", payoutYes: "1")
    #expect(answer["outcome"] == "settled")
    #expect(answer["events"]?.array?.count == 2)
    #expect(try floor.settle("m-1", payoutYes: "1")["outcome"] == "duplicate")
    #expect(throws: DatabaseError.self) { try floor.settle("m-1", payoutYes: "0") }
    let trades = try floor.gateway.query("SELECT pnl, exit_price, exit_reason FROM trades ORDER BY agent_id")
    #expect(try trades.map { try $0.usd("pnl").description } == ["5.832", "-2.46"])
    #expect(try trades.map { try $0.text("exit_reason") } == ["settlement", "settlement"])
    // The rest of the second order fills late: the fact is booked and settled at once.
    #expect(try floor.fill(no, trade: "t3", price: "0.6", size: "6", fee: "0.09")["outcome"] == "recorded")
    #expect(try floor.gateway.query("SELECT count(*) AS n FROM trades").one().int("n") == 3)
    #expect(try floor.gateway.query("SELECT count(*) AS n FROM positions WHERE shares <> 0").one().int("n") == 0)
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("a draw pays half, and the wallet is what the books say")
  func draw() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let order = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.4", size: "10"))[
        "order_id"]!.string!
    _ = try floor.fill(order, trade: "t1", price: "0.4", size: "10")
    _ = try floor.settle("m-1", payoutYes: "0.5")
    #expect(try floor.gateway.query("SELECT cash FROM floor_overview").one().usd("cash").description == "1001")
    #expect(try floor.gateway.query("SELECT resolved_outcome AS o FROM markets").one().text("o") == "SPLIT")
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("an allocation's losses shrink what it may use, its gains do not grow it")
  func lossesShrink() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "20")
    try floor.market("m-1")
    func trade(_ number: Int, _ entry: String, _ exit: String) throws {
      let buy = try floor.submit(
        floor.intent("one.b\(number)", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: entry, size: "20")
      )
      _ = try floor.fill(buy["order_id"]!.string!, trade: "b\(number)", price: entry, size: "20")
      let sell = try floor.submit(
        floor.intent("one.s\(number)", agent: "one", epoch: epoch, market: "m-1", side: "SELL", price: exit, size: "20")
      )
      _ = try floor.fill(sell["order_id"]!.string!, trade: "s\(number)", price: exit, size: "20")
    }
    func free() throws -> String { try floor.boss.query("SELECT free FROM agent_pnl").one().usd("free").description }
    try trade(1, "0.5", "0.7")
    #expect(try free() == "20")
    try trade(2, "0.5", "0.1")
    #expect(try free() == "16")
    let tooMuch = try floor.intent(
      "one.x", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "32.01")
    #expect(try floor.submit(tooMuch)["reason"] == "allocation")
    #expect(try floor.brokenInvariants() == [])
  }

  @Test(
    "an order enters the audit chain once, with the first thing that happens to it and before it",
    arguments: ["advance", "fill", "cancel"])
  func auditOfOrders(_ first: String) throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let order = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "20"))[
        "order_id"]!.string!
    let administrator = try floor.database.openAsAdministrator()
    func kinds() throws -> [String] {
      try administrator.query(
        "SELECT kind FROM audit_outbox WHERE body->>'order' = $1 ORDER BY id", [.text(order)]
      ).map { try $0.text("kind") }
    }
    #expect(try kinds() == [])
    switch first {
    case "fill": _ = try floor.fill(order, trade: "t1", price: "0.5", size: "5")
    case "cancel": _ = try floor.advance(order, "CANCEL_SENT")
    default: _ = try floor.advance(order, "LIVE")
    }
    #expect(try kinds() == ["order", first == "fill" ? "fill" : "order_state"])
    _ = try floor.fill(order, trade: "t2", price: "0.5", size: "5")
    _ = try floor.advance(order, "CANCELLED")
    #expect(try kinds().filter { $0 == "order" }.count == 1)
    let entry = try administrator.query("SELECT body FROM audit_outbox WHERE kind = 'order'").one().json("body")
    #expect(entry["agent"] == "one" && entry["intent"] == "one.1" && entry["epoch"] == .int(epoch))
    let hash = try administrator.query(
      "SELECT encode(sha256(signed_body), 'hex') AS h FROM orders WHERE order_id = $1", [.text(order)]
    ).one().text("h")
    #expect(entry["body_sha256"] == .string(hash))
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("rows that break a rule of the order path's tables are refused, whoever writes them")
  func guards() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let order = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "20"))[
        "order_id"]!.string!
    let administrator = try floor.database.openAsAdministrator()
    func refusal(_ sql: String) throws -> String {
      do {
        _ = try administrator.execute(script: sql)
        return "accepted"
      } catch let error as DatabaseError { return error.sqlState }
    }
    let copy = "INSERT INTO orders SELECT (x).* FROM (SELECT jsonb_populate_record(o, '{\"intent_id\": \"one.2\", "
    let id = "\"order_id\": \"0x\(String(repeating: "ab", count: 32))\""
    let from = "}'::jsonb) AS x FROM orders o) y"
    for change in [
      "\"order_id\": \"0xAB\"", id + ", \"price\": 1", id + ", \"price\": 0", id + ", \"size\": 0",
      id + ", \"worst\": -1", id + ", \"side\": \"HOLD\"", id + ", \"outcome\": \"MAYBE\"", id + ", \"type\": \"IOC\"",
    ] {
      #expect(try refusal(copy + change + from) == "23514", "\(change)")
    }
    #expect(try refusal("BEGIN; " + copy + id + from + "; ROLLBACK") == "accepted")
    for change in [
      "reserved = -1", "filled = -1", "reserved_shares = -1", "settlement = 'MAYBE'", "state = 'FILLED'",
      "state = 'FILLED', reserved = 0, reserved_shares = 1",
    ] {
      #expect(try refusal("UPDATE order_state SET \(change)") == "23514", "\(change)")
    }
    #expect(try refusal("UPDATE order_state SET state = 'NOWHERE'") == "FL012")
    for change in [
      "allocated = 1", "reserved = -1", "invested = -1", "overdrawn = -1", "realized = -99", "invested = 95",
    ] {
      #expect(try refusal("UPDATE allocations SET \(change)") == "23514", "\(change)")
    }
    let event = "INSERT INTO order_events (agent_id, cursor, event, body) SELECT id, "
    #expect(try refusal(event + "0, 'live', '{}' FROM agents") == "23514")
    #expect(try refusal(event + "1, 'maybe', '{}' FROM agents") == "23514")
    let intent =
      "INSERT INTO intents (id, agent_id, epoch, gateway_epoch, origin, action, side, result, denial) SELECT "
    for row in [
      "'ONE', id, 1, 1, 'agent', 'enter', 'BUY', 'accepted', NULL",
      "'x', id, 1, 1, 'me', 'enter', 'BUY', 'accepted', NULL",
      "'x', id, 1, 1, 'agent', 'hold', 'BUY', 'denied', 'no'",
      "'x', id, 1, 1, 'agent', 'enter', 'SELL', 'accepted', NULL",
      "'x', id, 1, 1, 'agent', 'enter', 'HOLD', 'denied', 'no'",
      "'x', id, 1, 1, 'agent', 'enter', 'BUY', 'maybe', 'no'",
      "repeat('x', 81), id, 1, 1, 'agent', 'enter', 'BUY', 'accepted', NULL",
      "'x', id, 1, 1, 'agent', 'enter', 'BUY', 'denied', NULL",
      "'x', id, 1, 1, 'agent', 'enter', 'BUY', 'accepted', 'no'",
    ] {
      #expect(try refusal(intent + row + " FROM agents") == "23514", "\(row)")
    }
    for table in ["agents", "markets"] {
      #expect(try refusal("DELETE FROM \(table)") == "FL010")
      #expect(try refusal("TRUNCATE \(table) CASCADE") == "FL010")
    }
    #expect(try refusal("UPDATE order_state SET token_id = '77' WHERE order_id = '\(order)'") == "FL010")
    #expect(try floor.brokenInvariants() == [])
    // What the foreign keys said is asked of the whole record: a name of nothing is found.
    _ = try administrator.execute(
      script: copy.replacing("one.2", with: "one.9") + id + ", \"token_id\": \"77\"" + from)
    let broken = try floor.brokenInvariants()
    #expect(broken.contains { $0.hasPrefix("an order belongs to an intent") })
    #expect(broken.contains { $0.hasPrefix("an order has one state") })
  }

  @Test("an agent that asks again from its cursor hears every event, in order")
  func events() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let order = try floor.submit(
      floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "20"))[
        "order_id"]!.string!
    _ = try floor.advance(order, "LIVE")
    _ = try floor.fill(order, trade: "t1", price: "0.5", size: "20")
    let role = try floor.boss.query("SELECT db_role FROM agents").one().text("db_role")
    let agent = try floor.database.open(as: role)
    let events = try agent.query("SELECT * FROM order_events_since('one', 0)")
    #expect(try events.map { try $0.json("body")["event"]?.string ?? "" } == ["live", "fill", "done"])
    #expect(try events.map { try $0.int("cursor") } == [1, 2, 3])
    let later = try agent.query("SELECT * FROM order_events_since('one', 1)")
    #expect(try later.map { try $0.int("cursor") } == [2, 3])
    let fill = try events[1].json("body")
    #expect(fill["position"] == "20")
    #expect(fill["fill"]?["price"] == "0.5")
    let snapshot = try agent.query("SELECT agent_snapshot('one') AS j").one().json("j")
    #expect(snapshot["cursor"]?.int == 3)
    #expect(snapshot["positions"]?.array?.first?["shares"]?.shares == Shares(whole: 20))
    #expect(snapshot["orders"]?.array?.isEmpty == true)
  }
}
