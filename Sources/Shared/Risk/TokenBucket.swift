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

  /// At most `most` in any minute, wherever it begins; half of them, but no more than `burstMax`, may come at once.
  /// - Precondition: both > 0.
  public init(perMinute most: Int64, burstMax: Int64) {
    self.init(most: most, in: .seconds(60), burstMax: burstMax)
  }

  /// At most `most` in any window of that length, wherever it begins; half of them, but no more than `burstMax`, may come at once. What
  /// came at once is taken from the rate that follows: burst and rate together keep to the window's number.
  /// - Precondition: all > 0.
  public init(most: Int64, in window: Duration, burstMax: Int64) {
    precondition(most > 0 && burstMax > 0 && window > .zero, "a bucket holds and refills something")
    burst = min(burstMax, (most + 1) / 2)
    let refilled = most - burst + 1
    // Rounded up: the last token of a window must not slip in by a fraction of a nanosecond.
    nanosecondsPerToken = (window.nanoseconds + refilled - 1) / refilled
  }

  /// Takes tokens if they are there. More than the bucket holds are as many as it holds.
  public mutating func take(_ now: MonotonicTime, tokens: Int64 = 1) -> Bool {
    guard wait(now, tokens: tokens) == .zero else { return false }
    usedUntil = max(usedUntil, now.nanoseconds) + min(tokens, burst) * nanosecondsPerToken
    return true
  }

  /// How long until so many can be taken, if nobody else takes any; zero when they can be now.
  public func wait(_ now: MonotonicTime, tokens: Int64 = 1) -> Duration {
    let after = max(usedUntil, now.nanoseconds) + min(tokens, burst) * nanosecondsPerToken
    return .nanoseconds(max(0, after - now.nanoseconds - burst * nanosecondsPerToken))
  }
}
