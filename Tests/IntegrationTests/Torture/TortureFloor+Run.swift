import FloorIOData
import FloorTestSupport
import Foundation
import Shared

extension TortureFloor {
  /// A wish from its first sending to its end.
  struct Life {
    let agent: Int
    let place: Place
    let channelBytes: [UInt8]
    let begun: MonotonicTime
    var said: MonotonicTime
    var isFilled = false
  }

  /// How a run is driven.
  struct Plan {
    /// Wishes to be sent in all.
    var wishes: Int
    /// Nothing is wished after that, however many of them were.
    var longest: Duration?
    /// Wishes under way at once.
    var window: Int
    /// Mean time between two faults; `nil` is a quiet run.
    var faultEvery: Duration?
    /// A run that does not come to an end in that time has lost something.
    var patience: Duration
    /// Is told how far it is, now and then.
    var progress: ((String) -> Void)?
  }

  /// Sends the wishes, hurts the floor meanwhile, lets it heal, and returns when every wish has come to its end.
  func run(_ plan: Plan) throws {
    var faults = plan.faultEvery.map { TortureSchedule(every: $0, seed: random.next()) }
    let begun = SystemClock.monotonic()
    var nextSweep = begun.advanced(by: .seconds(1))
    var second = begun.advanced(by: .seconds(1))
    var livesBefore = report.wholeLives
    let last = begun.advanced(by: plan.patience)
    var goal = report.wishes + plan.wishes
    while report.wishes < goal || !outstanding.isEmpty || faults?.isQuiet == false {
      let now = SystemClock.monotonic()
      guard now < last else { throw BenchFailure(stuck(plan.patience)) }
      if let longest = plan.longest, now.since(begun) >= longest { goal = min(goal, report.wishes) }
      try tend()
      if bench.control?.progress?.mode == "HALTED" { throw BenchFailure("the floor has halted\n\(bench.tail())") }
      try faults?.turn(self, now, strikes: report.wishes < goal)
      feed(now)
      if isOpen, bench.agentBus.isConnected {
        var tries = 0
        while report.wishes < goal, outstanding.count < plan.window, tries < 64 {
          tries += 1
          send(now)
        }
      }
      if now >= nextSweep {
        nextSweep = now.advanced(by: .seconds(1))
        sweep(now)
      }
      if now >= second {
        second = second.advanced(by: .seconds(1))
        report.perSecond.append(report.wholeLives - livesBefore)
        livesBefore = report.wholeLives
        if report.perSecond.count % 10 == 0 { plan.progress?(progress(now.since(begun))) }
      }
      try bench.loop.turn(timeout: .milliseconds(2))
    }
    report.elapsed += SystemClock.monotonic().since(begun)
  }

  private func progress(_ elapsed: Duration) -> String {
    let recent = report.perSecond.suffix(10).reduce(0, +) / 10
    return
      "\(elapsed.milliseconds / 1000) s: \(report.wishes) wishes, \(report.wholeLives) whole lives, \(recent) a second lately, "
      + "\(outstanding.count) under way, \(report.struck) faults, \(lives) gateways"
  }

  private func stuck(_ patience: Duration) -> String {
    let some = outstanding.prefix(5).map {
      "\($0.key): \(SystemClock.monotonic().since($0.value.begun).milliseconds) ms"
    }
    return "\(outstanding.count) wishes without an end after \(patience), such as \(some); mode "
      + "\(bench.control?.progress?.mode ?? "unknown")\n\(report.text(gateways: lives))\n\(bench.tail())"
  }

  // MARK: Wishes

  func send(_ now: MonotonicTime) {
    let index = Int.random(in: 0..<agents.count, using: &random)
    if let until = agents[index].pausesUntil, now < until { return }
    guard !markets.isEmpty, let terms = sale(index, now) ?? purchase(index, now) else { return }
    agents[index].decisions += 1
    let sequence = agents[index].decisions
    let message = IntentMessage(
      envelope: Envelope(
        source: "agent-" + agents[index].name.text, boot: "a1", sequence: sequence, time: marketNow(),
        sent: SystemClock.wall()),
      terms: terms, feedOrder: sequence, bookTime: marketNow(), reason: "torture",
      secret: IntentSecret(hex: GatewayBench.secretHex)!)
    let bytes = message.json.bytes
    outstanding[terms.intent] = Life(
      agent: index, place: Place(slug: terms.market, outcome: terms.outcome), channelBytes: bytes, begun: now, said: now
    )
    report.wishes += 1
    bench.agentBus.publish(Names.intents, bytes)
  }

  /// What it holds for long enough is offered whole, every other time.
  private func sale(_ index: Int, _ now: MonotonicTime) -> IntentMessage.Terms? {
    guard Bool.random(using: &random) else { return nil }
    let held = agents[index].held.first { place, holding in
      holding.shares >= Shares(whole: 5) && now.since(holding.since) > .seconds(2)
        && markets.contains { $0.market.slug == place.slug && $0.book(place.outcome).bestBid != nil }
    }
    guard let (place, holding) = held, let market = markets.first(where: { $0.market.slug == place.slug }),
      let bid = market.book(place.outcome).bestBid
    else { return nil }
    // Sold, or not: it is looked at again when an event has said how much is left.
    agents[index].held[place] = nil
    return terms(
      index, market, place.outcome, .sell, price: moved(bid.price, market, ticks: -10),
      size: holding.shares.cut(decimals: 2), type: .fillAndKill)
  }

  private func purchase(_ index: Int, _ now: MonotonicTime) -> IntentMessage.Terms? {
    let market = markets[Int.random(in: 0..<markets.count, using: &random)]
    let outcome: Outcome = Bool.random(using: &random) ? .yes : .no
    if let until = agents[index].rests[Place(slug: market.market.slug, outcome: outcome)], now < until { return nil }
    guard let ask = market.book(outcome).bestAsk, market.book(outcome).bestBid != nil,
      (50_000...900_000).contains(ask.price.micros)
    else { return nil }
    // One in fifty asks for more than any order may cost.
    let isTooLarge = Int.random(in: 0..<50, using: &random) == 0
    let least = max(500, 120_000_000 / ask.price.micros + 1)
    let cents = least + Int64.random(in: 0...400, using: &random)
    return terms(
      index, market, outcome, .buy, price: moved(ask.price, market, ticks: 10),
      size: isTooLarge ? Shares(whole: 50_000) : Shares(micros: cents * 10_000),
      type: Int.random(in: 0..<8, using: &random) == 0 ? .fillOrKill : .fillAndKill)
  }

  private func terms(
    _ index: Int, _ market: Market, _ outcome: Outcome, _ side: Side, price: Price, size: Shares, type: TimeInForce
  ) -> IntentMessage.Terms {
    IntentMessage.Terms(
      intent: IntentID(agent: agents[index].name, decision: agents[index].decisions + 1), agent: agents[index].name,
      epoch: agents[index].epoch, action: side == .buy ? .enter : .exit, market: market.market.slug, outcome: outcome,
      side: side, type: type, price: price, size: size, usefulUntil: marketNow().advanced(by: .seconds(600)))
  }

  private func moved(_ price: Price, _ market: Market, ticks: Int64) -> Price {
    let tick = market.market.tick.micros
    return Price(micros: min(max(tick, price.micros + ticks * tick), 1_000_000 - tick))!
  }

  // MARK: What becomes of them

  func heard(_ payload: [UInt8]) {
    let event: OrderEventMessage
    do { event = try OrderEventMessage(JSON.parse(payload)) } catch {
      report.unreadable.append("\(error): \(String(decoding: payload.prefix(200), as: UTF8.self))")
      return
    }
    if let index = agents.firstIndex(where: { $0.name == event.agent }), event.cursor > agents[index].cursor {
      agents[index].cursor = event.cursor
      if let slug = event.market, let outcome = event.outcome, event.event.carriesFill || event.final {
        agents[index].held[Place(slug: slug, outcome: outcome)] = Holding(
          shares: event.position, since: SystemClock.monotonic())
      }
    }
    guard let intent = event.intent, var life = outstanding[intent] else { return }
    if event.event == .fill { life.isFilled = true }
    outstanding[intent] = event.final ? nil : life
    guard event.final else { return }
    if event.event == .denied { rest(agent: life.agent, life.place, event.reason) }
    end(denied: event.event == .denied ? event.reason : nil, filled: life.isFilled)
  }

  /// An agent does not wish again at once what it was refused for a reason that passes.
  private func rest(agent: Int, _ place: Place, _ reason: String) {
    let until = SystemClock.monotonic().advanced(by: .seconds(1))
    switch RefusalCode(rawValue: reason) {
    case .tokenUnresolved: agents[agent].rests[place] = until
    case .venueUnavailable, .databaseAway, .modeForbids: agents[agent].pausesUntil = until
    default: break
    }
  }

  private func end(denied: String?, filled: Bool) {
    if let denied {
      report.refusals[denied, default: 0] += 1
    } else if filled {
      report.wholeLives += 1
    } else {
      report.unfilled += 1
    }
  }

  /// What an agent does about a wish of which it hears nothing: it says it again, and reads the record.
  private func sweep(_ now: MonotonicTime) {
    let overdue = outstanding.filter { now.since($0.value.said) > .seconds(2) }
    guard !overdue.isEmpty else { return }
    for (intent, life) in overdue {
      outstanding[intent]!.said = now
      report.repeats += 1
      bench.agentBus.publish(Names.intents, life.channelBytes)
    }
    do {
      let looker = try bench.database.openAsAdministrator()
      let rows = try looker.query(
        """
        SELECT i.id, i.denial, s.filled > 0 AS filled FROM intents i
          LEFT JOIN orders o ON o.intent_id = i.id LEFT JOIN order_state s USING (order_id)
         WHERE i.id IN (SELECT jsonb_array_elements_text($1))
           AND (i.result = 'denied' OR s.state IN ('FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', 'EXPIRED_UNSENT', 'VOID'))
        """, [.json(.array(overdue.keys.map { .text($0) }))])
      for row in rows {
        guard let intent = IntentID(try row.text("id")), outstanding.removeValue(forKey: intent) != nil else {
          continue
        }
        report.learntFromRecord += 1
        end(
          denied: row.isNull("denial") ? nil : try row.text("denial"),
          filled: row.isNull("filled") ? false : try row.bool("filled"))
      }
    } catch {
      // The record is away: the next sweep asks again.
      report.skipped += 1
    }
  }
}
