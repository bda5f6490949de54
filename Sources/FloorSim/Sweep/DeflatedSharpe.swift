import Shared

/// How likely the best of many settings is better than the luckiest of as many, once it is taken into account that it is the best of many.
/// (D. Bailey, M. López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (5), 2014, equations 1 and 2.)
public struct DeflatedSharpe: Hashable, Sendable {
  /// Mean over deviation of the winner's results, a market each.
  public let sharpe: Double
  /// What the best of so many settings without an edge is expected to show.
  public let expectedBest: Double
  /// Probability that the winner's true ratio exceeds `expectedBest`, under the paper's assumptions: results and settings that do not hang
  /// on each other, and that go on as they were. Not the probability that the edge is real. A winner to believe has 0.95 and more.
  public let probability: Double

  static let euler = 0.5772156649015329

  /// `nil` where there is nothing to compute from: fewer than three results, or none that differ.
  /// - Parameters:
  ///   - results: of the winner.
  ///   - sharpes: of every setting that was tried, the winner's among them.
  public init?(_ results: [Double], among sharpes: [Double]) {
    guard results.count > 2, let sharpe = DeflatedSharpe.ratio(results) else { return nil }
    let n = Double(results.count)
    let mean = results.reduce(0, +) / n
    func moment(_ power: Int) -> Double {
      results.reduce(0) { sum, value in
        var product = 1.0
        for _ in 0..<power { product *= value - mean }
        return sum + product
      } / n
    }
    let variance = moment(2)
    var spread = 0.0
    if sharpes.count > 1 {
      let count = Double(sharpes.count)
      let middle = sharpes.reduce(0, +) / count
      spread = (sharpes.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / (count - 1)).squareRoot()
    }
    self.init(
      sharpe, of: results.count, skewness: moment(3) / (variance * variance.squareRoot()),
      kurtosis: moment(4) / (variance * variance), trials: sharpes.count, spread: spread)
  }

  /// From the figures that the paper needs; `nil` where they contradict each other, so that the ratio has no deviation.
  /// - Parameters:
  ///   - sharpe: of the winner, not annualised.
  ///   - count: of its results.
  ///   - kurtosis: 3 for normal results.
  ///   - trials: how many settings were tried.
  ///   - spread: deviation of their ratios.
  public init?(
    _ sharpe: Double, of count: Int, skewness: Double, kurtosis: Double, trials: Int, spread: Double
  ) {
    var expected = 0.0
    if trials > 1 {
      let trials = Double(trials)
      expected =
        spread
        * ((1 - DeflatedSharpe.euler) * NormalDistribution.quantile(1 - 1 / trials)
          + DeflatedSharpe.euler * NormalDistribution.quantile(1 - 1 / (trials * Elementary.exp(1))))
    }
    let scale = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
    guard scale > 0 else { return nil }
    self.sharpe = sharpe
    expectedBest = expected
    probability = NormalDistribution.cdf((sharpe - expected) * Double(count - 1).squareRoot() / scale.squareRoot())
  }

  /// Mean over sample deviation; `nil` below two values or without a deviation.
  public static func ratio(_ values: [Double]) -> Double? {
    TripStatistics.score(values).map { $0 / Double(values.count).squareRoot() }
  }
}
