import Shared

/// What happens later, in the order of its time; of equal times what was put in first.
struct DueList<Item: Sendable>: Sendable {
  private struct Entry: Sendable {
    let at: MarketTime
    let item: Item
  }

  /// Soonest last.
  private var entries: [Entry] = []

  var next: MarketTime? { entries.last?.at }

  mutating func put(_ item: Item, at time: MarketTime) {
    var low = 0
    var high = entries.count
    // Before all that come sooner, and before those of the same time, which were there first.
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].at > time { low = middle + 1 } else { high = middle }
    }
    entries.insert(Entry(at: time, item: item), at: low)
  }

  mutating func take(until time: MarketTime) -> (at: MarketTime, item: Item)? {
    guard let last = entries.last, last.at <= time else { return nil }
    entries.removeLast()
    return (last.at, last.item)
  }
}
