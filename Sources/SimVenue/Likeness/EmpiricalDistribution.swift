/// What was measured of one feature, in order of size; statistics, so `Double`.
struct EmpiricalDistribution: Hashable, Sendable {
  /// Ascending.
  let values: [Double]

  init(_ samples: [Double]) { values = samples.sorted() }

  var count: Int { values.count }
  var mean: Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

  /// The value below which the share `p` (0 to 1) of the samples lies; the nearest rank. 0 of nothing.
  func quantile(_ p: Double) -> Double {
    guard !values.isEmpty else { return 0 }
    return values[min(values.count - 1, Int(p * Double(values.count)))]
  }

  /// Share of the samples that are at most `x`.
  func cumulative(_ x: Double) -> Double {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if values[middle] <= x { low = middle + 1 } else { high = middle }
    }
    return values.isEmpty ? 0 : Double(low) / Double(values.count)
  }

  /// The two-sample Kolmogorov–Smirnov statistic: the largest distance between the two cumulative distributions, 0 to 1. 1 when either
  /// is empty.
  func kolmogorovSmirnov(_ other: EmpiricalDistribution) -> Double {
    guard count > 0, other.count > 0 else { return 1 }
    var here = 0
    var there = 0
    var largest = 0.0
    while here < count, there < other.count {
      let x = min(values[here], other.values[there])
      while here < count, values[here] == x { here += 1 }
      while there < other.count, other.values[there] == x { there += 1 }
      largest = max(largest, abs(Double(here) / Double(count) - Double(there) / Double(other.count)))
    }
    return largest
  }

  /// The first Wasserstein distance: the mean distance between equal quantiles, in the feature's unit. Infinite when either is empty.
  func wasserstein(_ other: EmpiricalDistribution) -> Double {
    guard count > 0, other.count > 0 else { return .infinity }
    var sum = 0.0
    var here = 0
    var there = 0
    var done = 0.0
    while here < count, there < other.count {
      let next = min(Double(here + 1) / Double(count), Double(there + 1) / Double(other.count))
      sum += (next - done) * abs(values[here] - other.values[there])
      // Whole ranks are compared crosswise, without rounding.
      let left = (here + 1) * other.count
      let right = (there + 1) * count
      if left <= right { here += 1 }
      if right <= left { there += 1 }
      done = next
    }
    return sum
  }
}
