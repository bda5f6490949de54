extension DirectionalStrategy {
  // MARK: Ranges

  mutating func measure(_ mid: Price, at time: MarketTime, in market: MarketSlug) {
    let index = ranges.firstIndex { $0.market >= market } ?? ranges.count
    if index == ranges.count || ranges[index].market != market {
      ranges.insert(Ranged(market: market, range: rules.exits.emptyRange), at: index)
    }
    ranges[index].range.add(mid.micros, at: time)
  }

  func range(of market: MarketSlug) -> Double? { ranges.first { $0.market == market }?.range.value }

  /// Where the position's exits lie now. The range is that of its opening; the trailing stop follows the highest bid.
  private mutating func levels(of position: Position, _ market: MarketUpdate) -> ExitLevels {
    guard rules.exits.needsRange else { return rules.exits.levels(range: nil, rules) }
    let index =
      held.firstIndex { ($0.market, $0.outcome.index) >= (position.market, position.outcome.index) } ?? held.count
    if index == held.count || held[index].market != position.market || held[index].outcome != position.outcome {
      held.insert(
        Held(
          market: position.market, outcome: position.outcome, range: range(of: position.market),
          peak: position.averagePrice), at: index)
    }
    if let bid = market.top(position.outcome).bestBid { held[index].peak = max(held[index].peak, bid.price) }
    var levels = rules.exits.levels(range: held[index].range, rules)
    levels.trailingStop = rules.exits.trailingStop(
      peak: held[index].peak, paid: position.averagePrice, range: held[index].range)
    return levels
  }

  // MARK: Leaving

  mutating func leave(_ positions: [Position], _ context: StrategyContext, _ output: inout StrategyOutput) {
    for position in positions {
      guard let market = context.markets[position.market], ExitCheck.isTradable(market, now: context.now) else {
        continue
      }
      let levels = levels(of: position, market)
      if exitIndex(position.market, position.outcome) == nil {
        let reached = signal(for: market)?.targetReached(holding: position.outcome) ?? false
        guard
          let reason = ExitCheck.reason(
            position, market: market, targetReached: reached, rules: rules, levels: levels, now: context.now)
        else { continue }
        insert(
          Exit(
            market: position.market, outcome: position.outcome, reason: reason.rawValue, notBefore: context.now,
            failures: 0))
      }
      guard let index = exitIndex(position.market, position.outcome), context.now >= exits[index].notBefore,
        !context.flights.contains(where: {
          $0.terms.market == position.market && $0.terms.outcome == position.outcome && $0.terms.action == .exit
        })
      else { continue }
      switch ExitCheck.order(
        position, market: market, reason: exits[index].reason, evidence: ["try": .int(exits[index].failures + 1)],
        rules: rules)
      {
      case .success(let wish): output.want(wish)
      case .failure(let refusal):
        output.refuse(
          SignalRefusal(
            market: position.market, outcome: position.outcome, reason: refusal.reason,
            evidence: refusal.evidence.with("signal", .string(exits[index].reason))))
      }
    }
  }

  func exitIndex(_ market: MarketSlug, _ outcome: Outcome) -> Int? {
    exits.firstIndex { $0.market == market && $0.outcome == outcome }
  }

  private mutating func insert(_ exit: Exit) {
    let index = exits.firstIndex { ($0.market, $0.outcome.index) > (exit.market, exit.outcome.index) } ?? exits.count
    exits.insert(exit, at: index)
  }
}
