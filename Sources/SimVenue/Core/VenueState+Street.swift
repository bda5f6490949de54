import Shared

/// The rest of the world: the venue's own traders (synthetic) and recorded books (replay).
extension VenueState {
  /// Places an order of one of the venue's own traders. Returns its key when it rests.
  mutating func trade(
    _ trader: Int, market: Int, outcome: Outcome, side: Side, price: Price, size: Shares, _ timeInForce: TimeInForce
  ) -> Int64? {
    guard live[market].isOpen, size > .zero, live[market].tick.allows(price) else { return nil }
    let key = nextKey
    nextKey += 1
    let order = BookOrder(key: key, outcome: outcome, side: side, price: price, size: size)
    let result = live[market].book.submit(order, timeInForce)
    if case .refused = result.ending { return nil }
    if result.ending == .rests { owners[key] = .trader(trader) }
    _ = settle(result.fills, market: market, taker: .trader(trader), side: side, outcome: outcome)
    show(result, market)
    return result.ending == .rests ? key : nil
  }

  /// Takes back a trader's order, if it still rests.
  mutating func withdraw(_ key: Int64, market: Int) {
    guard let gone = live[market].book.cancel(key) else { return }
    owners[key] = nil
    tellLevels([gone.change], market)
  }

  /// One recorded snapshot of a market: the levels of YES, in any order.
  struct StreetBook: Hashable, Sendable {
    struct Level: Hashable, Sendable {
      var price: Price
      var size: Shares
    }
    var bids: [Level]
    var asks: [Level]
    /// The venue's own stamp of the newest message that it is made of, where the recording has that.
    var stamp: MarketTime?
  }

  /// Makes the street's part of a book what was recorded. Levels that shrink or vanish go first; what is new then meets clients' resting
  /// orders that the recorded market has traded through. What clients took of a level comes back with this snapshot, not before.
  mutating func replaceStreet(_ snapshot: StreetBook, market: Int, trader: Int) {
    guard live[market].isOpen else { return }
    live[market].streetStamp = snapshot.stamp
    refine(snapshot, market)
    var touched = shrink(snapshot.bids, market, isBid: true)
    touched = shrink(snapshot.asks, market, isBid: false) || touched
    touched = grow(snapshot.bids, market, trader, isBid: true) || touched
    touched = grow(snapshot.asks, market, trader, isBid: false) || touched
    if touched { emit(.notice(.book(market: market))) }
  }

  /// A recorded price between the cents means that the market's grid has become finer.
  private mutating func refine(_ snapshot: StreetBook, _ market: Int) {
    let grid = live[market].tick
    guard grid == .cent, let fine = PriceTick(micros: 1000),
      (snapshot.bids + snapshot.asks).contains(where: { $0.price.micros % grid.micros != 0 })
    else { return }
    setTick(fine, market: market)
  }

  /// A recorded change of the market's grid.
  mutating func setTick(_ tick: PriceTick, market: Int) {
    let old = live[market].tick
    guard tick != old else { return }
    live[market].tick = tick
    emit(.notice(.tick(market: market, old: old, new: tick)))
  }

  /// A recorded trade, in which nobody here took part: it is told and stands as the market's last.
  mutating func printTrade(
    _ outcome: Outcome, _ side: Side, price: Price, size: Shares, market: Int
  ) {
    live[market].lastPrice = price
    live[market].lastOutcome = outcome
    live[market].lastSide = side
    live[market].volume += USD(micros: Int64(Int128(price.micros) * Int128(size.micros) / 1_000_000))
    let key = nextKey
    nextKey += 1
    let hash = "0x" + Hex.text(Digests.sha256(Array("recorded:\(spec(market).slug):\(key)".utf8)))
    emit(
      .notice(
        .traded(market: market, outcome: outcome, side: side, price: price, shares: size, hash: hash)))
  }

  private mutating func shrink(_ levels: [StreetBook.Level], _ market: Int, isBid: Bool) -> Bool {
    var wanted: [Int64: Int64] = [:]
    wanted.reserveCapacity(levels.count)
    for level in levels { wanted[level.price.micros] = level.size.micros }
    var touched = false
    for (price, key) in isBid ? live[market].streetBids : live[market].streetAsks {
      let size = wanted[price] ?? 0
      guard let standing = live[market].book.remaining(key) else {
        forget(price, market, isBid)
        continue
      }
      guard size < standing.micros else { continue }
      _ = live[market].book.resize(key, to: Shares(micros: size))
      touched = true
      if size == 0 {
        owners[key] = nil
        forget(price, market, isBid)
      }
    }
    return touched
  }

  private mutating func forget(_ price: Int64, _ market: Int, _ isBid: Bool) {
    if isBid { live[market].streetBids[price] = nil } else { live[market].streetAsks[price] = nil }
  }

  private mutating func grow(_ levels: [StreetBook.Level], _ market: Int, _ trader: Int, isBid: Bool) -> Bool {
    var touched = false
    for level in levels where level.size > .zero {
      let known = isBid ? live[market].streetBids[level.price.micros] : live[market].streetAsks[level.price.micros]
      if let known, let standing = live[market].book.remaining(known) {
        if standing != level.size {
          _ = live[market].book.resize(known, to: level.size)
          touched = true
        }
        continue
      }
      touched = true
      let key = nextKey
      nextKey += 1
      let order = BookOrder(
        key: key, outcome: .yes, side: isBid ? .buy : .sell, price: level.price, size: level.size)
      let result = live[market].book.submit(order, .goodTillCancelled)
      if result.ending == .rests {
        owners[key] = .trader(trader)
        if isBid {
          live[market].streetBids[level.price.micros] = key
        } else {
          live[market].streetAsks[level.price.micros] = key
        }
      }
      _ = settle(
        result.fills, market: market, taker: .trader(trader), side: isBid ? .buy : .sell, outcome: .yes)
    }
    return touched
  }
}
