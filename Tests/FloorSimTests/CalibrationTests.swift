import Shared
import Testing

@testable import FloorSim

/// Figures worked out by hand.
@Suite("Calibration")
struct CalibrationTests {
  private func results(_ payouts: [Price], from: TapeResult = .told) -> [MarketSlug: BacktestReport.Result] {
    Dictionary(
      uniqueKeysWithValues: payouts.enumerated().map {
        (ReportFixture.market(Int64($0.offset)), BacktestReport.Result(payout: $0.element, from: from))
      })
  }

  @Test("Four forecasts: Brier score and log loss of the model, and of the price paid read as a probability of YES")
  func byHand() throws {
    let trips = [
      ReportFixture.trip(ReportFixture.market(0), .yes, paid: "0.80", pUp: 0.9),
      ReportFixture.trip(ReportFixture.market(1), .yes, paid: "0.60", pUp: 0.7),
      // NO at 0.90 says 0.10 for YES.
      ReportFixture.trip(ReportFixture.market(2), .no, paid: "0.90", pUp: 0.05),
      ReportFixture.trip(ReportFixture.market(3), .no, paid: "0.70", pUp: 0.2),
    ]
    let calibration = try #require(Calibration(trips, results([.one, .zero, .zero, .one])))
    #expect(calibration.trips == 4 && calibration.markets == 4)
    #expect(calibration.undecided == 0 && calibration.inferred == 0)
    // 0.1² + 0.7² + 0.05² + 0.8² = 0.01 + 0.49 + 0.0025 + 0.64, a quarter of it.
    #expect(abs(calibration.model.brier - 1.1425 / 4) < 1e-12)
    // 0.2² + 0.6² + 0.1² + 0.7² = 0.04 + 0.36 + 0.01 + 0.49.
    #expect(abs(calibration.price.brier - 0.9 / 4) < 1e-12)
    // −ln 0.9 − ln 0.3 − ln 0.95 − ln 0.2 = 0.105360516 + 1.203972804 + 0.051293294 + 1.609437912.
    #expect(abs(calibration.model.logLoss - 2.970064526 / 4) < 1e-9)
    // −ln 0.8 − ln 0.4 − ln 0.9 − ln 0.3 = 0.223143551 + 0.916290732 + 0.105360516 + 1.203972804.
    #expect(abs(calibration.price.logLoss - 2.448767603 / 4) < 1e-9)
  }

  @Test("A forecast falls into its tenth, an edge into the upper one, certainty into the last")
  func tenths() throws {
    let forecast = Calibration.Forecast(
      [0, 0.05, 0.1, 0.3, 0.7, 0.999, 1].map { (probability: $0, came: $0 > 0.5) })
    #expect(forecast.bins.map(\.count) == [2, 1, 0, 1, 0, 0, 0, 1, 0, 2])
    #expect(forecast.bins.map(\.hits) == [0, 0, 0, 0, 0, 0, 0, 1, 0, 2])
    #expect(forecast.bins[0].mean == 0.025 && forecast.bins[0].rate == 0)
    #expect(forecast.bins[2].mean == nil && forecast.bins[2].rate == nil && forecast.bins[2].interval == nil)
    #expect(forecast.bins.map(\.range.lowerBound).last == 0.9)
  }

  @Test("A tenth's interval is Wilson's: nine of ten say 59.6 to 98.2 percent")
  func interval() throws {
    let forecast = Calibration.Forecast((0..<10).map { (probability: 0.95, came: $0 > 0) })
    let interval = try #require(forecast.bins[9].interval)
    #expect(abs(interval.lowerBound - 0.5958) < 5e-5 && abs(interval.upperBound - 0.9821) < 5e-5)
  }

  @Test("Being certain and wrong costs what a doubt of one in a million does, not infinitely much")
  func certain() {
    let forecast = Calibration.Forecast([(probability: 1, came: false)])
    #expect(forecast.brier == 1 && abs(forecast.logLoss - 13.815510558) < 1e-9)
    #expect(Calibration.Forecast([(probability: 0, came: false)]).logLoss == 0)
  }

  @Test(
    "Trips without a probability, and markets without a whole result, are not judged; several trips of a market are one market"
  )
  func left() throws {
    let trips = [
      ReportFixture.trip(ReportFixture.market(0)), ReportFixture.trip(ReportFixture.market(0), pUp: 1.5),
      ReportFixture.trip(ReportFixture.market(0), pUp: 0.6), ReportFixture.trip(ReportFixture.market(0), pUp: 0.7),
      ReportFixture.trip(ReportFixture.market(1), pUp: 0.6),  // split
      ReportFixture.trip(ReportFixture.market(2), pUp: 0.6),  // without a result
    ]
    let calibration = try #require(Calibration(trips, results([.one, Price(micros: 500_000)!], from: .inferred)))
    #expect(calibration.trips == 2 && calibration.markets == 1)
    #expect(calibration.undecided == 2 && calibration.inferred == 2)
    #expect(Calibration(Array(trips.prefix(2)), results([.one])) == nil)
    #expect(Calibration([], [:]) == nil)
  }
}
