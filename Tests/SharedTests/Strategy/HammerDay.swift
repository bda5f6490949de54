import Shared

/// A made-up window for the hammer: single observations every second with a walk of a dollar or so, its sixty-second mean with a lag of
/// three as the settling stream, an exchange forty dollars above and two seconds ahead, and a book. Times in seconds since the window's
/// start; the window is that of `Fixture`. What a test wants otherwise it changes.
struct HammerDay {
  struct Step {
    var event: AgentEvent
    var now: MarketTime
  }

  var seed: UInt64 = 1
  /// Everything so many seconds later, on the window that opens then: a multiple of 300.
  var shift: Int64 = 0
  var from = -420
  var until = 298.0
  /// Dollars per second from the opening on, for two minutes.
  var slope = 0.5
  /// Largest step of the walk, dollars.
  var noise = 1.0
  /// A jump from this second on.
  var jump: (at: Int, dollars: Double)?
  var settlement: Market.Settlement? = Market.Settlement(symbol: "btc/usd", twapSeconds: 60)
  var fee = Fixture.fee
  var state = MarketState.live
  var hasCanonical: (Int) -> Bool = { _ in true }
  var hasMean: (Int) -> Bool = { _ in true }
  var hasExchange: (Int) -> Bool = { _ in true }
  /// Added to the exchange's price from a second on.
  var exchangeMove: (at: Int, dollars: Double)?
  /// Best prices of Up, cents, at a time.
  var bid: (Double) -> Int64? = { _ in 90 }
  var ask: (Double) -> Int64? = { _ in 91 }
  var size: Int64 = 500
  /// How old the book is when it arrives, seconds.
  var bookAge = 0.0

  static func dollars(_ value: Double) -> String {
    Decimal6.text(Int64((value * 1e6).rounded()))
  }

  private func path() -> [Int: Double] {
    var random = SeededGenerator(seed: seed)
    var walk = 0.0
    var values: [Int: Double] = [:]
    for second in (from - 70)...320 {
      walk = walk * 0.98 + (random.uniform() - 0.5) * 2 * noise
      let drift = slope * Double(min(120, max(0, second)))
      let jumped = jump.map { second >= $0.at ? $0.dollars : 0 } ?? 0
      values[second] = 70_000 + drift + walk + jumped
    }
    return values
  }

  /// Everything, in order of arrival: observations two seconds after their stamp, the exchange's at once, the book twice a second.
  func steps() -> [Step] {
    let path = path()
    var steps: [Step] = []
    var order: Int64 = 0
    let later = Double(shift)
    func add(_ event: (Int64) -> AgentEvent, _ at: Double) {
      order += 1
      steps.append(Step(event: event(order + shift * 1000), now: Fixture.time(at + later)))
    }
    let slug = Fixture.series.slug(startingAt: Fixture.start + shift) ?? Fixture.slug
    for half in (2 * from)...Int(2 * until) {
      let at = Double(half) / 2
      if half % 2 == 0 {
        let now = half / 2
        let stamp = now - 2
        if stamp >= from, hasCanonical(stamp), let value = path[stamp] {
          add({ .reference(Fixture.reference(HammerDay.dollars(value), at: Double(stamp) + later, order: $0)) }, at)
        }
        if stamp >= from, hasMean(stamp) {
          let mean = (stamp - 62...stamp - 3).compactMap { path[$0] }.reduce(0, +) / 60
          add(
            {
              .reference(
                Fixture.reference(HammerDay.dollars(mean), at: Double(stamp) + later, order: $0, kind: .twap60))
            }, at)
        }
        if hasExchange(now), let value = path[now] {
          let moved = exchangeMove.map { now >= $0.at ? $0.dollars : 0 } ?? 0
          add(
            {
              .reference(
                Fixture.reference(
                  HammerDay.dollars(value + 40 + moved), at: Double(now) + later, order: $0, kind: .binance))
            }, at)
        }
      }
      guard at >= 0 else { continue }
      add(
        { order in
          var update = Fixture.market(
            at: at - bookAge + later, order: order, bid: bid(at), ask: ask(at), size: size, state: state, slug: slug,
            fee: fee)
          update.startsAt = Fixture.time(later)
          update.endsAt = Fixture.time(later + 300)
          update.settlement = settlement
          return .market(update)
        }, at)
    }
    return steps
  }

  /// Runs the day; the gateway fills every order whole when `fills`, or says nothing.
  static func run(
    _ steps: [Step], _ core: inout AgentCore, fills: Bool = true, cursor first: Int64 = 0
  ) -> [AgentEffect] {
    var all: [AgentEffect] = []
    var cursor = first
    for step in steps {
      var queue = [step.event]
      while !queue.isEmpty {
        var effects: [AgentEffect] = []
        core.handle(queue.removeFirst(), now: step.now, &effects)
        all += effects
        for flight in effects.published where fills {
          cursor += 1
          queue.append(
            .order(
              Fixture.event(
                .fill, cursor: cursor, flight.terms, size: flight.terms.size.micros,
                position: flight.terms.size.micros, final: true)))
        }
      }
    }
    return all
  }

  func run(_ parameters: JSON = .object([]), fills: Bool = true) -> [AgentEffect] {
    var core = Fixture.core("hammer", parameters)
    return HammerDay.run(steps(), &core, fills: fills)
  }
}

extension [AgentEffect] {
  var entries: [Decision] { decisions.filter { $0.kind == .signal } }
  var refusalReasons: Set<String> { Set(decisions.filter { $0.kind == .refusal }.map(\.reason)) }
  var firstRefusal: String? { decisions.first { $0.kind == .refusal }?.reason }
}
