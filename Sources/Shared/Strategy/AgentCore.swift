/// An agent without its sockets: a strategy, what it may see, its intents and its decisions. Events and market time in, effects out;
/// the same events give the same decisions (`digest`).
///
/// Intent ids are `<agent>.<epoch × 10⁹ + n>`. An epoch is given to one birth only, so no id is ever used twice, whatever a crash took
/// with it; and what an earlier life sent unanswered is fenced by the epoch, so nothing has to be remembered about it.
public struct AgentCore: Sendable {
  /// Who the agent is and what it looks at.
  public struct Identity: Hashable, Sendable {
    public let name: AgentName
    public let strategy: String
    public let epoch: Epoch
    public let series: [MarketSeries]
    /// Markets outside of any series.
    public let events: [EventName]
    public init(name: AgentName, strategy: String, epoch: Epoch, series: [MarketSeries], events: [EventName] = []) {
      self.name = name
      self.strategy = strategy
      self.epoch = epoch
      self.series = series
      self.events = events
    }

    public func follows(_ slug: MarketSlug) -> Bool {
      guard let contract = MarketSeries.contract(slug) else { return events.contains { $0.matches(slug) } }
      return series.contains(contract.series)
    }
    public func follows(symbol: String) -> Bool { series.contains { $0.symbol == symbol } }
  }

  /// Beats between two sendings of an unanswered intent.
  static let repeatBeats = 3
  /// Beats that an intent which is no longer useful waits for a late answer.
  static let lapseBeats = 30
  /// Decisions of one epoch; far more than a life can make.
  public static let decisionsPerEpoch: Int64 = 1_000_000_000

  public let identity: Identity
  var strategy: any Strategy
  public internal(set) var context = StrategyContext()
  public internal(set) var cursor: Int64 = 0
  public private(set) var digest = DecisionDigest()
  /// Market and reference messages evaluated since birth.
  public private(set) var evaluated: Int64 = 0
  public private(set) var counts = EvaluationCount()
  public private(set) var entries: Int64 = 0
  public private(set) var exits: Int64 = 0
  public private(set) var refusals: Int64 = 0
  public private(set) var lastDecision: Decision?
  public internal(set) var isReconciled = false
  public private(set) var isDraining = false
  public private(set) var mode = FloorMode.active
  public private(set) var isBlind = true
  /// The feed's `order` of the newest message.
  public private(set) var feedOrder: Int64 = 0
  private var feedBoot = ""
  var checkpointSequence: Int64 = 0
  private var decisionNumber: Int64 = 0
  /// Decisions that became rows.
  public private(set) var recorded: Int64 = 0
  private var tally = RefusalTally()
  /// Order events that came before one that is missing, by cursor.
  private var early: [OrderEventMessage] = []
  private static let earlyMax = 1000
  /// Whether the agent follows a market, of the slugs that came.
  private var followed: [MarketSlug: Bool] = [:]
  /// Windows come and go: then all is forgotten rather than kept for ever.
  private static let followedMax = 1000

  public init(identity: Identity, strategy: any Strategy) {
    self.identity = identity
    self.strategy = strategy
  }

  /// Takes one event at market time `now` (which never runs backwards here). Effects are appended in the order to do them.
  public mutating func handle(_ event: AgentEvent, now: MarketTime, _ effects: inout [AgentEffect]) {
    context.now = max(context.now, now)
    switch event {
    case .market(let update): market(update, &effects)
    case .reference(let price): reference(price, &effects)
    case .order(let event): order(event, &effects)
    case .synced(let open):
      for index in context.flights.all.indices where context.flights.all[index].lapsedBeats > 0 {
        if open.contains(context.flights.all[index].terms.intent) {
          context.flights.all[index].acknowledged = true
        } else if context.flights.all[index].lapsedBeats >= AgentCore.lapseBeats {
          // Asked earlier, the record may not have held yet what was on its way into it.
          context.flights.all[index].isSynced = true
        }
      }
    case .blind:
      isBlind = true
      context.markets.blind()
    case .mode(let mode): self.mode = mode
    case .drain: isDraining = true
    case .beat: beat(&effects)
    }
  }

  /// Is there an intent without an answer that has not been useful for so long that the record must say whether it became an order?
  public var waitsForRecord: Bool {
    context.flights.contains { !$0.acknowledged && $0.lapsedBeats >= AgentCore.lapseBeats }
  }

  /// Refusals that are counted and stand in no row yet.
  public var unreported: Int64 { tally.unreported }

  /// The counted refusals that no row holds yet: for the end of a life.
  public mutating func finish(_ effects: inout [AgentEffect]) {
    for row in tally.close(nil, at: context.now) { record(row, &effects) }
  }

  /// Ends an intent that nobody will ever answer, as in a replay in which the world goes on as recorded: the strategy hears that it
  /// lapsed. Without such an intent nothing happens.
  public mutating func abandon(_ intent: IntentID, _ effects: inout [AgentEffect]) {
    guard let flight = context.flights[intent] else { return }
    context.flights.end(intent)
    think(.lapsed(flight.terms), &effects)
  }

  /// Why no new entries are made.
  private var entriesClosed: RefusalReason? {
    if isDraining { return .draining }
    if !mode.allows(.enter) { return .mode }
    if !isReconciled { return .notReconciled }
    return isBlind ? .blind : nil
  }

  // MARK: Prices

  private mutating func market(_ update: MarketUpdate, _ effects: inout [AgentEffect]) {
    guard follows(update.slug) || context.positions.holds(update.slug) else { return }
    consumed(update.envelope.boot, update.order)
    if let known = context.markets[update.slug], known.envelope.boot == update.envelope.boot, update.order < known.order
    {
      return
    }
    isBlind = false
    evaluated += 1
    context.markets.put(update)
    think(.market(update), &effects)
    if update.state == .closed || update.state == .resolved {
      for row in tally.close(update.slug, at: context.now) { record(row, &effects) }
    }
    if update.state == .resolved, !context.positions.holds(update.slug) {
      context.markets.remove { $0.slug == update.slug }
    }
  }

  /// Taking a slug apart costs more than all else that a price does here: it is done once a market.
  private mutating func follows(_ slug: MarketSlug) -> Bool {
    if let known = followed[slug] { return known }
    if followed.count >= AgentCore.followedMax { followed.removeAll(keepingCapacity: true) }
    let isFollowed = identity.follows(slug)
    followed[slug] = isFollowed
    return isFollowed
  }

  private mutating func reference(_ price: ReferencePrice, _ effects: inout [AgentEffect]) {
    guard identity.follows(symbol: price.symbol) else { return }
    consumed(price.envelope.boot, price.order)
    if let known = context.reference(price.symbol, price.kind), known.envelope.boot == price.envelope.boot,
      price.order <= known.order
    {
      return
    }
    evaluated += 1
    context.put(price)
    think(.reference(price), &effects)
  }

  private mutating func consumed(_ boot: String, _ order: Int64) {
    if boot == feedBoot {
      feedOrder = max(feedOrder, order)
    } else {
      feedBoot = boot
      feedOrder = order
    }
  }

  // MARK: Thinking

  mutating func think(_ event: StrategyEvent, _ effects: inout [AgentEffect]) {
    context.entriesClosed = entriesClosed
    var output = StrategyOutput()
    strategy.handle(event, context, &output)
    if output.items.isEmpty {
      if event.isPrice {
        counts.evaluations += 1
        counts.quiet += 1
      }
      return
    }
    counts.evaluations += Int64(output.items.count)
    for item in output.items {
      switch item {
      case .wish(let wish): act(wish, &effects)
      case .refusal(let refusal): refuse(refusal, &effects)
      case .cancel(let intent, let reason): cancel(intent, reason, &effects)
      }
    }
  }

  private mutating func act(_ wish: Wish, _ effects: inout [AgentEffect]) {
    // Also here, so that no strategy can forget it.
    if wish.action == .enter, let closed = context.entriesClosed {
      refuse(SignalRefusal(market: wish.market, outcome: wish.outcome, reason: closed), &effects)
      return
    }
    let terms = IntentMessage.Terms(
      intent: nextIntent(), agent: identity.name, epoch: identity.epoch, action: wish.action, market: wish.market,
      outcome: wish.outcome, side: wish.side, type: wish.type, price: wish.price, size: wish.size,
      usefulUntil: context.now.advanced(by: wish.usefulFor))
    launch(terms, reason: wish.reason, evidence: wish.evidence, &effects)
    if wish.action == .enter { entries += 1 } else { exits += 1 }
  }

  private mutating func cancel(_ intent: IntentID, _ reason: String, _ effects: inout [AgentEffect]) {
    guard let flight = context.flights[intent], !context.flights.contains(where: { $0.terms.cancels == intent }) else {
      counts.quiet += 1
      return
    }
    var terms = flight.terms
    terms.intent = nextIntent()
    terms.epoch = identity.epoch
    terms.action = .cancel
    terms.cancels = intent
    terms.usefulUntil = context.now.advanced(by: .seconds(60))
    launch(terms, reason: reason, evidence: .object([]), &effects)
  }

  private mutating func launch(
    _ terms: IntentMessage.Terms, reason: String, evidence: JSON, _ effects: inout [AgentEffect]
  ) {
    let flight = Flight(
      terms: terms, feedOrder: feedOrder, bookTime: context.markets[terms.market]?.envelope.time ?? context.now,
      reason: reason)
    context.flights.all.append(flight)
    counts.signals += 1
    let detail = evidence.with("action", .string(terms.action.rawValue)).with("price", .text(terms.price))
      .with("size", .text(terms.size))
    record(
      decision(.signal, reason, terms.market, terms.outcome, intent: terms.intent, detail), &effects)
    effects.append(.publish(flight))
  }

  private mutating func nextIntent() -> IntentID {
    decisionNumber += 1
    precondition(decisionNumber < AgentCore.decisionsPerEpoch, "a life has fewer than 10⁹ decisions")
    return IntentID(
      agent: identity.name, decision: identity.epoch.number * AgentCore.decisionsPerEpoch + decisionNumber)
  }

  // MARK: Decisions

  private mutating func refuse(_ refusal: SignalRefusal, _ effects: inout [AgentEffect]) {
    refusals += 1
    counts.refused[refusal.reason, default: 0] += 1
    let row = decision(.refusal, refusal.reason.rawValue, refusal.market, refusal.outcome, refusal.evidence)
    if let first = tally.note(refusal, row) { record(first, &effects) }
    lastDecision = row
  }

  private func decision(
    _ kind: Decision.Kind, _ reason: String, _ market: MarketSlug, _ outcome: Outcome?, intent: IntentID? = nil,
    _ detail: JSON
  ) -> Decision {
    Decision(
      kind: kind, reason: reason, market: market, outcome: outcome, intent: intent, detail: detail,
      feedBoot: feedBoot, feedOrder: feedOrder, eventCursor: cursor, now: context.now, count: 1)
  }

  private mutating func record(_ decision: Decision, _ effects: inout [AgentEffect]) {
    var decision = decision
    recorded += 1
    decision.number = recorded
    digest.add(decision)
    lastDecision = decision
    effects.append(.record(decision))
  }

  // MARK: Order events

  private mutating func order(_ event: OrderEventMessage, _ effects: inout [AgentEffect]) {
    guard event.agent == identity.name, event.cursor > cursor else { return }
    guard event.cursor == cursor + 1 else {
      // One is missing. It waits, in order, until the database has told what.
      if early.count < AgentCore.earlyMax, !early.contains(where: { $0.cursor == event.cursor }) {
        let index = early.firstIndex { $0.cursor > event.cursor } ?? early.count
        early.insert(event, at: index)
      }
      effects.append(.sync)
      return
    }
    apply(event, &effects)
    while let next = early.first, next.cursor <= cursor + 1 {
      early.removeFirst()
      if next.cursor == cursor + 1 { apply(next, &effects) }
    }
  }

  private mutating func apply(_ event: OrderEventMessage, _ effects: inout [AgentEffect]) {
    cursor = event.cursor
    let terms = event.intent.flatMap { context.flights[$0]?.terms }
    if let fill = event.fill {
      context.positions.apply(fill, event: event.event, after: max(.zero, event.position), at: context.now)
    }
    if let intent = event.intent, let index = context.flights.all.firstIndex(where: { $0.terms.intent == intent }) {
      context.flights.all[index].acknowledged = true
      if event.final { context.flights.end(intent) }
    }
    think(.order(event, terms: terms), &effects)
    if event.fill != nil || event.final { effects.append(.save) }
  }

  // MARK: Time

  private mutating func beat(_ effects: inout [AgentEffect]) {
    var lapsed: [Flight] = []
    for index in context.flights.all.indices where !context.flights.all[index].acknowledged {
      context.flights.all[index].beats += 1
      let flight = context.flights.all[index]
      guard context.now > flight.terms.usefulUntil else {
        if flight.beats % AgentCore.repeatBeats == 0 { effects.append(.publish(flight)) }
        continue
      }
      if flight.lapsedBeats % AgentCore.lapseBeats == 0, !flight.isSynced { effects.append(.sync) }
      context.flights.all[index].lapsedBeats += 1
      // An entry may only be given up when the database does not know it, or the same risk could be taken twice.
      if flight.lapsedBeats >= AgentCore.lapseBeats, flight.isSynced || flight.terms.action != .enter {
        lapsed.append(flight)
      }
    }
    for flight in lapsed {
      context.flights.end(flight.terms.intent)
      var row = decision(
        .refusal, RefusalReason.unanswered.rawValue, flight.terms.market, flight.terms.outcome,
        ["action": .string(flight.terms.action.rawValue)])
      row.intent = flight.terms.intent
      record(row, &effects)
      think(.lapsed(flight.terms), &effects)
    }
    for row in tally.due(at: context.now) { record(row, &effects) }
    think(.timer, &effects)
  }
}
