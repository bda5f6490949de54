import Shared

/// Coming back after a crash.
extension VenueState {
  /// The state that a truth log describes: clients' accounts, orders and trades as they were, every market with its phase. The venue's own
  /// traders and their orders are not in the log; the source of life brings them back.
  static func restored(from records: [TruthRecord], rules: VenueRules, now: Now) -> VenueState {
    var state = VenueState(rules: rules, now: now)
    for record in records {
      state.clients.apply(record)
      state.chain.note(record, state.clients)
      state.rebates.note(record, state.clients)
      state.nextSequence = record.sequence + 1
    }
    let clients = state.clients
    for (index, spec) in clients.markets.enumerated() {
      var market = LiveMarket(tick: spec.tick)
      state.outcomes[index] = clients.decisions[spec.slug]
      for token in spec.tokens { state.tokenIndex[token] = index }
      switch clients.phases[spec.slug] {
      case .open, nil: state.marketDue.add(.close(index), at: spec.end.nanoseconds)
      case .closed:
        market.isOpen = false
        state.marketDue.add(.settle(index), at: spec.end.advanced(by: rules.settlementDelay).nanoseconds)
      case .resolved: market.isOpen = false
      }
      state.live.append(market)
    }
    for order in clients.orders.values { state.nextKey = max(state.nextKey, order.key + 1) }
    for id in clients.openOrders.sorted(by: { clients.orders[$0]!.key < clients.orders[$1]!.key }) {
      state.rest(clients.orders[id]!)
    }
    for trade in clients.trades where !trade.status.isFinal {
      let next: TradeRecord.Status = trade.status == .mined ? .confirmed : .mined
      state.wallDue.add(.tradeStatus(trade.id, next), at: now.wall.advanced(by: rules.minedAfter).nanoseconds)
    }
    for transaction in clients.transactions.values.filter({ !$0.state.isFinal }).sorted(by: { $0.nonce < $1.nonce }) {
      state.wallDue.add(.transaction(transaction.id), at: now.wall.advanced(by: rules.minedAfter).nanoseconds)
    }
    for (account, value) in clients.accounts.enumerated() where value.deadManArmed {
      // The venue was not there to hear: the silence counts from now, and the first beat may bring any id.
      state.beats[account] = Beat(id: "", last: now.wall)
      state.wallDue.add(.deadMan(account), at: now.wall.advanced(by: rules.deadMan).nanoseconds + 1)
    }
    return state
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
