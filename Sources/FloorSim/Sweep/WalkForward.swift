import Shared

/// What choosing by the past would have brought: the markets, traded or settled, are cut into folds of equal number in the order of time; for each fold but the
/// first, the setting that was best on all folds before it is taken, and its result in the fold counted.
public struct WalkForward: Hashable, Sendable {
  public struct Step: Hashable, Sendable {
    /// From 2.
    public let fold: Int
    public let chosen: Int
    /// On the folds before, in sample.
    public let before: USD
    /// In the fold, out of sample.
    public let inFold: USD
  }

  public let folds: Int
  public let steps: [Step]
  /// Out of sample, all folds together.
  public var pnl: USD { steps.reduce(.zero) { $0 + $1.inFold } }

  /// - Parameters:
  ///   - runs: ordered by number; of equal results the first is chosen.
  ///   - settled: markets with a result. Those that were traded and have none, because the recording ended before, belong to a fold as
  ///     well: what they brought is in the runs' results.
  public init(_ runs: [SweepRun], settled: [MarketSlug], folds: Int) {
    self.folds = folds
    var foldOf: [MarketSlug: Int] = [:]
    let markets = WalkForward.inOrder(runs.reduce(into: Set(settled)) { $0.formUnion($1.markets.keys) })
    for (index, market) in markets.enumerated() { foldOf[market] = index * folds / max(1, markets.count) }
    let results = runs.map { run in
      var sums = Array(repeating: USD.zero, count: folds)
      for (market, pnl) in run.markets { if let fold = foldOf[market] { sums[fold] += pnl } }
      return sums
    }
    var steps: [Step] = []
    for fold in 1..<max(folds, 1) where !runs.isEmpty {
      let before = results.map { $0[..<fold].reduce(.zero, +) }
      guard let best = before.indices.max(by: { (before[$0], $1) < (before[$1], $0) }) else { continue }
      steps.append(
        Step(fold: fold + 1, chosen: runs[best].number, before: before[best], inFold: results[best][fold]))
    }
    self.steps = steps
  }

  /// In the order of time, as far as the names tell it.
  public static func inOrder(_ markets: some Sequence<MarketSlug>) -> [MarketSlug] {
    markets.map { (start: MarketSeries.contract($0)?.start ?? 0, slug: $0) }
      .sorted { ($0.start, $0.slug) < ($1.start, $1.slug) }.map(\.slug)
  }
}
