import Shared

@testable import FloorSim

/// Reports made by hand.
enum ReportFixture {
  static let slug = market(0)

  static func market(_ number: Int64) -> MarketSlug {
    MarketSlug("btc-updown-5m-\(TapeFixture.start + 300 * number)")!
  }

  /// Ten shares bought and sold, or settled.
  /// - Parameter seconds: after the first window's start.
  static func trip(
    _ market: MarketSlug = slug, _ outcome: Outcome = .yes, paid: String = "0.60", got: String = "1",
    at seconds: Int64 = 100,
    agent: AgentName = AgentName("momentum-1")!, entry: String = "momentum_up", exit: String = "settlement",
    pUp: Double? = nil
  ) -> RoundTrip {
    let opened = MarketTime(seconds: TapeFixture.start + seconds)
    var trip = RoundTrip(
      agent: agent, market: market, outcome: outcome, openedAt: opened, closedAt: opened.advanced(by: .seconds(20)),
      shares: Shares(whole: 10), cost: .zero, proceeds: .zero, fees: USD(micros: 100_000), entryReason: entry,
      exitReason: exit, evidence: pUp.map { ["p_up": .double($0)] } ?? .object([]))
    trip.cost = USD(micros: try! Price(parsing: paid).micros * 10)
    trip.proceeds = USD(micros: try! Price(parsing: got).micros * 10)
    return trip
  }

  /// A report of one momentum agent with these trips and results; its equity follows the trips.
  static func report(_ trips: [RoundTrip], _ results: [MarketSlug: Price] = [:], from: TapeResult = .told) throws
    -> BacktestReport
  {
    var (report, _) = try Backtest.run([], [agent("momentum", holder)], settings())
    report.trips = trips
    report.statistics = TripStatistics(trips)
    report.agents[0].trips = trips
    report.agents[0].statistics = TripStatistics(trips)
    report.results = results.mapValues { BacktestReport.Result(payout: $0, from: from) }
    var curve = EquityCurve(start: report.settings.capital)
    curve.note(curve.start, at: MarketTime(seconds: TapeFixture.start))
    for trip in trips { curve.note(curve.last + trip.pnl, at: trip.closedAt) }
    report.equity = curve
    report.coverage.from = MarketTime(seconds: TapeFixture.start)
    report.coverage.to = trips.map(\.closedAt).max() ?? report.coverage.from
    return report
  }
}
