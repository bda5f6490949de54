import Shared

/// The record of a backtest: the rules of the database's functions (sql/README.md: `submit_intent`, `advance_order`, `record_fill`,
/// `settle_market`) over values in memory. Money is exact, every movement is a ledger transaction that sums to zero.
public struct MemoryRecord: Sendable {
  struct Place: Hashable, Comparable, Sendable {
    let agent: AgentName
    let market: MarketSlug
    let outcome: Outcome

    static func < (a: Place, b: Place) -> Bool {
      (a.agent, a.market, a.outcome.rawValue) < (b.agent, b.market, b.outcome.rawValue)
    }
  }

  /// What is held, and the round trip it belongs to.
  struct Holding: Sendable {
    let token: TokenID
    var shares = Shares.zero
    /// Of these shares, at average.
    var cost = USD.zero
    var fees = USD.zero
    /// Promised to open sales.
    var promised = Shares.zero
    var trip: RoundTrip
  }

  struct Account: Sendable {
    var cursor: Int64 = 0
    var allocation: USD
    var reserved = USD.zero
    /// Cost with fees of what is held.
    var invested = USD.zero
    var realised = USD.zero
    var lossesInARow = 0
    var lastTradeAt: MarketTime?
    /// Net result of one UTC day.
    var today: (day: Int64, realised: USD) = (0, .zero)
  }

  struct Order: Sendable {
    let submission: OrderSubmission
    var state = OrderState.sending
    var filled = Shares.zero
    var reserved: USD
    var promised: Shares
    var endedAt: MarketTime?
  }

  private let marketCap: USD?
  private(set) var accounts: [AgentName: Account] = [:]
  private(set) var holdings: [Place: Holding] = [:]
  private(set) var orders: [VenueOrderID: Order] = [:]
  public private(set) var trips: [RoundTrip] = []
  public private(set) var books = LedgerBooks()
  public private(set) var fills = 0
  public private(set) var fees = USD.zero
  public private(set) var volume = USD.zero
  /// Dollars per YES share of the markets that were paid.
  private var payouts: [MarketSlug: Price] = [:]
  /// Net result of what was sold or paid on one UTC day.
  private var today: (day: Int64, realised: USD) = (0, .zero)

  init(capital: USD, allocation: USD, marketCap: USD?, agents: [AgentName]) {
    self.marketCap = marketCap
    books.book(.deposit(capital), cause: "deposit")
    for agent in agents {
      accounts[agent] = Account(allocation: allocation)
      books.book(.allocation(allocation, to: agent), cause: "allocation/\(agent)")
    }
  }

  // MARK: Looking

  /// Cash of the treasury and all agents.
  public var cash: USD {
    accounts.keys.reduce(books.dollars(.treasury)) { $0 + books.dollars(.agent($1)) }
  }

  func holds(_ market: MarketSlug) -> Bool { holdings.keys.contains { $0.market == market } }

  /// What all agents together have in a market: positions at cost with fees, and open buys at their worst.
  private func exposure(_ market: MarketSlug) -> USD {
    let held = holdings.reduce(USD.zero) { $1.key.market == market ? $0 + $1.value.cost + $1.value.fees : $0 }
    return orders.values.reduce(held) { $1.submission.terms.market == market ? $0 + $1.reserved : $0 }
  }

  func realised(on day: Int64) -> USD { today.day == day ? today.realised : .zero }

  // MARK: Admission

  mutating func submit(_ submission: OrderSubmission) -> SubmissionAnswer {
    let terms = submission.terms
    guard var account = accounts[terms.agent] else { return .refused(code: "agent_unknown", detail: "") }
    var promised = Shares.zero
    let place = Place(agent: terms.agent, market: terms.market, outcome: terms.outcome)
    switch terms.side {
    case .buy:
      let room = account.allocation + min(.zero, account.realised) - account.reserved - account.invested
      if submission.worst > room {
        return .refused(code: "allocation", detail: "\(submission.worst) wanted, \(room) free")
      }
      if let marketCap, exposure(terms.market) + submission.worst > marketCap {
        return .refused(code: "market_cap", detail: "\(exposure(terms.market)) of \(marketCap) are in the market")
      }
      account.reserved += submission.worst
    case .sell:
      let free = (holdings[place]?.shares ?? .zero) - (holdings[place]?.promised ?? .zero)
      if terms.size > free { return .refused(code: "no_shares", detail: "\(terms.size) wanted, \(free) free") }
      promised = terms.size
      holdings[place]?.promised += promised
    }
    accounts[terms.agent] = account
    orders[submission.signed.id] = Order(
      submission: submission, reserved: terms.side == .buy ? submission.worst : .zero, promised: promised)
    return .committed
  }

  // MARK: The way of an order

  /// What the agent hears of a refusal.
  mutating func deny(_ terms: IntentMessage.Terms, reason: String, detail: String, at now: MarketTime)
    -> OrderEventMessage
  {
    event(
      .denied, of: terms, order: nil, reason: reason, detail: detail, remaining: .zero, isFinal: true, at: now)
  }

  mutating func acceptCancel(_ terms: IntentMessage.Terms, at now: MarketTime) -> OrderEventMessage {
    event(.accepted, of: terms, order: nil, reason: "", detail: "", remaining: .zero, isFinal: true, at: now)
  }

  mutating func advance(
    _ id: VenueOrderID, _ state: OrderState, reason: String, detail: String, at now: MarketTime
  ) -> OrderEventMessage? {
    guard var order = orders[id], order.state != state, !order.state.isTerminal else { return nil }
    let terms = order.submission.terms
    let wasCancelled = order.state == .cancelSent
    order.state = state
    if state.isTerminal {
      order.endedAt = now
      release(&order, order.reserved, order.promised)
    }
    orders[id] = order
    let name: OrderEventMessage.Event
    switch state {
    case .live where !wasCancelled: name = .live
    case .unknown: name = .unknown
    case .rejected: name = .rejected
    case _ where state.isTerminal: name = .done
    default: return nil
    }
    return event(
      name, of: terms, order: id, reason: reason.isEmpty && state.isTerminal ? state.rawValue.lowercased() : reason,
      detail: detail, remaining: max(.zero, terms.size - order.filled), isFinal: state.isTerminal, at: now)
  }

  private mutating func release(_ order: inout Order, _ dollars: USD, _ shares: Shares) {
    let terms = order.submission.terms
    order.reserved -= dollars
    order.promised -= shares
    accounts[terms.agent]?.reserved -= dollars
    holdings[Place(agent: terms.agent, market: terms.market, outcome: terms.outcome)]?.promised -= shares
  }

  // MARK: Fills

  /// Books a fill once; the events that its agent hears, in their order.
  mutating func fill(_ fill: FillRecord, evidence: JSON, at now: MarketTime) -> [OrderEventMessage] {
    guard var order = orders[fill.key.order] else { return [] }
    let terms = order.submission.terms
    guard books.book(.fill(fill, of: terms.agent), cause: "fill/\(fill.key)") else { return [] }
    fills += 1
    fees += fill.fee
    volume += fill.cash
    order.filled += fill.size
    let isFull = order.filled >= terms.size
    let part = divide(
      Int128(order.submission.worst.micros) * Int128(fill.size.micros), by: Int128(terms.size.micros),
      rounding: .nearest)
    release(
      &order, isFull ? order.reserved : min(order.reserved, USD(micros: Int64(part))),
      isFull ? order.promised : min(order.promised, fill.size))
    let wasOpen = !order.state.isTerminal
    if isFull, wasOpen {
      order.state = .filled
      order.endedAt = now
    }
    orders[fill.key.order] = order
    let place = Place(agent: terms.agent, market: terms.market, outcome: terms.outcome)
    if fill.side == .buy {
      buy(fill, place, order.submission.reason, evidence, at: now)
    } else {
      sell(place, fill.size, proceeds: fill.cash, fee: fill.fee, reason: order.submission.reason, payout: nil, at: now)
    }
    let remaining = max(.zero, terms.size - order.filled)
    var events = [
      event(
        .fill, of: terms, order: fill.key.order, reason: "", detail: "",
        fill: OrderEventMessage.Fill(
          trade: fill.key.trade, market: terms.market, outcome: terms.outcome, side: fill.side, price: fill.price,
          size: fill.size, fee: fill.fee), remaining: remaining, isFinal: false, at: now)
    ]
    if isFull, wasOpen {
      events.append(
        event(
          .done, of: terms, order: fill.key.order, reason: "filled", detail: "", remaining: .zero, isFinal: true,
          at: now))
    }
    // A fill that is told after the outcome was paid is paid at once.
    if let yes = payouts[terms.market] { events += settle(terms.market, payout: yes, at: now) }
    return events
  }

  private mutating func buy(_ fill: FillRecord, _ place: Place, _ reason: String, _ evidence: JSON, at now: MarketTime)
  {
    var holding =
      holdings[place]
      ?? Holding(
        token: fill.token,
        trip: RoundTrip(
          agent: place.agent, market: place.market, outcome: place.outcome, openedAt: now, closedAt: now, shares: .zero,
          cost: .zero, proceeds: .zero, fees: .zero, entryReason: reason, exitReason: "", evidence: evidence))
    holding.shares += fill.size
    holding.cost += fill.cash
    holding.fees += fill.fee
    holding.trip.shares += fill.size
    holding.trip.cost += fill.cash
    holding.trip.fees += fill.fee
    holdings[place] = holding
    accounts[place.agent]?.invested += fill.cash + fill.fee
  }

  /// Takes shares out of a holding, with their part of cost and fees rounded at 10⁻⁶ and the last ones with all the rest.
  private mutating func sell(
    _ place: Place, _ size: Shares, proceeds: USD, fee: USD, reason: String, payout: Price?, isMarked: Bool = false,
    at now: MarketTime
  ) {
    guard var holding = holdings[place], var account = accounts[place.agent] else { return }
    let isLast = size >= holding.shares
    func part(_ amount: USD) -> USD {
      isLast
        ? amount
        : USD(
          micros: Int64(
            divide(Int128(amount.micros) * Int128(size.micros), by: Int128(holding.shares.micros), rounding: .nearest)))
    }
    let (cost, fees) = (part(holding.cost), part(holding.fees))
    let result = proceeds - fee - cost - fees
    holding.shares -= size
    holding.cost -= cost
    holding.fees -= fees
    holding.trip.proceeds += proceeds
    holding.trip.fees += fee
    account.invested -= cost + fees
    account.realised += result
    let day = now.seconds / 86_400
    account.today = (day, (account.today.day == day ? account.today.realised : .zero) + result)
    today = (day, (today.day == day ? today.realised : .zero) + result)
    if isLast {
      holdings[place] = nil
      holding.trip.closedAt = now
      holding.trip.exitReason = reason
      holding.trip.payout = payout
      holding.trip.isMarked = isMarked
      trips.append(holding.trip)
      account.lossesInARow = holding.trip.pnl < .zero ? account.lossesInARow + 1 : 0
      account.lastTradeAt = now
    } else {
      holdings[place] = holding
    }
    accounts[place.agent] = account
  }

  // MARK: The end of a market

  /// Pays every position of the market.
  mutating func settle(_ market: MarketSlug, payout yes: Price, at now: MarketTime) -> [OrderEventMessage] {
    payouts[market] = yes
    var events: [OrderEventMessage] = []
    for place in holdings.keys.filter({ $0.market == market }).sorted() {
      guard let holding = holdings[place] else { continue }
      let payout = place.outcome == .yes ? yes : yes.complement
      events += close(place, holding, at: payout, reason: "settlement", payout: payout, isMarked: false, now)
    }
    return events
  }

  /// What is held is valued at that price, as if sold without a fee: the recording is over, or does not tell how the market ended.
  mutating func mark(_ place: Place, at price: Price, reason: String, _ now: MarketTime) -> [OrderEventMessage] {
    guard let holding = holdings[place] else { return [] }
    return close(place, holding, at: price, reason: reason, payout: nil, isMarked: true, now)
  }

  /// Forgets orders that ended before `time`; the intents they were of.
  mutating func forget(before time: MarketTime) -> [IntentID] {
    let ended = orders.filter { $0.value.endedAt.map { $0 < time } ?? false }
    for id in ended.keys { orders[id] = nil }
    return ended.values.map(\.submission.terms.intent)
  }

  private mutating func close(
    _ place: Place, _ holding: Holding, at price: Price, reason: String, payout: Price?, isMarked: Bool,
    _ now: MarketTime
  ) -> [OrderEventMessage] {
    guard
      let transaction = try? LedgerTransaction.settlement(
        of: place.agent, token: holding.token, shares: holding.shares, payout: price),
      books.book(transaction, cause: "\(reason)/\(trips.count)"),
      let proceeds = try? USD(price, times: holding.shares, rounding: .nearest)
    else { preconditionFailure("a position is paid once, and no share is worth more than a dollar") }
    let shares = holding.shares
    sell(place, shares, proceeds: proceeds, fee: .zero, reason: reason, payout: payout, isMarked: isMarked, at: now)
    accounts[place.agent]?.cursor += 1
    return [
      OrderEventMessage(
        envelope: envelope(now), cursor: accounts[place.agent]?.cursor ?? 0, agent: place.agent, epoch: Epoch(1),
        intent: nil,
        event: .settled, reason: reason,
        fill: OrderEventMessage.Fill(
          trade: nil, market: place.market, outcome: place.outcome, side: .sell, price: price, size: shares, fee: .zero),
        final: true)
    ]
  }

  // MARK: Events

  private func envelope(_ now: MarketTime) -> Envelope {
    Envelope(source: "record", boot: "record", sequence: 0, time: now, sent: WallTime(nanoseconds: now.nanoseconds))
  }

  private mutating func event(
    _ name: OrderEventMessage.Event, of terms: IntentMessage.Terms, order: VenueOrderID?, reason: String,
    detail: String,
    fill: OrderEventMessage.Fill? = nil, remaining: Shares, isFinal: Bool, at now: MarketTime
  ) -> OrderEventMessage {
    accounts[terms.agent]?.cursor += 1
    let place = Place(agent: terms.agent, market: terms.market, outcome: terms.outcome)
    return OrderEventMessage(
      envelope: envelope(now), cursor: accounts[terms.agent]?.cursor ?? 0, agent: terms.agent, epoch: terms.epoch,
      intent: terms.intent, order: order, market: terms.market, outcome: terms.outcome, event: name, reason: reason,
      detail: detail, fill: fill, remaining: remaining, position: holdings[place]?.shares ?? .zero, final: isFinal)
  }
}
