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
  /// What was held until its market was decided, oldest first; no entry for a market in which all was sold before.
  public let bets: [MarketSlug: [SweepBet]]
  /// Result of what was sold before in the markets that have bets too; in all others it is the market's result.
  private let sold: [MarketSlug: USD]
  public let digest: UInt64

  /// What was at stake in each market, by slug.
  public var stakes: [LuckBar.Stake] {
    markets.sorted { $0.key < $1.key }.map { slug, pnl in
      bets[slug].map { LuckBar.Stake(bets: $0, sold: sold[slug] ?? .zero) } ?? LuckBar.Stake(sold: pnl)
    }
  }

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
    var bets: [MarketSlug: [SweepBet]] = [:]
    var sold: [MarketSlug: USD] = [:]
    for trip in report.trips {
      if let bet = SweepBet(trip) {
        bets[trip.market, default: []].append(bet)
      } else {
        sold[trip.market, default: .zero] += trip.pnl
      }
    }
    self.bets = bets
    self.sold = sold.filter { bets[$0.key] != nil }
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
      "markets": SweepRun.table(markets) { .text($0) }, "bets": SweepRun.table(bets) { .array($0.map(\.json)) },
      "sold_usd": SweepRun.table(sold) { .text($0) },
      "digest": .string(String(digest, radix: 16)),
    ]
  }

  /// `nil` for what is none.
  public init?(_ json: JSON) {
    guard let number = json["number"]?.int, let values = json["values"]?.array, let trades = json["trades"]?.int,
      let wins = json["wins"]?.int, let pnl = json["pnl_usd"]?.usd, let fees = json["fees_usd"]?.usd,
      let atRisk = json["at_risk_usd"]?.usd, let maxDrawdown = json["max_drawdown_usd"]?.usd,
      let tradesAnHour = json["trades_an_hour"]?.double,
      let markets = SweepRun.table(json["markets"], \.usd), let sold = SweepRun.table(json["sold_usd"], \.usd),
      let bets = SweepRun.table(json["bets"], { $0.array.flatMap(SweepRun.bets) }),
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
    self.markets = markets
    self.bets = bets
    self.sold = sold
    self.digest = digest
  }

  private static func table<Value>(_ values: [MarketSlug: Value], _ json: (Value) -> JSON) -> JSON {
    .object(values.sorted { $0.key < $1.key }.map { JSON.Member($0.key.text, json($0.value)) })
  }

  private static func table<Value>(_ json: JSON?, _ value: (JSON) -> Value?) -> [MarketSlug: Value]? {
    guard let members = json?.members else { return nil }
    var table: [MarketSlug: Value] = [:]
    for member in members {
      guard let slug = MarketSlug(member.key), let value = value(member.value) else { return nil }
      table[slug] = value
    }
    return table
  }

  private static func bets(_ items: [JSON]) -> [SweepBet]? {
    let bets = items.compactMap(SweepBet.init)
    return bets.count == items.count ? bets : nil
  }
}
