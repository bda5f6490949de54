/// Where resting orders stand among those at their price.
///
/// An order joins behind all that its level shows (price, then time: protocol document, section 7.3). It moves up when a trade at its price
/// takes what stands before it, and when its level shows less than was thought to stand before it; others who leave are taken to have stood
/// behind it for as long as that is possible. So an estimate never stands before the true place, and never fills what would not have filled,
/// as long as no message is missing. (R. Cont, S. Stoikov and R. Talreja, "A Stochastic Model for Order Book Dynamics", Operations Research
/// 58 (3), 2010, have the queues; who cancels where is not to be seen, so the worst is assumed.)
extension PaperExchange {
  struct QueuePlace: Hashable, Sendable {
    /// Shares that stand before it; `nil` until a book was seen.
    var ahead: Shares?
    /// Shares that the book took off before any trade told why: the trade that tells it takes nothing more off.
    var unexplained = Shares.zero
    var fellAt = MarketTime(nanoseconds: 0)
  }

  /// A trade and the change of the book that it makes are told within this time of each other.
  static let tellsWithin = Duration.seconds(2)

  /// What the newest `observe`d book shows at the order's price on its own side.
  func shown(beside order: PaperOrder) -> Shares {
    taken[LevelKey(token: order.token, isAsk: order.side == .sell, price: order.price)]?.shown ?? .zero
  }

  /// Open orders, in no order.
  var resting: [Resting] { places.keys.compactMap { orders[$0] } }

  /// Is an open order queued on this token?
  public func rests(on token: TokenID) -> Bool { places.keys.contains { orders[$0]?.order.token == token } }

  /// After a book was taken in: nobody stands behind more than there is.
  mutating func moveUp(_ token: TokenID, at time: MarketTime) {
    for (id, known) in places {
      guard let order = orders[id]?.order, order.token == token else { continue }
      let shown = shown(beside: order)
      var place = known
      if let ahead = place.ahead {
        guard shown < ahead else { continue }
        if time.since(place.fellAt) > Self.tellsWithin { place.unexplained = .zero }
        place.unexplained += ahead - shown
        place.fellAt = time
      }
      place.ahead = shown
      places[id] = place
    }
  }

  /// Resting orders that a public trade fills. A share of one outcome bought is one of the other sold: one book, seen from two sides
  /// (protocol document, section 7.3). The facts are not applied yet.
  public mutating func meet(_ trade: LastTrade, yes: TokenID, no: TokenID, at now: MarketTime) -> [PaperEntry] {
    var left = trade.size
    var entries: [PaperEntry] = []
    for (outcome, token) in [(Outcome.yes, yes), (.no, no)] where rests(on: token) {
      let isTold = outcome == trade.outcome
      entries += meet(
        trade: token, isTold ? trade.side : trade.side.opposite, at: isTold ? trade.price : trade.price.complement,
        size: &left, now, after: entries.count)
    }
    return entries
  }

  /// Of one token, those that a trade fills: those whose price it went past, and those at its price with nobody left before them.
  ///
  /// - Parameters:
  ///   - side: the taker's.
  ///   - size: of the trade; what remains of it after our orders.
  ///   - earlier: fills that come before these and are not applied yet.
  mutating func meet(
    trade token: TokenID, _ side: Side, at price: Price, size: inout Shares, _ now: MarketTime, after earlier: Int = 0
  ) -> [PaperEntry] {
    let reached = resting.filter { resting in
      let order = resting.order
      guard order.token == token, order.side != side else { return false }
      return order.side == .buy ? price <= order.price : price >= order.price
    }
    let first = reached.sorted { a, b in
      if a.order.price != b.order.price { return (a.order.price > b.order.price) == (a.order.side == .buy) }
      return (a.placedAt, a.order.id) < (b.placedAt, b.order.id)
    }
    var entries: [PaperEntry] = []
    let volume = size
    for resting in first {
      let order = resting.order
      var before = Shares.zero
      if order.price == price { before = pass(order.id, volume, now) } else { places[order.id]?.ahead = .zero }
      // Strangers before it and our own orders before it have taken of the trade first.
      let part = min(resting.remaining, size - before)
      guard part > .zero else { continue }
      size -= part
      entries.append(
        .filled(
          PaperFill(
            number: nextFill + Int64(earlier + entries.count), order: order.id, token: token,
            condition: resting.condition,
            side: order.side, price: order.price, size: part, fee: .zero, isTaker: false, level: order.price, at: now)))
    }
    return entries
  }

  /// Lets a trade at its price pass an order by.
  /// - Returns: how much of the trade went to those before it.
  private mutating func pass(_ id: VenueOrderID, _ size: Shares, _ now: MarketTime) -> Shares {
    guard var place = places[id], let ahead = place.ahead else { return size }
    if now.since(place.fellAt) > Self.tellsWithin { place.unexplained = .zero }
    let known = min(place.unexplained, size)
    place.unexplained -= known
    let before = min(ahead, size - known)
    place.ahead = ahead - before
    places[id] = place
    return known + before
  }
}
