import FloorSim
import Shared
import Testing

/// Statistics beside the figures that their inventors and others have printed.
@Suite("Statistics and sizes agree with published figures")
struct PublishedFiguresTests {
  /// D. Bailey, M. López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (5), 2014, "A numerical example": five
  /// years of daily results with an annual ratio of 2.5 (250 days a year), whose ratios over the trials have an annual variance of 1/2.
  @Test(
    "The deflated Sharpe ratio of the paper's strategy: 0.9004 for the best of 100, 0.9505 of 46, and 0.9505 of 88 if results are normal",
    arguments: [(100, -3.0, 10.0, 0.9004), (46, -3, 10, 0.9505), (88, 0, 3, 0.9505)] as [(Int, Double, Double, Double)])
  func deflatedSharpe(trials: Int, skewness: Double, kurtosis: Double, probability: Double) throws {
    let days = 250.0
    let deflated = try #require(
      DeflatedSharpe(
        2.5 / days.squareRoot(), of: 1250, skewness: skewness, kurtosis: kurtosis, trials: trials,
        spread: (0.5 / days).squareRoot()))
    #expect(abs(deflated.probability - probability) < 0.00005)
    if trials == 100 { #expect(abs(deflated.expectedBest - 0.1132) < 0.00005) }
  }

  /// R. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I, method 3.
  @Test(
    "Wilson's interval of a rate, as Newcombe's table has it",
    arguments: [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)]
      as [(Int, Int, Double, Double)])
  func wilson(hits: Int, count: Int, low: Double, high: Double) throws {
    let interval = try #require(TripStatistics.wilson(hits, of: count))
    #expect(abs(interval.lowerBound - low) < 0.00005 && abs(interval.upperBound - high) < 0.00005)
  }
}
