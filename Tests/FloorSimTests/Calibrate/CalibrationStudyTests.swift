import Shared
import Testing

@testable import FloorSim

/// Figures worked out by hand.
@Suite("Calibration study")
struct CalibrationStudyTests {
  private func sample(
    _ closes: Int64, left: Int64 = 15, _ forecasts: [Forecaster: Double], _ cameUp: Bool
  ) -> ForecastSample {
    ForecastSample(cluster: closes, closes: closes, left: left, forecasts: forecasts, cameUp: cameUp)
  }

  private func study(_ samples: [ForecastSample]) -> CalibrationStudy {
    CalibrationStudy(
      ForecastSamples(
        samples: samples, asked: samples.count, labels: [:], silences: [:], unprovable: 0, broken: 0),
      ClusterBootstrap(draws: 500))
  }

  @Test("Brier score and log loss are the means of (p − result)² and of −ln of what was given to what came")
  func scores() throws {
    let study = study([
      sample(300, [.tailedTwap: 0.9], true), sample(600, [.tailedTwap: 0.3], true),
      sample(900, [.tailedTwap: 0.05], false), sample(1200, [.tailedTwap: 0.8], false),
    ])
    let row = try #require(study.rows.first)
    #expect(study.rows.count == 1 && row.left == 15 && row.samples == 4 && row.clusters == 4 && row.upShare == 0.5)
    let score = try #require(row.scores.first)
    // 0.1² + 0.7² + 0.05² + 0.8² = 1.1425, a quarter of it.
    #expect(abs(score.brier.value - 1.1425 / 4) < 1e-12)
    // −ln 0.9 − ln 0.3 − ln 0.95 − ln 0.2 = 0.105360516 + 1.203972804 + 0.051293294 + 1.609437912.
    #expect(abs(score.logLoss.value - 2.970064526 / 4) < 1e-9)
    #expect(score.brier.low < score.brier.value && score.brier.value < score.brier.high)
  }

  @Test("Certain and wrong costs −ln 10⁻⁴ and not infinitely much, certain and right −ln 0.9999")
  func certain() {
    #expect(abs(CalibrationStudy.logLoss(1, false) - 9.210340371976182) < 1e-12)
    #expect(abs(CalibrationStudy.logLoss(0, false) - 1.0000500033334732e-4) < 1e-15)
    #expect(CalibrationStudy.brier(1, false) == 1 && CalibrationStudy.brier(1, true) == 0)
  }

  @Test("Two forecasters are compared over the moments at which both spoke, and above nought is worse")
  func differences() throws {
    let row = try #require(
      study([
        sample(300, [.tailedTwap: 0.9, .normalSpot: 0.6], true), sample(600, [.tailedTwap: 0.2], true),
        sample(900, [.tailedTwap: 0.5, .normalSpot: 0.7, .marketMid: 0.1], false),
      ]).rows.first)
    let seed = try #require(row.differences.first { $0.forecaster == .normalSpot && $0.than == .tailedTwap })
    // (0.4² − 0.1²) and (0.7² − 0.5²), halved.
    #expect(seed.samples == 2 && abs(seed.brier.value - (0.15 + 0.24) / 2) < 1e-12)
    let mid = try #require(row.differences.first { $0.forecaster == .tailedTwap && $0.than == .marketMid })
    #expect(mid.samples == 1 && abs(mid.brier.value - 0.24) < 1e-12)
    #expect(row.differences.contains { $0.forecaster == .normalSpot && $0.than == .marketMid })
    #expect(!row.differences.contains { $0.forecaster == .marketMid })
    #expect(row.scores.map(\.samples) == [3, 2, 1])
  }

  @Test("Reliability: a claim falls into its tenth of P(Up), an edge into the upper one, certainty into the last")
  func tenths() throws {
    let claims = [0, 0.05, 0.1, 0.7, 0.999, 1]
    let row = try #require(
      study(claims.enumerated().map { sample(Int64($0.offset) * 300, [.marketMid: $0.element], $0.element > 0.5) })
        .rows.first)
    let bins = try #require(row.reliability.first).bins
    #expect(bins.map(\.range.lowerBound) == [0, 0.1, 0.7, 0.9])
    #expect(bins.map(\.count) == [2, 1, 1, 2] && bins.map(\.came.value) == [0, 0, 1, 1])
    #expect(bins[0].claimed == 0.025)
  }

  @Test("The favourite's claim is what is said of the likelier side, pooled early and late")
  func favourite() throws {
    let study = study([
      sample(300, left: 60, [.tailedSpot: 0.95], true), sample(600, left: 60, [.tailedSpot: 0.05], true),
      sample(600, left: 30, [.tailedSpot: 0.06], false), sample(600, left: 10, [.tailedSpot: 0.2], false),
    ])
    #expect(study.rows.map(\.left) == [60, 30, 10])
    #expect(study.favourites.map(\.before) == [[60, 30], [10]])
    let early = try #require(study.favourites[0].reliability.first).bins
    #expect(early.count == 1 && early[0].range == 0.9...0.97 && early[0].count == 3)
    #expect(abs(early[0].claimed - (0.95 + 0.95 + 0.94) / 3) < 1e-12)
    #expect(abs(early[0].came.value - 2.0 / 3) < 1e-12)
    let late = try #require(study.favourites[1].reliability.first).bins
    #expect(late.map(\.range) == [0.7...0.9] && late[0].came.value == 1)
  }

  @Test("JSON, CSV and page hold every score; what is named in the data cannot become a tag of the page")
  func exports() throws {
    let study = study([
      sample(300, [.tailedTwap: 0.9, .marketMid: 0.7], true), sample(600, [.tailedTwap: 0.3, .marketMid: 0.4], true),
    ])
    let json = study.json(about: ["files": ["day.csv"]])
    let row = try #require(json["rows"]?.array?.first)
    #expect(row["before_s"]?.int == 15 && row["scores"]?.array?.count == 2)
    let brier = try #require(row["scores"]?.array?[0]["brier"]?["value"]?.double)
    #expect(abs(brier - (0.01 + 0.49) / 2) < 1e-12)
    let lines = study.csv.split(separator: "\n")
    #expect(lines.count == 3 && lines[1].hasPrefix("15,t3_twap,2,2,0.250000,"))
    let page = study.page(about: ["<b>day</b>"])
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n") && page.contains("&lt;b&gt;day"))
    #expect(page.contains("discs t3_twap, rings market_mid") && !page.contains("://") && !page.contains("<script"))
  }
}
