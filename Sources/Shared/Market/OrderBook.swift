/// The whole book of one token, put together from snapshots and level changes. Exact, sorted, in any arrival order.
///
/// The venue's messages overtake each other: a snapshot may arrive after a change that happened later (in a real capture one snapshot in
/// five). So every level remembers the venue's time of what it shows, and for each level the newest news wins:
/// a late snapshot does not bring back what has since changed, a late change does not undo a newer snapshot. At equal stamps the later
/// arrival wins.
public struct OrderBook: Hashable, Sendable {
  private struct Level: Hashable, Sendable {
    var price: Int64
    var size: Int64
    var stamp: Int64
  }
  /// A level that was emptied, kept for a while so that a late snapshot cannot revive it.
  private struct Emptied: Hashable, Sendable {
    var side: Side
    var price: Int64
    var stamp: Int64
  }

  /// Worst first, best last: changes happen near the best price, and there they move little.
  private var bids: [Level] = []
  private var asks: [Level] = []
  private var emptied: [Emptied] = []
  private var snapshotStamp: Int64?
  private var newestStamp: Int64 = .min

  /// How much older than the newest data a late message may be and still be sorted in by time.
  static let memory = Duration.seconds(5)

  public init() {}

  /// A snapshot has been taken in; without one the book says nothing.
  public var isComplete: Bool { snapshotStamp != nil }
  /// The venue's time of the newest data in it.
  public var time: MarketTime? { newestStamp == .min ? nil : MarketTime(nanoseconds: newestStamp) }

  // MARK: Taking in

  /// Takes in the whole book as it stood at `book.time`. Answers whether anything shown changed.
  @discardableResult
  public mutating func apply(_ book: VenueBook) -> Bool {
    apply(bids: book.bids, asks: book.asks, at: book.time)
  }

  /// As `apply(_:)`: the levels in any order, without empty ones.
  @discardableResult
  public mutating func apply(bids newBids: [BookLevel], asks newAsks: [BookLevel], at time: MarketTime) -> Bool {
    let stamp = time.nanoseconds
    // Older than another snapshot, or than anything we can still sort in: it has nothing to say.
    if let snapshotStamp, stamp < max(snapshotStamp, newestStamp - OrderBook.memory.nanoseconds) { return false }
    var changed = snapshotStamp == nil
    changed = OrderBook.merge(newBids, into: &bids, side: .buy, stamp: stamp, emptied: emptied) || changed
    changed = OrderBook.merge(newAsks, into: &asks, side: .sell, stamp: stamp, emptied: emptied) || changed
    emptied.removeAll { $0.stamp <= stamp }
    snapshotStamp = stamp
    newestStamp = max(newestStamp, stamp)
    return changed
  }

  /// Takes in the new total of one level; zero removes it. Answers whether anything changed. Before the first snapshot nothing is
  /// taken: a change says nothing about the other levels.
  @discardableResult
  public mutating func set(_ level: BookLevel, side: Side, at time: MarketTime) -> Bool {
    // Older than anything we can still sort in: a replay, which must not bring back what was emptied and forgotten.
    guard snapshotStamp != nil, time.nanoseconds >= newestStamp - OrderBook.memory.nanoseconds else { return false }
    return restore(level, side: side, at: time)
  }

  /// As `set`, of any age: for a book that is put together again.
  @discardableResult
  mutating func restore(_ level: BookLevel, side: Side, at time: MarketTime) -> Bool {
    let stamp = time.nanoseconds
    guard let snapshotStamp, stamp >= snapshotStamp else { return false }
    newestStamp = max(newestStamp, stamp)
    let price = level.price.micros
    if let index = emptied.firstIndex(where: { $0.price == price && $0.side == side }) {
      if emptied[index].stamp > stamp { return false }
      emptied.remove(at: index)
    }
    let size = level.size.micros
    let changed =
      side == .buy
      ? OrderBook.set(price, size, stamp, in: &bids) { $0 < $1 }
      : OrderBook.set(price, size, stamp, in: &asks) { $0 > $1 }
    if size == 0 {
      emptied.append(Emptied(side: side, price: price, stamp: stamp))
      if emptied.count > 64 { emptied.removeAll { $0.stamp < newestStamp - OrderBook.memory.nanoseconds } }
    }
    return changed
  }

  /// Forgets everything: what comes next is another connection's or another grid's.
  public mutating func clear() { self = OrderBook() }

  private static func set(
    _ price: Int64, _ size: Int64, _ stamp: Int64, in levels: inout [Level], worse: (Int64, Int64) -> Bool
  ) -> Bool {
    // First index that is not worse than the price.
    var low = 0
    var high = levels.count
    while low < high {
      let middle = (low + high) / 2
      if worse(levels[middle].price, price) { low = middle + 1 } else { high = middle }
    }
    if low < levels.count, levels[low].price == price {
      if levels[low].stamp > stamp { return false }
      let changed = levels[low].size != size
      if size == 0 {
        levels.remove(at: low)
      } else {
        levels[low].size = size
        levels[low].stamp = stamp
      }
      return changed
    }
    if size == 0 { return false }
    levels.insert(Level(price: price, size: size, stamp: stamp), at: low)
    return true
  }

  private static func merge(
    _ snapshot: [BookLevel], into levels: inout [Level], side: Side, stamp: Int64, emptied: [Emptied]
  ) -> Bool {
    var merged: [Level] = []
    merged.reserveCapacity(snapshot.count + 4)
    let newer = levels.filter { $0.stamp > stamp }
    let gone = emptied.filter { $0.side == side && $0.stamp > stamp }
    for level in snapshot where level.size > .zero {
      let price = level.price.micros
      if newer.contains(where: { $0.price == price }) || gone.contains(where: { $0.price == price }) { continue }
      merged.append(Level(price: price, size: level.size.micros, stamp: stamp))
    }
    merged.append(contentsOf: newer)
    merged.sort { side == .buy ? $0.price < $1.price : $0.price > $1.price }
    let same = merged.elementsEqual(levels) { $0.price == $1.price && $0.size == $1.size }
    levels = merged
    return !same
  }

  // MARK: Standing

  /// A level's new total; zero for none.
  public struct Change: Hashable, Sendable {
    public let side: Side
    public let level: BookLevel
    public let time: MarketTime
  }

  /// The time of the snapshot that it builds on; `nil` without one.
  public var snapshotTime: MarketTime? { snapshotStamp.map(MarketTime.init(nanoseconds:)) }

  /// What has to be set, in this order, in a book that took in all of this one's levels at `snapshotTime`, to make it this one.
  public var changesSinceSnapshot: [Change] {
    guard let snapshotStamp else { return [] }
    func changes(_ levels: [Level], _ side: Side) -> [Change] {
      levels.filter { $0.stamp > snapshotStamp }.map {
        Change(side: side, level: OrderBook.level($0), time: MarketTime(nanoseconds: $0.stamp))
      }
    }
    let gone = emptied.map {
      Change(
        side: $0.side, level: OrderBook.level(Level(price: $0.price, size: 0, stamp: $0.stamp)),
        time: MarketTime(nanoseconds: $0.stamp))
    }
    return changes(bids, .buy) + changes(asks, .sell) + gone
  }

  // MARK: Looking

  public var bestBid: BookLevel? { bids.last.map(OrderBook.level) }
  public var bestAsk: BookLevel? { asks.last.map(OrderBook.level) }

  /// The best five of each side.
  public var top: BookTop {
    BookTop(
      bids: bids.suffix(BookTop.depth).reversed().map(OrderBook.level),
      asks: asks.suffix(BookTop.depth).reversed().map(OrderBook.level))
  }

  /// All levels, best first.
  public func levels(_ side: Side) -> [BookLevel] {
    (side == .buy ? bids : asks).reversed().map(OrderBook.level)
  }

  /// A bid at or above an ask.
  public var isCrossed: Bool {
    guard let bid = bids.last, let ask = asks.last else { return false }
    return bid.price >= ask.price
  }

  /// Both sides are empty although a snapshot was taken in.
  public var isEmpty: Bool { isComplete && bids.isEmpty && asks.isEmpty }

  /// Whether the venue's own book, read on another road, shows a level otherwise than we knew it before that book's time. What we heard
  /// later than that is left out, so a book that moved on contradicts nothing; a book older than our snapshot neither.
  /// - Parameter through: what we heard with the book's own stamp counts too, though either may have come first.
  public func isContradicted(by book: VenueBook, through itsTime: Bool) -> Bool {
    let stamp = book.time.nanoseconds
    guard let snapshotStamp, snapshotStamp <= stamp else { return false }
    let end = itsTime ? stamp + 1 : stamp
    return isContradicted(bids, .buy, book.bids, before: end) || isContradicted(asks, .sell, book.asks, before: end)
  }

  private func isContradicted(_ ours: [Level], _ side: Side, _ theirs: [BookLevel], before end: Int64) -> Bool {
    var sizes: [Int64: Int64] = [:]
    sizes.reserveCapacity(theirs.count)
    for level in theirs { sizes[level.price.micros] = level.size.micros }
    for level in ours {
      let theirs = sizes.removeValue(forKey: level.price)
      if level.stamp < end, theirs != level.size { return true }
    }
    // What is left is shown by the venue alone: right if we heard later that it was emptied.
    return sizes.keys.contains { price in
      !emptied.contains { $0.side == side && $0.price == price && $0.stamp >= end }
    }
  }

  private static func level(_ level: Level) -> BookLevel {
    BookLevel(price: Price(micros: level.price) ?? .zero, size: Shares(micros: level.size))
  }
}
