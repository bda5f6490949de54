/// Says whether a position should be closed, and with which order. Pure.
public enum ExitCheck {
  /// Why the position should go; `nil` to keep it. Time comes before price: a window about to end does not wait for a bid.
  public static func reason(
    _ position: Position, market: MarketUpdate, targetReached: Bool, rules: TradeRules, levels: ExitLevels,
    now: MarketTime
  ) -> ExitReason? {
    if let endsAt = market.endsAt, rules.exitBeforeEnd > .zero, endsAt.since(now) <= rules.exitBeforeEnd {
      return .beforeEnd
    }
    if rules.holdingMax > .zero, now.since(position.openedAt) >= rules.holdingMax { return .maxHolding }
    if let bid = market.top(position.outcome).bestBid {
      let gain = bid.price.micros - position.averagePrice.micros
      if let profit = levels.takeProfit, gain >= profit { return .takeProfit }
      if let loss = levels.stopLoss, -gain >= loss { return .stopLoss }
      if let trail = levels.trailingStop, bid.price.micros <= trail { return .trailingStop }
    }
    return targetReached ? .targetReached : nil
  }

  /// The order that sells the position, or why it cannot be sold now.
  public static func order(
    _ position: Position, market: MarketUpdate, reason: String, evidence: JSON, rules: TradeRules
  ) -> Result<Wish, EntryRefusal> {
    guard let bid = market.top(position.outcome).bestBid else { return .failure(.init(.noBids)) }
    let lowest = market.tick.micros
    let limit = Price(unchecked: max(lowest, bid.price.micros - rules.exitSlippageTicks * market.tick.micros))
    let size = position.shares.cut(decimals: 2)
    // At the limit, because that is the least the order may be worth.
    guard size > .zero, PositionSizing.meetsMinimums(size, at: limit, minimum: .zero) else {
      return .failure(.init(.dust, ["shares": .text(position.shares), "bid_points": .text(bid.price)]))
    }
    return .success(
      Wish(
        action: .exit, market: position.market, outcome: position.outcome, side: .sell, type: .fillAndKill,
        price: limit,
        size: size, usefulFor: rules.usefulFor, reason: reason,
        evidence: evidence.with("bid_points", .text(bid.price)).with("paid_points", .text(position.averagePrice))))
  }

  /// May the market's book still take an order? After the window's end only the settlement is awaited.
  public static func isTradable(_ market: MarketUpdate, now: MarketTime) -> Bool {
    guard market.state == .live || market.state == .stale else { return false }
    if let endsAt = market.endsAt, now >= endsAt { return false }
    return true
  }
}
