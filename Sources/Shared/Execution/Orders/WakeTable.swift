/// When each open order has something to do at the latest, and which is the first.
struct WakeTable: Sendable {
  private var times: [IntentID: MonotonicTime] = [:]
  /// The first of all as of the last `findSoonest`, or sooner; `nil` when nothing waits.
  private(set) var soonest: MonotonicTime?
  private var isSoonestGone = false

  subscript(intent: IntentID) -> MonotonicTime? {
    get { times[intent] }
    set {
      let before = times[intent]
      guard before != newValue else { return }
      times[intent] = newValue
      if before == soonest { isSoonestGone = true }
      if let newValue, soonest.map({ newValue < $0 }) ?? true {
        soonest = newValue
        isSoonestGone = false
      }
    }
  }

  /// Looks through all, if the soonest is gone.
  mutating func findSoonest() {
    guard isSoonestGone else { return }
    soonest = times.values.min()
    isSoonestGone = false
  }

  func isDue(_ intent: IntentID, _ now: MonotonicTime) -> Bool { times[intent].map { $0 <= now } ?? false }
}
