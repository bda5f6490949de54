import Shared

/// A background market maker: levels on both sides of a fair value that it learns late. Stands in the matching engine like anybody.
struct QuotingTrader: Sendable {
  struct Style: Hashable, Sendable {
    var name: String
    /// Cents between the fair value and the first level.
    var halfSpread: Int
    var levels: Int
    /// Shares of the first level, growing with depth.
    var size: Int
    /// How old its fair value is, in steps.
    var lag: Int
    /// Probability of looking again at a step.
    var attention: Double
    /// Sells by buying the other outcome instead.
    var mints: Bool
  }

  private struct Standing: Hashable, Sendable {
    var isBid: Bool
    var cents: Int
    var key: Int64
  }

  let style: Style
  let trader: Int
  private var standing: [Int: [Standing]] = [:]
  private var fairs: [Int: [Double]] = [:]

  init(style: Style, trader: Int) {
    self.style = style
    self.trader = trader
  }

  /// Looks at a market: learns `fair`, and requotes when it pays attention.
  mutating func look(_ market: Int, fair: Double, _ chance: inout Chance, _ state: inout VenueState) {
    var seen = fairs[market] ?? []
    seen.append(fair)
    if seen.count > style.lag + 1 { seen.removeFirst() }
    fairs[market] = seen
    guard chance.happens(style.attention) else { return }
    quote(market, around: seen[0] * 100, &chance, &state)
  }

  private mutating func quote(_ market: Int, around fair: Double, _ chance: inout Chance, _ state: inout VenueState) {
    let bid = Int((fair - Double(style.halfSpread) + 0.5).rounded(.down))
    let ask = max(bid + 1, Int((fair + Double(style.halfSpread) - 0.5).rounded(.up)))
    var kept: [Standing] = []
    for order in standing[market] ?? [] {
      let depth = order.isBid ? bid - order.cents : order.cents - ask
      // A level that still fits stays, unless its owner has second thoughts; eaten ones are forgotten.
      let fits = (0..<style.levels).contains(depth) && !chance.happens(0.08)
      guard state.live[market].book.remaining(order.key) != nil else { continue }
      if fits { kept.append(order) } else { state.withdraw(order.key, market: market) }
    }
    for depth in 0..<style.levels {
      place(market, isBid: true, cents: bid - depth, depth, &kept, &chance, &state)
      place(market, isBid: false, cents: ask + depth, depth, &kept, &chance, &state)
    }
    standing[market] = kept
  }

  private func place(
    _ market: Int, isBid: Bool, cents: Int, _ depth: Int, _ kept: inout [Standing], _ chance: inout Chance,
    _ state: inout VenueState
  ) {
    guard (1...99).contains(cents), !kept.contains(where: { $0.isBid == isBid && $0.cents == cents }) else { return }
    let shares = Double(style.size) * (1 + 0.6 * Double(depth)) * (0.4 + chance.exponential() * 0.6)
    let size = Shares(micros: max(5_000_000, Int64(shares * 100) * 10_000))
    let crossed = !isBid && style.mints
    guard let price = Price(micros: Int64(crossed ? 100 - cents : cents) * 10_000) else { return }
    let key = state.trade(
      trader, market: market, outcome: crossed ? .no : .yes, side: isBid || crossed ? .buy : .sell, price: price,
      size: size, .goodTillCancelled)
    if let key { kept.append(Standing(isBid: isBid, cents: cents, key: key)) }
  }

  /// Forgets a market that is over.
  mutating func leave(_ market: Int) {
    standing[market] = nil
    fairs[market] = nil
  }
}
