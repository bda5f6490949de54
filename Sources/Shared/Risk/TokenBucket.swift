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

  /// Takes one token if there is one.
  public mutating func take(_ now: MonotonicTime) -> Bool {
    let start = max(usedUntil, now.nanoseconds)
    let after = start + nanosecondsPerToken
    guard after - now.nanoseconds <= burst * nanosecondsPerToken else { return false }
    usedUntil = after
    return true
  }
}
