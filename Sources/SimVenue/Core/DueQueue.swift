/// What is due when, earliest first; among equals the one that was added first. A binary heap.
struct DueQueue<Item: Hashable & Sendable>: Hashable, Sendable {
  private struct Entry: Hashable, Sendable {
    let at: Int64
    let turn: Int64
    let item: Item
    func isBefore(_ other: Entry) -> Bool { at == other.at ? turn < other.turn : at < other.at }
  }
  private var heap: [Entry] = []
  private var turns: Int64 = 0

  var first: Int64? { heap.first?.at }

  mutating func add(_ item: Item, at: Int64) {
    turns += 1
    heap.append(Entry(at: at, turn: turns, item: item))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// The next item due at or before `now`.
  mutating func next(upTo now: Int64) -> (at: Int64, item: Item)? {
    guard let top = heap.first, top.at <= now else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        var least = parent
        for child in [parent * 2 + 1, parent * 2 + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
          least = child
        }
        if least == parent { break }
        heap.swapAt(least, parent)
        parent = least
      }
    }
    return (top.at, top.item)
  }
}
