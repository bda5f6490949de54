import Shared

/// What makers get back of the takers' fees: a share of each market's fees of a UTC day of market time, divided by what the makers' fills
/// would have cost as takers (protocol document, section 3.4).
struct RebateBooks: Hashable, Sendable {
  private struct Pool: Hashable, Sendable {
    var fees = USD.zero
    /// Fee equivalents of all makers, and by client's account.
    var all = USD.zero
    var own: [Int: USD] = [:]
  }

  /// Payouts below this are not made.
  static let least = USD(dollars: 1)
  private static let daysKept: Int64 = 32
  /// By day, then by market index.
  private var pools: [Int64: [Int: Pool]] = [:]

  static func day(_ time: MarketTime) -> Int64 { time.seconds / 86_400 }

  /// The share of the fees that goes back, in per cent.
  static func share(_ spec: MarketSpec) -> Int64 { spec.isUpDown ? 20 : 25 }

  /// Hears what the truth log takes down, after `clients` has: clients' trades, and those that the chain refused, which count no more.
  mutating func note(_ record: TruthRecord, _ clients: ClientBooks) {
    switch record.entry {
    case .trade(let trade): count(trade, clients, sign: 1)
    case .tradeStatus(let id, .failed, _):
      if let place = clients.tradeIndex[id] { count(clients.trades[place], clients, sign: -1) }
    default: break
    }
  }

  private mutating func count(_ trade: TradeRecord, _ clients: ClientBooks, sign: Int64) {
    guard let market = clients.marketIndex[trade.slug] else { return }
    add(trade, market: market, clients.markets[market], sign: sign)
  }

  /// Takes down one trade's fee and its makers' fills, or with `sign` −1 takes them out again.
  mutating func add(_ trade: TradeRecord, market: Int, _ spec: MarketSpec, sign: Int64 = 1) {
    guard spec.feeRate > 0 else { return }
    func signed(_ money: USD) -> USD { USD(micros: sign * money.micros) }
    let day = Self.day(trade.matchedAt.market)
    if pools[day] == nil { pools = pools.filter { day - $0.key < Self.daysKept } }
    var pool = pools[day]?[market] ?? Pool()
    pool.fees += signed(trade.taker.fee)
    for maker in trade.makers {
      let equivalent = FeeCurve.fee(shares: maker.shares, price: maker.price, rate: spec.feeRate)
      pool.all += signed(equivalent)
      if let account = maker.account { pool.own[account, default: .zero] += signed(equivalent) }
    }
    pools[day, default: [:]][market] = pool
  }

  /// What an account gets of each market for a day, rounded down to the micro-dollar, in the order of the markets' listing.
  func rebates(of account: Int, day: Int64, _ markets: [MarketSpec]) -> [(market: Int, amount: USD)] {
    (pools[day] ?? [:]).sorted { $0.key < $1.key }.compactMap { market, pool in
      guard let own = pool.own[account], own > .zero, pool.all > .zero else { return nil }
      let part = Int128(pool.fees.micros) * Int128(Self.share(markets[market])) * Int128(own.micros)
      let amount = USD(micros: Int64(part / (100 * Int128(pool.all.micros))))
      return amount > .zero ? (market, amount) : nil
    }
  }
}
