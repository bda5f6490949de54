import Shared

/// What one combination brought: all that the tables and the judgement of a sweep are made from.
public struct SweepRun: Hashable, Sendable {
  /// The combination's number in its grid.
  public let number: Int
  public let values: [JSON]
  public let trades: Int
  public let wins: Int
  public let pnl: USD
  public let fees: USD
  public let atRisk: USD
  public let maxDrawdown: USD
  /// Trips for each hour of the recording.
  public let tradesAnHour: Double
  /// Mean of what the strategy expected a share to bring less what it brought, in dollars; `nil` where it expects nothing.
  public let evError: Double?
  /// Net result of each market that was traded, by slug.
  public let markets: [MarketSlug: USD]
  public let digest: UInt64

  public var winRate: Double? { trades == 0 ? nil : Double(wins) / Double(trades) }

  public init(number: Int, values: [JSON], report: BacktestReport) {
    self.number = number
    self.values = values
    let summary = report.statistics.summary
    trades = summary.trades
    wins = summary.wins
    pnl = summary.pnl
    fees = summary.fees
    atRisk = summary.atRisk
    maxDrawdown = report.equity.maxDrawdown
    let hours = Double(report.coverage.to.since(report.coverage.from).milliseconds) / 3_600_000
    tradesAnHour = hours > 0 ? Double(trades) / hours : 0
    let errors = report.trips.compactMap { trip -> Double? in
      guard let expected = trip.evidence["ev_points"]?.double, trip.shares > .zero else { return nil }
      return expected - Double(trip.pnl.micros) / Double(trip.shares.micros)
    }
    evError = errors.isEmpty ? nil : errors.reduce(0, +) / Double(errors.count)
    markets = Dictionary(uniqueKeysWithValues: report.statistics.markets.map { ($0.market, $0.pnl) })
    digest = report.agents.reduce(0) { $0 &* 31 &+ $1.digest }
  }

  // MARK: Kept

  /// One line of the sweep's journal.
  public var json: JSON {
    [
      "number": .int(number), "values": .array(values), "trades": .int(trades), "wins": .int(wins),
      "pnl_usd": .text(pnl), "fees_usd": .text(fees), "at_risk_usd": .text(atRisk),
      "max_drawdown_usd": .text(maxDrawdown), "trades_an_hour": .double(tradesAnHour),
      "win_rate": .optional(winRate.map { .double($0) }), "ev_error_points": .optional(evError.map { .double($0) }),
      "markets": .object(markets.sorted { $0.key < $1.key }.map { JSON.Member($0.key.text, .text($0.value)) }),
      "digest": .string(String(digest, radix: 16)),
    ]
  }

  /// `nil` for what is none.
  public init?(_ json: JSON) {
    guard let number = json["number"]?.int, let values = json["values"]?.array, let trades = json["trades"]?.int,
      let wins = json["wins"]?.int, let pnl = json["pnl_usd"]?.usd, let fees = json["fees_usd"]?.usd,
      let atRisk = json["at_risk_usd"]?.usd, let maxDrawdown = json["max_drawdown_usd"]?.usd,
      let tradesAnHour = json["trades_an_hour"]?.double, let markets = json["markets"]?.members,
      let digest = json["digest"]?.string.flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    self.number = Int(clamping: number)
    self.values = values
    self.trades = Int(clamping: trades)
    self.wins = Int(clamping: wins)
    self.pnl = pnl
    self.fees = fees
    self.atRisk = atRisk
    self.maxDrawdown = maxDrawdown
    self.tradesAnHour = tradesAnHour
    evError = json["ev_error_points"]?.double
    var byMarket: [MarketSlug: USD] = [:]
    for member in markets {
      guard let slug = MarketSlug(member.key), let dollars = member.value.usd else { return nil }
      byMarket[slug] = dollars
    }
    self.markets = byMarket
    self.digest = digest
  }
}
