import Shared

/// What time brings: holds end, trades settle, orders expire, windows close and pay.
extension VenueState {
  /// Moves both clocks on and does all that has become due, in order. The clocks never run back.
  mutating func advance(to later: Now) {
    now = Now(wall: max(now.wall, later.wall), market: max(now.market, later.market))
    while let (_, item) = wallDue.next(upTo: now.wall.nanoseconds) {
      switch item {
      case .release(let hold): release(hold)
      case .tradeStatus(let id, let status): advance(id, to: status)
      case .transaction(let id): advanceTransaction(id)
      case .deadMan(let account): checkDeadMan(account)
      }
    }
    while let (_, item) = marketDue.next(upTo: now.market.nanoseconds) {
      switch item {
      case .expire(let id):
        if let order = clients.orders[id], clients.openOrders.contains(id) { end(order, .expired) }
      case .close(let market): close(market)
      case .rebates(let day): payRebates(day)
      case .oracle(let market, let status, let payouts): tell(status, payouts, market)
      case .settle(let market):
        settleDue.insert(market)
        resolveIfReady(market)
      }
    }
    chain.advance(to: now.wall)
  }

  /// Notes the middle of every open market, once a minute; looks for new ones every five seconds.
  mutating func notePrices() {
    guard now.market.seconds / 5 != noted else { return }
    noted = now.market.seconds / 5
    let minute = now.market.seconds / 60
    for market in live.indices where live[market].isOpen {
      if let last = live[market].history.last, last.at / 60 >= minute { continue }
      guard let bid = live[market].book.bestBid(.yes), let ask = live[market].book.bestAsk(.yes) else { continue }
      live[market].history.append((now.market.seconds, Price.middle(bid, ask)))
      if live[market].history.count > Self.historyMax { live[market].history.removeFirst(Self.historyMax / 10) }
    }
  }

  /// When `advance` has something to do next, on each clock.
  var nextDue: (wall: WallTime?, market: MarketTime?) {
    (wallDue.first.map { WallTime(nanoseconds: $0) }, marketDue.first.map { MarketTime(nanoseconds: $0) })
  }

  /// Ends trading: what rests is cancelled, the book is empty.
  private mutating func close(_ market: Int) {
    guard live[market].isOpen else { return }
    let slug = spec(market).slug
    for order in clients.openOrders.compactMap({ clients.orders[$0] }).sorted(by: { $0.key < $1.key })
    where order.terms.slug == slug {
      owners[order.key] = nil
      record(.ended(order: order.terms.id, status: .marketResolved))
      tell(order.terms.id, .cancellation)
    }
    for key in keys(in: market) { owners[key] = nil }
    live[market].book = MatchingBook()
    live[market].streetBids = [:]
    live[market].streetAsks = [:]
    live[market].isOpen = false
    record(.closed(slug: slug))
    emit(.notice(.book(market: market)))
    marketDue.add(.settle(market), at: spec(market).end.advanced(by: rules.settlementDelay).nanoseconds)
  }

  private func keys(in market: Int) -> [Int64] {
    let book = live[market].book
    var keys: [Int64] = []
    for isYesBid in [true, false] {
      book.forEachLevel(.yes, isYesBid ? .buy : .sell) { price, _ in
        keys += book.queue(isYesBid: isYesBid, yesPrice: price)
      }
    }
    return keys
  }
}
