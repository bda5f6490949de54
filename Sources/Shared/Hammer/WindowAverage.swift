/// The mean over `window` seconds that settles a window closing at C, seen from the newest tick held: seconds `first…last` are averaged,
/// with `last = C − endLag`. Those up to the newest tick are fixed, the rest is open (hammer-model 1 and 2, C-31).
public struct WindowAverage: Hashable, Sendable {
  /// Seconds between now and the beginning of the averaging; 0 once it has begun. The model's h.
  public let ahead: Int64
  /// Seconds of the mean that are not known yet. The model's m.
  public let unknown: Int64
  /// Variance of the unknown part, in units of σ² of one second: `[m² h + m (m+1) (2m+1)/6] / w²`, exact for a random walk. The model's V.
  public let variance: Double
  /// Lengths of the gaps between ticks that touch the fixed part, in order.
  public let gaps: [Int64]
  /// Seconds of the fixed part that no tick told.
  public let missing: Int64
  /// Variance of the straight lines over those gaps, `Σ G (G² − 1) / 12 / w²`. The model's Vb.
  public let bridgeVariance: Double
  /// What the mean is expected to be: the fixed part, and the newest value for all that is open.
  public let expected: Double

  /// The seconds that are averaged for a value stamped `close`.
  public static func seconds(of close: Int64, window: Int64, endLag: Int64) -> ClosedRange<Int64> {
    (close - endLag - window + 1)...(close - endLag)
  }

  /// - Parameters:
  ///   - canonical: single observations of the source.
  ///   - close: C, seconds since 1970.
  ///   - window: look-back in seconds, ≥ 1.
  ///   - endLag: how many seconds before the stamp the mean ends, ≥ 0.
  ///   - hint: a newer value of which nothing is fixed: it stands for all seconds after the newest tick.
  /// - Returns: `nil` without a tick, or when the ticks do not reach back to the first second that is fixed.
  public init?(
    _ canonical: SecondGrid, close: Int64, window: Int64, endLag: Int64, hint: (value: Double, second: Int64)? = nil
  ) {
    precondition(window >= 1 && endLag >= 0, "a mean has a length")
    guard let newest = canonical.newest, let last = canonical.last else { return nil }
    let averaged = WindowAverage.seconds(of: close, window: window, endLag: endLag)
    let known = hint.map { max(newest, $0.second) } ?? newest
    let ahead = WindowAverage.ahead(newest: known, averaged)
    let unknown = WindowAverage.unknown(newest: known, averaged)
    self.ahead = ahead
    self.unknown = unknown
    variance = WindowAverage.variance(ahead: ahead, unknown: unknown, window: window)
    let open = WindowAverage.unknown(newest: newest, averaged)
    let end = min(newest, averaged.upperBound)
    guard end >= averaged.lowerBound else {
      gaps = []
      missing = 0
      bridgeVariance = 0
      expected = hint?.value ?? last
      return
    }
    guard let fixed = FixedPart(canonical, averaged.lowerBound...end) else { return nil }
    gaps = fixed.gaps
    missing = fixed.missing
    bridgeVariance = WindowAverage.bridgeVariance(gaps: gaps, window: window)
    expected = (fixed.sum + Double(open) * (hint?.value ?? last)) / Double(window)
  }

  /// The model's h.
  static func ahead(newest: Int64, _ averaged: ClosedRange<Int64>) -> Int64 {
    max(0, averaged.lowerBound - 1 - newest)
  }

  /// The model's m.
  static func unknown(newest: Int64, _ averaged: ClosedRange<Int64>) -> Int64 {
    min(max(averaged.upperBound - newest, 0), averaged.upperBound - averaged.lowerBound + 1)
  }

  /// The model's V.
  public static func variance(ahead: Int64, unknown: Int64, window: Int64) -> Double {
    let m = Double(unknown)
    return (m * m * Double(ahead) + m * (m + 1) * (2 * m + 1) / 6) / Double(window * window)
  }

  /// The model's Vb.
  public static func bridgeVariance(gaps: [Int64], window: Int64) -> Double {
    gaps.reduce(0) { $0 + Double($1 * ($1 * $1 - 1)) / 12 } / Double(window * window)
  }

  /// The source's mean stamped `time`, from its single observations: a forecast tool, never the settlement record (hammer-model 1).
  /// `nil` while a second of it is not known, or over more missing seconds than the model trusts (hammer-model 7, `gap_in_average`).
  public static func reconstructed(
    _ canonical: SecondGrid, at time: Int64, window: Int64, endLag: Int64, trust: AverageTrust = .standard
  ) -> Double? {
    let averaged = seconds(of: time, window: window, endLag: endLag)
    guard let newest = canonical.newest, newest >= averaged.upperBound, let fixed = FixedPart(canonical, averaged),
      trust.holds(gaps: fixed.gaps, missing: fixed.missing)
    else { return nil }
    return fixed.sum / Double(window)
  }
}

/// How many seconds of a mean may be drawn instead of told (hammer-model 7, `gap_in_average`).
public struct AverageTrust: Hashable, Sendable {
  /// Longest gap between two ticks, seconds.
  public var gapMax: Int64
  /// Seconds without a tick in all.
  public var missingMax: Int64

  public static let standard = AverageTrust(gapMax: 5, missingMax: 6)

  public init(gapMax: Int64, missingMax: Int64) {
    self.gapMax = gapMax
    self.missingMax = missingMax
  }

  public func holds(gaps: [Int64], missing: Int64) -> Bool {
    missing <= missingMax && (gaps.max() ?? 0) <= gapMax
  }
}

/// The values of a stretch of seconds that lie at or before the newest tick, missing ones on the straight line.
private struct FixedPart {
  var sum = 0.0
  var gaps: [Int64] = []
  var missing: Int64 = 0

  init?(_ grid: SecondGrid, _ seconds: ClosedRange<Int64>) {
    guard var from = grid.held(atOrBefore: seconds.lowerBound), var low = grid.tick(from) else { return nil }
    var at = seconds.lowerBound
    if at == from {
      sum = low
      at += 1
    }
    while at <= seconds.upperBound {
      guard let to = grid.held(atOrAfter: max(at, from + 1)), let high = grid.tick(to) else { return nil }
      if to > from + 1 { gaps.append(to - from) }
      while at <= min(to, seconds.upperBound) {
        if at == to {
          sum += high
        } else {
          sum += low + (high - low) * Double(at - from) / Double(to - from)
          missing += 1
        }
        at += 1
      }
      from = to
      low = high
    }
  }
}
