import Shared

/// What time alone brings to a recording: books that grow old, windows that are over and their results.
extension RecordedTape {
  /// What time alone brings: states that change, windows to be settled. To be called about once a second of market time.
  public mutating func tick(at time: MarketTime, _ events: inout [TapeEvent]) {
    now = max(now, time)
    for slug in followed.keys.sorted() {
      guard let item = followed[slug] else { continue }
      if let settledAt = item.settledAt {
        if now.since(settledAt) >= RecordedTape.keep { forget(slug) }
        continue
      }
      if item.keeper.state(at: now).state != item.state { publish(slug, &events) }
      followed[slug]?.noteWord(item.keeper.top(.yes), item.keeper.top(.no), at: now)
      guard let ends = item.keeper.market.endsAt, now.since(ends) >= terms.settleAfter, !item.isUnprovable else {
        continue
      }
      if let (payout, how) = result(of: item) {
        settle(slug, payout: payout, how, &events)
      } else {
        followed[slug]?.isUnprovable = true
        coverage.unprovable += 1
        events.append(.unprovable(slug))
      }
    }
  }

  /// The best word there is on a window that is over.
  func result(of item: Followed) -> (Price, TapeResult)? {
    let market = item.keeper.market
    if let payout = terms.results[market.slug] { return (payout, .table) }
    guard let starts = market.startsAt, let ends = market.endsAt else { return nil }
    if let rule = market.settlement,
      let series = settling[SeriesKey(symbol: rule.symbol, twapSeconds: rule.twapSeconds)],
      let outcome = UpDownSettlement.verdict(opens: starts.seconds, closes: ends.seconds, series: series).outcome
    {
      return (outcome == .yes ? .one : .zero, .recomputed)
    }
    guard let last = item.lastWord, ends.since(last.at) <= RecordedTape.lastWordAge else { return nil }
    return (last.price.micros >= 500_000 ? .one : .zero, .inferred)
  }

  mutating func settle(
    _ slug: MarketSlug, payout: Price, _ how: TapeResult, _ events: inout [TapeEvent]
  ) {
    guard let item = followed[slug], item.result == nil, !item.isUnprovable else {
      // Too late: what was held is paid. A word that says otherwise shows what the guess was worth.
      if followed[slug]?.isUnprovable == true || followed[slug]?.keeper.payout != payout { coverage.contradicted += 1 }
      return
    }
    followed[slug]?.result = how
    followed[slug]?.settledAt = now
    _ = followed[slug]?.keeper.resolve(payout)
    coverage.results[how, default: 0] += 1
    events.append(.settled(slug, payout: payout, how))
    publish(slug, &events)
  }
}
