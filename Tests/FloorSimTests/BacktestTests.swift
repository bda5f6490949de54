import FloorSim
import FloorTestSupport
import Shared
import Testing

/// A backtest's money, time and order of things, by hand and over random days.
@Suite("Backtest")
struct BacktestTests {
  /// A rise from 0.51 to 0.60, then quiet.
  private func rise(_ outcome: Outcome, asks: [(String, String)] = []) -> TapeFixture {
    var tape = TapeFixture()
    for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
    tape.book(8, bid: "0.59", ask: "0.61", asks: asks)
    for second in stride(from: 9.0, to: 299, by: 5) { tape.book(second, bid: "0.59", ask: "0.61", asks: asks) }
    tape.resolved(340, outcome)
    return tape
  }

  @Test("An entry that is held to the settlement wins its shares less cost and the venue's fee, to the micro-dollar")
  func heldToSettlement() throws {
    let (report, _) = try Backtest.run(rise(.yes).frames, [agent("momentum", holder)], settings())
    let trip = try #require(report.trips.first)
    #expect(report.trips.count == 1 && report.fills == 1 && report.booksBalance)
    // The most shares, in hundredths, whose cost at 0.62 with the highest fee there (at one half) is no more than 20 dollars.
    let shares = (1...4000).last { hundredths in
      let fee = (Double(hundredths) / 100 * 0.07 * 0.25 * 1e5).rounded() / 1e5
      return Double(hundredths) / 100 * 0.62 + fee <= 20
    }
    let hundredths = Int64(try #require(shares))
    #expect(trip.shares == Shares(micros: hundredths * 10_000))
    #expect(trip.cost == USD(micros: hundredths * 6_100))
    // 0.07 · p · (1 − p) a share, on the grid of 10⁻⁵ dollars.
    let fee = (Double(hundredths) / 100 * 0.07 * 0.61 * 0.39 * 1e5).rounded()
    #expect(trip.fees == USD(micros: Int64(fee) * 10))
    #expect(trip.payout == .one && trip.exitReason == "settlement" && !trip.isMarked)
    #expect(trip.pnl == USD(micros: hundredths * 10_000) - trip.cost - trip.fees)
    #expect(report.equity.last == USD(dollars: 1000) + trip.pnl)
    // The decision at 8 s, and 50 ms to the venue and back again.
    #expect(trip.openedAt == MarketTime(nanoseconds: TapeFixture().time(8.1).nanoseconds))
    #expect(report.results.values.map(\.from) == [.told])
  }

  @Test("An event market is traded by whoever names it, to its end and result, and by nobody else")
  func eventMarket() throws {
    func level(_ price: String) throws -> BookLevel {
      BookLevel(price: try Price(parsing: price), size: Shares(micros: 1_000_000_000))
    }
    let slug = try #require(MarketSlug("mlb-cle-sf-2025-06-17"))
    let condition = try #require(ConditionID("0x" + String(repeating: "5c", count: 32)))
    let (yes, no) = (try #require(TokenID("71")), try #require(TokenID("72")))
    let begin = TapeFixture.start
    func time(_ second: Int64) -> WallTime { WallTime(seconds: begin + second) }
    var rows = [
      ImportedRow(
        at: time(0), .market(slug, condition: condition, yes: yes, no: no, ends: MarketTime(seconds: begin + 300)))
    ]
    for second in Int64(1)...299 {
      let (bid, ask) = second < 8 ? ("0.50", "0.52") : ("0.59", "0.61")
      rows.append(
        ImportedRow(at: time(second), .book(yes, bids: [try level(bid)], asks: [try level(ask)], hash: "")))
    }
    rows.append(
      ImportedRow(
        at: time(420),
        .price(
          ReferenceTick(
            series: .oracleSpot, symbol: "btc/usd", observedAt: MarketTime(seconds: begin + 420),
            value: try #require(ReferenceValue(parsing: "1"))))))
    var out = VenueFrames()
    let frames = try rows.flatMap { try out.lines(for: $0) }
    func follower(_ name: String) throws -> Backtest.Agent {
      Backtest.Agent(
        name: try #require(AgentName("momentum-1")), strategy: "momentum", parameters: holder, size: USD(dollars: 20),
        series: [], events: [try #require(EventName(name))])
    }
    let known = settings { $0.terms.results = [slug: .one] }
    let (report, _) = try Backtest.run(frames, [try follower("mlb-*")], known)
    let trip = try #require(report.trips.first)
    #expect(report.trips.count == 1 && trip.payout == .one && trip.exitReason == "settlement" && report.booksBalance)
    #expect(trip.market == slug && report.results[slug]?.from == .table)
    // Without a table nobody knows who won: what is held is valued at the best bid, and said to be.
    let unknown = try Backtest.run(frames, [try follower("mlb-*")], settings()).report
    #expect(unknown.trips.count == 1 && unknown.trips[0].isMarked && unknown.coverage.unprovable == 1)
    #expect(try Backtest.run(frames, [try follower("nba-*")], known).report.trips.isEmpty)
    #expect(try Backtest.run(frames, [agent("momentum", holder)], known).report.trips.isEmpty)
  }

  @Test("The losing side is paid nothing: cost and fee are lost")
  func lost() throws {
    let (report, _) = try Backtest.run(rise(.no).frames, [agent("momentum", holder)], settings())
    let trip = try #require(report.trips.first)
    #expect(trip.payout == .zero && trip.pnl == -(trip.cost + trip.fees))
    #expect(report.statistics.summary.wins == 0 && report.statistics.summary.pnl == trip.pnl)
    #expect(report.equity.maxDrawdown >= -trip.pnl)
  }

  @Test("An order meets the book that stands when it arrives, not the one it was decided on")
  func latency() throws {
    var tape = rise(.yes)
    // 30 ms after the decision the offer is gone; it comes back, dearer than the limit.
    tape.book(8.03, bid: "0.59", ask: "0.70")
    let late = try Backtest.run(tape.frames, [agent("momentum", holder)], settings())
    #expect(late.report.refused["venue_fak_no_match"] == 1)
    let early = try Backtest.run(
      tape.frames, [agent("momentum", holder)], settings { $0.latencyOut = .milliseconds(20) })
    #expect(early.report.refused["venue_fak_no_match"] == nil)
    #expect(early.report.trips.first?.entryPrice == Price(micros: 610_000))
  }

  @Test(
    "A resting order is filled by a trade that goes past its price, told of either outcome, and pays no fee; without a trade nothing fills",
    arguments: [("0.01", Side.sell), ("0.99", .buy)])
  func rests(price: String, side: Side) throws {
    // It rests a few cents above nothing, on YES and on NO in turn, and never takes.
    let drill = agent("drill", ["take_every_count": 0, "useful_for_s": 3600])
    var quiet = TapeFixture()
    for second in stride(from: 1.0, to: 299, by: 4) {
      quiet.book(second, bid: "0.50", ask: "0.52")
      quiet.book(second + 2, bid: "0.49", ask: "0.52")
    }
    quiet.resolved(340, .yes)
    #expect(try Backtest.run(quiet.frames, [drill], settings()).report.fills == 0)
    var tape = quiet
    tape.trade(100.5, price, "500", side: side)
    let (report, _) = try Backtest.run(tape.frames, [drill], settings())
    #expect(report.fills > 0 && report.booksBalance)
    #expect(report.trips.allSatisfy { $0.outcome == (side == .sell ? .yes : .no) })
    #expect(report.trips.allSatisfy { $0.entryPrice <= Price(micros: 50_000)! && $0.fees == .zero })
    // What the trade brought is all there was.
    #expect(report.trips.reduce(Shares.zero) { $0 + $1.shares } <= Shares(whole: 500))
  }

  @Test("A walk through two levels pays each its price, and what the limit does not reach is not bought")
  func walk() throws {
    var tape = TapeFixture()
    for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in stride(from: 8.0, to: 299, by: 5) {
      tape.book(second, bid: "0.59", ask: "0.61", size: "20", asks: [("0.62", "15"), ("0.63", "900")])
    }
    tape.resolved(340, .yes)
    let parameters = holder.with("depth_min_usd", "5")
    let (report, _) = try Backtest.run(tape.frames, [agent("momentum", parameters)], settings())
    let trip = try #require(report.trips.first)
    let rest = trip.shares - Shares(whole: 20)
    #expect(rest > .zero && rest < Shares(whole: 15))
    #expect(
      trip.cost == USD(micros: 12_200_000)
        + USD(micros: rest.micros / 1_000_000 * 620_000 + rest.micros % 1_000_000 * 62 / 100))
    #expect(report.booksBalance)
  }

  @Test("What we took of a level is gone until the level shows another size")
  func taken() throws {
    var tape = TapeFixture()
    for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
    // Forty shares are there: enough for one agent and a part of the second.
    for second in stride(from: 8.0, to: 299, by: 5) { tape.book(second, bid: "0.59", ask: "0.61", size: "40") }
    tape.resolved(340, .yes)
    let first = agent("momentum", holder.with("depth_min_usd", "5"))
    let second = Backtest.Agent(
      name: AgentName("momentum-2")!, strategy: "momentum", parameters: first.parameters, size: first.size,
      series: first.series)
    let (report, _) = try Backtest.run(tape.frames, [first, second], settings())
    let bought = report.trips.map(\.shares).reduce(.zero, +)
    #expect(report.trips.count == 2)
    #expect(bought == Shares(whole: 40))
  }

  @Test("A position that is open when the recording ends is valued at the best bid and marked")
  func marked() throws {
    var tape = TapeFixture()
    for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in 8...20 { tape.book(Double(second), bid: "0.59", ask: "0.61") }
    let (report, _) = try Backtest.run(tape.frames, [agent("momentum", holder)], settings())
    let trip = try #require(report.trips.first)
    #expect(trip.isMarked && trip.exitReason == "end_of_recording" && trip.payout == nil)
    #expect(trip.exitPrice == Price(micros: 590_000))
    #expect(report.booksBalance)
  }

  @Test("A recording that ends a moment before its window does still settles it; nothing is traded after its end")
  func endsEarly() throws {
    var tape = TapeFixture()
    for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in stride(from: 8.0, to: 296, by: 4) { tape.book(second, bid: "0.59", ask: "0.61") }
    // With a time limit that lies behind the last frame.
    let parameters = holder.with("holding_max_s", 288)
    let (report, _) = try Backtest.run(tape.frames, [agent("momentum", parameters)], settings())
    #expect(report.trips.map(\.exitReason) == ["settlement"] && report.trips.map(\.payout) == [.one])
    #expect(report.results.values.map(\.from) == [.inferred])
    #expect(report.fills == 1)
  }

  @Test("In a silence of the recording nothing is sold at a price from before it")
  func silence() throws {
    var tape = TapeFixture()
    for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in 8...12 { tape.book(Double(second), bid: "0.59", ask: "0.61") }
    // A minute without a word; then the price has gone.
    for second in stride(from: 72.0, to: 296, by: 4) { tape.book(second, bid: "0.20", ask: "0.22") }
    tape.resolved(340, .no)
    let parameters = holder.with("holding_max_s", 20)
    let (report, _) = try Backtest.run(tape.frames, [agent("momentum", parameters)], settings())
    let trip = try #require(report.trips.first)
    #expect(trip.exitReason == "max_holding" && trip.exitPrice == Price(micros: 200_000))
    #expect(trip.closedAt >= MarketTime(nanoseconds: tape.time(72).nanoseconds))
  }

  @Test("A position in a window that nobody decides is valued when it is given up, and its capital is free again")
  func unprovable() throws {
    var tape = TapeFixture()
    for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in stride(from: 8.0, to: 200, by: 4) { tape.book(second, bid: "0.59", ask: "0.61") }
    var frames = tape.frames
    var next = TapeFixture(start: TapeFixture.start + 900)
    for second in 1...6 { next.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in stride(from: 8.0, to: 299, by: 5) { next.book(second, bid: "0.59", ask: "0.61") }
    next.resolved(340, .yes)
    frames += next.frames
    let (report, _) = try Backtest.run(
      frames, [agent("momentum", holder)], settings { $0.allocation = USD(dollars: 25) })
    #expect(report.trips.map(\.exitReason) == ["unprovable", "settlement"])
    #expect(report.trips.first?.exitPrice == Price(micros: 590_000) && report.trips.first?.isMarked == true)
    #expect(report.booksBalance)
  }

  @Test("All agents together stay within a market's cap")
  func marketCap() throws {
    let second = Backtest.Agent(
      name: AgentName("momentum-2")!, strategy: "momentum", parameters: holder, size: USD(dollars: 20),
      series: [MarketSeries(configured: "btc-5m")!])
    let (report, _) = try Backtest.run(
      rise(.yes).frames, [agent("momentum", holder), second], settings { $0.limits.perMarketUSD = USD(dollars: 30) })
    #expect(report.trips.count == 1)
    #expect(report.denied[.marketCap] ?? 0 > 0)
  }

  @Test("A streak of losses keeps an agent out until its pause is over, and not longer")
  func streak() throws {
    var frames: [RecordedFrame] = []
    for window in 0..<4 {
      var tape = TapeFixture(start: TapeFixture.start + Int64(window) * 600)
      for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
      for second in stride(from: 8.0, to: 299, by: 5) { tape.book(second, bid: "0.59", ask: "0.61") }
      tape.resolved(340, .no)
      frames += tape.frames
    }
    let paused = settings {
      $0.limits.lossStreak = 1
      $0.limits.dailyLossBps = 10_000
      // Longer than the time between the first settlement and the next window, shorter than that to the third.
      $0.streakPause = .seconds(500)
    }
    let (report, _) = try Backtest.run(frames, [agent("momentum", holder)], paused)
    let windows = report.trips.compactMap { MarketSeries.contract($0.market)?.start }.map {
      ($0 - TapeFixture.start) / 600
    }
    // In the second window the pause ends while the signal has long passed; in the third it may enter again.
    #expect(windows == [0, 2])
    #expect(report.denied[.lossStreak] ?? 0 > 0)
  }

  @Test("What a strategy loses ends the entries of all its agents, by each of its three breakers")
  func strategyBreakers() throws {
    var frames: [RecordedFrame] = []
    for window in 0..<3 {
      var tape = TapeFixture(start: TapeFixture.start + Int64(window) * 600)
      for second in 1...6 { tape.book(Double(second), bid: "0.50", ask: "0.52") }
      for second in stride(from: 8.0, to: 299, by: 5) { tape.book(second, bid: "0.59", ask: "0.61") }
      tape.resolved(340, .no)
      frames += tape.frames
    }
    let twin = Backtest.Agent(
      name: AgentName("momentum-2")!, strategy: "momentum", parameters: holder, size: USD(dollars: 20),
      series: [MarketSeries(configured: "btc-5m")!])
    func run(_ change: (inout RiskLimits) -> Void) throws -> (trips: Int, denied: [RefusalCode: Int]) {
      let (report, _) = try Backtest.run(
        frames, [agent("momentum", holder), twin],
        settings {
          $0.limits.dailyLossBps = 10_000
          $0.limits.drawdownBps = 10_000
          change(&$0.limits)
        })
      return (report.trips.count, report.denied)
    }
    #expect(try run { _ in }.trips == 6)
    // Two agents lose the first window; neither may enter the second.
    for (code, change) in [
      (.strategyLossStreak, { $0.strategyLossStreak = 2 }), (.strategyDailyLoss, { $0.strategyDailyLossBps = 300 }),
      (.strategyDrawdown, { $0.strategyDrawdownBps = 300 }),
    ] as [(RefusalCode, (inout RiskLimits) -> Void)] {
      let (trips, denied) = try run(change)
      #expect(trips == 2, "\(code)")
      #expect(denied[code] ?? 0 > 0, "\(code)")
    }
  }

  @Test("A fill that is told after its market was paid is paid at once")
  func lateFill() throws {
    var tape = TapeFixture()
    for second in stride(from: 1.0, to: 260, by: 4) { tape.book(second, bid: "0.50", ask: "0.52") }
    for second in stride(from: 262.0, to: 268, by: 1) { tape.book(second, bid: "0.59", ask: "0.61") }
    tape.resolved(270, .yes)
    let (report, _) = try Backtest.run(
      tape.frames, [agent("momentum", holder)],
      settings {
        $0.latencyOut = .milliseconds(50)
        $0.latencyBack = .seconds(20)
      })
    #expect(report.trips.map(\.exitReason) == ["settlement"] && report.trips.map(\.payout) == [.one])
    #expect(report.booksBalance)
  }

  @Test("A day's loss ends the entries of that day")
  func dailyLoss() throws {
    let limits = settings {
      $0.limits.dailyLossBps = 100  // ten dollars
      $0.streakPause = .zero
    }
    var frames = rise(.no).frames
    var next = TapeFixture(start: TapeFixture.start + 600)
    for second in 1...6 { next.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in stride(from: 8.0, to: 299, by: 5) { next.book(second, bid: "0.59", ask: "0.61") }
    next.resolved(340, .yes)
    frames += next.frames
    let (report, _) = try Backtest.run(frames, [agent("momentum", holder)], limits)
    #expect(report.trips.count == 1)
    #expect(report.modes.map(\.mode) == [.reduceOnly])
    #expect(report.modes.map(\.reason) == ["daily_loss"])
    #expect(report.agents.first?.tally.refusals["mode"] ?? 0 > 0)
  }

  @Test("The same days give the same decisions; one threshold changed gives others", arguments: Seeds.some(4))
  func deterministic(seed: UInt64) throws {
    let frames = TapeFixture.random(seed, windows: 3)
    let parameters: JSON = ["input": "token_mid", "lookback_s": 10]
    let one = try Backtest.run(frames, [agent("momentum", parameters)], settings())
    let two = try Backtest.run(frames, [agent("momentum", parameters)], settings())
    #expect(one.decisions == two.decisions && one.report.agents.map(\.digest) == two.report.agents.map(\.digest))
    #expect(one.report.json.text == two.report.json.text)
    let other = try Backtest.run(
      frames, [agent("momentum", parameters.with("threshold_token_mid_points", "0.02"))], settings())
    #expect(one.report.agents.map(\.digest) != other.report.agents.map(\.digest))
  }

  @Test(
    "What comes later changes nothing that was decided before",
    arguments: Seeds.some(4), ["momentum", "reversion", "spike"])
  func truncated(seed: UInt64, strategy: String) throws {
    let frames = TapeFixture.random(seed, windows: 2)
    let parameters: JSON =
      strategy == "spike" ? ["input": "token_mid"] : ["input": "token_mid", "lookback_s": 15]
    let whole = try Backtest.run(frames, [agent(strategy, parameters)], settings())
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3 {
      let cut = Int(random.uniform() * Double(frames.count - 2)) + 1
      var asked = settings()
      asked.keepsDecisions = true
      var part = try Backtest([[agent(strategy, parameters)]], asked)
      for frame in frames[..<cut] { part.take(frame) }
      let decisions = part.decisions()
      #expect(whole.decisions.prefix(decisions.count) == decisions[...], "cut at frame \(cut)")
    }
    #expect(whole.decisions.contains { $0.kind == .signal })
  }

  @Test(
    "Over random days the ledger balances, every result is its trips' sum and no agent exceeds its share",
    arguments: Seeds.some(6))
  func balanced(seed: UInt64) throws {
    let agents = [
      agent("momentum", ["input": "token_mid", "lookback_s": 5, "threshold_token_mid_points": "0.02"]),
      agent("reversion", ["input": "token_mid", "lookback_s": 20, "threshold_token_mid_points": "0.02"]),
      agent("spike", ["input": "token_mid"]), agent("drill"),
    ]
    let (report, _) = try Backtest.run(TapeFixture.random(seed, windows: 4), agents, settings())
    #expect(report.booksBalance)
    #expect(report.fills > 0 && !report.trips.isEmpty)
    #expect(report.trips.map(\.pnl).reduce(.zero, +) == report.equity.last - report.equity.start)
    #expect(report.trips.map(\.fees).reduce(.zero, +) == report.fees)
    #expect(report.agents.flatMap(\.trips).count == report.trips.count)
    #expect(report.trips.allSatisfy { $0.cost + $0.fees <= report.settings.allocation + $0.fees })
    #expect(report.coverage.unreadable == 0 && report.coverage.markets == 4)
  }

  @Test("Floors on one tape do not see each other: each decides as if it were alone", arguments: Seeds.some(3))
  func sideBySide(seed: UInt64) throws {
    // Two windows far apart, so that there is time to jump.
    var frames = TapeFixture.random(seed)
    var late = TapeFixture(start: TapeFixture.start + 6000)
    for second in 1...6 { late.book(Double(second), bid: "0.50", ask: "0.52") }
    for second in stride(from: 8.0, to: 299, by: 5) { late.book(second, bid: "0.59", ask: "0.61") }
    late.resolved(340, .yes)
    frames += late.frames
    let floors = ["momentum", "reversion", "spike"].map { [agent($0, ["input": "token_mid"])] } + [[agent("drill")]]
    var together = try Backtest(floors, settings())
    for frame in frames { together.take(frame) }
    let reports = together.finish()
    for (floor, report) in zip(floors, reports) {
      let alone = try Backtest.run(frames, floor, settings()).report
      #expect(report.json.text == alone.json.text, "\(floor[0].strategy)")
    }
  }

  @Test("Unfit parameters are refused with what is wrong")
  func refused() {
    #expect(throws: StrategyParameters.Refusal.self) {
      try Backtest([[agent("momentum", ["lookback_s": "soon"])]], settings())
    }
    #expect(throws: StrategyParameters.Refusal.self) { try Backtest([[agent("tea-leaves")]], settings()) }
  }

  @Test("Nothing in, nothing out")
  func empty() throws {
    let (report, decisions) = try Backtest.run([], [agent("momentum", holder)], settings())
    #expect(decisions.isEmpty && report.trips.isEmpty && report.booksBalance && report.coverage.frames == 0)
  }
}
