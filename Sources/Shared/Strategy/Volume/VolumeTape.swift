/// What has moved in a market since its last update, told by the updates alone: what takers took (`trades`), or the size that appeared in
/// the book (`book`).
///
/// What was not heard is not known: when updates were missed for longer than `gapMax`, or the feed began anew, what lies between counts
/// for nothing and `didBreak` says so. Pure; constant work an update.
struct VolumeTape: Hashable, Sendable {
  /// What the next update is compared with.
  private struct Known: Hashable {
    let boot: String
    let sequence: Int64
    let time: MarketTime
    let bookEpoch: Int64
    let flow: TakerFlow
    let top: BookTop
  }

  /// What moved, and whether the thread broke before.
  struct News: Hashable {
    var amount = FlowWindow.Amount.none
    var didBreak = false
  }

  let input: TradeRules.Input
  let gapMax: Duration
  private var known: Known?

  init(input: TradeRules.Input, gapMax: Duration) {
    self.input = input
    self.gapMax = gapMax
  }

  mutating func take(_ market: MarketUpdate) -> News {
    let envelope = market.envelope
    let before = known
    known = Known(
      boot: envelope.boot, sequence: envelope.sequence, time: envelope.time, bookEpoch: market.bookEpoch,
      flow: market.flow, top: market.yes)
    guard let before else { return News() }
    let isNext = envelope.sequence == before.sequence &+ 1
    guard envelope.boot == before.boot, isNext || envelope.time.since(before.time) <= gapMax else {
      return News(didBreak: true)
    }
    guard input == .book else { return VolumeTape.taken(from: before.flow, to: market.flow) }
    // A book that was rebuilt shows old orders as new ones.
    guard market.bookEpoch == before.bookEpoch else { return News() }
    return News(
      amount: .init(
        yes: VolumeTape.appeared(market.yes.bids, after: before.top.bids) { $0 >= $1 },
        no: VolumeTape.appeared(market.yes.asks, after: before.top.asks) { $0 <= $1 }))
  }

  /// The feed counts on for as long as it follows the market; a smaller number is of another count.
  private static func taken(from old: TakerFlow, to new: TakerFlow) -> News {
    guard new.towardYes >= old.towardYes, new.towardNo >= old.towardNo else { return News(didBreak: true) }
    return News(
      amount: .init(
        yes: new.towardYes.micros - old.towardYes.micros, no: new.towardNo.micros - old.towardNo.micros))
  }

  /// The shares that stand in one side of the book and did not before. A level worse than the worst one that was seen says nothing: it
  /// may have stood there, below the best five.
  private static func appeared(
    _ levels: [BookLevel], after old: [BookLevel], isAsGood: (Price, Price) -> Bool
  ) -> Int64 {
    let worst = old.count < BookTop.depth ? nil : old.last?.price
    var sum: Int64 = 0
    for level in levels where worst.map({ isAsGood(level.price, $0) }) ?? true {
      let stood = old.first { $0.price == level.price }?.size.micros ?? 0
      // At most five levels of at most the largest amount: no sum overflows.
      sum += min(FlowWindow.largestBin, max(0, level.size.micros - stood))
    }
    return sum
  }

  // MARK: Checkpoint

  var checkpoint: JSON {
    .optional(
      known.map {
        [
          "boot": .string($0.boot), "seq": .int($0.sequence), "time_ns": .int($0.time.nanoseconds),
          "book_epoch": .int($0.bookEpoch), "flow": [.text($0.flow.towardYes), .text($0.flow.towardNo)],
          "bids": VolumeTape.json($0.top.bids), "asks": VolumeTape.json($0.top.asks),
        ]
      })
  }

  mutating func restore(_ checkpoint: JSON) -> Bool {
    if checkpoint == .null {
      known = nil
      return true
    }
    guard let boot = checkpoint["boot"]?.string, let sequence = checkpoint["seq"]?.int,
      let time = checkpoint["time_ns"]?.int, let epoch = checkpoint["book_epoch"]?.int,
      let flow = checkpoint["flow"]?.array, flow.count == 2, let yes = flow[0].shares, let no = flow[1].shares,
      let bids = checkpoint["bids"].flatMap(VolumeTape.levels), let asks = checkpoint["asks"].flatMap(VolumeTape.levels)
    else { return false }
    known = Known(
      boot: boot, sequence: sequence, time: MarketTime(nanoseconds: time), bookEpoch: epoch,
      flow: TakerFlow(towardYes: yes, towardNo: no), top: BookTop(bids: bids, asks: asks))
    return true
  }

  private static func json(_ levels: [BookLevel]) -> JSON {
    .array(levels.flatMap { [.text($0.price), .text($0.size)] })
  }

  private static func levels(_ json: JSON) -> [BookLevel]? {
    guard let items = json.array, items.count % 2 == 0, items.count <= 2 * BookTop.depth else { return nil }
    var levels: [BookLevel] = []
    for index in stride(from: 0, to: items.count, by: 2) {
      guard let price = items[index].price, let size = items[index + 1].shares else { return nil }
      levels.append(BookLevel(price: price, size: size))
    }
    return levels
  }
}
