/// How fast children may be started, all together: a bucket that holds one start for each member of the roster (so a whole floor comes up
/// at once) and refills at a steady rate (so that a crash storm does not become a spawn storm).
public struct StartGate: Hashable, Sendable {
  public private(set) var capacity: Int
  private let interval: Duration
  private var available: Int
  private var counted: MonotonicTime

  /// - Precondition: `capacity ≥ 1`, `perSecond ≥ 1`.
  public init(capacity: Int, perSecond: Int64, now: MonotonicTime) {
    precondition(capacity >= 1 && perSecond >= 1, "a gate that never opens")
    self.capacity = capacity
    self.interval = .nanoseconds(1_000_000_000 / perSecond)
    self.available = capacity
    self.counted = now
  }

  /// The roster grew or shrank. New members may start at once.
  public mutating func resize(to capacity: Int) {
    let capacity = max(capacity, 1)
    available = max(0, min(capacity, available + capacity - self.capacity))
    self.capacity = capacity
  }

  /// Takes one start, if there is one.
  public mutating func take(now: MonotonicTime) -> Bool {
    refill(now)
    guard available > 0 else { return false }
    available -= 1
    return true
  }

  /// When the next start will be there; `now` or earlier if one is.
  public func nextStart(now: MonotonicTime) -> MonotonicTime {
    var copy = self
    copy.refill(now)
    return copy.available > 0 ? now : copy.counted.advanced(by: interval)
  }

  private mutating func refill(_ now: MonotonicTime) {
    if available >= capacity { counted = max(counted, now) }
    while available < capacity, now.since(counted) >= interval {
      available += 1
      counted = available < capacity ? counted.advanced(by: interval) : now
    }
  }
}
