/// How late this process's own timers fire, the worst of the last half minute. When the boss itself waits for the processor, so do its
/// children, and silence proves nothing.
public struct SchedulingLag: Hashable, Sendable {
  private static let memory: Duration = .seconds(30)
  private struct Peak: Hashable {
    let at: MonotonicTime
    let lag: Duration
  }

  private var peaks: [Peak] = []

  public init() {}

  /// A timer that was due at `due` fired at `now`.
  public mutating func record(due: MonotonicTime, now: MonotonicTime) {
    let lag = max(now.since(due), .zero)
    forget(now)
    // Only peaks that no later, larger one covers can still matter.
    while let last = peaks.last, last.lag <= lag { peaks.removeLast() }
    peaks.append(Peak(at: now, lag: lag))
  }

  public mutating func worst(now: MonotonicTime) -> Duration {
    forget(now)
    return peaks.first?.lag ?? .zero
  }

  private mutating func forget(_ now: MonotonicTime) {
    while let first = peaks.first, now.since(first.at) > Self.memory { peaks.removeFirst() }
  }
}
