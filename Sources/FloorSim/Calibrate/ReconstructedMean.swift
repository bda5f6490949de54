import Shared

/// The source's mean stamped with a second, from its single observations, exactly: hammer-model 1 with a straight line over missing seconds.
/// Where the source's own means were not recorded this stands for them; it is a reconstruction and no settlement record.
///
///     A(T) = 1/w Σ s_k     k = T − g − w + 1 … T − g
public struct ReconstructedMean: Hashable, Sendable {
  /// w times the mean, in units of 10⁻¹⁸ dollars and of 1/`ReconstructedMean.parts`: every straight line of up to five seconds is whole in it.
  private let sum: Int128
  private let window: Int64

  /// The least number that 1, 2, … 5 divide.
  private static let parts: Int128 = 60

  /// In dollars, for statistics.
  public var dollars: Double { Double(sum) / Double(ReconstructedMean.parts) / Double(window) / 1e18 }

  /// `nil` over a gap of more than `trust.gapMax` (at most 5) seconds, over more than `trust.missingMax` missing ones, or where the series
  /// does not reach.
  public init?(_ series: ReferenceSeries, at time: Int64, window: Int64, endLag: Int64, trust: AverageTrust) {
    precondition(
      window >= 1 && (1...5).contains(trust.gapMax),
      "a mean has a length, and lines of more than 5 s are not whole in 60ths")
    let seconds = WindowAverage.seconds(of: time, window: window, endLag: endLag)
    var missing: Int64 = 0
    var sum: Int128 = 0
    for second in seconds {
      if let value = series[second] {
        sum += value.attos * ReconstructedMean.parts
        continue
      }
      missing += 1
      guard let line = ReconstructedMean.line(series, second, gapMax: trust.gapMax) else { return nil }
      sum += line
    }
    guard missing <= trust.missingMax else { return nil }
    self.sum = sum
    self.window = window
  }

  /// The straight line at a second without a tick, in 60ths.
  private static func line(_ series: ReferenceSeries, _ second: Int64, gapMax: Int64) -> Int128? {
    guard let back = (1..<gapMax).first(where: { series[second - $0] != nil }), let low = series[second - back],
      let ahead = (1..<gapMax).first(where: { series[second + $0] != nil }), let high = series[second + ahead]
    else { return nil }
    let gap = back + ahead
    guard gap <= gapMax else { return nil }
    return (low.attos * Int128(ahead) + high.attos * Int128(back)) * (parts / Int128(gap))
  }

  /// Up when the closing mean is at least the opening one, so a tie is Up (protocol document, section 1.6).
  public static func outcome(opening: ReconstructedMean, closing: ReconstructedMean) -> Outcome {
    closing.sum >= opening.sum ? .yes : .no
  }
}

extension ReferenceSeries {
  /// Nothing longer than `gapMax` seconds without an observation lies between these two seconds.
  func isUnbroken(from first: Int64, to last: Int64, gapMax: Int64) -> Bool {
    var silent: Int64 = 0
    for second in first...max(first, last) {
      silent = self[second] == nil ? silent + 1 : 0
      // A gap of n seconds has n − 1 without a tick.
      if silent >= gapMax { return false }
    }
    return true
  }
}
