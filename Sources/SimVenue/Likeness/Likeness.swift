import Shared

/// How alike recorded and synthetic markets are: a distance for each feature, and how both follow the reference price.
struct Likeness: Sendable {
  struct Line: Sendable {
    var feature: MarketFeatures.Feature
    var recorded: EmpiricalDistribution
    var synthetic: EmpiricalDistribution
    /// Kolmogorov–Smirnov, 0 (the same) to 1.
    var distance: Double
    /// First Wasserstein distance, in the feature's unit.
    var transport: Double
  }

  /// Seconds by which the market may come later than the reference.
  static let lags = -3...5

  let lines: [Line]
  let recordedReaction: [(lag: Int, correlation: Double)]
  let syntheticReaction: [(lag: Int, correlation: Double)]

  init(recorded: MarketFeatures, synthetic: MarketFeatures) {
    lines = MarketFeatures.Feature.allCases.map { feature in
      let real = recorded.distribution(feature)
      let made = synthetic.distribution(feature)
      return Line(
        feature: feature, recorded: real, synthetic: made, distance: real.kolmogorovSmirnov(made),
        transport: real.wasserstein(made))
    }
    recordedReaction = recorded.reaction(lags: Self.lags)
    syntheticReaction = synthetic.reaction(lags: Self.lags)
  }

  /// The largest difference of the two correlations at one lag.
  var reactionDistance: Double {
    zip(recordedReaction, syntheticReaction).map { abs($0.correlation - $1.correlation) }.max() ?? 1
  }

  /// A table in Markdown.
  var table: String {
    func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    func quantiles(_ of: EmpiricalDistribution) -> String {
      [0.05, 0.25, 0.5, 0.75, 0.95].map { Self.short(of.quantile($0)) }.joined(separator: " · ")
    }
    var rows = [
      row(["feature", "recorded 5 · 25 · 50 · 75 · 95 %", "synthetic", "samples", "KS", "Wasserstein"]),
      row(Array(repeating: "---", count: 6)),
    ]
    for line in lines {
      rows.append(
        row([
          line.feature.rawValue, quantiles(line.recorded), quantiles(line.synthetic),
          "\(line.recorded.count) / \(line.synthetic.count)", Self.short(line.distance),
          "\(Self.short(line.transport)) \(line.feature.unit)",
        ]))
    }
    func profile(_ values: [(lag: Int, correlation: Double)]) -> String {
      values.map { "\($0.lag)s \(Self.short($0.correlation))" }.joined(separator: " · ")
    }
    rows += [
      "", "Correlation of the market's moves of a second with the reference's, by how much later the market comes:", "",
      "- recorded: \(profile(recordedReaction))", "- synthetic: \(profile(syntheticReaction))",
      "- largest difference: \(Self.short(reactionDistance))",
    ]
    return rows.joined(separator: "\n")
  }

  /// Two decimals below ten, none above a hundred.
  static func short(_ value: Double) -> String {
    let size = abs(value)
    let scale: Double = size < 10 ? 100 : size < 100 ? 10 : 1
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() ? "\(Int64(rounded))" : "\(rounded)"
  }
}
