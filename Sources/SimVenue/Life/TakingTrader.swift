import Shared

/// A background trader that takes: buys an outcome at the market, because it knows what it is worth or for no reason.
struct TakingTrader: Sendable {
  struct Style: Hashable, Sendable {
    var name: String
    /// Looks per second at each market.
    var rate: Double
    /// Mean of a trade in shares, and its cap.
    var size: Double
    var sizeMax: Double
    /// The share of its looks in which it sees the fair value; in the others it picks a side by chance.
    var knowledge: Double
    /// Cents that a price must be better than the fair value before it takes it, when it knows.
    var edge: Double
    /// Cents beyond the best price that it goes.
    var reach: Int64
  }

  let style: Style
  let trader: Int

  /// One step's look at a market; five a second.
  func look(_ market: Int, fair: Double, activity: Double, _ chance: inout Chance, _ state: inout VenueState) {
    guard chance.happens(style.rate * activity / Double(ReferencePath.stepsPerSecond)) else { return }
    let book = state.live[market].book
    guard let ask = book.bestAsk(.yes), let bid = book.bestBid(.yes) else { return }
    let outcome: Outcome
    if chance.happens(style.knowledge) {
      // What each side of the book gives away, in cents.
      let up = fair * 100 - Double(ask.micros) / 10_000
      let down = Double(bid.micros) / 10_000 - fair * 100
      guard max(up, down) >= style.edge else { return }
      outcome = up >= down ? .yes : .no
    } else {
      outcome = chance.happens(0.5) ? .yes : .no
    }
    guard let best = book.bestAsk(outcome), let limit = Price(micros: min(best.micros + style.reach * 10_000, 990_000))
    else { return }
    let shares = min(style.sizeMax, 5 + style.size * chance.exponential() * chance.exponential())
    _ = state.trade(
      trader, market: market, outcome: outcome, side: .buy, price: limit,
      size: Shares(micros: Int64(shares * 100) * 10_000), .fillAndKill)
  }
}
