extension OrderManager {
  // MARK: From the wish to the record

  mutating func intent(
    _ message: IntentMessage, _ proof: ProofVerdict, _ view: MarketView?, _ now: Moment,
    _ effects: inout [GatewayEffect]
  ) {
    counters.intents += 1
    let terms = message.terms
    guard proof == .valid else {
      // Nothing is recorded and nothing is answered: whoever cannot prove to be the agent must not be able to spend the agent's
      // intent id. An honest agent repeats, and is heard once the boss has granted its epoch.
      counters.unproven += 1
      return
    }
    if isWaiting(terms.intent) {
      counters.repeats += 1
      return
    }
    if orders[terms.intent] != nil || answered[terms.intent] != nil {
      counters.repeats += 1
      effects.append(.repeatAnswer(terms.intent))
      return
    }
    let isNew = note(terms.intent, of: terms.agent)
    if terms.action == .cancel { return cancelWish(terms, now, &effects) }
    if !databaseIsUp, terms.action == .exit, !isNew {
      // The record may have answered it, to a gateway before this one: another order of it would be a second one. The agent repeats.
      counters.held += 1
      return
    }
    admit(
      Wish(
        terms: terms, origin: .agent, view: view, feedOrder: message.feedOrder, bookTime: message.bookTime,
        reason: message.reason, isNew: isNew), now, &effects)
  }

  /// Whether nobody can have heard of that intent before.
  private mutating func note(_ intent: IntentID, of agent: AgentName) -> Bool {
    guard let number = intent.decision(of: agent) else { return false }
    let before = newest[agent] ?? 0
    newest[agent] = max(before, number)
    return number > before
  }

  mutating func admit(_ wish: Wish, _ now: Moment, _ effects: inout [GatewayEffect]) {
    let terms = wish.terms
    guard orders[terms.intent] == nil, answered[terms.intent] == nil, !isWaiting(terms.intent) else { return }
    if let refusal = beforeTheGate(wish, now) { return deny(terms, wish.origin, refusal, now, &effects) }
    judge(wish, mayWait: true, now, &effects)
  }

  mutating func judge(_ wish: Wish, mayWait: Bool, _ now: Moment, _ effects: inout [GatewayEffect]) {
    let terms = wish.terms
    switch gate.judge(terms, picture(terms, wish.origin, wish.view, now)) {
    case .refused(let refusal): deny(terms, wish.origin, refusal, now, &effects)
    case .approved(let approved):
      if mayWait, terms.action == .exit, holdBack(wish, now) { return }
      orders[terms.intent] = WorkingOrder(
        terms: terms, origin: wish.origin, market: approved.terms, token: approved.terms.token(terms.outcome),
        worst: approved.worst, feedOrder: wish.feedOrder, bookTime: wish.bookTime, reason: wish.reason,
        isNew: wish.isNew, state: .reserved, createdAt: now.monotonic)
      open.append(terms)
      effects.append(.sign(terms, approved.terms))
    }
  }

  /// What the gate does not know: our own readiness, rates and repeats.
  private mutating func beforeTheGate(_ wish: Wish, _ now: Moment) -> Refusal? {
    let (terms, view) = (wish.terms, wish.view)
    if !databaseIsUp, terms.action == .enter { return Refusal(.databaseAway) }
    if !venueIsUp { return Refusal(.venueUnavailable) }
    guard wish.origin == .agent else { return nil }
    if terms.action == .enter {
      if let drift = view?.drift { return Refusal(.venueDrift, .init("found", drift)) }
      let age = now.market.since(wish.bookTime)
      let limit = max(settings.limits.bookAgeMax, OrderManager.shortestBookAge(now))
      if age > limit {
        return Refusal(
          .staleBook, .init("decided_on_ms", age.milliseconds), .init("limit_ms", limit.milliseconds))
      }
      if let view, let twin = twin(of: terms, token: view.terms.token(terms.outcome), now) {
        return Refusal(.duplicateWish, .init("open_intent", twin))
      }
    }
    var bucket =
      agentBuckets[terms.agent]
      ?? TokenBucket(perMinute: settings.limits.agentOrdersPerMinute, burstMax: settings.limits.agentBurst)
    let agentMay = bucket.take(now.monotonic)
    agentBuckets[terms.agent] = bucket
    if !agentMay {
      return Refusal(
        .rateLimit, .init("scope", "agent"), .init("limit_per_minute", settings.limits.agentOrdersPerMinute))
    }
    // Exits pass the floor's rate: the venue's own limit is far above it, and being locked in is worse than being late.
    if terms.action == .enter, !floorBucket.take(now.monotonic) {
      return Refusal(.rateLimit, .init("scope", "floor"), .init("limit_per_second", settings.limits.floorRatePerSecond))
    }
    return nil
  }

  /// An open order of the same agent for the same token, side and price, made a moment ago: a runaway loop, not a second thought.
  private func twin(of terms: IntentMessage.Terms, token: TokenID, _ now: Moment) -> IntentID? {
    open.in(terms.market).first { intent in
      guard let order = orders[intent], order.terms.agent == terms.agent, order.token == token else { return false }
      return order.terms.side == terms.side && order.terms.price == terms.price
        && now.monotonic.since(order.createdAt) < settings.limits.duplicateWindow
    }
  }

  private func picture(
    _ terms: IntentMessage.Terms, _ origin: IntentOrigin, _ view: MarketView?, _ now: Moment
  ) -> RiskPicture {
    let agent = standing.agents[terms.agent]
    let token = view?.terms.token(terms.outcome)
    let atRisk = atRisk(
      terms.agent, strategy: settings.limits.limitsStrategies ? agent?.strategy : nil, market: view?.terms)
    return RiskPicture(
      mode: mode(for: terms.action, of: origin), now: now.market, terms: view?.terms, book: view?.book,
      agent: agent.map {
        AgentStanding(
          name: terms.agent.text, strategy: $0.strategy, mayEnter: $0.mayEnter, allocation: $0.allocation,
          deployed: atRisk.agent,
          lossesInARow: $0.lossesInARow, strategyClass: settings.classes[$0.strategy] ?? .directional,
          strategyDeployed: atRisk.strategy, strategyAllocation: allocation(of: $0.strategy),
          otherPositions: otherPositions(of: terms, $0.held), rejects: $0.rejects,
          strategyStanding: standing.strategies[$0.strategy])
      },
      floor: FloorStanding(
        capital: standing.capital, deployed: atRisk.floor, realisedToday: standing.realisedToday,
        equity: standing.equity,
        peakEquity: standing.peakEquity, dayEquity: standing.dayEquity),
      uses: view.map {
        [
          ScopeUse(.market, $0.terms.slug.text, used: atRisk.market),
          ScopeUse(.category, $0.terms.groups.category, used: atRisk.category),
          ScopeUse(.eventGroup, $0.terms.groups.event, used: atRisk.event),
        ]
      } ?? [],
      tokenUnresolved: open.in(terms.market).contains { orders[$0]?.state == .unknown && orders[$0]?.token == token },
      inTheWay: terms.action == .enter ? inTheWay(of: terms) : nil,
      shortestBookAge: OrderManager.shortestBookAge(now))
  }

  /// Staleness is judged in market time, but never below a second of the wall (docs/architecture.md, section 4).
  private static func shortestBookAge(_ now: Moment) -> Duration { now.clock.market(during: .seconds(1)) }

  /// What the agent holds or is buying beside the token of this wish.
  private func otherPositions(of terms: IntentMessage.Terms, _ held: Set<Standing.Holding>) -> Int {
    var all = held
    // On its way, or bought since the record was read. Not among all orders: the ended ones of minutes are many.
    for intent in open.of(terms.agent) {
      guard let order = orders[intent], order.terms.side == .buy else { continue }
      all.insert(Standing.Holding(order.terms.market, order.terms.outcome))
    }
    for fill in unread.values where fill.agent == terms.agent { all.insert(fill.holding) }
    all.remove(Standing.Holding(terms.market, terms.outcome))
    return all.count
  }

  mutating func deny(
    _ terms: IntentMessage.Terms, _ origin: IntentOrigin, _ refusal: Refusal, _ now: Moment,
    _ effects: inout [GatewayEffect]
  ) {
    counters.denied[refusal.code, default: 0] += 1
    remember(terms.intent, now)
    effects.append(.record(.deny(terms, origin: origin, refusal)))
  }

  func isAnswered(_ intent: IntentID) -> Bool { answered[intent] != nil }

  mutating func remember(_ intent: IntentID, _ now: Moment) {
    if answered.updateValue(now.monotonic, forKey: intent) == nil { answeredQueue.append(intent) }
  }

  mutating func signed(
    _ intent: IntentID, _ signed: PreparedOrder?, _ failure: String, _ now: Moment, _ effects: inout [GatewayEffect]
  ) {
    guard let order = orders[intent], order.state == .reserved else { return }
    guard let signed else {
      drop(intent)
      return deny(order.terms, order.origin, Refusal(.malformed, .init("signing", failure)), now, &effects)
    }
    orders[intent]!.signed = signed
    intentOf[signed.id] = intent
    apply(.sign, intent, now, &effects)
    if databaseIsUp {
      orders[intent]!.submitAsked = true
      effects.append(.record(.submit(submission(intent, journaled: false))))
    } else {
      effects.append(.journal(submission(intent, journaled: true)))
    }
  }

  func submission(_ intent: IntentID, journaled: Bool) -> OrderSubmission {
    guard let order = orders[intent], let signed = order.signed else {
      preconditionFailure("only signed orders are recorded")
    }
    return OrderSubmission(
      terms: order.terms, origin: order.origin, token: order.token, worst: order.worst, signed: signed,
      feedOrder: order.feedOrder, bookTime: order.bookTime, reason: order.reason, journaled: journaled)
  }

  mutating func submitted(
    _ intent: IntentID, _ answer: SubmissionAnswer, _ now: Moment, _ effects: inout [GatewayEffect]
  ) {
    guard let order = orders[intent] else { return }
    switch answer {
    case .committed:
      // Anything but SIGNED has left on the journal's word, or was given up meanwhile: the commit is only the record catching up.
      if order.state == .signed { send(intent, now, &effects) }
    case .unanswered: break
    case .alreadyOrdered:
      if order.state != .signed {
        return note(.critical, "second_order", "\(intent) has another order in the record", &effects)
      }
      note(.error, "already_ordered", "\(intent) was ordered in an earlier life", &effects)
      drop(intent)
      remember(intent, now)
    case .refused(let code, let detail):
      // Given up before anything left: the record only says the same.
      if order.state == .expiredUnsent, order.sentAt == nil { return }
      if order.state != .signed {
        return note(.critical, "record_refuses_sent_order", "\(intent): \(code) \(detail)", &effects)
      }
      counters.denied[RefusalCode(rawValue: code) ?? .malformed, default: 0] += 1
      drop(intent)
      remember(intent, now)
    }
  }

  mutating func journaled(_ intent: IntentID, _ done: Bool, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], order.state == .signed else { return }
    if done {
      send(intent, now, &effects)
      orders[intent]!.submitAsked = true
      effects.append(.record(.submit(submission(intent, journaled: true))))
    } else {
      note(.critical, "journal_failed", "\(intent) stays unsent: neither database nor journal holds it", &effects)
      if order.submitAsked { return apply(.withdraw, intent, reason: "journal_failed", now, &effects) }
      // The record has never heard of it: a refusal is what its agent will be told.
      drop(intent)
      deny(order.terms, order.origin, Refusal(.databaseAway, .init("journal", "failed")), now, &effects)
    }
  }

  /// The last look before the first byte: mode, usefulness, a venue that answers.
  private mutating func send(_ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], let signed = order.signed else { return }
    let mode = mode(for: order.terms.action, of: order.origin)
    let obstacle: RefusalCode? =
      !mode.allows(order.terms.action)
      ? (mode == .halted ? .halted : .modeForbids)
      : order.terms.usefulUntil <= now.market ? .expired : !venueIsUp ? .venueUnavailable : nil
    if let obstacle { return apply(.withdraw, intent, reason: obstacle.rawValue, now, &effects) }
    orders[intent]!.sentAt = now.monotonic
    orders[intent]!.sentMarket = now.market
    counters.posted += 1
    apply(.send, intent, now, &effects)
    effects.append(.post(signed))
  }

  /// Forgets an order of which nothing has left and nothing is recorded.
  private mutating func drop(_ intent: IntentID) {
    guard let order = orders[intent] else { return }
    if let id = order.signed?.id { intentOf[id] = nil }
    orders[intent] = nil
    open.remove(order.terms)
  }

  private mutating func cancelWish(_ terms: IntentMessage.Terms, _ now: Moment, _ effects: inout [GatewayEffect]) {
    if let exit = waiting.first(where: { $0.wish.terms.intent == terms.cancels && $0.wish.terms.agent == terms.agent })
    {
      giveUp(exit, "agent_cancel", now, &effects)
    }
    guard let target = terms.cancels, let order = orders[target], order.terms.agent == terms.agent,
      !order.state.isTerminal
    else { return deny(terms, .agent, Refusal(.nothingToCancel), now, &effects) }
    remember(terms.intent, now)
    effects.append(.record(.acceptCancel(terms)))
    wantCancel(target, "agent_cancel", now)
  }
}
