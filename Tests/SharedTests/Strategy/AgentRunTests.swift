import Shared
import Testing

/// A made-up day from one seed: two windows, a wandering price, books around it, and a gateway that answers in every way it can.
struct MadeUpDay {
  struct Step {
    var event: AgentEvent
    var now: MarketTime
  }

  /// The feed's messages, without what the gateway says.
  static func feed(seed: UInt64, seconds: Int = 560) -> [Step] {
    var random = SeededGenerator(seed: seed)
    var steps: [Step] = []
    var price: Int64 = 90_000_000_000
    var drift = 0.0
    var order: Int64 = 0
    for second in -120..<seconds {
      if second % 40 == 0 { drift = (random.uniform() - 0.5) * 60_000_000 }
      price += Int64(drift) + Int64((random.uniform() - 0.5) * 40_000_000)
      let now = Fixture.time(Double(second))
      order += 1
      steps.append(
        Step(event: .reference(Fixture.reference(Decimal6.text(price), at: Double(second), order: order)), now: now))
      let start = Fixture.start + Int64(second < 300 ? 0 : 300)
      guard second >= 0, let slug = Fixture.series.slug(startingAt: start) else { continue }
      let cents = min(
        90, max(10, 50 + (price - 90_000_000_000) / 20_000_000 + Int64.random(in: -2...2, using: &random)))
      order += 1
      var update = Fixture.market(
        at: Double(second), order: order, bid: cents, ask: cents + Int64.random(in: 1...3, using: &random), slug: slug)
      update.startsAt = MarketTime(seconds: start)
      update.endsAt = MarketTime(seconds: start + 300)
      if Int.random(in: 0..<40, using: &random) == 0 { update.state = .stale }
      steps.append(Step(event: .market(update), now: now))
      if Int.random(in: 0..<3, using: &random) == 0 { steps.append(Step(event: .beat, now: now)) }
    }
    return steps
  }

  static let parameters: JSON = [
    "lookback_s": 30, "threshold_reference_pct": "0.05", "cooldown_s": 10, "holding_max_s": 40, "fee_cover_ratio": "0",
    "useful_for_s": 5,
  ]
}

/// What a gateway and its database do, as far as an agent can see: remembers every intent by id, answers each once.
struct MadeUpGateway {
  private(set) var log: [OrderEventMessage] = []
  private(set) var terms: [IntentID: IntentMessage.Terms] = [:]
  /// Two different wishes under one id: what must never happen.
  private(set) var conflicts = 0
  private(set) var epoch: Int64
  private var positions: [MarketSlug: [Outcome: Int64]] = [:]
  private var random: SeededGenerator

  init(seed: UInt64, epoch: Int64) {
    random = SeededGenerator(seed: seed &+ 77)
    self.epoch = epoch
  }

  mutating func begin(epoch: Int64) { self.epoch = epoch }

  func held(_ market: MarketSlug, _ outcome: Outcome) -> Int64 { positions[market]?[outcome] ?? 0 }
  var allHeld: [(MarketSlug, Outcome, Int64)] {
    positions.flatMap { market, held in held.map { (market, $0.key, $0.value) } }.filter { $0.2 > 0 }
  }

  /// The events that an intent causes, all at once (the venue takes or leaves a FAK order at once).
  mutating func submit(_ wish: IntentMessage.Terms) -> [OrderEventMessage] {
    guard wish.epoch.number == epoch else { return [] }  // fenced: no trace
    if let known = terms[wish.intent] {
      if known != wish { conflicts += 1 }
      return []
    }
    terms[wish.intent] = wish
    let first = log.count
    if Int.random(in: 0..<5, using: &random) == 0 {
      add(.denied, wish, final: true)
      return Array(log[first...])
    }
    add(.live, wish)
    let part = Int64.random(in: 0...4, using: &random)
    var filled = wish.size.micros * part / 4
    if wish.side == .sell { filled = min(filled, held(wish.market, wish.outcome)) }
    if filled > 0 {
      positions[wish.market, default: [:]][wish.outcome, default: 0] += wish.side == .buy ? filled : -filled
      add(.fill, wish, size: filled)
    }
    add(.done, wish, final: true)
    return Array(log[first...])
  }

  private mutating func add(
    _ event: OrderEventMessage.Event, _ wish: IntentMessage.Terms, size: Int64? = nil, final: Bool = false
  ) {
    log.append(
      Fixture.event(
        event, cursor: Int64(log.count) + 1, wish, size: size, position: held(wish.market, wish.outcome), final: final))
  }

  func snapshot(openedAt: MarketTime) -> AgentSnapshot {
    let positions = allHeld.map { market, outcome, shares in
      Position(
        market: market, outcome: outcome, shares: Shares(micros: shares), cost: USD(micros: shares / 2),
        openedAt: openedAt)
    }
    return Fixture.snapshot(epoch: epoch, cursor: Int64(log.count), positions: positions)
  }
}

@Suite("Whole runs of an agent over made-up days")
struct AgentRunTests {
  /// Runs a day with a gateway that answers before the next message. All effects in order.
  static func run(
    _ steps: [MadeUpDay.Step], _ name: String, _ parameters: JSON = MadeUpDay.parameters, seed: UInt64
  ) -> (core: AgentCore, effects: [AgentEffect], gateway: MadeUpGateway) {
    var core = Fixture.core(name, parameters)
    var gateway = MadeUpGateway(seed: seed, epoch: 3)
    var all: [AgentEffect] = []
    for step in steps {
      var queue = [step.event]
      while !queue.isEmpty {
        var effects: [AgentEffect] = []
        core.handle(queue.removeFirst(), now: step.now, &effects)
        all += effects
        for flight in effects.published { queue += gateway.submit(flight.terms).map { .order($0) } }
      }
    }
    return (core, all, gateway)
  }

  @Test("The same events give the same decisions, another day gives others", arguments: UInt64(1)...6)
  func deterministic(seed: UInt64) {
    for name in ["momentum", "reversion"] {
      let steps = MadeUpDay.feed(seed: seed)
      let one = AgentRunTests.run(steps, name, seed: seed)
      let two = AgentRunTests.run(steps, name, seed: seed)
      #expect(one.core.digest == two.core.digest && one.effects == two.effects)
      #expect(one.core.entries > 0 && one.core.exits > 0)
      let other = AgentRunTests.run(MadeUpDay.feed(seed: seed + 1000), name, seed: seed)
      #expect(other.core.digest != one.core.digest)
    }
  }

  @Test(
    "Limits hold on every wish: size, price on the grid, one entry at a time in a market, exits of what is held",
    arguments: UInt64(1)...8)
  func wishes(seed: UInt64) throws {
    let run = AgentRunTests.run(MadeUpDay.feed(seed: seed), "reversion", seed: seed)
    for flight in run.effects.published {
      #expect(PriceTick.cent.allows(flight.terms.price))
      #expect(flight.terms.size.micros % 10_000 == 0)
      guard flight.terms.action == .enter else { continue }
      #expect(flight.terms.side == .buy)
      let worst = try #require(PositionSizing.worstCost(flight.terms.size, limit: flight.terms.price, fee: Fixture.fee))
      #expect(worst <= USD(dollars: 20))
    }
    for (market, outcome, shares) in run.gateway.allHeld {
      #expect(run.core.context.positions[market, outcome]?.shares.micros == shares)
    }
    #expect(run.core.context.positions.corrections == 0)
    #expect(run.core.context.positions.all.count == run.gateway.allHeld.count)
  }

  @Test("Every entry is confirmed by recomputing its figure from the recording", arguments: UInt64(1)...6)
  func recomputed(seed: UInt64) throws {
    let steps = MadeUpDay.feed(seed: seed)
    let recording = steps.compactMap { step -> RollingWindow.Sample? in
      guard case .reference(let price) = step.event, let value = price.value.micros else { return nil }
      return .init(time: price.envelope.time, value: value)
    }
    for name in ["momentum", "reversion"] {
      let entries = AgentRunTests.run(steps, name, seed: seed).effects.decisions.filter {
        $0.kind == .signal && $0.detail["action"]?.string == "enter"
      }
      #expect(!entries.isEmpty)
      for entry in entries {
        #expect(
          try SignalRecomputation.check(reason: entry.reason, detail: entry.detail, observations: recording)
            == .confirmed)
        let forged = entry.detail.with("base_value", "1")
        #expect(
          try SignalRecomputation.check(reason: entry.reason, detail: forged, observations: recording)
            != .confirmed)
        let opposite = entry.reason.hasSuffix("up") ? "momentum_down" : "momentum_up"
        if name == "momentum" {
          let verdict = try SignalRecomputation.check(reason: opposite, detail: entry.detail, observations: recording)
          guard case .notCrossed = verdict else {
            Issue.record("a decision to the other side was accepted")
            continue
          }
        }
      }
    }
  }

  @Test("A crash after any step loses no position, doubles no id, and the agent goes on", arguments: UInt64(1)...5)
  func crashes(seed: UInt64) throws {
    let steps = MadeUpDay.feed(seed: seed, seconds: 300)
    var random = SeededGenerator(seed: seed &+ 5)
    var gateway = MadeUpGateway(seed: seed, epoch: 3)
    var epoch: Int64 = 3
    var core = Fixture.core("momentum", MadeUpDay.parameters, epoch: epoch)
    var saved: AgentCheckpoint?
    var ids = Set<IntentID>()
    var lives = 1
    for step in steps {
      var queue = [step.event]
      var crashed = false
      while !queue.isEmpty, !crashed {
        var effects: [AgentEffect] = []
        core.handle(queue.removeFirst(), now: step.now, &effects)
        for effect in effects {
          // The end may come between any two things the shell does.
          if Int.random(in: 0..<5, using: &random) == 0 {
            crashed = true
            break
          }
          switch effect {
          case .publish(let flight):
            ids.insert(flight.terms.intent)
            let events = gateway.submit(flight.terms)
            // Some messages never arrive; the database has them.
            if Int.random(in: 0..<4, using: &random) > 0 { queue += events.map { .order($0) } }
          case .save: saved = try AgentCheckpoint(JSON.parse(core.checkpoint().json.bytes))
          case .sync: queue += gateway.log.filter { $0.cursor > core.cursor }.map { .order($0) } + [.synced(open: [])]
          case .record: break
          }
        }
      }
      guard crashed else { continue }
      lives += 1
      epoch += 1
      gateway.begin(epoch: epoch)
      core = Fixture.core("momentum", MadeUpDay.parameters, epoch: epoch, reconciled: false)
      let missed = gateway.log.filter { $0.cursor > (saved?.cursor ?? 0) }
      let usable = core.resume(checkpoint: saved, snapshot: gateway.snapshot(openedAt: step.now), missed: missed)
      #expect(usable)
      #expect(core.cursor == Int64(gateway.log.count))
      #expect(core.context.positions.all.count == gateway.allHeld.count)
      for (market, outcome, shares) in gateway.allHeld {
        #expect(core.context.positions[market, outcome]?.shares.micros == shares)
      }
    }
    #expect(gateway.conflicts == 0)
    #expect(lives > 3 && !ids.isEmpty)
  }

  @Test(
    "A restart keeps the history: the next signal needs no new warm-up, and the checkpoint survives its text",
    arguments: ["momentum", "reversion"])
  func historySurvives(name: String) throws {
    var core = Fixture.core(name)
    core.warm(from: -700, to: -1)
    let checkpoint = try AgentCheckpoint(JSON.parse(core.checkpoint().json.bytes))
    var next = Fixture.core(name, epoch: 4, reconciled: false)
    let taken = next.resume(checkpoint: checkpoint, snapshot: Fixture.snapshot(epoch: 4))
    #expect(taken)
    _ = next.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
    let effects = next.take(.reference(Fixture.reference("91000", at: 2, order: 2001)), at: 2)
    #expect(effects.published.first?.terms.intent.text == "momentum-1.4000000001")
    // Another strategy's state, or a damaged one, is refused, and the agent starts warm-up anew.
    for damaged: JSON in [
      nil, .object([]), checkpoint.strategyState.with("series", [["name": "btc/usd", "history": nil]]),
    ] {
      var broken = checkpoint
      broken.strategyState = damaged
      var fresh = Fixture.core(name, epoch: 5, reconciled: false)
      let usable = fresh.resume(checkpoint: broken, snapshot: Fixture.snapshot(epoch: 5))
      #expect(!usable)
      _ = fresh.take(.market(Fixture.market(at: 1, order: 2000)), at: 1)
      #expect(fresh.take(.reference(Fixture.reference("91000", at: 2, order: 2001)), at: 2).reasons == ["warming_up"])
    }
  }
}
