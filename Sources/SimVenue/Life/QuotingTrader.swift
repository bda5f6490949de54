import Glibc
import Shared

/// A background market maker: levels on both sides of a fair value that it learns late. Stands in the matching engine like anybody.
struct QuotingTrader: Sendable {
  struct Style: Hashable, Sendable {
    var name: String
    /// Cents behind the best price at which its first level stands.
    var nearest: Int
    var levels: Int
    /// Its first level, and those behind it.
    var first: SyntheticProfile.Size
    var others: SyntheticProfile.Size
    /// How old its fair value is, in steps.
    var lag: Int
    /// Probability of looking again at a step.
    var attention: Double
    /// Probability that it takes a level back at a look, though it still fits.
    var wavers: Double
    /// Probability that it leaves one cent more free on a side.
    var widens: Double
    /// Cents by which the fair value may leave its best prices before it moves them.
    var patience: Double
    /// Sells by buying the other outcome instead.
    var mints: Bool
  }

  /// Keys of its orders by the cent at which they stand (1 to 99); 0 where it has none.
  private struct Ladder: Sendable {
    var bids = [Int64](repeating: 0, count: 100)
    var asks = [Int64](repeating: 0, count: 100)
    /// The cent below the fair value around which it quotes.
    var floor = -10
  }

  let style: Style
  let trader: Int
  private var standing: [Int: Ladder] = [:]
  private var fairs: [Int: [Double]] = [:]

  init(style: Style, trader: Int) {
    self.style = style
    self.trader = trader
  }

  /// Looks at a market: learns `fair`, and requotes when it pays attention.
  /// - Parameter pace: multiplies its attention.
  mutating func look(
    _ market: Int, fair: Double, pace: Double, _ chance: inout Chance, _ state: inout VenueState
  ) {
    var seen = fairs[market] ?? []
    seen.append(fair)
    if seen.count > style.lag + 1 { seen.removeFirst() }
    fairs[market] = seen
    guard chance.happens(style.attention * pace) || standing[market] == nil else { return }
    quote(market, around: seen[0] * 100, &chance, &state)
  }

  /// The fair value lies between the best bid and the best ask, a cent apart; a maker in doubt leaves one more free.
  private mutating func quote(_ market: Int, around fair: Double, _ chance: inout Chance, _ state: inout VenueState) {
    var ladder = standing[market] ?? Ladder()
    let isStale = fair < Double(ladder.floor) - style.patience || fair > Double(ladder.floor + 1) + style.patience
    if isStale { ladder.floor = Int(fair.rounded(.down)) }
    let floor = ladder.floor
    let bid = floor - style.nearest - (chance.happens(style.widens) ? 1 : 0)
    let ask = floor + 1 + style.nearest + (chance.happens(style.widens) ? 1 : 0)
    let bids = bid - style.levels + 1...bid
    let asks = ask...ask + style.levels - 1
    // What does not fit goes first, so that a maker never meets itself.
    for cents in 1...99 {
      clear(&ladder.bids[cents], fits: bids.contains(cents), market, &chance, &state)
      clear(&ladder.asks[cents], fits: asks.contains(cents), market, &chance, &state)
    }
    for depth in 0..<style.levels {
      for isBid in [true, false] {
        let cents = isBid ? bid - depth : ask + depth
        guard (1...99).contains(cents), (isBid ? ladder.bids[cents] : ladder.asks[cents]) == 0 else { continue }
        let key = place(market, isBid: isBid, cents, depth, &chance, &state)
        if isBid { ladder.bids[cents] = key } else { ladder.asks[cents] = key }
      }
    }
    standing[market] = ladder
  }

  /// A level that still fits stays, unless its owner has second thoughts; eaten ones are forgotten.
  private func clear(_ key: inout Int64, fits: Bool, _ market: Int, _ chance: inout Chance, _ state: inout VenueState) {
    guard key != 0 else { return }
    guard state.live[market].book.remaining(key) != nil else {
      key = 0
      return
    }
    if fits, !chance.happens(style.wavers) { return }
    state.withdraw(key, market: market)
    key = 0
  }

  /// Returns the key of what rests, or 0.
  private func place(
    _ market: Int, isBid: Bool, _ cents: Int, _ depth: Int, _ chance: inout Chance, _ state: inout VenueState
  ) -> Int64 {
    let size = chance.shares(depth == 0 ? style.first : style.others, least: 5)
    let crossed = !isBid && style.mints
    guard let price = Price(micros: Int64(crossed ? 100 - cents : cents) * 10_000) else { return 0 }
    return state.trade(
      trader, market: market, outcome: crossed ? .no : .yes, side: isBid || crossed ? .buy : .sell, price: price,
      size: size, .goodTillCancelled) ?? 0
  }

  /// Forgets a market that is over.
  mutating func leave(_ market: Int) {
    standing[market] = nil
    fairs[market] = nil
  }
}
