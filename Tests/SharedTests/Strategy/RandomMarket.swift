import Shared

/// Two windows of a made-up market from one seed, with everything that any strategy looks at: the underlying's single observations, their
/// sixty-second mean as the settling stream, an exchange ahead of both, books of five levels a side, bursts of takers, stale stretches,
/// and beats of time.
struct RandomMarket {
  let seed: UInt64

  func steps(seconds: Int = 590) -> [MadeUpDay.Step] {
    var random = SeededGenerator(seed: seed)
    var steps: [MadeUpDay.Step] = []
    var path: [Double] = []
    var price = 70_000.0
    var drift = 0.0
    var order: Int64 = 0
    var flow = TakerFlow.none
    func add(_ event: (Int64) -> AgentEvent, _ now: Double) {
      order += 1
      steps.append(.init(event: event(order), now: Fixture.time(now)))
    }
    for second in -400..<seconds {
      if second % 30 == 0 { drift = (random.uniform() - 0.5) * 4 }
      // Now and then a jump, which a spike is made of.
      let jump = Int.random(in: 0..<120, using: &random) == 0 ? (random.uniform() - 0.5) * 200 : 0
      price += drift + (random.uniform() - 0.5) * 6 + jump
      path.append(price)
      let now = Double(second)
      if path.count > 65 {
        // As the settling stream's: sixty seconds that end three before its stamp.
        let mean = path[(path.count - 65)...(path.count - 6)].reduce(0, +) / 60
        let observed = path[path.count - 3]
        add({ .reference(Fixture.reference(HammerDay.dollars(observed), at: now - 2, order: $0)) }, now)
        add({ .reference(Fixture.reference(HammerDay.dollars(mean), at: now - 2, order: $0, kind: .twap60)) }, now)
        add({ .reference(Fixture.reference(HammerDay.dollars(price), at: now, order: $0, kind: .binance)) }, now)
      }
      guard second >= 0 else { continue }
      let opening: Int64 = second < 300 ? 0 : 300
      for half in [0.1, 0.6] {
        let burst = Int.random(in: 0..<40, using: &random) == 0
        let taken = Shares(micros: Int64.random(in: 0...(burst ? 900 : 30), using: &random) * 1_000_000)
        if Bool.random(using: &random) {
          flow.towardYes = Shares(micros: flow.towardYes.micros + taken.micros)
        } else {
          flow.towardNo = Shares(micros: flow.towardNo.micros + taken.micros)
        }
        let cents = min(88, max(12, 50 + Int64((price - path[400]) / 4) + Int64.random(in: -1...1, using: &random)))
        let yes = book(around: cents, &random)
        let isStale = Int.random(in: 0..<60, using: &random) == 0
        add(
          { order in
            var update = Fixture.market(
              at: now + half, order: order, state: isStale ? .stale : .live,
              slug: Fixture.series.slug(startingAt: Fixture.start + opening) ?? Fixture.slug)
            update.startsAt = MarketTime(seconds: Fixture.start + opening)
            update.endsAt = MarketTime(seconds: Fixture.start + opening + 300)
            update.settlement = Market.Settlement(symbol: "btc/usd", twapSeconds: 60)
            (update.yes, update.no, update.flow) = (yes, yes.mirrored, flow)
            return .market(update)
          }, now + half)
      }
      if Int.random(in: 0..<3, using: &random) == 0 { steps.append(.init(event: .beat, now: Fixture.time(now + 0.9))) }
    }
    return steps
  }

  private func book(around cents: Int64, _ random: inout SeededGenerator) -> BookTop {
    let gap = Int64.random(in: 1...2, using: &random)
    func side(_ best: Int64, _ step: Int64) -> [BookLevel] {
      (0..<5).compactMap { depth -> BookLevel? in
        let price = best + step * Int64(depth)
        return (1...99).contains(price)
          ? Fixture.level(price, Int64.random(in: 40...400, using: &random)) : nil
      }
    }
    return BookTop(bids: side(cents, -1), asks: side(cents + gap, 1))
  }
}
