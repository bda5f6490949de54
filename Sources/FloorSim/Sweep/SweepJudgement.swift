import Shared

/// What a sweep's table means: the best, the ranges in which the good ones lie, and whether the best is more than the luckiest.
public struct SweepJudgement: Sendable {
  /// One axis among the best fifth (S3-40).
  public struct Range: Hashable, Sendable {
    /// A value that occurs among the best fifth, and in how many of its runs.
    public struct Value: Hashable, Sendable {
      public let value: JSON
      public let count: Int
    }

    public let key: String
    /// In the grid's order.
    public let values: [Value]
  }

  public enum Verdict: String, Hashable, Sendable {
    /// Combinations are missing still, another shard's: the best of a part is no better judged against the part.
    case incomplete
    /// Nothing was traded.
    case nothing = "no_trades"
    /// The best loses.
    case loses
    /// The best is no better than the luckiest of as many gamblers, or its deflated score is below 0.95, or choosing by the past lost.
    case luck = "not_more_than_luck"
    case survives
  }

  /// Combinations that can be run.
  public let runnable: Int
  /// Combinations that can be run and were not yet.
  public let missing: Int
  public let best: SweepRun?
  public let topFifth: [SweepRun]
  public let ranges: [Range]
  public let luckBar: LuckBar?
  public let deflated: DeflatedSharpe?
  public let walkForward: WalkForward
  public let verdict: Verdict

  /// - Parameters:
  ///   - runs: in any order.
  ///   - grid: of which they are.
  ///   - runnable: combinations of it that can be run; the winner is the best of so many, whoever ran them.
  ///   - markets: all settled ones.
  public init(_ runs: [SweepRun], grid: SweepGrid, runnable: Int, markets: [MarketSlug], folds: Int) {
    self.runnable = runnable
    missing = max(0, runnable - runs.count)
    let runs = runs.sorted { $0.number < $1.number }
    let ranked = runs.filter { $0.trades > 0 }.sorted { ($1.pnl, $0.number) < ($0.pnl, $1.number) }
    best = ranked.first
    let topFifth = Array(ranked.prefix((runs.count + 4) / 5))
    self.topFifth = topFifth
    ranges = grid.axes.enumerated().map { place, axis in
      Range(
        key: axis.key,
        values: axis.values.compactMap { value in
          let count = topFifth.count { SweepGrid.text($0.values[place]) == SweepGrid.text(value) }
          return count > 0 ? Range.Value(value: value, count: count) : nil
        })
    }
    walkForward = WalkForward(runs, settled: markets, folds: folds)
    func dollars(_ run: SweepRun) -> [Double] {
      run.markets.sorted { $0.key < $1.key }.map { Double($0.value.micros) / 1e6 }
    }
    luckBar = best.map { LuckBar($0.stakes, gamblers: max(runnable, runs.count)) }
    deflated = best.flatMap { best in
      DeflatedSharpe(dollars(best), among: runs.compactMap { DeflatedSharpe.ratio(dollars($0)) })
    }
    if missing > 0 {
      verdict = .incomplete
    } else if let best, let luckBar {
      if best.pnl <= .zero {
        verdict = .loses
      } else if best.pnl <= luckBar.high || (deflated?.probability ?? 0) < 0.95
        || (folds > 1 && walkForward.pnl <= .zero)
      {
        verdict = .luck
      } else {
        verdict = .survives
      }
    } else {
      verdict = .nothing
    }
  }

  public var json: JSON {
    [
      "verdict": .string(verdict.rawValue), "missing": .int(missing), "best": .optional(best?.json),
      "robust": [
        "top_share": .double(0.2), "runs": .int(topFifth.count),
        "ranges": .object(
          ranges.map { range in
            JSON.Member(
              range.key,
              ["values": .array(range.values.map(\.value)), "counts": .array(range.values.map { .int($0.count) })])
          }),
      ],
      "luck_bar": .optional(
        luckBar.map { ["gamblers": .int($0.gamblers), "mean_usd": .double($0.mean), "high_usd": .text($0.high)] }),
      "deflated_sharpe": .optional(
        deflated.map {
          [
            "sharpe_by_market": .double($0.sharpe), "expected_best": .double($0.expectedBest),
            "probability": .double($0.probability),
          ]
        }),
      "walk_forward": [
        "folds": .int(walkForward.folds), "pnl_usd": .text(walkForward.pnl),
        "steps": .array(
          walkForward.steps.map {
            [
              "fold": .int($0.fold), "chosen": .int($0.chosen), "before_usd": .text($0.before),
              "in_fold_usd": .text($0.inFold),
            ]
          }),
      ],
    ]
  }
}
