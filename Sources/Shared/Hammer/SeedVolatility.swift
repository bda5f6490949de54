/// The seed's volatility: the sample deviation of the last sixty returns from tick to tick (S3-09, hammer-model 2). Too small and far
/// too jumpy on a smoothed stream; kept for the models `normal_spot` and `normal_twap`.
public enum SeedVolatility {
  /// Returns looked at.
  public static let returns = 60
  /// Least variance.
  public static let varianceMin = 1e-12

  /// Relative; `nil` with fewer than 61 ticks.
  public static func sigma(_ grid: SecondGrid) -> Double? {
    guard let ticks = grid.newestTicks(returns + 1) else { return nil }
    var changes: [Double] = []
    changes.reserveCapacity(returns)
    for index in 1..<ticks.count { changes.append(ticks[index] / ticks[index - 1] - 1) }
    let mean = changes.reduce(0, +) / Double(changes.count)
    let squares = changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return max(squares / Double(changes.count - 1), varianceMin).squareRoot()
  }
}
