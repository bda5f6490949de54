import Shared

/// What the best of many gamblers without any edge would have brought: the bar that the best of many settings has to clear.
///
/// A gambler bets what the winner bet, market by market, and wins or loses each result by the toss of a coin. The best of as many gamblers
/// as there were settings is drawn again and again.
public struct LuckBar: Hashable, Sendable {
  public let gamblers: Int
  /// Mean of the best gambler's result, in dollars.
  public let mean: Double
  /// Only one in twenty best gamblers brings more.
  public let high: Double

  /// Draws, as many as a few seconds allow.
  public static func draws(_ results: Int, gamblers: Int) -> Int {
    min(400, max(40, 200_000_000 / max(1, results * gamblers)))
  }

  /// - Parameters:
  ///   - results: of the winner, one a market, in dollars.
  ///   - gamblers: settings that were tried.
  public init(_ results: [Double], gamblers: Int, seed: UInt64 = 1) {
    self.gamblers = gamblers
    var random = SeededGenerator(seed: seed)
    var best: [Double] = []
    for _ in 0..<LuckBar.draws(results.count, gamblers: gamblers) {
      var most = -Double.infinity
      for _ in 0..<max(1, gamblers) {
        var sum = 0.0
        var bits: UInt64 = 0
        for (index, result) in results.enumerated() {
          if index % 64 == 0 { bits = random.next() }
          sum += bits & 1 == 1 ? result : -result
          bits >>= 1
        }
        most = max(most, sum)
      }
      best.append(most)
    }
    best.sort()
    mean = best.reduce(0, +) / Double(best.count)
    high = best[Int(Double(best.count - 1) * 0.95)]
  }
}
