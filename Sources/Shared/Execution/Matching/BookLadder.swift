/// One side of a book: price levels sorted so that the best is last, each a first-in-first-out queue of slots in the book's store.
/// Finding a level is a binary search; the best one is at the end, where work happens.
struct BookLadder: Hashable, Sendable {
  struct Level: Hashable, Sendable {
    /// Price of YES in micros for bids, its negative for asks: larger is always better.
    let rank: Int64
    var total: Int64
    var head: Int32
    var tail: Int32
  }

  let isBid: Bool
  private(set) var levels: ContiguousArray<Level> = []

  init(isBid: Bool) { self.isBid = isBid }

  func rank(_ yesPrice: Price) -> Int64 { isBid ? yesPrice.micros : -yesPrice.micros }
  func yesPrice(_ rank: Int64) -> Price { Price(unchecked: isBid ? rank : -rank) }

  /// Index of the first level whose rank is not below.
  private func lowerBound(_ rank: Int64) -> Int {
    var low = 0
    var high = levels.count
    while low < high {
      let middle = (low + high) / 2
      if levels[middle].rank < rank { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func index(of rank: Int64) -> Int? {
    let index = lowerBound(rank)
    return index < levels.count && levels[index].rank == rank ? index : nil
  }

  /// The level of that rank, made when missing.
  mutating func place(_ rank: Int64) -> Int {
    let index = lowerBound(rank)
    if index == levels.count || levels[index].rank != rank {
      levels.insert(Level(rank: rank, total: 0, head: -1, tail: -1), at: index)
    }
    return index
  }

  mutating func update(_ index: Int, _ change: (inout Level) -> Void) { change(&levels[index]) }
  mutating func remove(_ index: Int) { levels.remove(at: index) }
}
