import Shared

/// Round trips in numbers that `PerformanceSummary` does not have. Statistics, not money: sums in dollars stand there.
public struct TripStatistics: Hashable, Sendable {
  /// One market's round trips together.
  public struct MarketResult: Hashable, Sendable {
    public let market: MarketSlug
    public let trades: Int
    public let pnl: USD
  }

  public let summary: PerformanceSummary
  /// Ordered by slug.
  public let markets: [MarketResult]
  /// Net result by the hour of the day (UTC) in which the trip was opened; 24.
  public let hours: [USD]
  public let exits: [String: Int]
  public let averageWin: Double?
  public let averageLoss: Double?
  /// Won over lost dollars; `nil` without a loss.
  public let profitFactor: Double?
  /// Of the win rate, 95 %, after Wilson (Journal of the American Statistical Association 22, 1927).
  public let winRateInterval: ClosedRange<Double>?
  /// How many standard errors the mean result of a *market* lies from zero: trips of one market are one throw of the dice.
  public let scoreByMarket: Double?

  /// - Parameter trips: oldest first.
  public init(_ trips: [RoundTrip]) {
    summary = PerformanceSummary(
      trips.enumerated().map { index, trip in
        CompletedTrade(
          id: Int64(index + 1), executedAt: WallTime(nanoseconds: trip.closedAt.nanoseconds), shares: trip.shares,
          cost: trip.cost, fees: trip.fees, pnl: trip.pnl)
      })
    var byMarket: [MarketSlug: (trades: Int, pnl: USD)] = [:]
    var hours = Array(repeating: USD.zero, count: 24)
    var exits: [String: Int] = [:]
    var won = 0.0
    var lost = 0.0
    for trip in trips {
      byMarket[trip.market, default: (0, .zero)].trades += 1
      byMarket[trip.market, default: (0, .zero)].pnl += trip.pnl
      hours[Int((trip.openedAt.seconds / 3600 % 24 + 24) % 24)] += trip.pnl
      exits[trip.exitReason, default: 0] += 1
      let dollars = Double(trip.pnl.micros) / 1e6
      if dollars > 0 { won += dollars } else { lost -= dollars }
    }
    markets = byMarket.keys.sorted().map { slug in
      MarketResult(market: slug, trades: byMarket[slug]?.trades ?? 0, pnl: byMarket[slug]?.pnl ?? .zero)
    }
    self.hours = hours
    self.exits = exits
    let wins = summary.wins
    let losses = trips.count - wins
    averageWin = wins > 0 ? won / Double(wins) : nil
    averageLoss = losses > 0 ? -lost / Double(losses) : nil
    profitFactor = lost > 0 ? won / lost : nil
    winRateInterval = TripStatistics.wilson(wins, of: trips.count)
    scoreByMarket = TripStatistics.score(markets.map { Double($0.pnl.micros) / 1e6 })
  }

  /// The interval in which a rate lies with 95 %.
  public static func wilson(_ hits: Int, of count: Int) -> ClosedRange<Double>? {
    guard count > 0 else { return nil }
    let z = 1.959963984540054
    let n = Double(count)
    let p = Double(hits) / n
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, middle - half)...min(1, middle + half)
  }

  /// Mean over its standard error; `nil` below two values or without a deviation.
  public static func score(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    // Equal values differ by the rounding of their mean.
    return variance > mean * mean * 1e-24 ? mean / (variance / n).squareRoot() : nil
  }
}
