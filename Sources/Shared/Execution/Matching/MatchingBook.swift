/// The order book of one market, seen from both outcomes. A value: two equal histories give two equal books, on any machine.
///
/// Cost: finding a level is O(log levels); placing, cancelling and each fill are O(1) beyond that (plus the short move of a sorted
/// array when a level appears or goes).
public struct MatchingBook: Hashable, Sendable {
  private struct Slot: Hashable, Sendable {
    var key: Int64
    var outcome: Outcome
    var side: Side
    var price: Price
    var remaining: Int64
    var previous: Int32
    var next: Int32
    var isYesBid: Bool
    var rank: Int64
  }

  private var bids = BookLadder(isBid: true)
  private var asks = BookLadder(isBid: false)
  private var slots: ContiguousArray<Slot> = []
  private var free: [Int32] = []
  private var slotOfKey: [Int64: Int32] = [:]

  public init() {}

  /// Orders standing in the book.
  public var count: Int { slotOfKey.count }

  // MARK: - Taking and placing

  /// Matches the order and, when its terms allow, rests what is left.
  /// - Precondition: the key is not in the book and the size is positive.
  public mutating func submit(_ order: BookOrder, _ timeInForce: TimeInForce, postOnly: Bool = false) -> Submission {
    precondition(slotOfKey[order.key] == nil, "an order key is used once")
    precondition(order.size.micros > 0, "an order wants something")
    var result = Submission(ending: .rests, fills: [], remaining: order.size, changes: [])
    if postOnly, crosses(order) {
      result.ending = .refused(.crossesBook)
      return result
    }
    if timeInForce == .fillOrKill, !canFill(order) {
      result.ending = .refused(.cannotFillCompletely)
      return result
    }
    let spent = take(order, &result)
    if result.remaining == .zero || spent {
      result.ending = .filled
    } else if timeInForce.rests {
      rest(order, result.remaining.micros, &result)
    } else {
      result.ending = result.fills.isEmpty ? .refused(.nothingToMatch) : .killed
    }
    return result
  }

  /// Would the order take something now?
  public func crosses(_ order: BookOrder) -> Bool {
    let opposite = order.isYesBid ? asks : bids
    guard let best = opposite.levels.last else { return false }
    return accepts(order, opposite.yesPrice(best.rank))
  }

  /// Could the order be filled completely now? A BUY whose budget runs out on the way counts as complete: its money is used.
  public func canFill(_ order: BookOrder) -> Bool {
    let opposite = order.isYesBid ? asks : bids
    var wanted = order.size.micros
    var budget = order.budget?.micros ?? .max
    for level in opposite.levels.reversed() {
      let yesPrice = opposite.yesPrice(level.rank)
      guard accepts(order, yesPrice) else { return false }
      var slot = level.head
      while slot >= 0 {
        let maker = slots[Int(slot)]
        let price = takerPrice(order, yesPrice)
        let shares = min(wanted, maker.remaining)
        guard shares <= affordable(order, budget, price) else { return true }
        if order.side == .buy, budget != .max { budget -= cash(order, maker, shares).taker }
        wanted -= shares
        if wanted == 0 { return true }
        slot = maker.next
      }
    }
    return false
  }

  /// The worst price (per share of the order's own outcome) that a complete fill would reach now, or `nil` when it takes nothing.
  public func reach(_ order: BookOrder) -> Price? {
    let opposite = order.isYesBid ? asks : bids
    var wanted = order.size.micros
    var worst: Price?
    for level in opposite.levels.reversed() {
      let yesPrice = opposite.yesPrice(level.rank)
      guard accepts(order, yesPrice) else { break }
      worst = takerPrice(order, yesPrice)
      wanted -= level.total
      if wanted <= 0 { break }
    }
    return worst
  }

  /// Meets makers until the size, the budget (then `true`) or the acceptable prices run out.
  private mutating func take(_ order: BookOrder, _ result: inout Submission) -> Bool {
    var wanted = order.size.micros
    var budget = order.budget?.micros ?? .max
    var spent = false
    while wanted > 0, !spent {
      guard let level = best(isBid: !order.isYesBid) else { break }
      let yesPrice = order.isYesBid ? asks.yesPrice(level.rank) : bids.yesPrice(level.rank)
      guard accepts(order, yesPrice) else { break }
      let price = takerPrice(order, yesPrice)
      var total = level.total
      var head = level.head
      while head >= 0, wanted > 0 {
        let maker = slots[Int(head)]
        let shares = min(wanted, maker.remaining, affordable(order, budget, price))
        if shares == 0 {
          spent = true
          break
        }
        let money = cash(order, maker, shares)
        if order.side == .buy, budget != .max { budget -= money.taker }
        wanted -= shares
        total -= shares
        result.fills.append(
          BookFill(
            maker: maker.key, taker: order.key, kind: kind(order, maker), shares: Shares(micros: shares),
            makerOutcome: maker.outcome, makerSide: maker.side, makerPrice: maker.price, takerPrice: price,
            makerCash: USD(micros: money.maker), takerCash: USD(micros: money.taker),
            makerRemaining: Shares(micros: maker.remaining - shares)))
        if maker.remaining == shares {
          slotOfKey[maker.key] = nil
          free.append(head)
          head = maker.next
        } else {
          slots[Int(head)].remaining -= shares
        }
      }
      if total == level.total { break }
      if head >= 0 { slots[Int(head)].previous = -1 }
      finish(!order.isYesBid, head: head, total: total)
      result.changes.append(
        LevelChange(isYesBid: !order.isYesBid, yesPrice: yesPrice, total: Shares(micros: total)))
    }
    result.remaining = Shares(micros: wanted)
    return spent
  }

  /// A copy of the best level only: holding the ladder itself while changing it would copy it whole.
  private func best(isBid: Bool) -> BookLadder.Level? { isBid ? bids.levels.last : asks.levels.last }

  /// Writes the best level of a side back after taking from its front.
  private mutating func finish(_ isBid: Bool, head: Int32, total: Int64) {
    func write(_ ladder: inout BookLadder) {
      let index = ladder.levels.count - 1
      if head < 0 {
        ladder.remove(index)
      } else {
        ladder.update(index) {
          $0.head = head
          $0.total = total
        }
      }
    }
    if isBid { write(&bids) } else { write(&asks) }
  }

  private mutating func rest(_ order: BookOrder, _ remaining: Int64, _ result: inout Submission) {
    let rank = order.isYesBid ? bids.rank(order.yesPrice) : asks.rank(order.yesPrice)
    let slot = Slot(
      key: order.key, outcome: order.outcome, side: order.side, price: order.price, remaining: remaining, previous: -1,
      next: -1, isYesBid: order.isYesBid, rank: rank)
    let place: Int32
    if let reused = free.popLast() {
      place = reused
      slots[Int(reused)] = slot
    } else {
      place = Int32(slots.count)
      slots.append(slot)
    }
    slotOfKey[order.key] = place
    var tail: Int32 = -1
    var total: Int64 = 0
    func append(_ ladder: inout BookLadder) {
      let index = ladder.place(rank)
      ladder.update(index) {
        tail = $0.tail
        $0.total += remaining
        $0.tail = place
        if $0.head < 0 { $0.head = place }
        total = $0.total
      }
    }
    if order.isYesBid { append(&bids) } else { append(&asks) }
    if tail >= 0 {
      slots[Int(tail)].next = place
      slots[Int(place)].previous = tail
    }
    result.changes.append(
      LevelChange(isYesBid: order.isYesBid, yesPrice: order.yesPrice, total: Shares(micros: total)))
  }

  // MARK: - Changing what rests

  /// Takes an order out. `nil` when it does not stand in the book (any more).
  public mutating func cancel(_ key: Int64) -> (remaining: Shares, change: LevelChange)? {
    guard let place = slotOfKey[key] else { return nil }
    let slot = slots[Int(place)]
    let change = resize(place, to: 0)
    return (Shares(micros: slot.remaining), change)
  }

  /// Sets what rests of an order in place, keeping its turn in the queue; zero takes it out. `nil` when it does not stand.
  public mutating func resize(_ key: Int64, to size: Shares) -> LevelChange? {
    precondition(size.micros >= 0, "a size is not negative")
    guard let place = slotOfKey[key] else { return nil }
    return resize(place, to: size.micros)
  }

  private mutating func resize(_ place: Int32, to size: Int64) -> LevelChange {
    let slot = slots[Int(place)]
    var total: Int64 = 0
    func adjust(_ ladder: inout BookLadder) {
      guard let index = ladder.index(of: slot.rank) else { preconditionFailure("a resting order has a level") }
      ladder.update(index) {
        $0.total += size - slot.remaining
        if size == 0 {
          if slot.previous < 0 { $0.head = slot.next }
          if slot.next < 0 { $0.tail = slot.previous }
        }
        total = $0.total
      }
      if ladder.levels[index].head < 0 { ladder.remove(index) }
    }
    if slot.isYesBid { adjust(&bids) } else { adjust(&asks) }
    if size == 0 {
      if slot.previous >= 0 { slots[Int(slot.previous)].next = slot.next }
      if slot.next >= 0 { slots[Int(slot.next)].previous = slot.previous }
      slotOfKey[slot.key] = nil
      free.append(place)
    } else {
      slots[Int(place)].remaining = size
    }
    let yesPrice = slot.isYesBid ? bids.yesPrice(slot.rank) : asks.yesPrice(slot.rank)
    return LevelChange(isYesBid: slot.isYesBid, yesPrice: yesPrice, total: Shares(micros: total))
  }

  // MARK: - Looking

  /// What still rests of an order.
  public func remaining(_ key: Int64) -> Shares? {
    slotOfKey[key].map { Shares(micros: slots[Int($0)].remaining) }
  }

  /// Best price at which somebody buys that outcome.
  public func bestBid(_ outcome: Outcome) -> Price? {
    outcome == .yes
      ? bids.levels.last.map { bids.yesPrice($0.rank) } : asks.levels.last.map { asks.yesPrice($0.rank).complement }
  }

  /// Best price at which somebody sells that outcome.
  public func bestAsk(_ outcome: Outcome) -> Price? { bestBid(outcome.other)?.complement }

  /// Calls `body` for each level of a side of an outcome's book, worst first: the venue's own order.
  public func forEachLevel(_ outcome: Outcome, _ side: Side, _ body: (Price, Shares) -> Void) {
    let isYesBid = (side == .buy) == (outcome == .yes)
    let ladder = isYesBid ? bids : asks
    for level in ladder.levels {
      let yes = ladder.yesPrice(level.rank)
      body(outcome == .yes ? yes : yes.complement, Shares(micros: level.total))
    }
  }

  /// Keys at one level of the YES book, first in the queue first.
  public func queue(isYesBid: Bool, yesPrice: Price) -> [Int64] {
    let ladder = isYesBid ? bids : asks
    guard let index = ladder.index(of: ladder.rank(yesPrice)) else { return [] }
    var keys: [Int64] = []
    var slot = ladder.levels[index].head
    while slot >= 0 {
      keys.append(slots[Int(slot)].key)
      slot = slots[Int(slot)].next
    }
    return keys
  }

  // MARK: - Arithmetic

  private func accepts(_ order: BookOrder, _ yesPrice: Price) -> Bool {
    order.isYesBid ? yesPrice <= order.yesPrice : yesPrice >= order.yesPrice
  }

  private func takerPrice(_ order: BookOrder, _ yesPrice: Price) -> Price {
    order.outcome == .yes ? yesPrice : yesPrice.complement
  }

  private func kind(_ order: BookOrder, _ maker: Slot) -> MatchKind {
    if order.outcome == maker.outcome { return .complementary }
    return order.side == .buy ? .mint : .merge
  }

  /// Shares that a budget pays for at the exact price.
  private func affordable(_ order: BookOrder, _ budget: Int64, _ price: Price) -> Int64 {
    guard order.side == .buy, budget != .max, price.micros > 0 else { return .max }
    return Int64(clamping: Int128(budget) * 1_000_000 / Int128(price.micros))
  }

  private func cash(_ order: BookOrder, _ maker: Slot, _ shares: Int64) -> (maker: Int64, taker: Int64) {
    let own = Int64(Int128(maker.price.micros) * Int128(shares) / 1_000_000)
    return (own, order.outcome == maker.outcome ? own : shares - own)
  }
}
