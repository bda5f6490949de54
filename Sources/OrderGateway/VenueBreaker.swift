import Shared

/// Is the venue there? Counts transport faults only, never business refusals. Closed → open after five faults in a row; half-open lets one
/// call through after 1, 2, 4 … 60 s.
struct VenueBreaker {
  enum State: String {
    case closed
    case open
    case halfOpen = "half-open"
  }
  private(set) var state = State.closed
  private var faultsInARow = 0
  private var openings = 0
  private var retryAt: MonotonicTime?
  /// Calls and faults of the last five minutes, in slots of ten seconds.
  private var slots: [(slot: Int64, calls: Int, faults: Int)] = []

  static let faultsMax = 5

  mutating func succeeded(_ now: MonotonicTime) {
    faultsInARow = 0
    openings = 0
    retryAt = nil
    state = .closed
    count(now, fault: false)
  }

  mutating func failed(_ now: MonotonicTime) {
    faultsInARow += 1
    count(now, fault: true)
    guard state == .halfOpen || faultsInARow >= Self.faultsMax else { return }
    state = .open
    let seconds = min(60, 1 << min(openings, 6))
    openings += 1
    retryAt = now.advanced(by: .seconds(seconds))
  }

  /// Whether a probe is due.
  mutating func probe(_ now: MonotonicTime) -> Bool {
    guard state == .open, let retryAt, now >= retryAt else { return false }
    state = .halfOpen
    return true
  }

  /// Faults per hundred calls of the last five minutes; `nil` below fifty calls.
  func errorPercent(_ now: MonotonicTime) -> Int? {
    let first = now.seconds / 10 - 30
    var calls = 0
    var faults = 0
    for slot in slots where slot.slot > first {
      calls += slot.calls
      faults += slot.faults
    }
    return calls >= 50 ? faults * 100 / calls : nil
  }

  private mutating func count(_ now: MonotonicTime, fault: Bool) {
    let slot = now.seconds / 10
    if slots.last?.slot != slot { slots.append((slot, 0, 0)) }
    slots[slots.count - 1].calls += 1
    if fault { slots[slots.count - 1].faults += 1 }
    if slots.count > 32 { slots.removeFirst() }
  }
}
