import Shared

/// Coming back after a crash: the state that a truth log describes, taken record by record. Clients' accounts, orders and trades are as they
/// were, every market has its phase. The venue's own traders and their orders are not in the log; the source of life brings them back.
struct VenueRestoration {
  private var state: VenueState
  /// The newest record.
  private(set) var last: TruthRecord?

  init(rules: VenueRules) {
    let epoch = Now(wall: WallTime(nanoseconds: 0), market: MarketTime(nanoseconds: 0))
    state = VenueState(rules: rules, now: epoch)
  }

  mutating func take(_ record: TruthRecord) {
    state.clients.apply(record)
    state.chain.note(record, state.clients)
    state.rebates.note(record, state.clients)
    state.nextSequence = record.sequence + 1
    last = record
  }

  /// The venue as it stands at `now`, with what is due from then on.
  consuming func venue(now: Now) -> VenueState {
    state.wake(now: now)
    return state
  }
}

extension VenueState {
  /// After its records, before anything else: books, and what is due.
  fileprivate mutating func wake(now: Now) {
    self.now = now
    // Of the day that it was when the last record was written, if that is over meanwhile.
    marketDue = DueQueue()
    awaitRebates()
    let clients = self.clients
    for (index, spec) in clients.markets.enumerated() {
      var market = LiveMarket(tick: spec.tick)
      outcomes[index] = clients.decisions[spec.slug]
      for token in spec.tokens { tokenIndex[token] = index }
      switch clients.phases[spec.slug] {
      case .open, nil: marketDue.add(.close(index), at: spec.end.nanoseconds)
      case .closed:
        market.isOpen = false
        marketDue.add(.settle(index), at: spec.end.advanced(by: rules.settlementDelay).nanoseconds)
      case .resolved: market.isOpen = false
      }
      live.append(market)
    }
    for order in clients.orders.values { nextKey = max(nextKey, order.key + 1) }
    for id in clients.openOrders.sorted(by: { clients.orders[$0]!.key < clients.orders[$1]!.key }) {
      rest(clients.orders[id]!)
    }
    for trade in clients.trades where !trade.status.isFinal {
      let next: TradeRecord.Status = trade.status == .mined ? .confirmed : .mined
      wallDue.add(.tradeStatus(trade.id, next), at: now.wall.advanced(by: rules.minedAfter).nanoseconds)
    }
    for transaction in clients.transactions.values.filter({ !$0.state.isFinal }).sorted(by: { $0.nonce < $1.nonce }) {
      wallDue.add(.transaction(transaction.id), at: now.wall.advanced(by: rules.minedAfter).nanoseconds)
    }
    for (account, value) in clients.accounts.enumerated() where value.deadManArmed {
      // The venue was not there to hear: the silence counts from now, and the first beat may bring any id.
      beats[account] = Beat(id: "", last: now.wall)
      wallDue.add(.deadMan(account), at: now.wall.advanced(by: rules.deadMan).nanoseconds + 1)
    }
  }

  /// Puts a client's order back into its book, in its old turn: orders are put back by key.
  private mutating func rest(_ order: OrderRecord) {
    guard let market = clients.marketIndex[order.terms.slug], live[market].isOpen else { return }
    let terms = order.terms
    let result = live[market].book.submit(
      BookOrder(
        key: order.key, outcome: terms.outcome, side: terms.side, price: terms.price, size: order.remaining),
      terms.timeInForce)
    precondition(result.fills.isEmpty, "orders that rested together do not cross")
    owners[order.key] = .client(terms.id)
    if terms.timeInForce == .goodTillDate {
      let expiry = MarketTime(seconds: terms.expiration).nanoseconds - rules.expiryMargin.nanoseconds
      marketDue.add(.expire(terms.id), at: expiry)
    }
  }
}
