import Shared
import Testing

@Suite("Hammer")
struct HammerStrategyTests {
  @Test(
    "A window that is decided and still offered below its worth is bought fill-or-kill, once, and held",
    arguments: UInt64(1)...5)
  func enters(seed: UInt64) throws {
    var day = HammerDay()
    day.seed = seed
    let effects = day.run()
    let flight = try #require(effects.published.first)
    #expect(effects.published.count == 1)
    let terms = flight.terms
    #expect(terms.side == .buy && terms.outcome == .yes && terms.type == .fillOrKill && terms.action == .enter)
    #expect(terms.price.micros >= 910_000 && terms.price.micros <= 920_000)
    let worst = try #require(PositionSizing.worstCost(terms.size, limit: terms.price, fee: Fixture.fee))
    #expect(worst <= USD(dollars: 20) && terms.size >= Shares(whole: 5) && terms.size.micros % 10_000 == 0)
    let entry = try #require(effects.entries.first)
    #expect(entry.reason == "hammer_up" && entry.now >= Fixture.time(270) && entry.now <= Fixture.time(272))
    #expect(effects.refusalReasons.contains("position_open"))
  }

  @Test("A window far below its strike is bought on the other side")
  func down() throws {
    var day = HammerDay()
    day.slope = -0.5
    day.bid = { _ in 9 }
    day.ask = { _ in 10 }
    let terms = try #require(day.run().published.first?.terms)
    #expect(terms.outcome == .no && terms.price.micros >= 910_000 && terms.price.micros <= 920_000)
  }

  @Test("Every decision keeps strike, source, look-back, missing seconds, confidence and all it was made of")
  func evidence() throws {
    var day = HammerDay()
    day.hasCanonical = { $0 != 250 && $0 != 256 }
    let steps = day.steps()
    let opening = try #require(
      steps.lazy.compactMap { step -> ReferencePrice? in
        guard case .reference(let price) = step.event, price.kind == .twap60,
          price.envelope.time == Fixture.time(0)
        else { return nil }
        return price
      }.first)
    let detail = try #require(day.run().entries.first?.detail)
    #expect(detail["strike"]?.string == opening.value.description)
    #expect(detail["strike_source"]?.string == "stream" && detail["strike_delay_ms"]?.int == 0)
    #expect(detail["settlement"]?.string == "twap60" && detail["window_s"]?.int == 60 && detail["end_lag_s"]?.int == 3)
    #expect(detail["missing_s"]?.int == 2 && detail["gap_max_s"]?.int == 2 && detail["confidence"]?.string == "good")
    #expect(detail["feed"]?.string == "canonical" && detail["reduced_trading_confidence"]?.bool == false)
    #expect(detail["model"]?.string == "t3_twap" && detail["held_to"]?.string == "settlement")
    // Newest 268, two seconds old: of the seconds 238 … 297 those from 269 on are open.
    #expect(detail["newest_s"]?.int == Fixture.start + 268 && detail["open_s"]?.int == 29)
    #expect(
      detail["left_ms"]?.int == 30_000 && detail["feed_age_ms"]?.int == 2000 && detail["hint_age_ms"]?.int == 1000)
    let distance = try #require(detail["distance_usd"]?.double)
    let deviation = try #require(detail["deviation_usd"]?.double)
    #expect(distance > 50 && distance < 70)
    #expect(abs(try #require(detail["z_sigma"]?.double) - distance / deviation) < 1e-9)
    let up = UpProbability.tailed(distance: distance, deviation: deviation, .twap)
    #expect(abs(try #require(detail["p_up"]?.double) - up) < 1e-12)
    for key in [
      "p_up_hint", "sigma", "mid", "p_blend", "ask_points", "fee_points", "ev_at_ask_points", "kelly", "stake_usd",
      "amount_usd", "cost_points", "ev_points", "expected", "last", "drift", "divergence", "watch_armed", "book_age_ms",
    ] { #expect(detail[key]?.isNull == false, "\(key)") }
    // A refusal keeps the same.
    day.ask = { _ in 99 }
    let refused = try #require(day.run().decisions.first { $0.reason == "above_max_entry" })
    #expect(refused.detail["strike"] == detail["strike"] && refused.detail["p_up"]?.double != nil)
  }

  /// Each reason, and a day that has it.
  @Test("Each refusal of the model has its day", arguments: HammerRefusalDays.all)
  func refusals(_ item: HammerRefusalDays) {
    let effects = item.day.run(item.parameters)
    #expect(effects.entries.isEmpty, "\(item.reason)")
    #expect(effects.refusalReasons.contains(item.reason.rawValue), "\(item.reason): \(effects.reasons)")
    if item.isOnly { #expect(effects.firstRefusal == item.reason.rawValue, "\(effects.reasons)") }
  }

  @Test("Nothing is said before the last seconds, and nothing after the close")
  func silence() {
    var day = HammerDay()
    day.until = 269
    #expect(day.run().decisions.isEmpty)
    day.until = 310
    let effects = day.run(["entry_cutoff_ms": 29_999])
    #expect(effects.decisions.allSatisfy { $0.now < Fixture.time(300) })
  }

  @Test("A boundary second without a tick takes the next one, and says so")
  func nextTick() throws {
    var day = HammerDay()
    day.hasMean = { $0 != 0 && $0 != 1 }
    let detail = try #require(day.run().entries.first?.detail)
    #expect(detail["strike_source"]?.string == "stream_next" && detail["strike_delay_ms"]?.int == 2000)
    #expect(detail["confidence"]?.string == "good")
  }

  @Test("A window settled on single observations is judged by their model and their strike")
  func spotSettled() throws {
    var day = HammerDay()
    day.settlement = Market.Settlement(symbol: "btc/usd", twapSeconds: nil)
    day.hasExchange = { _ in false }
    let detail = try #require(day.run(["alpha_ratio": "1"]).entries.first?.detail)
    #expect(detail["model"]?.string == "t3_spot" && detail["settlement"]?.string == "chainlink")
    #expect(detail["window_s"]?.isNull == true)
  }

  @Test(
    "The seed's values: normal model, dollars, watch; its watch is not armed by an ordinary day, and is by a large move"
  )
  func seedValues() throws {
    let seed: JSON = [
      "model": "normal_spot", "hammer_s": 15, "d_min_usd": "5", "d_min_sigma": "0", "watch_required": true,
      "extra_cost_bps": "10", "ev_min_points": "0", "alpha_ratio": "1", "entry_cutoff_ms": 1000,
    ]
    #expect(HammerDay().run(seed).refusalReasons.contains("watch_not_armed"))
    var day = HammerDay()
    day.jump = (at: 240, dollars: 400)
    let detail = try #require(day.run(seed).entries.first?.detail)
    #expect(detail["watch_armed"]?.bool == true && detail["model"]?.string == "normal_spot")
  }

  @Test("In an outage entries stop at once and return by themselves with the feed")
  func outage() throws {
    var day = HammerDay()
    day.ask = { $0 < 280 ? 99 : 91 }  // nothing to buy before the outage
    day.hasCanonical = { !(268...285).contains($0) }
    let gapped = day.run(["gap_max_s": 30, "missing_max_count": 30])
    #expect(gapped.refusalReasons.contains("fallback_active"))
    let refusal = try #require(gapped.decisions.first { $0.reason == "fallback_active" })
    #expect(
      refusal.detail["reduced_trading_confidence"]?.bool == true && refusal.detail["confidence"]?.string == "reduced")
    #expect(refusal.now > Fixture.time(271) && refusal.now < Fixture.time(273))
    let entry = try #require(gapped.entries.first, "back")
    #expect(entry.now >= Fixture.time(288) && entry.detail["feed"]?.string == "canonical")
  }

  @Test("Entries in the fallback are a setting, stand on the exchange's changes, and end when it moves too far")
  func fallbackOrders() throws {
    var day = HammerDay()
    day.ask = { $0 < 276 ? 99 : 91 }
    day.hasCanonical = { $0 < 270 }
    let allowed: JSON = ["fallback_orders": true]
    let entry = try #require(day.run(allowed).entries.first)
    #expect(entry.detail["feed"]?.string == "fallback" && entry.detail["confidence"]?.string == "reduced")
    #expect(entry.detail["p_up_hint"]?.double != nil)
    day.exchangeMove = (at: 272, dollars: 200)
    let diverged = day.run(allowed)
    #expect(diverged.entries.isEmpty && diverged.refusalReasons.contains("fallback_diverged"))
  }

  @Test("A killed order is tried again after the pause, as long as the window allows")
  func retries() throws {
    var core = Fixture.core("hammer")
    let day = HammerDay()
    var killed: [Flight] = []
    var cursor: Int64 = 0
    for step in day.steps() {
      var effects: [AgentEffect] = []
      core.handle(step.event, now: step.now, &effects)
      for flight in effects.published {
        killed.append(flight)
        cursor += 1
        var none: [AgentEffect] = []
        core.handle(
          .order(Fixture.event(.denied, cursor: cursor, flight.terms, final: true)), now: step.now, &none)
      }
    }
    #expect(killed.count > 5 && killed.count <= 30)
  }

  /// A day on which a window of fifteen minutes closes together with that of five, the one asked at `long` cents and the other at `short`.
  private static func together(
    long: Int64, short: Int64, _ parameters: JSON = .object([])
  ) throws -> (effects: [AgentEffect], long: MarketSlug) {
    var day = HammerDay()
    day.shift = 600
    day.from = -720
    day.ask = { _ in short }
    day.bid = { _ in short - 1 }
    let series = try #require(MarketSeries(alias: "BTC-15m"))
    let slug = try #require(series.slug(startingAt: Fixture.start))
    var order: Int64 = 0
    let steps = day.steps().flatMap { step -> [HammerDay.Step] in
      guard case .market(var update) = step.event else { return [step] }
      order += 1
      update.slug = slug
      update.series = series
      update.startsAt = Fixture.time(0)
      update.order = 1_000_000 + order
      update.envelope.sequence = order
      let top = BookTop(bids: [Fixture.level(long - 1, 500)], asks: [Fixture.level(long, 500)])
      (update.yes, update.no) = (top, top.mirrored)
      return [step, HammerDay.Step(event: .market(update), now: step.now)]
    }
    var core = AgentCore(
      identity: .init(
        name: Fixture.agent, strategy: "hammer", epoch: Epoch(3), series: [Fixture.series, series]),
      strategy: Fixture.strategy("hammer", parameters))
    core.resume(checkpoint: nil, snapshot: Fixture.snapshot())
    return (HammerDay.run(steps, &core), slug)
  }

  @Test(
    "Of windows that are worth a bet in one moment the one with the highest expected value is bet on",
    arguments: [(Int64(89), Int64(91)), (91, 89)])
  func highest(long: Int64, short: Int64) throws {
    let day = try Self.together(long: long, short: short)
    let five = try #require(Fixture.series.slug(startingAt: Fixture.start + 600))
    let better = long < short ? day.long : five
    #expect(day.effects.published.map(\.terms.market) == [better])
    let refusal = try #require(day.effects.decisions.first { $0.reason == "outranked" })
    #expect(refusal.market != better && refusal.outcome == .yes && refusal.detail["ev_points"]?.double ?? 0 > 0)
    // Where more are allowed the better one still comes first.
    let both = try Self.together(long: long, short: short, ["closes_together_max_count": 2])
    #expect(both.effects.published.map(\.terms.market) == [better, better == day.long ? five : day.long])
    #expect(!both.effects.refusalReasons.contains("outranked"))
  }

  @Test("Entries of an hour are counted over all markets")
  func hourly() throws {
    var core = Fixture.core("hammer", ["entries_per_hour_max_count": 1])
    let first = HammerDay.run(HammerDay().steps(), &core)
    #expect(first.published.count == 1)
    // The next window: the same day five minutes later, its position settled meanwhile.
    let held = try #require(first.published.first?.terms)
    _ = core.take(
      .order(Fixture.settled(cursor: 2, outcome: held.outcome, size: held.size.micros, payout: .one)), at: 301)
    var next = HammerDay()
    next.shift = 300
    next.from = 0
    let second = HammerDay.run(next.steps(), &core, cursor: 2)
    #expect(second.published.isEmpty && second.refusalReasons.contains("entries_spent"))
    next.shift = 3900
    next.from = -420
    #expect(HammerDay.run(next.steps(), &core, cursor: 2).published.count == 1, "an hour later")
  }

  @Test("A decision does not change when what came after it is removed", arguments: UInt64(1)...2)
  func truncation(seed: UInt64) {
    var day = HammerDay()
    day.seed = seed
    day.slope = 0.02 * Double(seed)
    let steps = day.steps()
    func run(_ steps: [HammerDay.Step]) -> [AgentEffect] {
      var core = Fixture.core("hammer")
      return HammerDay.run(steps, &core)
    }
    let whole = run(steps)
    #expect(!whole.decisions.isEmpty)
    for cut in stride(from: steps.count - 140, to: steps.count, by: 23) {
      let part = run(Array(steps[..<cut]))
      #expect(part == Array(whole.prefix(part.count)))
    }
  }

  @Test("The same day gives the same decisions, another one others", arguments: UInt64(1)...3)
  func deterministic(seed: UInt64) {
    func digest(_ seed: UInt64) -> DecisionDigest {
      var day = HammerDay()
      day.seed = seed
      var core = Fixture.core("hammer")
      _ = HammerDay.run(day.steps(), &core)
      return core.digest
    }
    #expect(digest(seed) == digest(seed) && digest(seed) != digest(seed + 100))
  }

  @Test("A restart in the middle of the window decides as if there had been none", arguments: [-100, 3, 200, 265, 275])
  func resume(at second: Int) throws {
    var day = HammerDay()
    day.ask = { $0 < 280 ? 99 : 91 }
    let steps = day.steps()
    let cut = try #require(steps.firstIndex { $0.now >= Fixture.time(Double(second)) })
    var core = Fixture.core("hammer")
    _ = HammerDay.run(Array(steps[..<cut]), &core)
    let checkpoint = try AgentCheckpoint(JSON.parse(core.checkpoint().json.bytes))
    var next = Fixture.core("hammer", epoch: 4, reconciled: false)
    let isTaken = next.resume(checkpoint: checkpoint, snapshot: Fixture.snapshot(epoch: 4))
    #expect(isTaken)
    let before = HammerDay.run(Array(steps[cut...]), &core)
    let after = HammerDay.run(Array(steps[cut...]), &next)
    let entry = try #require(before.entries.first)
    #expect(after.entries.map(\.detail) == [entry.detail] && after.entries.first?.now == entry.now)
    #expect(
      next.checkpoint().strategyState.with("memories", nil) == core.checkpoint().strategyState.with("memories", nil))
  }

  @Test("A damaged checkpoint is refused; one of other settings keeps what was bought and warms up again")
  func damaged() throws {
    var core = Fixture.core("hammer")
    _ = HammerDay.run(HammerDay().steps(), &core)
    let state = core.checkpoint().strategyState
    let feeds = try #require(state["feeds"]?.array?.first)
    for broken: JSON in [
      nil, .object([]), state.with("feeds", [feeds.with("volatility", [1, 2, 3])]),
      state.with("feeds", [feeds.with("canonical", ["newest": 5, "ticks": [0, 1, 2]])]),
      state.with("feeds", [feeds.with("strikes", ["twap60": ["strikes": [["boundary_s": 1]]]])]),
      state.with("feeds", [feeds.with("drift", ["x"])]), state.with("entries_ns", ["x"]),
    ] {
      var fresh = Fixture.strategy("hammer")
      let isTaken = fresh.restore(broken)
      #expect(!isTaken)
      #expect(fresh.checkpoint == Fixture.strategy("hammer").checkpoint, "as new")
    }
    var other = Fixture.strategy("hammer", ["volatility_half_life_s": 120])
    let isTaken = other.restore(state)
    #expect(isTaken && other.checkpoint["feeds"]?.array == [])
    #expect(other.checkpoint["entries_ns"] == state["entries_ns"] && state["entries_ns"]?.array?.count == 1)
  }

  @Test("Settings that cannot work are refused when the agent starts")
  func settings() {
    for (bad, problems): (JSON, Int) in [
      (["entry_price_max_points": "0.995"], 1), (["entry_price_max_points": "0"], 1), (["hammer_s": 0], 1),
      (["extra_cost_bps": "-1"], 1), (["d_min_sigma": "0"], 1),
      (["d_min_sigma": "0", "watch_return_pct": "0"], 2), (["entry_cutoff_ms": 30_000], 1), (["model": "guess"], 1),
    ] {
      do {
        _ = try StrategyRegistry.make("hammer", parameters: bad, size: USD(dollars: 20))
        Issue.record("\(bad) was accepted")
      } catch {
        #expect(error.problems.count == problems, "\(error)")
      }
    }
  }
}
