import Shared
import Testing

/// The book as somebody would write it who cares for nothing but clearness: one list, sorted at each use.
private struct PlainBook {
  struct Resting: Hashable {
    var order: BookOrder
    var remaining: Int64
    var turn: Int
  }
  var resting: [Resting] = []
  var turn = 0

  func isYesBid(_ order: BookOrder) -> Bool { (order.side == .buy) == (order.outcome == .yes) }
  func yes(_ order: BookOrder) -> Int64 {
    order.outcome == .yes ? order.price.micros : 1_000_000 - order.price.micros
  }

  func makers(for taker: BookOrder) -> [Resting] {
    let bid = isYesBid(taker)
    return resting.filter {
      isYesBid($0.order) != bid && (bid ? yes($0.order) <= yes(taker) : yes($0.order) >= yes(taker))
    }.sorted {
      let a = yes($0.order)
      let b = yes($1.order)
      return a == b ? $0.turn < $1.turn : (bid ? a < b : a > b)
    }
  }

  /// (maker key, shares) in order; `nil` when refused.
  mutating func submit(_ order: BookOrder, _ tif: TimeInForce, postOnly: Bool) -> [(Int64, Int64)]? {
    let candidates = makers(for: order)
    if postOnly, !candidates.isEmpty { return nil }
    let available = candidates.reduce(0) { $0 + $1.remaining }
    if tif == .fillOrKill, available < order.size.micros { return nil }
    if tif == .fillAndKill, available == 0 { return nil }
    var wanted = order.size.micros
    var fills: [(Int64, Int64)] = []
    for maker in candidates where wanted > 0 {
      let shares = min(wanted, maker.remaining)
      fills.append((maker.order.key, shares))
      wanted -= shares
      let index = resting.firstIndex { $0.order.key == maker.order.key }!
      resting[index].remaining -= shares
      if resting[index].remaining == 0 { resting.remove(at: index) }
    }
    if wanted > 0, tif.rests {
      resting.append(Resting(order: order, remaining: wanted, turn: turn))
      turn += 1
    }
    return fills
  }
}

private func randomOrder(_ key: Int64, _ random: inout SeededGenerator) -> BookOrder {
  BookOrder(
    key: key, outcome: random.next() % 2 == 0 ? .yes : .no, side: random.next() % 2 == 0 ? .buy : .sell,
    price: Price(micros: Int64(30 + random.next() % 41) * 10_000)!,
    size: Shares(micros: Int64(1 + random.next() % 2000) * 10_000))
}

@Suite("Random orders in the matching book") struct MatchingPropertyTests {
  static let seeds: [UInt64] = (0..<24).map { $0 &* 0x9E37_79B9 &+ UInt64.random(in: 0..<1_000_000) }

  @Test("match exactly as a plain list would: price, then time, never crossed", arguments: seeds)
  func agreesWithPlainBook(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var book = MatchingBook()
    var plain = PlainBook()
    for key in 1...400 as ClosedRange<Int64> {
      if random.next() % 5 == 0, let victim = plain.resting.randomElement(using: &random) {
        let cancelled = book.cancel(victim.order.key)
        #expect(cancelled?.remaining.micros == victim.remaining)
        plain.resting.removeAll { $0.order.key == victim.order.key }
        continue
      }
      let order = randomOrder(key, &random)
      let tif = TimeInForce.allCases.randomElement(using: &random)!
      let postOnly = tif.rests && random.next() % 4 == 0
      let expected = plain.submit(order, tif, postOnly: postOnly)
      let got = book.submit(order, tif, postOnly: postOnly)
      if let expected {
        #expect(got.fills.map { [$0.maker, $0.shares.micros] } == expected.map { [$0.0, $0.1] }, "seed \(seed)")
      } else {
        guard case .refused = got.ending else {
          Issue.record("seed \(seed): the plain book refused order \(key), the book did not")
          return
        }
      }
      #expect(book.count == plain.resting.count)
      if let bid = book.bestBid(.yes), let ask = book.bestAsk(.yes) { #expect(bid < ask, "seed \(seed): crossed") }
    }
    for maker in plain.resting { #expect(book.remaining(maker.order.key)?.micros == maker.remaining) }
  }

  @Test("neither make nor lose money or shares", arguments: seeds)
  func conserves(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var book = MatchingBook()
    var cash: Int64 = 0  // what all accounts together received
    var tokens: [Outcome: Int64] = [.yes: 0, .no: 0]
    func settle(_ side: Side, _ outcome: Outcome, _ shares: Shares, _ money: USD) {
      tokens[outcome]! += side == .buy ? shares.micros : -shares.micros
      cash += side == .buy ? -money.micros : money.micros
    }
    for key in 1...400 as ClosedRange<Int64> {
      // Sizes off the cent grid, so that products do not divide evenly.
      let shape = randomOrder(key, &random)
      let order = BookOrder(
        key: key, outcome: shape.outcome, side: shape.side, price: shape.price,
        size: Shares(micros: shape.size.micros + Int64(random.next() % 9973)))
      for fill in book.submit(order, TimeInForce.allCases.randomElement(using: &random)!).fills {
        settle(fill.makerSide, fill.makerOutcome, fill.shares, fill.makerCash)
        settle(order.side, order.outcome, fill.shares, fill.takerCash)
        #expect(
          order.side == .buy
            ? fill.takerPrice <= order.price : fill.takerPrice >= order.price, "seed \(seed): worse than the limit")
      }
      // Every set in circulation is backed by one dollar that has been paid in.
      #expect(tokens[.yes] == tokens[.no], "seed \(seed)")
      #expect(cash == -tokens[.yes]!, "seed \(seed)")
    }
  }

  @Test("report each level's new total", arguments: seeds)
  func changesRebuildTheBook(seed: UInt64) {
    struct Place: Hashable {
      let isYesBid: Bool
      let price: Price
    }
    var random = SeededGenerator(seed: seed)
    var book = MatchingBook()
    var rebuilt: [Place: Shares] = [:]
    var alive: [Int64] = []
    func apply(_ change: LevelChange) {
      rebuilt[Place(isYesBid: change.isYesBid, price: change.yesPrice)] = change.total == .zero ? nil : change.total
    }
    for key in 1...300 as ClosedRange<Int64> {
      if random.next() % 4 == 0, let victim = alive.randomElement(using: &random) {
        if random.next() % 2 == 0, let left = book.remaining(victim) {
          if let change = book.resize(victim, to: Shares(micros: left.micros / 2)) { apply(change) }
        } else if let cancelled = book.cancel(victim) {
          apply(cancelled.change)
        }
        continue
      }
      book.submit(randomOrder(key, &random), .goodTillCancelled).changes.forEach(apply)
      alive.append(key)
    }
    var shown: [Place: Shares] = [:]
    book.forEachLevel(.yes, .buy) { shown[Place(isYesBid: true, price: $0)] = $1 }
    book.forEachLevel(.yes, .sell) { shown[Place(isYesBid: false, price: $0)] = $1 }
    #expect(shown == rebuilt, "seed \(seed)")
    var mirrored: [Place: Shares] = [:]
    book.forEachLevel(.no, .sell) { mirrored[Place(isYesBid: true, price: $0.complement)] = $1 }
    book.forEachLevel(.no, .buy) { mirrored[Place(isYesBid: false, price: $0.complement)] = $1 }
    #expect(mirrored == rebuilt, "seed \(seed)")
  }
}
