/// Is the venue there? Counts faults of transport only, never business refusals: a venue that refuses an order has answered. Closed → open
/// after five faults in a row; a probe goes after 1, 2, 4 … 60 s. Any answer closes it. Pure: time comes in.
///
/// It judges calls, it does not make or hold any: told of every exchange, also of those that are made while it is open (dead-man beats).
public struct VenueBreaker: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    case closed
    case open
    case halfOpen = "half-open"
  }

  private struct Slot: Hashable, Sendable {
    let number: Int64
    var calls = 0
    var faults = 0
  }

  public static let faultsMax = 5
  public static let waitMax: Duration = .seconds(60)

  public private(set) var state = State.closed
  private var faultsInARow = 0
  /// Openings since the last answer.
  private var openings = 0
  private var retryAt: MonotonicTime?
  /// Calls and faults of the last five minutes, in slots of ten seconds.
  private var slots: [Slot] = []

  public init() {}

  public mutating func succeeded(_ now: MonotonicTime) {
    faultsInARow = 0
    openings = 0
    retryAt = nil
    state = .closed
    count(now, fault: false)
  }

  public mutating func failed(_ now: MonotonicTime) {
    faultsInARow += 1
    count(now, fault: true)
    switch state {
    case .closed: if faultsInARow >= Self.faultsMax { open(now) }
    case .halfOpen: open(now)
    // Known already. Counted as a failed probe it would put the next one off, and each call off the one after that.
    case .open: break
    }
  }

  /// Whether a probe is due. If so it is to be made now, and its outcome told.
  public mutating func probe(_ now: MonotonicTime) -> Bool {
    guard state == .open, let retryAt, now >= retryAt else { return false }
    state = .halfOpen
    return true
  }

  /// Faults per hundred calls of the last five minutes; `nil` below fifty calls.
  public func errorPercent(_ now: MonotonicTime) -> Int? {
    let first = now.seconds / 10 - 30
    var calls = 0
    var faults = 0
    for slot in slots where slot.number > first {
      calls += slot.calls
      faults += slot.faults
    }
    return calls >= 50 ? faults * 100 / calls : nil
  }

  private mutating func open(_ now: MonotonicTime) {
    state = .open
    retryAt = now.advanced(by: min(Self.waitMax, .seconds(1 << min(openings, 6))))
    openings += 1
  }

  private mutating func count(_ now: MonotonicTime, fault: Bool) {
    let number = now.seconds / 10
    if slots.last?.number != number { slots.append(Slot(number: number)) }
    slots[slots.count - 1].calls += 1
    if fault { slots[slots.count - 1].faults += 1 }
    if slots.count > 32 { slots.removeFirst() }
  }
}
