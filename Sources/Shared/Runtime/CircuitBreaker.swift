/// Stops calling what does not answer. Closed: calls pass. Open: none passes until a wait is over. Half-open: one probe passes, and its
/// outcome decides. Opens on five failures in a row, or when half of at least twenty recent calls failed; waits 1, 2, 4 … 60 s, jittered.
///
/// Only failures of transport are failures here: a venue that refuses an order has answered. Pure: time comes in, chance is seeded.
public struct CircuitBreaker: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    case closed
    case open
    case halfOpen = "half-open"
  }

  /// The right to make one call. Its outcome goes back with it, so that a late answer from before a change of state is not taken for
  /// the probe's.
  public struct Permit: Hashable, Sendable {
    fileprivate let generation: UInt64
  }

  public struct Limits: Hashable, Sendable {
    public var failuresInARow = 5
    public var callsMin = 20
    /// Failed calls of a hundred that open it.
    public var failurePercent = 50
    public var window: Duration = .seconds(30)
    public var waitMin: Duration = .seconds(1)
    public var waitMax: Duration = .seconds(60)
    /// A probe that has not reported by then is given up, and another may go.
    public var probeLimit: Duration = .seconds(30)
    public init() {}
  }

  public private(set) var state = State.closed
  /// When the next probe may go; `nil` while closed.
  public private(set) var retryAt: MonotonicTime?
  /// How many times it opened.
  public private(set) var openings: UInt64 = 0

  private struct Outcome: Hashable, Sendable {
    let at: MonotonicTime
    let succeeded: Bool
  }

  private let limits: Limits
  private var recent: [Outcome] = []
  private var inARow = 0
  private var generation: UInt64 = 0
  private var attempts = 0
  private var generator: SeededGenerator

  public init(limits: Limits = Limits(), seed: UInt64) {
    self.limits = limits
    generator = SeededGenerator(seed: seed)
  }

  /// Asks to make a call now; `nil` means do not.
  public mutating func permit(at now: MonotonicTime) -> Permit? {
    switch state {
    case .closed: return Permit(generation: generation)
    case .open, .halfOpen:
      guard let retryAt, now >= retryAt else { return nil }
      move(to: .halfOpen)
      self.retryAt = now.advanced(by: limits.probeLimit)
      return Permit(generation: generation)
    }
  }

  public mutating func succeeded(_ permit: Permit, at now: MonotonicTime) {
    guard permit.generation == generation else { return }
    switch state {
    case .closed:
      inARow = 0
      note(Outcome(at: now, succeeded: true))
    case .halfOpen:
      attempts = 0
      inARow = 0
      recent.removeAll(keepingCapacity: true)
      retryAt = nil
      move(to: .closed)
    case .open: break
    }
  }

  public mutating func failed(_ permit: Permit, at now: MonotonicTime) {
    guard permit.generation == generation else { return }
    switch state {
    case .closed:
      inARow += 1
      note(Outcome(at: now, succeeded: false))
      let failures = recent.count { !$0.succeeded }
      if inARow >= limits.failuresInARow
        || (recent.count >= limits.callsMin && failures * 100 >= limits.failurePercent * recent.count)
      {
        open(at: now)
      }
    case .halfOpen: open(at: now)
    case .open: break
    }
  }

  private mutating func note(_ outcome: Outcome) {
    recent.append(outcome)
    let oldest = outcome.at.advanced(by: .zero - limits.window)
    recent.removeAll { $0.at < oldest }
    // More calls than this say nothing new about a share.
    if recent.count > 1000 { recent.removeFirst(recent.count - 1000) }
  }

  private mutating func open(at now: MonotonicTime) {
    openings += 1
    let top = min(limits.waitMax.nanoseconds, limits.waitMin.nanoseconds << min(attempts, 20))
    attempts += 1
    // Between three quarters and the whole: spread, but never a storm.
    retryAt = now.advanced(by: .nanoseconds(Int64.random(in: (top - top / 4)...top, using: &generator)))
    move(to: .open)
  }

  private mutating func move(to next: State) {
    state = next
    generation += 1
  }
}
