import Shared

/// How far a mean may be believed when its values come in clusters: clusters are drawn with replacement, as many as there are, and the mean
/// of all values in them taken, again and again (B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13 and 8; drawn
/// whole because values of a cluster hang on each other: A. C. Cameron, J. Gelbach, D. Miller, Review of Economics and Statistics 90, 2008).
/// The same seed gives the same draws, so that two means over the same clusters are resampled alike.
public struct ClusterBootstrap: Hashable, Sendable {
  /// A mean with the interval in which 95 % of the resampled means lie (percentiles).
  public struct Estimate: Hashable, Sendable {
    public let value: Double
    public let low: Double
    public let high: Double

    public init(value: Double, low: Double, high: Double) {
      self.value = value
      self.low = low
      self.high = high
    }
  }

  /// Sum and number of a cluster's values; a cluster may have none.
  struct Cluster: Hashable, Sendable {
    var sum = 0.0
    var count = 0

    mutating func put(_ value: Double) {
      sum += value
      count += 1
    }
  }

  public let draws: Int
  public let seed: UInt64

  /// - Parameter draws: 2000 leave the ends of the interval uncertain by a twentieth of its half width.
  public init(draws: Int = 2000, seed: UInt64 = 1) {
    precondition(draws >= 1, "an interval needs draws")
    self.draws = draws
    self.seed = seed
  }

  /// `nil` without a value.
  func mean(_ clusters: [Cluster]) -> Estimate? {
    let count = clusters.reduce(0) { $0 + $1.count }
    guard count > 0 else { return nil }
    let value = clusters.reduce(0) { $0 + $1.sum } / Double(count)
    var means: [Double] = []
    means.reserveCapacity(draws)
    resample(clusters.count) { drawn in
      var sum = 0.0
      var count = 0
      for index in drawn {
        sum += clusters[index].sum
        count += clusters[index].count
      }
      // None of those drawn had a value: no mean.
      if count > 0 { means.append(sum / Double(count)) }
    }
    return ClusterBootstrap.estimate(value, of: means)
  }

  /// Draws as many of `count` clusters as there are, with replacement, again and again.
  func resample(_ count: Int, _ take: (_ drawn: [Int]) -> Void) {
    var random = SeededGenerator(seed: seed)
    var drawn = Array(repeating: 0, count: count)
    for _ in 0..<draws {
      for place in drawn.indices { drawn[place] = Int(random.uniform() * Double(count)) }
      take(drawn)
    }
  }

  /// A figure with the interval of its resamples.
  static func estimate(_ value: Double, of resampled: [Double]) -> Estimate {
    let sorted = resampled.sorted()
    return Estimate(value: value, low: quantile(sorted, 0.025) ?? value, high: quantile(sorted, 0.975) ?? value)
  }

  /// On the straight line between the two neighbours (Hyndman and Fan, American Statistician 50, 1996, definition 7).
  static func quantile(_ sorted: [Double], _ part: Double) -> Double? {
    guard let last = sorted.indices.last else { return nil }
    let place = part * Double(last)
    let low = Int(place)
    return low == last ? sorted[last] : sorted[low] + (sorted[low + 1] - sorted[low]) * (place - Double(low))
  }
}
