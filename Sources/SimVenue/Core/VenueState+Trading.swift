import Shared

/// From the book's fills to trades, balances and what is told about them.
extension VenueState {
  /// Books the fills of one taker: one trade for each execution price. Returns the ids of the trades a client took part in.
  mutating func settle(
    _ fills: [BookFill], market: Int, taker: Owner, side: Side, outcome: Outcome
  ) -> [String] {
    var ids: [String] = []
    var start = 0
    while start < fills.count {
      var end = start + 1
      while end < fills.count, fills[end].takerPrice == fills[start].takerPrice { end += 1 }
      if let id = settle(fills[start..<end], market, taker, side, outcome) { ids.append(id) }
      start = end
    }
    return ids
  }

  private mutating func settle(
    _ fills: ArraySlice<BookFill>, _ market: Int, _ taker: Owner, _ side: Side, _ outcome: Outcome
  ) -> String? {
    guard let first = fills.first else { return nil }
    let spec = spec(market)
    let shares = fills.reduce(Shares.zero) { $0 + $1.shares }
    let cash = fills.reduce(USD.zero) { $0 + $1.takerCash }
    let fee = FeeCurve.fee(shares: shares, price: first.takerPrice, rate: spec.feeRate)
    collectedFees += fee
    live[market].lastPrice = first.takerPrice
    live[market].lastOutcome = outcome
    live[market].lastSide = side
    live[market].volume += cash
    let takerPart = part(
      taker, first.taker, outcome: outcome, side: side, price: first.takerPrice, shares: shares, cash: cash, fee: fee)
    var makers: [TradeRecord.Part] = []
    for fill in fills {
      guard let owner = owners[fill.maker] else { preconditionFailure("every resting order has an owner") }
      makers.append(
        part(
          owner, fill.maker, outcome: fill.makerOutcome, side: fill.makerSide, price: fill.makerPrice,
          shares: fill.shares, cash: fill.makerCash, fee: .zero))
      if fill.makerRemaining == .zero { owners[fill.maker] = nil }
      if case .trader(let index) = owner { pay(trader: index, makers[makers.count - 1], market) }
    }
    if case .trader(let index) = taker { pay(trader: index, takerPart, market) }
    let hash = "0x" + Hex.text(Digests.sha256(Array("transaction:\(takerPart.order):\(nextSequence)".utf8)))
    emit(
      .notice(
        .traded(
          market: market, outcome: outcome, side: side, price: first.takerPrice, shares: shares, hash: hash)))
    guard takerPart.account != nil || makers.contains(where: { $0.account != nil }) else {
      let trade = TradeRecord(
        id: "", slug: spec.slug, taker: takerPart, makers: makers, matchedAt: now, updatedAt: now, status: .mined,
        hash: hash)
      let mined = Now(wall: now.wall.advanced(by: rules.minedAfter), market: now.market)
      chain.add(trade, market: market, at: mined, hash: hash) { clients.address(of: $0) }
      rebates.add(trade, market: market, spec)
      return nil
    }
    let trade = TradeRecord(
      id: Identifier.uuid("trade:\(takerPart.order):\(first.takerPrice):\(nextSequence)"), slug: spec.slug,
      taker: takerPart, makers: makers, matchedAt: now, updatedAt: now, status: .matched, hash: "")
    record(.trade(trade))
    for part in [takerPart] + makers { pay(client: part, spec, cause: trade.id) }
    for account in parties(trade) { emit(.user(account: account, slug: spec.slug, .trade(trade))) }
    for maker in makers where maker.account != nil { tell(maker.order, .update) }
    let fate = drawFate()
    if fate == .stick { return trade.id }
    fates[trade.id] = fate
    wallDue.add(
      .tradeStatus(trade.id, fate == nil ? .mined : .retrying), at: now.wall.advanced(by: rules.minedAfter).nanoseconds)
    return trade.id
  }

  private func part(
    _ owner: Owner, _ key: Int64, outcome: Outcome, side: Side, price: Price, shares: Shares, cash: USD, fee: USD
  ) -> TradeRecord.Part {
    var account: Int?
    var trader: String?
    let order: String
    switch owner {
    case .client(let id):
      order = id
      account = clients.orders[id]?.terms.account
    case .trader(let index):
      order = "0x" + Hex.text(Digests.sha256(Array("order:\(index):\(key)".utf8)))
      trader = traders[index].name
    }
    return TradeRecord.Part(
      order: order, account: account, trader: trader, outcome: outcome, side: side, price: price, shares: shares,
      cash: cash, fee: fee)
  }

  /// Money first, then tokens, so that the log reads as the exchange happened.
  private mutating func pay(client part: TradeRecord.Part, _ spec: MarketSpec, cause: String) {
    guard let account = part.account else { return }
    let sign: Int64 = part.side == .buy ? 1 : -1
    move(account, ClientBooks.cash, -sign * part.cash.micros - part.fee.micros, cause: cause)
    move(account, spec.tokens[part.outcome.index], sign * part.shares.micros, cause: cause)
  }

  private mutating func pay(trader: Int, _ part: TradeRecord.Part, _ market: Int) {
    let buys = part.side == .buy
    traders[trader].cash += (buys ? -part.cash : part.cash) - part.fee
    traders[trader].shares[market, default: [.zero, .zero]][part.outcome.index] += buys ? part.shares : -part.shares
  }

  /// The signers whose wallets took part in a trade, each once.
  func parties(_ trade: TradeRecord) -> [Int] {
    var accounts: [Int] = []
    for part in [trade.taker] + trade.makers {
      if let account = part.account.map(clients.owner), !accounts.contains(account) { accounts.append(account) }
    }
    return accounts
  }

  /// Whether a wallet of that signer took part in it. Asked of every trade of a list: nothing is made for the answer.
  func isParty(_ account: Int, to trade: TradeRecord) -> Bool {
    func isTheirs(_ part: TradeRecord.Part) -> Bool { part.account.map(clients.owner) == account }
    return isTheirs(trade.taker) || trade.makers.contains(where: isTheirs)
  }

  /// Announces what a submission did to the book; after a trade the whole book, as the venue does.
  mutating func show(_ result: Submission, _ market: Int) {
    if !result.changes.isEmpty { tellLevels(result.changes, market) }
    if !result.fills.isEmpty { emit(.notice(.book(market: market))) }
  }

  mutating func tellLevels(_ changes: [LevelChange], _ market: Int) {
    let book = live[market].book
    emit(.notice(.levels(market: market, changes, bid: book.bestBid(.yes), ask: book.bestAsk(.yes))))
  }

  /// The next step of a trade's settlement.
  mutating func advance(_ id: String, to status: TradeRecord.Status) {
    guard let index = clients.tradeIndex[id] else { return }
    let hash = status == .failed ? "" : "0x" + Hex.text(Digests.sha256(Array("transaction:\(id)".utf8)))
    record(.tradeStatus(trade: id, status: status, hash: hash))
    let trade = clients.trades[index]
    if status == .failed { reverse(trade) }
    for account in parties(trade) { emit(.user(account: account, slug: trade.slug, .trade(trade))) }
    let next: TradeRecord.Status
    switch status {
    case .retrying: next = fates[id] == .fail ? .failed : .mined
    case .mined: next = .confirmed
    case .matched, .confirmed, .failed:
      fates[id] = nil
      return
    }
    let wait = rules.confirmedAfter - rules.minedAfter
    wallDue.add(.tradeStatus(id, next), at: now.wall.advanced(by: wait).nanoseconds)
  }

  /// A trade that the chain refused: money, fee and tokens go back to where they were. The orders stay matched, as at the real venue; those
  /// that rested on what is taken back leave the book. Tokens of a market that has paid are given back in dollars.
  private mutating func reverse(_ trade: TradeRecord) {
    guard let market = clients.marketIndex[trade.slug] else { return }
    var payouts: [Int64]?
    if case .resolved(let resolution, _)? = clients.phases[trade.slug] { payouts = resolution.payouts }
    for part in [trade.taker] + trade.makers {
      collectedFees -= part.fee
      let outcome = part.outcome.index
      let shares = part.side == .buy ? -part.shares : part.shares
      var cash = (part.side == .buy ? part.cash : -part.cash) + part.fee
      if let payouts { cash += WalletPosition.value(shares, at: payouts[outcome]) }
      if let account = part.account {
        let cause = "failed:\(trade.id)"
        move(account, ClientBooks.cash, cash.micros, cause: cause)
        if payouts == nil { move(account, spec(market).tokens[outcome], shares.micros, cause: cause) }
        dropUncovered(account)
      } else if let index = traders.firstIndex(where: { $0.name == part.trader }) {
        traders[index].cash += cash
        if payouts == nil { traders[index].shares[market, default: [.zero, .zero]][outcome] += shares }
      }
    }
  }
}
