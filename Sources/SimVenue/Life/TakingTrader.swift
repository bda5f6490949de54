import Shared

/// A background trader that takes: buys an outcome at the market, because it knows what it is worth or for no reason.
struct TakingTrader: Sendable {
  struct Style: Hashable, Sendable {
    var name: String
    /// Looks per second at the busiest market, on average.
    var rate: Double
    /// A trade's shares, and their cap.
    var size: SyntheticProfile.Size
    var sizeMax: Double
    /// The share of its looks in which it sees the fair value; in the others it picks a side by chance.
    var knowledge: Double
    /// Cents that a price must be better than the fair value before it takes it, when it knows. At 0 it pays the spread: it trades towards
    /// the fair value from the middle on.
    var edge: Double
    /// Cents beyond the best price that it goes.
    var reach: Int64
  }

  let style: Style
  let trader: Int

  /// One step of a market, five a second: as many looks as come.
  /// - Parameter pace: multiplies the rate.
  func look(_ market: Int, fair: Double, pace: Double, _ chance: inout Chance, _ state: inout VenueState) {
    for _ in 0..<chance.count(style.rate * pace / Double(ReferencePath.stepsPerSecond)) {
      take(market, fair: fair, &chance, &state)
    }
  }

  private func take(_ market: Int, fair: Double, _ chance: inout Chance, _ state: inout VenueState) {
    let book = state.live[market].book
    let knows = chance.happens(style.knowledge)
    let either: Outcome = chance.happens(0.5) ? .yes : .no
    let shares = chance.shares(style.size, least: 0.01, most: style.sizeMax)
    let outcome: Outcome
    if knows {
      // In cents; a side that is not there gives nothing away.
      let ask = Double(book.bestAsk(.yes)?.micros ?? 1_000_000) / 10_000
      let bid = Double(book.bestBid(.yes)?.micros ?? 0) / 10_000
      let gain = max(fair * 100 - ask, bid - fair * 100)
      guard style.edge == 0 || gain >= style.edge else { return }
      outcome = fair * 100 > (ask + bid) / 2 ? .yes : .no
    } else {
      outcome = either
    }
    guard let best = book.bestAsk(outcome), let limit = Price(micros: min(best.micros + style.reach * 10_000, 990_000))
    else { return }
    _ = state.trade(trader, market: market, outcome: outcome, side: .buy, price: limit, size: shares, .fillAndKill)
  }
}
