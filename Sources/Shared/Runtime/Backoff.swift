/// How long to wait before the next try: full jitter, `uniform(0, min(cap, base × 2ⁿ))`, which spreads a crowd of retries best.
/// (M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015.) Pure and seeded.
public struct Backoff: Hashable, Sendable {
  public let base: Duration
  public let cap: Duration
  /// Tries since the last success.
  public private(set) var attempts = 0
  private var generator: SeededGenerator

  /// - Precondition: `0 < base ≤ cap`.
  public init(base: Duration, cap: Duration, seed: UInt64) {
    precondition(base > .zero && base <= cap, "a backoff needs 0 < base ≤ cap")
    self.base = base
    self.cap = cap
    generator = SeededGenerator(seed: seed)
  }

  /// The largest wait that the next call can return.
  public var ceiling: Duration {
    // Above 2⁶² nanoseconds (146 years) the shift would leave Int64.
    let shiftMax = 62 - (64 - base.nanoseconds.leadingZeroBitCount)
    return attempts > shiftMax ? cap : min(cap, .nanoseconds(base.nanoseconds << attempts))
  }

  /// The wait before the next try, at least a hundredth of the ceiling so that a run of bad luck does not spin.
  public mutating func next() -> Duration {
    let top = ceiling.nanoseconds
    attempts += 1
    return .nanoseconds(Int64.random(in: max(1, top / 100)...top, using: &generator))
  }

  /// It worked: the next failure starts from the base again.
  public mutating func succeed() { attempts = 0 }
}
