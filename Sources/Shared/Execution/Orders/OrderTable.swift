/// Orders by intent, and which of them were changed since they were last looked at: what time makes due is worked out again for those
/// alone, however many others are open.
struct OrderTable: Sendable {
  private var rows: [IntentID: WorkingOrder] = [:]
  /// In the order in which they were changed first; a row may be gone since.
  private var changed: [IntentID] = []
  private var isChanged: Set<IntentID> = []

  subscript(intent: IntentID) -> WorkingOrder? {
    _read { yield rows[intent] }
    _modify {
      if isChanged.insert(intent).inserted { changed.append(intent) }
      yield &rows[intent]
    }
  }

  /// What its unfilled part can still cost: read in its place, for every wish asks it of every open order.
  func remainingWorst(of intent: IntentID) -> USD {
    rows.index(forKey: intent).map { rows.values[$0].remainingWorst } ?? .zero
  }

  /// Everything that was changed since it was asked last.
  mutating func takeChanged() -> [IntentID] {
    guard !changed.isEmpty else { return [] }
    defer {
      changed.removeAll(keepingCapacity: true)
      isChanged.removeAll(keepingCapacity: true)
    }
    return changed
  }
}
