/// A rate with a burst, in whole nanoseconds: no drift, no clock of its own.
public struct TokenBucket: Hashable, Sendable {
  private let nanosecondsPerToken: Int64
  private let burst: Int64
  /// The moment up to which the rate is used (generic cell rate algorithm).
  private var usedUntil: Int64 = .min

  /// - Precondition: both > 0.
  public init(perSecond: Int64, burst: Int64) {
    precondition(perSecond > 0 && burst > 0, "a bucket holds and refills something")
    nanosecondsPerToken = 1_000_000_000 / perSecond
    self.burst = burst
  }

  /// At most `most` in any minute, wherever it begins; half of them, but no more than `burstMax`, may come at once. What came at once is
  /// taken from the rate that follows: burst and rate together keep to the minute's number.
  ///
  /// - Precondition: both > 0.
  public init(perMinute most: Int64, burstMax: Int64) {
    precondition(most > 0 && burstMax > 0, "a bucket holds and refills something")
    burst = min(burstMax, (most + 1) / 2)
    let refilled = most - burst + 1
    // Rounded up: the last token of a minute must not slip in by a fraction of a nanosecond.
    nanosecondsPerToken = (60_000_000_000 + refilled - 1) / refilled
  }

  /// Takes one token if there is one.
  public mutating func take(_ now: MonotonicTime) -> Bool {
    let start = max(usedUntil, now.nanoseconds)
    let after = start + nanosecondsPerToken
    guard after - now.nanoseconds <= burst * nanosecondsPerToken else { return false }
    usedUntil = after
    return true
  }
}
