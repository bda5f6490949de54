import Shared

/// What makers get back of the takers' fees: a share of each market's fees of a UTC day of market time, divided by what the makers' fills
/// would have cost as takers (protocol document, section 3.4).
struct RebateBooks: Hashable, Sendable {
  private struct Place: Hashable, Sendable {
    var day: Int64
    var market: Int
  }

  private struct Pool: Hashable, Sendable {
    var fees = USD.zero
    /// Fee equivalents of all makers, and by client's account.
    var all = USD.zero
    var own: [Int: USD] = [:]
  }

  /// Payouts below this are not made.
  static let least = USD(dollars: 1)
  private static let daysKept: Int64 = 32
  private var pools: [Place: Pool] = [:]

  static func day(_ time: MarketTime) -> Int64 { time.seconds / 86_400 }

  /// The share of the fees that goes back, in per cent.
  static func share(_ spec: MarketSpec) -> Int64 { spec.isUpDown ? 20 : 25 }

  /// Takes down one trade's fee and its makers' fills.
  mutating func note(_ trade: TradeRecord, market: Int, _ spec: MarketSpec) {
    guard spec.feeRate > 0 else { return }
    let day = Self.day(trade.matchedAt.market)
    var pool = pools[Place(day: day, market: market)] ?? Pool()
    pool.fees += trade.taker.fee
    for maker in trade.makers {
      let equivalent = FeeCurve.fee(shares: maker.shares, price: maker.price, rate: spec.feeRate)
      pool.all += equivalent
      if let account = maker.account { pool.own[account, default: .zero] += equivalent }
    }
    if pools[Place(day: day, market: market)] == nil { pools = pools.filter { day - $0.key.day < Self.daysKept } }
    pools[Place(day: day, market: market)] = pool
  }

  /// What an account gets of each market for a day, rounded down to the micro-dollar, in the order of the markets' listing.
  func rebates(of account: Int, day: Int64, _ markets: [MarketSpec]) -> [(market: Int, amount: USD)] {
    pools.filter { $0.key.day == day }.sorted { $0.key.market < $1.key.market }.compactMap { place, pool in
      guard let own = pool.own[account], own > .zero, pool.all > .zero else { return nil }
      let part = Int128(pool.fees.micros) * Int128(Self.share(markets[place.market])) * Int128(own.micros)
      let amount = USD(micros: Int64(part / (100 * Int128(pool.all.micros))))
      return amount > .zero ? (place.market, amount) : nil
    }
  }
}
