import Shared

/// The gateway and the venue of a backtest: the gateway's own core (`OrderManager`, and in it the risk gate), a record in memory, and the
/// paper exchange on the recorded book. Between core and exchange lies the assumed latency, each way.
struct BacktestDesk: Sendable {
  enum Work: Sendable {
    case arrive(PaperOrder)
    case cancel(VenueOrderID)
    case lookUp(VenueOrderID, since: MarketTime)
    case hear(GatewayEvent)
  }

  let settings: BacktestSettings
  private(set) var manager: OrderManager
  private(set) var record: MemoryRecord
  private(set) var exchange = PaperExchange()
  var mode = FloorMode.active
  /// Why it is not active, and since when.
  var modes: [(at: MarketTime, mode: FloorMode, reason: String)] = []
  /// What was booked, where `settings.keepsDecisions` asks for it.
  private(set) var filled: [(agent: AgentName, fill: FillRecord)] = []
  /// Every account when the recording was over, before what was still held was valued.
  private(set) var booksAtEnd = LedgerBooks()
  private(set) var denied: [RefusalCode: Int] = [:]
  private(set) var refused: [String: Int] = [:]
  var equity: EquityCurve
  private var work = DueList<Work>()
  var views: [MarketSlug: MarketUpdate] = [:]
  private(set) var markets: [MarketSlug: Market] = [:]
  private var evidence: [IntentID: JSON] = [:]
  private var unsigned: [VenueOrderID: PaperOrder] = [:]
  /// Ended orders and their fills are kept so long.
  private static let memory = Duration.seconds(900)
  private var forgotAt = MarketTime(nanoseconds: 0)
  var peak: (day: Int64, equity: USD)
  /// The first of the same day.
  var dayEquity = USD.zero
  /// The same of the results of strategies, and whether each has fallen from it by its limit.
  var strategyPeaks: [String: (day: Int64, peak: USD, hasFallen: Bool)] = [:]
  private var signedCount = 0
  let strategies: [AgentName: String]

  init(settings: BacktestSettings, agents: [Backtest.Agent]) {
    self.settings = settings
    var manner = OrderManager.Settings()
    manner.limits = settings.limits
    manner.classes = StrategyRegistry.classes
    manager = OrderManager(settings: manner)
    record = MemoryRecord(
      capital: settings.capital, allocation: settings.allocation, marketCap: settings.limits.perMarketUSD,
      agents: agents.map(\.name))
    strategies = Dictionary(agents.map { ($0.name, $0.strategy) }) { first, _ in first }
    exchange.apply(.deposit(settings.capital))
    equity = EquityCurve(start: settings.capital)
    peak = (.min, settings.capital)
  }

  /// What agents have to hear, and when the floor's mode changed.
  struct News: Sendable {
    var events: [OrderEventMessage] = []
    var mode: FloorMode?
  }

  // MARK: From the tape

  mutating func begin(at now: MarketTime) {
    var none = News()
    feed(.mode(.active), now, &none)
    refreshStanding(now, &none)
  }

  /// A market as the tape just told it.
  mutating func see(
    _ update: MarketUpdate, _ market: Market?, _ book: (TokenID) -> VenueBook?, at now: MarketTime, _ news: inout News
  ) {
    // Decided and paid: nothing is asked of it any more.
    if update.payout != nil, !record.holds(update.slug) {
      views[update.slug] = nil
      markets[update.slug] = nil
      return
    }
    views[update.slug] = update
    if let market { markets[update.slug] = market }
    guard let market = markets[update.slug] else { return }
    let atWork = exchange.tokensAtWork
    guard !atWork.isEmpty else { return }
    for token in [market.yesToken, market.noToken] where atWork.contains(token) {
      guard let book = book(token) else { continue }
      exchange.observe(book, at: now)
      tell(exchange.meet(book, at: now), at: now)
    }
  }

  /// Somebody has traded: what rests at that price moves up, or is filled.
  mutating func trade(_ slug: MarketSlug, _ trade: LastTrade, at now: MarketTime) {
    guard let market = markets[slug], views[slug]?.state == .live else { return }
    tell(exchange.meet(trade, yes: market.yesToken, no: market.noToken, at: now), at: now)
  }

  mutating func settle(_ slug: MarketSlug, payout yes: Price, at now: MarketTime, _ news: inout News) {
    guard let market = markets[slug] else { return }
    for entry in exchange.settle([market.yesToken: yes, market.noToken: yes.complement]) { exchange.apply(entry) }
    feed(.resolved(slug), now, &news)
    news.events += record.settle(slug, payout: yes, at: now)
    refreshStanding(now, &news)
  }

  // MARK: From agents

  mutating func hear(_ flight: Flight, evidence: JSON, at now: MarketTime, _ news: inout News) {
    self.evidence[flight.terms.intent] = evidence
    let message = IntentMessage(
      envelope: Envelope(
        source: "backtest", boot: "backtest", sequence: 0, time: now, sent: WallTime(nanoseconds: now.nanoseconds)),
      terms: flight.terms, feedOrder: flight.feedOrder, bookTime: flight.bookTime, reason: flight.reason,
      secret: BacktestDesk.secret)
    feed(.intent(message, .valid, view(flight.terms)), now, &news)
  }

  private static let secret = IntentSecret(hex: String(repeating: "0", count: 32))!

  private func view(_ terms: IntentMessage.Terms) -> MarketView? {
    guard let market = markets[terms.market], let update = views[terms.market] else { return nil }
    let isOpen = update.state == .live || update.state == .stale
    let top = update.top(terms.outcome)
    return MarketView(
      terms: MarketTerms(
        slug: market.slug, condition: market.condition, yes: market.yesToken, no: market.noToken, tick: update.tick,
        minimumSize: update.minimumSize, fee: update.fee, closes: update.endsAt, accepting: isOpen,
        groups: market.groups),
      book: TopOfBook(
        bid: top.bestBid?.price, ask: top.bestAsk?.price,
        at: update.state == .stale ? MarketTime(nanoseconds: 0) : update.envelope.time))
  }

  // MARK: Time

  /// When something is due next.
  func next(after now: MarketTime) -> MarketTime? {
    // A wake that lies behind is what this moment could not do: it is tried again at the next look.
    let wake = manager.nextWake.map { MarketTime(nanoseconds: $0.nanoseconds) }.flatMap {
      $0 > now ? $0 : nil
    }
    return [work.next, wake].compactMap { $0 }.min()
  }

  /// Does what is due at this time.
  mutating func advance(to now: MarketTime, _ book: (TokenID) -> VenueBook?, _ news: inout News) {
    while let (at, item) = work.take(until: now) { perform(item, at: at, book, &news) }
    tell(exchange.expire(at: now), at: now)
    feed(.tick, now, &news)
  }

  /// Once a second: what the floor is worth, and a new day.
  mutating func look(at now: MarketTime, _ news: inout News) {
    // A pause after losses ends with time alone.
    let isPaused =
      settings.limits.strategyLossStreak != nil
      || record.accounts.values.contains { $0.lossesInARow >= settings.limits.lossStreak }
    if !record.holdings.isEmpty || isPaused || now.seconds / 86_400 != peak.day { refreshStanding(now, &news) }
    if now.since(forgotAt) >= BacktestDesk.memory {
      forgotAt = now
      let before = now.advanced(by: .zero - BacktestDesk.memory)
      exchange.forget(before: before)
      for intent in record.forget(before: before) { evidence[intent] = nil }
    }
  }

  /// Nobody knows how this market was decided: what is held in it is valued at the best bid that was last seen.
  mutating func giveUp(_ slug: MarketSlug, at now: MarketTime, _ news: inout News) {
    guard let market = markets[slug] else { return }
    var marks: [TokenID: Price] = [:]
    for outcome in Outcome.allCases {
      marks[market.token(of: outcome)] = views[slug]?.top(outcome).bestBid?.price ?? .zero
    }
    for place in record.holdings.keys.filter({ $0.market == slug }).sorted() {
      news.events += record.mark(place, at: mark(place), reason: "unprovable", now)
    }
    for entry in exchange.settle(marks) { exchange.apply(entry) }
    feed(.resolved(slug), now, &news)
    refreshStanding(now, &news)
  }

  private func mark(_ place: MemoryRecord.Place) -> Price {
    guard let holding = record.holdings[place] else { return .zero }
    return views[place.market]?.top(place.outcome).bestBid?.price ?? RoundTrip.average(holding.cost, holding.shares)
  }

  /// What is still held is valued, and nothing is open any more.
  mutating func end(at now: MarketTime) {
    booksAtEnd = record.books
    for place in record.holdings.keys.sorted() {
      _ = record.mark(place, at: mark(place), reason: "end_of_recording", now)
    }
    equity.note(record.cash, at: now)
  }

  private func moment(_ now: MarketTime) -> Moment {
    Moment(monotonic: MonotonicTime(nanoseconds: now.nanoseconds), wall: WallTime(nanoseconds: now.nanoseconds))
  }

  // MARK: The venue

  private mutating func perform(_ item: Work, at now: MarketTime, _ book: (TokenID) -> VenueBook?, _ news: inout News) {
    switch item {
    case .hear(let event): feed(event, now, &news)
    case .arrive(let order): arrive(order, at: now, book)
    case .cancel(let id):
      let (entries, refusal) = exchange.cancel(id)
      answer(.cancelAnswered(id, cancelled: refusal == nil, detail: refusal ?? ""), now)
      tell(entries, at: now)
    case .lookUp(let id, let since):
      let order = exchange.order(id)
      if let order { answer(.order(order, .query), now) }
      for trade in exchange.trades(after: since, at: now) where !trade.parts(where: { $0 == id }).isEmpty {
        answer(.trade(trade, .query), now)
      }
      answer(.lookedUp(id, order == nil ? .absent : .found), now)
    }
  }

  private mutating func arrive(_ order: PaperOrder, at now: MarketTime, _ book: (TokenID) -> VenueBook?) {
    guard let slug = manager.order(order.id)?.terms.market, let market = markets[slug],
      let shown = book(order.token), market.endsAt.map({ now < $0 }) ?? true, views[slug]?.payout == nil
    else {
      answer(.answered(order.id, .rejected(.notReady, detail: "no book to match against")), now)
      return
    }
    exchange.observe(shown, at: now)
    let decision = exchange.place(order, on: shown, fee: market.fee, at: now)
    // Whoever asked is answered first.
    answer(.answered(order.id, decision.outcome), now)
    tell(decision.entries, at: now)
  }

  private mutating func answer(_ event: GatewayEvent, _ now: MarketTime) {
    work.put(.hear(event), at: now.advanced(by: settings.latencyBack))
  }

  private mutating func tell(_ entries: [PaperEntry], at now: MarketTime) {
    for entry in entries { exchange.apply(entry) }
    for entry in entries {
      switch entry {
      case .deposit, .settled, .placed: break
      case .filled(let fill):
        answer(.trade(fill.venueTrade(at: now.advanced(by: PaperFill.confirmation)), .stream), now)
        if let order = exchange.order(fill.order) { answer(.order(order, .stream), now) }
      case .ended(let id, _): if let order = exchange.order(id) { answer(.order(order, .stream), now) }
      }
    }
  }

  // MARK: The core

  /// Gives the core an event and does what it says, in order; events that come of it wait their turn.
  mutating func feed(_ event: GatewayEvent, _ now: MarketTime, _ news: inout News) {
    var events = [event]
    var index = 0
    while index < events.count {
      let effects = manager.handle(events[index], moment(now))
      index += 1
      for effect in effects { perform(effect, now, &events, &news) }
    }
  }

  private mutating func perform(
    _ effect: GatewayEffect, _ now: MarketTime, _ events: inout [GatewayEvent], _ news: inout News
  ) {
    switch effect {
    case .sign(let terms, let market): events.append(sign(terms, market, now))
    case .record(let call): recordCall(call, now, &events, &news)
    case .journal: preconditionFailure("the record in memory is never away")
    case .post(let order):
      guard let paper = unsigned[order.id] else { return }
      work.put(.arrive(paper), at: now.advanced(by: settings.latencyOut))
    case .cancel(let id, _): work.put(.cancel(id), at: now.advanced(by: settings.latencyOut))
    case .lookUp(let id, let since): work.put(.lookUp(id, since: since), at: now.advanced(by: settings.latencyOut))
    case .repeatAnswer, .note: break
    case .demand(let mode, let reason): change(mode, reason, now, &events, &news)
    }
  }

  /// The order without its bytes: nobody reads them here.
  private mutating func sign(_ terms: IntentMessage.Terms, _ market: MarketTerms, _ now: MarketTime) -> GatewayEvent {
    signedCount += 1
    // Not a small number: those are the unknown others of paper fills.
    guard let id = VenueOrderID("0x" + Hex.text(SHA256.digest("backtest order \(signedCount)".utf8))) else {
      preconditionFailure("sixty-four digits are an id")
    }
    let expires = terms.type == .goodTillDate ? terms.usefulUntil : nil
    unsigned[id] = PaperOrder(
      id: id, token: market.token(terms.outcome), side: terms.side, price: terms.price, size: terms.size,
      timeInForce: terms.type, expires: expires)
    return .signed(
      terms.intent,
      PreparedOrder(id: id, body: [], signedAt: WallTime(nanoseconds: now.nanoseconds), expires: expires), failure: "")
  }

  private mutating func recordCall(
    _ call: RecordCall, _ now: MarketTime, _ events: inout [GatewayEvent], _ news: inout News
  ) {
    switch call {
    case .submit(let submission):
      let answer = record.submit(submission)
      if case .refused(let code, let detail) = answer {
        refused[code, default: 0] += 1
        news.events.append(record.deny(submission.terms, reason: code, detail: detail, at: now))
      }
      events.append(.submitted(submission.terms.intent, answer))
    case .deny(let terms, _, let refusal):
      denied[refusal.code, default: 0] += 1
      news.events.append(record.deny(terms, reason: refusal.code.rawValue, detail: refusal.detail, at: now))
    case .acceptCancel(let terms): news.events.append(record.acceptCancel(terms, at: now))
    case .advance(let id, let state, let reason, let detail):
      if state == .rejected { refused[reason, default: 0] += 1 }
      if let event = record.advance(id, state, reason: reason, detail: detail, at: now) { news.events.append(event) }
      if state.isTerminal { unsigned[id] = nil }
    case .fill(let fill):
      let terms = record.orders[fill.key.order]?.submission.terms
      let intent = terms?.intent
      if settings.keepsDecisions, let terms { filled.append((terms.agent, fill)) }
      news.events += record.fill(fill, evidence: intent.flatMap { evidence[$0] } ?? .object([]), at: now)
      events.append(.fillRecorded(fill.key))
      standing(now, &events, &news)
    case .settle: break
    }
  }
}
