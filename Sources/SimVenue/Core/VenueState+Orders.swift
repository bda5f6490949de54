import Shared

/// Placing and cancelling clients' orders.
extension VenueState {
  /// Takes an order in and answers `request`, at once or after the hold.
  mutating func place(_ posted: OrderRules.Posted, request: Int) {
    do throws(OrderRefusal) {
      guard let (market, outcome) = market(token: posted.token), live[market].isOpen else { throw Self.noBook }
      guard isHydrated(market) else {
        throw OrderRefusal(text: "the market is not yet ready to process new orders")
      }
      let terms = try OrderRules.terms(
        posted, outcome: outcome, spec: spec(market), tick: live[market].tick, rules: rules, now: now.market)
      if clients.orders[terms.id] != nil || held.values.contains(where: { $0.terms.id == terms.id }) {
        throw OrderRefusal(text: "order \(terms.id) is invalid. Duplicated.")
      }
      let crosses = live[market].book.crosses(bookOrder(terms, key: 0))
      if terms.postOnly, crosses { throw OrderRefusal(text: "invalid post-only order: order crosses book") }
      let takes = crosses || !terms.timeInForce.rests
      if takes, terms.side == .buy, USD(micros: terms.makerAmount) < rules.minimumTaking {
        throw OrderRules.tooSmall(terms.makerAmount, rules)
      }
      let feeReserve = takes ? feeBound(terms, market) : 0
      try checkBalance(terms, feeReserve)
      if takes, let wait = drawDelay(market) {
        hold(terms, request: Self.answered, feeReserve, wait)
        emit(.answer(request, answer(terms, "delayed", taking: "", making: "", trades: [])))
      } else if takes, spec(market).isUpDown, rules.takerHold > .zero {
        hold(terms, request: request, feeReserve, rules.takerHold)
      } else {
        execute(terms, market, request)
      }
    } catch {
      emit(.answer(request, .refused(error.status, error.text)))
    }
  }

  /// The number of no request: it has been answered already.
  private static let answered = 0

  private mutating func hold(_ terms: OrderTerms, request: Int, _ feeReserve: Int64, _ wait: Duration) {
    held[nextHold] = HeldOrder(terms: terms, request: request, feeReserve: feeReserve)
    wallDue.add(.release(nextHold), at: now.wall.advanced(by: wait).nanoseconds)
    nextHold += 1
  }

  mutating func release(_ hold: Int) {
    guard let order = held.removeValue(forKey: hold) else { return }
    do throws(OrderRefusal) {
      guard let market = clients.marketIndex[order.terms.slug], live[market].isOpen else { throw Self.noBook }
      // A failed trade or a transaction may have taken away meanwhile what it rests on.
      try checkBalance(order.terms, order.feeReserve)
      execute(order.terms, market, order.request)
    } catch {
      guard order.request == Self.answered else {
        return emit(.answer(order.request, .refused(error.status, error.text)))
      }
      // Whoever was told that it is delayed hears of its end on the user stream alone.
      record(.order(order.terms, key: nextKey))
      nextKey += 1
      record(.ended(order: order.terms.id, status: .canceled))
      tell(order.terms.id, .cancellation)
    }
  }

  private static let noBook = OrderRefusal(status: 404, text: "No orderbook exists for the requested token id")

  private func bookOrder(_ terms: OrderTerms, key: Int64) -> BookOrder {
    BookOrder(
      key: key, outcome: terms.outcome, side: terms.side, price: terms.price, size: terms.size,
      budget: terms.side == .buy ? USD(micros: terms.makerAmount) : nil)
  }

  /// The most a BUY can be charged on top of its amount.
  private func feeBound(_ terms: OrderTerms, _ market: Int) -> Int64 {
    guard terms.side == .buy, spec(market).feeRate > 0 else { return 0 }
    let best = live[market].book.bestAsk(terms.outcome) ?? terms.price
    return FeeCurve.bound(
      shares: terms.size, from: min(best, terms.price), to: terms.price, rate: spec(market).feeRate
    ).micros
  }

  private func checkBalance(_ terms: OrderTerms, _ feeReserve: Int64) throws(OrderRefusal) {
    let asset = clients.asset(of: terms)
    let amount = terms.makerAmount + feeReserve
    let free = available(terms.account, asset)
    guard free < amount else { return }
    let balance = clients.accounts[terms.account].balance(asset)
    let active = balance - free
    throw OrderRefusal(
      text: "not enough balance / allowance: the balance is not enough -> balance: \(balance), "
        + (active > 0 ? "sum of active orders: \(active), " : "") + "order amount: \(amount)")
  }

  private mutating func execute(_ terms: OrderTerms, _ market: Int, _ request: Int) {
    let key = nextKey
    nextKey += 1
    let result = live[market].book.submit(
      bookOrder(terms, key: key), terms.timeInForce, postOnly: terms.postOnly)
    record(.order(terms, key: key))
    if case .refused(let reason) = result.ending {
      record(.ended(order: terms.id, status: .canceled))
      if request == Self.answered { tell(terms.id, .cancellation) }
      emit(.answer(request, .refused(400, text(reason))))
      return
    }
    if result.ending == .rests { owners[key] = .client(terms.id) }
    let trades = settle(
      result.fills, market: market, taker: .client(terms.id), side: terms.side, outcome: terms.outcome)
    if result.ending == .killed || (result.ending == .filled && result.remaining > .zero) {
      record(.ended(order: terms.id, status: .matched))
    }
    if terms.timeInForce == .goodTillDate, result.ending == .rests {
      let expiry = MarketTime(seconds: terms.expiration).nanoseconds - rules.expiryMargin.nanoseconds
      marketDue.add(.expire(terms.id), at: expiry)
    }
    show(result, market)
    tell(terms.id, result.ending == .rests ? .placement : .update)
    emit(.answer(request, accepted(terms, result, trades)))
  }

  private func text(_ reason: Submission.Refusal) -> String {
    switch reason {
    case .crossesBook: "invalid post-only order: order crosses book"
    case .cannotFillCompletely: "order couldn't be fully filled. FOK orders are fully filled or killed."
    case .nothingToMatch:
      "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
    }
  }

  private func accepted(_ terms: OrderTerms, _ result: Submission, _ trades: [String]) -> Answer {
    let shares = result.fills.reduce(Shares.zero) { $0 + $1.shares }
    let cash = result.fills.reduce(USD.zero) { $0 + $1.takerCash }
    let isBuy = terms.side == .buy
    return answer(
      terms, trades.isEmpty ? "live" : "matched", taking: isBuy ? shares.description : cash.description,
      making: isBuy ? cash.description : shares.description, trades: trades)
  }

  private func answer(
    _ terms: OrderTerms, _ status: String, taking: String, making: String, trades: [String]
  ) -> Answer {
    var fields: [WireValue.Field] = [
      .init(name: "errorMsg", value: .text("")), .init(name: "orderID", value: .text(terms.id)),
      .init(name: "takingAmount", value: .text(trades.isEmpty ? "" : taking)),
      .init(name: "makingAmount", value: .text(trades.isEmpty ? "" : making)),
      .init(name: "status", value: .text(status)), .init(name: "success", value: .flag(true)),
    ]
    if !trades.isEmpty { fields.append(.init(name: "tradeIDs", value: .texts(trades))) }
    return .ok(.record(fields), decision: "\(status) \(terms.id)")
  }

  // MARK: - Cancelling

  /// Cancels what is named and belongs to a wallet of the signer `account`.
  mutating func cancel(_ ids: [String], account: Int, request: Int) {
    var canceled: [String] = []
    var others: [WireValue.Field] = []
    for id in ids where !canceled.contains(id) && !others.contains(where: { $0.name == id }) {
      if held.values.contains(where: { $0.terms.id == id && clients.owner($0.terms.account) == account }) {
        others.append(.init(name: id, value: .text("matched orders can't be canceled")))
      } else if let order = clients.orders[id], clients.owner(order.terms.account) == account,
        clients.openOrders.contains(id)
      {
        end(order, .canceled)
        canceled.append(id)
      } else {
        others.append(.init(name: id, value: .text("order can't be found - already canceled or matched")))
      }
    }
    emit(
      .answer(
        request,
        .ok(
          .object(("canceled", .texts(canceled)), ("not_canceled", .record(others))),
          decision: "canceled \(canceled.count) of \(ids.count)")))
  }

  /// The open orders of a signer's wallets, oldest first, that pass the filters.
  func openOrders(account: Int, slug: String? = nil, outcome: Outcome? = nil) -> [OrderRecord] {
    clients.openOrders.compactMap { clients.orders[$0] }.filter {
      clients.owner($0.terms.account) == account && (slug == nil || $0.terms.slug == slug)
        && (outcome == nil || $0.terms.outcome == outcome)
    }.sorted { $0.key < $1.key }
  }

  /// Takes an open order out of its book for good.
  mutating func end(_ order: OrderRecord, _ status: OrderRecord.Status) {
    owners[order.key] = nil
    if let market = clients.marketIndex[order.terms.slug], let gone = live[market].book.cancel(order.key) {
      tellLevels([gone.change], market)
    }
    record(.ended(order: order.terms.id, status: status))
    tell(order.terms.id, .cancellation)
  }

  /// Tells an order's owner how it stands.
  mutating func tell(_ id: String, _ change: UserEvent.Change) {
    guard let order = clients.orders[id] else { return }
    emit(.user(account: clients.owner(order.terms.account), slug: order.terms.slug, .order(order, change)))
  }

  // MARK: - Dead-man switch

  /// A heartbeat: arms the switch or keeps it from firing. A wrong id is answered with the one expected.
  mutating func heartbeat(_ id: String, account: Int, request: Int) {
    if let beat = beats[account], !beat.id.isEmpty, id != beat.id {
      let body = WireValue.object(("error_msg", .text("Invalid Heartbeat ID")), ("heartbeat_id", .text(beat.id)))
      emit(.answer(request, Answer(status: 400, body: body.bytes, decision: "Invalid Heartbeat ID")))
      return
    }
    let next = Identifier.uuid("heartbeat:\(account):\(nextSequence):\(now.wall.nanoseconds)")
    beats[account] = Beat(id: next, last: now.wall)
    if !clients.accounts[account].deadManArmed { record(.deadMan(account: account, armed: true)) }
    wallDue.add(.deadMan(account), at: now.wall.advanced(by: rules.deadMan).nanoseconds + 1)
    emit(.answer(request, .ok(.object(("heartbeat_id", .text(next))), decision: "heartbeat")))
  }

  mutating func checkDeadMan(_ account: Int) {
    guard let beat = beats[account], now.wall.since(beat.last) > rules.deadMan else { return }
    beats[account] = nil
    record(.deadMan(account: account, armed: false))
    for order in openOrders(account: account) { end(order, .canceled) }
  }

}
