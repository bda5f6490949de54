/// Which trades are news to whoever sees only some updates of a market. Trades that one update folds into one count as their last one alone,
/// so that some may be missed, and none is made up.
public struct TradeNews: Sendable {
  private var flows: [MarketSlug: TakerFlow] = [:]

  public init() {}

  /// The trade that an update tells, no larger than what takers have moved that way since the update before. `nil` when that is nothing,
  /// and for a market's first update: its trade may be of long ago.
  public mutating func take(_ update: MarketUpdate) -> LastTrade? {
    guard let known = flows.updateValue(update.flow, forKey: update.slug), var trade = update.last else { return nil }
    let isTowardYes = (trade.side == .buy) == (trade.outcome == .yes)
    let moved = isTowardYes ? update.flow.towardYes - known.towardYes : update.flow.towardNo - known.towardNo
    trade.size = min(trade.size, moved)
    return trade.size > .zero ? trade : nil
  }

  /// Nobody looks at this market for now: what is traded meanwhile is no news afterwards.
  public mutating func forget(_ market: MarketSlug) { flows[market] = nil }
}
