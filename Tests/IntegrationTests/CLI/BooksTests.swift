import Shared
import Testing

@testable import FloorCLI

/// The pure parts of `floor why`, `explain`, `ledger` and `limits`.
@Suite struct BooksTests {
  // MARK: Since

  @Test("a span counts back from now, a time is taken as it stands, all else is a usage error") func since() throws {
    let now = WallTime(seconds: 1_795_180_500)
    #expect(try SinceWord.time("90s", now: now) == WallTime(seconds: 1_795_180_410))
    #expect(try SinceWord.time("2h", now: now) == WallTime(seconds: 1_795_173_300))
    #expect(try SinceWord.time("7d", now: now) == WallTime(seconds: 1_795_180_500 - 7 * 86_400))
    for text in ["2026-11-20T08:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00Z", "2026-11-20 08:00:00Z"] {
      #expect(try SinceWord.time(text, now: now).description == "2026-11-20T08:00:00Z")
    }
    for text in ["", "yesterday", "2", "-2h", "0m", "2 h", "2w"] {
      let failure = #expect(throws: FloorFailure.self) { try SinceWord.time(text, now: now) }
      #expect(failure?.exitCode == .usage)
    }
  }

  // MARK: Why

  private func fate(
    _ count: Int64, denial: String? = nil, detail: String = "", state: String? = nil, reason: String = "",
    traded: Bool = false
  ) -> WhyReport.Fate {
    WhyReport.Fate(
      denial: denial, detail: detail, state: state, reason: reason, hasTraded: traded, count: count,
      last: "2026-11-30 08:00:0\(count % 10)")
  }

  private func report() -> WhyReport {
    var report = WhyReport(agent: "alpha")
    let before = WhyReport.Count(
      at: "08:00", evaluations: 100, quiet: 60, refused: 30, signals: 10, reasons: ["cooldown": 30], unreported: 4,
      decisions: 12)
    let after = WhyReport.Count(
      at: "09:00", evaluations: 400, quiet: 200, refused: 165, signals: 35,
      reasons: ["cooldown": 130, "too_thin": 35], unreported: 5, decisions: 40)
    report.lives = [.init(epoch: 3, from: "08:00", before: before, after: after)]
    report.refusalRows = 134
    report.fates = [
      fate(3, denial: "per_trade_limit", detail: "cost_usd=26 limit_usd=20"),
      fate(2, denial: "market_cap", detail: "x"),
      fate(4, state: "REJECTED", reason: "not_enough_balance"), fate(1, state: "EXPIRED_UNSENT", reason: "expired"),
      fate(1, state: "VOID", reason: "absent"), fate(2, state: "CANCELLED", reason: "remainder_dropped"),
      fate(5, state: "FILLED", traded: true), fate(1, state: "CANCELLED", traded: true), fate(2, state: "LIVE"),
      fate(3),
    ]
    return report
  }

  @Test("every end has its count, and together they are the evaluations") func whyAddsUp() {
    let report = report()
    #expect(report.evaluations == 300 && report.sum == 300 && report.faults.isEmpty)
    let counts = Dictionary(uniqueKeysWithValues: report.lines.map { ($0.key, $0.count) })
    #expect(counts["evaluations.quiet"] == 140 && counts["evaluations.agent"] == 135)
    #expect(counts["evaluations.agent.cooldown"] == 100 && counts["evaluations.agent.too_thin"] == 35)
    #expect(counts["evaluations.wanted"] == 25 && counts["evaluations.wanted.gate.per_trade_limit"] == 3)
    #expect(counts["evaluations.wanted.record.market_cap"] == 2 && counts["evaluations.wanted.venue"] == 4)
    #expect(counts["evaluations.wanted.traded"] == 6 && counts["evaluations.wanted.nofill"] == 2)
    #expect(counts["evaluations.wanted.open"] == 2 && counts["evaluations.wanted.cancels"] == 3)
    #expect(counts["evaluations.wanted.unanswered"] == 1)
    // A line is the sum of those below it.
    for line in report.lines {
      let below = report.lines.filter { $0.key.hasPrefix(line.key + ".") && $0.depth == line.depth + 1 }
      if !below.isEmpty { #expect(below.reduce(0) { $0 + $1.count } == line.count, "\(line.key)") }
    }
  }

  @Test("what does not add up is named: a lost evaluation, a missing row, a row too many, a life without a count")
  func whyFaults() {
    func faults(_ change: (inout WhyReport) -> Void) -> [String] {
      var report = report()
      change(&report)
      return report.faults
    }
    #expect(faults { $0.fates[0] = fate(30, denial: "per_trade_limit") }.contains { $0.contains("51 intents") })
    #expect(
      faults { $0.refusalRows = 130 } == ["4 refusals were reported and stand in no row: the record was away too long"])
    #expect(faults { $0.refusalRows = 140 }.first?.contains("hold 140 refusals") == true)
    #expect(faults { $0.countless = [4] }.first?.contains("epochs 4") == true)
    let life = report().lives[0]
    var after = life.after
    after.evaluations += 1
    let lost = WhyReport.Life(epoch: 3, from: "08:00", before: life.before, after: after)
    #expect(faults { $0.lives = [lost] } == ["301 evaluations, and 300 are accounted for"])
  }

  // MARK: Ledger

  @Test("a ledger agrees when every asset sums to zero and every balance is the sum of its entries") func ledger() {
    func line(_ account: String, _ asset: String, _ balance: Int64, _ total: Int64) -> LedgerSheet.Balance {
      .init(account: account, asset: asset, balance: balance, total: total, entries: 1)
    }
    let good = LedgerSheet(balances: [
      line("treasury", "USD", 5_000_000, 5_000_000), line("external", "USD", -8_000_000, -8_000_000),
      line("agent:1", "USD", 3_000_000, 3_000_000), line("agent:1", "77", 10, 10), line("venue", "77", -10, -10),
    ])
    #expect(good.faults.isEmpty && good.wallet == 8_000_000)
    #expect(good.sums.map(\.asset) == ["USD", "77"] && good.sums.allSatisfy { $0.sum == 0 })
    let bad = LedgerSheet(balances: [line("treasury", "USD", 5, 4), line("venue", "USD", -4, -4)])
    #expect(
      bad.faults == [
        "USD does not sum to zero: 0.000001", "treasury USD: balance 0.000005, entries 0.000004",
      ])
  }

  // MARK: Limits

  private func agent(
    _ name: String = "alpha", status: String = "RUNNING", allocation: Int64 = 100, deployed: Int64 = 0,
    positions: Int = 0, losses: Int = 0, rested: Bool = false, orders: Int64 = 0
  ) -> LimitSheet.Agent {
    .init(
      name: name, status: status, strategy: "momentum", strategyDeployed: USD(dollars: deployed),
      allocation: USD(dollars: allocation), deployed: USD(dollars: deployed),
      positions: positions, lossesInARow: losses, hasRested: rested, ordersLastMinute: orders)
  }

  private func sheet(
    _ agents: [LimitSheet.Agent], mode: String = "ACTIVE", deployed: Int64 = 0, today: Int64 = 0, equity: Int64 = 1000,
    orderCap: USD? = nil, places: [LimitSheet.Place] = [], rules: [LimitRule] = [], limits: RiskLimits = RiskLimits()
  ) -> LimitSheet {
    var limits = limits
    limits.openPositions = 3
    limits.perMarketUSD = USD(dollars: 50)
    limits.rules = rules
    return LimitSheet(
      limits: limits, mode: mode, modeReason: "why",
      floor: FloorStanding(
        capital: USD(dollars: 1000), deployed: USD(dollars: deployed), realisedToday: USD(dollars: today),
        equity: USD(dollars: equity), peakEquity: USD(dollars: 1000)),
      allocated: USD(dollars: 100), allocationCap: USD(dollars: 400), orderCap: orderCap,
      agents: agents, places: places)
  }

  @Test("the limit with the least room binds the next entry, and the table says the same") func limits() {
    let free = sheet([agent()])
    #expect(free.next(free.agents[0]) == .atMost(USD(dollars: 20), code: "per_trade_limit"))
    let capped = sheet([agent()], orderCap: USD(dollars: 7))
    #expect(capped.next(capped.agents[0]) == .atMost(USD(dollars: 7), code: "order_limit"))
    let tight = sheet([agent(allocation: 50, deployed: 45)])
    #expect(tight.next(tight.agents[0]) == .atMost(USD(dollars: 5), code: "allocation"))
    #expect(tight.lines.filter { $0.verdict == "binds" }.map(\.code) == ["allocation"])
    let line = tight.lines.first { $0.code == "allocation" }
    #expect(line?.used == "45.00" && line?.allowed == "50.00" && line?.room == "5.00")
    let full = sheet([agent(deployed: 100)], deployed: 100)
    #expect(full.next(full.agents[0]) == .stopped("per_agent_limit used_usd=100 limit_usd=100"))
    let market = sheet([agent()], places: [.init(scope: .market, name: "m", open: USD(dollars: 50), cap: nil)])
    #expect(market.lines.first { $0.code == "market_cap" }?.verdict == "full")
  }

  @Test("a rule has a line for each that it is for, with use and room, and one that says so where nothing is at risk")
  func rules() throws {
    let rules = try [
      "scope=category usd=60", "scope=category name=sports pct=5", "scope=event_group name=btc-5m usd=50",
      "scope=order usd=7",
      "scope=agent name=alpha usd=80",
    ].map { try LimitRule(parsing: $0) }
    let places: [LimitSheet.Place] = [
      .init(scope: .category, name: "crypto", open: USD(dollars: 45), cap: nil),
      .init(scope: .eventGroup, name: "btc-5m", open: USD(dollars: 50), cap: nil),
    ]
    let sheet = sheet([agent(deployed: 45)], places: places, rules: rules)
    func lines(_ code: String) -> [String] {
      sheet.lines.filter { $0.code == code }.map { "\($0.scope) \($0.used)/\($0.allowed) \($0.room) \($0.verdict)" }
    }
    #expect(lines("category_limit") == ["crypto 45.00/60.00 15.00 ", "sports 0.00/50.00 50.00 "])
    #expect(lines("event_group_limit") == ["btc-5m 50.00/50.00 0.00 full"])
    #expect(lines("per_agent_limit").contains("alpha 45.00/80.00 35.00 "))
    #expect(sheet.next(sheet.agents[0]) == .atMost(USD(dollars: 7), code: "per_trade_limit"))
  }

  @Test("what stops entries altogether is named before any room", arguments: 0..<7) func stops(_ index: Int) {
    let cases: [(LimitSheet, String)] = [
      (sheet([agent()], mode: "REDUCE_ONLY"), "mode REDUCE_ONLY: why"),
      (sheet([agent()], today: -100), "daily_loss"), (sheet([agent()], equity: 850), "drawdown"),
      (sheet([agent(status: "PAUSED")]), "PAUSED"), (sheet([agent(losses: 5)]), "loss_streak losses=5 limit=5"),
      (sheet([agent(positions: 3)]), "open_positions"), (sheet([agent(orders: 600)]), "rate_limit"),
    ]
    let (sheet, words) = cases[index]
    guard case .stopped(let why) = sheet.next(sheet.agents[0]) else {
      Issue.record("\(words) does not stop")
      return
    }
    #expect(why.contains(words))
  }

  @Test("after its pause a streak stops nothing") func rested() {
    let sheet = sheet([agent(losses: 6, rested: true)])
    #expect(sheet.next(sheet.agents[0]) == .atMost(USD(dollars: 20), code: "per_trade_limit"))
    #expect(sheet.lines.first { $0.code == "loss_streak" }?.used == "0")
  }

  @Test("a rule's share of an allocation or of the equity is shown as what it comes to for each")
  func bases() throws {
    let rules = try [
      "scope=agent pct=50 basis=allocation", "scope=order pct=5 basis=allocation", "scope=floor pct=10 basis=equity",
    ].map { try LimitRule(parsing: $0) }
    let sheet = sheet([agent(), agent("beta", allocation: 80)], equity: 900, rules: rules)
    let lines = sheet.lines.filter { $0.limit.contains("basis=") }.map { "\($0.scope) \($0.allowed)" }
    #expect(
      lines == [
        "alpha 50.00", "beta 40.00", "one order of alpha 5.00", "one order of beta 4.00", "floor 90.00",
      ])
    #expect(sheet.next(sheet.agents[1]) == .atMost(USD(dollars: 4), code: "per_trade_limit"))
  }

  @Test("an agent's and a strategy's breakers stop the next entry and have lines with use and end")
  func breakers() {
    let until = MarketTime(seconds: 1_795_180_500)
    var paused = agent()
    paused.rejects = .init(counted: 0, trip: .init(at: until, until: until, repeats: 1))
    let one = sheet([paused])
    #expect(one.next(paused) == .stopped("venue_rejects agent=alpha rejects=5 window_s=600 until=\(until)"))
    #expect(one.lines.first { $0.code == "venue_rejects" }?.verdict == "until \(until)")

    var limits = RiskLimits()
    limits.strategyLossStreak = 4
    limits.strategyDrawdownBps = 500
    var two = sheet([agent()], limits: limits)
    two.strategies = [
      StrategyStanding(name: "momentum", lossesInARow: 3, result: USD(dollars: -12), peak: USD(dollars: 8))
    ]
    func lines() -> [String] {
      two.lines.filter { $0.code.hasPrefix("strategy_") }.map {
        "\($0.scope) \($0.code) \($0.used)/\($0.allowed) \($0.room) \($0.verdict)"
      }
    }
    #expect(
      lines() == [
        "momentum strategy_drawdown 20.00/50.00 30.00 ", "momentum strategy_loss_streak 3/4 1 ",
      ])
    #expect(two.next(two.agents[0]) == .atMost(USD(dollars: 20), code: "per_trade_limit"))
    two.strategies[0].hasFallen = true
    #expect(lines().first == "momentum strategy_drawdown 20.00/50.00 30.00 no entries")
    #expect(
      two.next(two.agents[0])
        == .stopped("strategy_drawdown strategy=momentum result_usd=-12 peak_usd=8 limit_usd=50"))
  }

  // MARK: Explain

  private let wanted: [String: String] = [
    "intent": "alpha.1", "agent": "alpha", "strategy": "momentum", "origin": "agent", "action": "enter",
    "market": "btc-updown-5m-1", "outcome": "YES", "side": "BUY", "type": "FAK", "price": "0.520000",
    "size": "20.000000", "worst": "10.710000", "reason": "momentum_up", "created_at": "2026-11-30 08:00:00.5+00",
    "market_at": "2026-11-30 07:00:00+00",
  ]

  @Test("a refused intent has a story: what was wanted, who refused it and with which figures") func refusedStory() {
    let intent = wanted.merging(
      ["result": "denied", "denial": "per_trade_limit", "denial_detail": "cost_usd=26 limit_usd=20"]) { $1 }
    let story = OrderStory(facts: .init(intent: Fact(intent)))
    #expect(story.lines.map(\.who) == ["alpha", "the risk gate"])
    #expect(story.lines[0].what.contains("buy 20 YES of btc-updown-5m-1 at most 0.52"))
    #expect(story.end == "refused by the risk gate: per_trade_limit (cost_usd=26 limit_usd=20); nothing was sent")
    #expect(story.lines[1].wall.map(Fact.clock) == "2026-11-30 08:00:00.500")
    #expect(story.lines[1].market.map(Fact.clock) == "2026-11-30 07:00:00.000")
  }

  @Test("an order's story goes from the wish to the result in the order of time") func wholeStory() {
    let intent = wanted.merging(
      [
        "result": "accepted", "order_id": "0xab", "is_paper": "t", "state": "FILLED", "settlement": "CONFIRMED",
        "filled": "20.000000", "updated_at": "2026-11-30 08:00:02+00",
      ]) { $1 }
    var facts = OrderStory.Facts(intent: Fact(intent))
    facts.decision = Fact([
      "at": "2026-11-30 08:00:00.6+00", "market_at": "2026-11-30 07:00:00+00", "reason": "momentum_up",
      "detail": "{\"rate\": \"0.004\"}",
    ])
    facts.changes = [Fact(["at": "2026-11-30T08:00:01.000000Z", "from": "SENDING", "to": "LIVE", "reason": ""])]
    facts.fills = [
      Fact([
        "venue_trade_id": "t1", "side": "BUY", "price": "0.500000", "size": "20.000000", "notional": "10.000000",
        "fee": "0.350000", "liquidity": "TAKER", "source": "stream", "executed_at": "2026-11-30 08:00:01.5+00",
        "recorded_at": "2026-11-30 08:00:01.7+00",
        "status": "CONFIRMED", "updated_at": "2026-11-30 08:00:03+00",
      ])
    ]
    facts.bookings = [
      Fact(["tx_id": "9", "kind": "fill", "booked_at": "2026-11-30 08:00:01.6+00", "lines": "agent alpha -10.35 USD"])
    ]
    facts.settlements = [
      Fact([
        "kind": "settle", "shares": "20.000000", "payout": "1.000000", "proceeds": "20.000000", "realized": "9.650000",
        "settled_at": "2026-11-30 08:05:00+00",
      ])
    ]
    facts.trades = [
      Fact([
        "id": "4", "cost": "10.000000", "proceeds": "20.000000", "fees": "0.350000", "pnl": "9.650000",
        "exit_reason": "settlement", "executed_at": "2026-11-30 08:05:00.1+00",
      ])
    ]
    let story = OrderStory(facts: facts)
    let whats = story.lines.map(\.what)
    let expected = [
      "wanted to buy 20 YES", "let it through", "SENDING → LIVE",
      "bought 20 at 0.5 = 10.00 USD, fee 0.35 USD, as taker",
      "fill 9: agent alpha -10.35 USD", "LIVE → FILLED", "trade t1 is CONFIRMED", "20 shares at 1 pay 20.00 USD",
      "round trip 4 is closed (settlement): in 10.00 USD, out 20.00 USD, fees 0.35 USD, result +9.65 USD",
    ]
    #expect(whats.count == expected.count, "\(whats)")
    for (what, words) in zip(whats, expected) { #expect(what.contains(words), "\(what)") }
    #expect(whats[0].contains("momentum_up rate=0.004"))
    #expect(story.end.contains("20 of 20 traded") && story.end.contains("made +9.65 USD after fees"))
    #expect(story.title.hasPrefix("order 0xab of alpha (momentum, paper)"))
  }

  @Test("a fill that failed to settle, a cancel asked for and a voided trip are told") func failedStory() {
    let intent = wanted.merging(
      ["result": "accepted", "order_id": "0xab", "state": "CANCELLED", "updated_at": "2026-11-30 08:00:02+00"]) { $1 }
    var facts = OrderStory.Facts(intent: Fact(intent))
    facts.cancels = [Fact(["created_at": "2026-11-30 08:00:01+00", "reason": "stale"])]
    facts.fills = [Fact(["venue_trade_id": "t1", "status": "FAILED", "updated_at": "2026-11-30 08:01:00+00"])]
    facts.trades = [
      Fact(["id": "4", "pnl": "1.000000", "voided_at": "2026-11-30 08:01:00+00", "void_reason": "failed"])
    ]
    let story = OrderStory(facts: facts)
    let text = story.lines.map(\.what).joined(separator: "\n")
    for words in ["asked to end it: stale", "FAILED to settle", "does not count any more: failed"] {
      #expect(text.contains(words))
    }
    #expect(!story.end.contains("made"))
  }
}
