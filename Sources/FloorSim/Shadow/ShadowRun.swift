import Shared

/// Gives every order that went to the venue to the paper exchange as well, at the same moment and on the book that was recorded then, and
/// notes what paper makes of it. The exchange is the one that paper mode trades on. Feed frames with `take`, in the order of their receipt,
/// and ask for `report` at the end. Pure: what the record and the recording say goes in.
///
/// Orders are compared one by one, so money and shares are always there: a sale is not refused because paper had not bought before.
public struct ShadowRun: Sendable {
  private enum Work: Hashable, Sendable {
    /// Paper is given it, and has it taken out.
    case arrive, takeOut
    /// The venue's own one is in the recorded book from here on, and is not any more.
    case appear, vanish
  }

  private struct Due: Sendable {
    let at: WallTime
    let order: Int
    let work: Work
  }

  private let orders: [ShadowOrder]
  private let latency: Duration
  private var due: [Due]
  private var next = 0
  private var tape: RecordedTape
  private var exchange = PaperExchange()
  private var indexOf: [VenueOrderID: Int] = [:]
  private var outcomes: [ShadowReport.Outcome?]
  /// Our own orders that rest at the venue, and so in the recorded books.
  private var standing: Set<Int> = []
  private var wall = WallTime(nanoseconds: 0)
  private var ticked = MarketTime(nanoseconds: 0)
  /// What somebody last bid.
  private var bids: [TokenID: Price] = [:]
  private static let tickEvery = Duration.seconds(1)

  /// - Parameter latency: from the record to the venue's book, as paper is to suffer it.
  public init(_ orders: [ShadowOrder], latency: Duration, terms: TapeTerms) {
    self.orders = orders
    self.latency = latency
    tape = RecordedTape(terms: terms)
    outcomes = orders.map { $0.neverArrived ? .leftOut(.neverArrived) : nil }
    var due: [Due] = []
    for (index, order) in orders.enumerated() where !order.neverArrived {
      indexOf[order.id] = index
      let arrives = order.sentAt.advanced(by: latency)
      due.append(Due(at: arrives, order: index, work: .arrive))
      if let out = order.takenOutAt { due.append(Due(at: max(out, arrives), order: index, work: .takeOut)) }
      guard order.type.rests, let heard = order.heardAt else { continue }
      due.append(Due(at: heard, order: index, work: .appear))
      if let out = order.takenOutAt { due.append(Due(at: max(out, heard), order: index, work: .vanish)) }
    }
    // Stable: of one moment an order comes before it is taken out.
    self.due = due.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    // More than any order needs.
    exchange.apply(.deposit(USD(dollars: 1_000_000_000)))
  }

  // MARK: The recording

  public mutating func take(_ frame: RecordedFrame) {
    perform(until: frame.receivedAt)
    wall = max(wall, frame.receivedAt)
    var events: [TapeEvent] = []
    let time = tape.time(of: frame)
    tick(time, &events)
    tape.take(frame, at: time, &events)
    hear(events)
  }

  /// What is due by then; books that have grown old meanwhile are old.
  private mutating func perform(until end: WallTime) {
    while next < due.count, due[next].at <= end {
      let item = due[next]
      next += 1
      guard tape.coverage.frames > 0 else {
        if item.work == .arrive { outcomes[item.order] = .leftOut(.beforeTheRecording) }
        continue
      }
      wall = max(wall, item.at)
      var events: [TapeEvent] = []
      tape.tick(at: tape.time(at: item.at) ?? tape.now, &events)
      hear(events)
      switch item.work {
      case .arrive: arrive(item.order)
      case .takeOut: note(exchange.cancel(orders[item.order].id).entries)
      case .appear: standing.insert(item.order)
      case .vanish: standing.remove(item.order)
      }
    }
  }

  private mutating func tick(_ time: MarketTime, _ events: inout [TapeEvent]) {
    guard time.since(ticked) >= Self.tickEvery else { return }
    ticked = time
    tape.tick(at: time, &events)
  }

  private mutating func hear(_ events: [TapeEvent]) {
    for event in events {
      switch event {
      case .market(let update): see(update)
      case .trade(let slug, let trade):
        guard let market = tape.market(slug) else { continue }
        note(exchange.meet(trade, yes: market.yesToken, no: market.noToken, at: tape.now))
      case .settled(let slug, let payout, _):
        guard let market = tape.market(slug) else { continue }
        note(exchange.settle([market.yesToken: payout, market.noToken: payout.complement]))
      case .reference, .unprovable: break
      }
    }
    note(exchange.expire(at: tape.now))
  }

  private mutating func see(_ update: MarketUpdate) {
    guard let market = tape.market(update.slug) else { return }
    let atWork = exchange.tokensAtWork
    for outcome in Outcome.allCases {
      let token = market.token(of: outcome)
      if let bid = update.top(outcome).bestBid?.price { bids[token] = bid }
      guard atWork.contains(token), let book = strangers(token) else { continue }
      exchange.observe(book, at: tape.now)
      note(exchange.meet(book, at: tape.now))
    }
  }

  // MARK: Paper

  private mutating func arrive(_ index: Int) {
    let order = orders[index]
    guard let book = strangers(order.token) else {
      outcomes[index] = .leftOut(.noBook)
      return
    }
    outcomes[index] = .compared(ShadowReport.Paper())
    exchange.observe(book, at: tape.now)
    if order.side == .sell { exchange.grant(order.size, of: order.token) }
    let paper = PaperOrder(
      id: order.id, token: order.token, side: order.side, price: order.price, size: order.size, timeInForce: order.type,
      expires: order.type.rests ? order.ends : nil)
    let decision = exchange.place(paper, on: book, fee: order.fee, at: tape.now)
    if case .rejected(let code, _) = decision.outcome { outcomes[index]?.refuse(code) }
    note(decision.entries)
  }

  private mutating func note(_ entries: [PaperEntry]) {
    for entry in entries {
      exchange.apply(entry)
      guard case .filled(let fill) = entry, let index = indexOf[fill.order] else { continue }
      outcomes[index]?.add(
        ShadowOrder.Fill(at: wall, size: fill.size, cash: fill.cash, fee: fill.fee))
    }
  }

  /// The recorded book without what of it is our own: paper's order stands in the place of the venue's, not behind it.
  private mutating func strangers(_ token: TokenID) -> VenueBook? {
    standing = standing.filter { remaining($0) > .zero }
    guard let book = tape.book(of: token) else { return nil }
    guard !standing.isEmpty, let market = tape.slugOfToken[token].flatMap({ tape.market($0) }) else { return book }
    let other = token == market.yesToken ? market.noToken : market.yesToken
    var own: [Side: [Price: Shares]] = [:]
    for index in standing {
      let order = orders[index]
      // A bid for one outcome is shown as an offer of the other.
      if order.token == token {
        own[order.side, default: [:]][order.price, default: .zero] += remaining(index)
      } else if order.token == other {
        own[order.side.opposite, default: [:]][order.price.complement, default: .zero] += remaining(index)
      }
    }
    func less(_ levels: [BookLevel], _ side: Side) -> [BookLevel] {
      guard let own = own[side] else { return levels }
      return levels.compactMap { level in
        let left = level.size - (own[level.price] ?? .zero)
        return left > .zero ? BookLevel(price: level.price, size: left) : nil
      }
    }
    return VenueBook(
      market: book.market, token: token, time: book.time, hash: book.hash, bids: less(book.bids, .buy),
      asks: less(book.asks, .sell), tick: book.tick, minimumSize: book.minimumSize)
  }

  /// Of the venue's own order, as far as it has been heard.
  private func remaining(_ index: Int) -> Shares {
    orders[index].fills.reduce(orders[index].size) { $1.at <= wall ? $0 - $1.size : $0 }
  }

  // MARK: The end

  /// - Parameter payouts: what a share of a token was paid in the end, as far as that is known.
  public mutating func report(payouts: [TokenID: Price]) -> ShadowReport {
    for item in due[next...] where item.work == .arrive { outcomes[item.order] = .leftOut(.afterTheRecording) }
    next = due.count
    let lines = zip(orders, outcomes).map { order, outcome in
      guard let outcome else { preconditionFailure("every order arrives, or is left out") }
      return ShadowReport.Line(order: order, outcome: outcome, until: wall)
    }
    return ShadowReport(lines, latency: latency, values: bids.merging(payouts) { $1 })
  }
}
