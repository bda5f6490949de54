/// Our half of one of the signer's two buckets, the one for orders or the one for cancels (protocol document, section 2.16), and what the
/// venue's own count of it changes: an empty bucket is left alone until the venue says that its wait is over, and one that runs low, or
/// whose use the venue warns of, is used at half the rate, so that no 429 has to say so. Pure: time comes in.
struct SignerBudget: Sendable {
  /// After so long without such a word half of the slowness is gone.
  static let recovery: Duration = .seconds(30)
  /// Each halving of the rate is given so long to be felt.
  static let patience: Duration = .seconds(1)
  /// The rate is halved so often at most.
  static let stepsMost = 3
  /// However long the venue says that the wait is: at its slowest rate any bucket is full long before.
  static let waitMost: Duration = .seconds(60)

  /// Of what the venue allows, a second.
  private(set) var perSecond: Int64
  private var bucket: TokenBucket
  private var closedUntil = MonotonicTime(nanoseconds: .min)
  private var steps = 0
  private var changedAt: MonotonicTime?

  /// - Parameter perSecond: what the venue allows; its burst is half as much again. ≥ 2.
  init(perSecond: Int64) {
    self.perSecond = perSecond
    bucket = Self.bucket(perSecond)
  }

  private static func bucket(_ perSecond: Int64) -> TokenBucket {
    TokenBucket(perSecond: perSecond / 2, burst: max(1, perSecond * 3 / 4))
  }

  /// How long a request of so many tokens has to wait at least; zero when it may go now.
  func wait(_ now: MonotonicTime, tokens: Int64) -> Duration {
    now < closedUntil ? closedUntil.since(now) : bucket.wait(now, tokens: tokens << steps)
  }

  mutating func take(_ now: MonotonicTime, tokens: Int64) { _ = bucket.take(now, tokens: tokens << steps) }

  /// The venue allows another rate than was thought. What was used already is not given again.
  mutating func allow(perSecond: Int64, _ now: MonotonicTime) {
    guard perSecond != self.perSecond else { return }
    self.perSecond = perSecond
    bucket = Self.bucket(perSecond)
    _ = bucket.take(now, tokens: .max)
  }

  /// What the venue said of its bucket after a request of ours. `true` when we have become slower for it.
  /// - Parameter wait: until the venue's wait is over, by its clock.
  mutating func hear(remaining: Int64?, wait: Duration?, isWarned: Bool, _ now: MonotonicTime) -> Bool {
    if let remaining, remaining <= 0, let wait, wait > .zero {
      closedUntil = max(closedUntil, now.advanced(by: min(wait, Self.waitMost)))
    }
    // We alone never use more than half of the burst: below a quarter of it somebody else uses it, too, or it is smaller than announced.
    let isLow = remaining.map { $0 < perSecond * 3 / 8 } ?? false
    let age = changedAt.map { now.since($0) } ?? Self.recovery
    if isLow || isWarned {
      if steps == Self.stepsMost { changedAt = now }
      guard steps < Self.stepsMost, age >= Self.patience else { return false }
      steps += 1
      changedAt = now
      return true
    }
    if steps > 0, age >= Self.recovery {
      steps -= 1
      changedAt = now
    }
    return false
  }
}
