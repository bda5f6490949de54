extension OrderManager {
  // MARK: The table, and what is due

  /// Runs one trigger through the table. Our own impossible triggers end the process: an invariant is broken.
  mutating func apply(
    _ trigger: OrderTrigger, _ intent: IntentID, reason: String = "", detail: String = "", _ now: Moment,
    _ effects: inout [GatewayEffect]
  ) {
    guard let order = orders[intent] else { return }
    switch order.state.step(trigger) {
    case .stays: break
    case .surprise:
      counters.surprises += 1
      note(.error, "order_surprise", "\(intent) is \(order.state.rawValue), the venue says \(trigger)", &effects)
    case .impossible: preconditionFailure("order \(order.state.rawValue) cannot \(trigger)")
    case .to(let next):
      orders[intent]!.state = next
      if next == .unknown { counters.unknown += 1 }
      if next.isTerminal {
        orders[intent]!.closedAt = now.monotonic
        open.remove(order.terms)
        close(intent)
      }
      // RESERVED and SIGNED are ours alone; SENDING is what the submission itself records.
      if next == .signed || next == .sending { return }
      if !order.submitAsked { return }
      guard let id = order.signed?.id else { return }
      effects.append(.record(.advance(id, next, reason: reason, detail: detail)))
    }
  }

  mutating func wantCancel(_ intent: IntentID, _ reason: String, _ now: Moment) {
    if orders[intent]?.cancelReason == nil { orders[intent]?.cancelReason = reason }
  }

  /// Schedules a round of look-ups, keeping an earlier date.
  mutating func askSoon(_ intent: IntentID, after delay: Duration, _ now: Moment) {
    let at = now.monotonic.advanced(by: delay)
    if let due = orders[intent]?.lookUp.due, due <= at { return }
    orders[intent]?.lookUp.due = at
  }

  func note(_ severity: GatewayNote.Severity, _ code: String, _ detail: String, _ effects: inout [GatewayEffect]) {
    effects.append(.note(GatewayNote(severity: severity, code: code, detail: detail)))
  }

  /// What the event before it and time make due. Runs after every event: nothing waits for a timer longer than for the next message.
  /// Only orders that changed, or whose time has come, are looked at.
  mutating func work(_ now: Moment, _ effects: inout [GatewayEffect]) {
    releaseExits(now, &effects)
    let relation = TimeRelation(now)
    let isMoved = wakesFrom.map { $0.differs(from: relation) } ?? true
    if isMoved { wakesFrom = relation }
    let changed = orders.takeChanged()
    var due = changed
    if concernsAll || isMoved {
      concernsAll = false
      due = open.all
    } else if let soonest = wakes.soonest, soonest <= now.monotonic {
      due += open.filter { wakes.isDue($0, now.monotonic) }
    }
    for intent in due { workOn(intent, now, &effects) }
    purge(now)
    for intent in due + changed + orders.takeChanged() { wakes[intent] = wake(of: intent, now) }
    wakes.findSoonest()
  }

  /// When `workOn` has something to do for it, if nothing happens before.
  private func wake(of intent: IntentID, _ now: Moment) -> MonotonicTime? {
    guard let order = orders[intent], !order.state.isTerminal else { return nil }
    var wake: MonotonicTime?
    func at(_ time: MonotonicTime?) { if let time { wake = wake.map { min($0, time) } ?? time } }
    let isUnwanted = order.cancelReason != nil
    if !isUnwanted, order.ended == nil {
      at(now.monotonic(atMarket: order.terms.usefulUntil))
      if order.terms.action == .enter { at(databaseAwaySince?.advanced(by: settings.entriesOutAfter)) }
    }
    switch order.state {
    case .signed: if isUnwanted { at(now.monotonic) }
    case .sending:
      if let repost = order.repostAt {
        at(isUnwanted ? now.monotonic : repost)
      } else {
        at(order.sentAt?.advanced(by: settings.answerDeadline))
      }
    case .live, .delayed, .cancelSent:
      if isUnwanted, order.ended == nil {
        at(order.cancelSentAt?.advanced(by: settings.cancelRetry) ?? now.monotonic)
      }
    case .unknown:
      if isUnwanted, order.ended == nil, order.terms.type.rests, order.cancelSentAt == nil { at(now.monotonic) }
    case .reserved, .filled, .cancelled, .rejected, .expiredUnsent, .void: break
    }
    if order.state.mayBeAtVenue, order.signed != nil {
      at(order.lookUp.asked?.advanced(by: settings.lookUpDeadline) ?? order.lookUp.due)
    }
    return wake
  }

  private mutating func workOn(_ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], !order.state.isTerminal else { return }
    // Also what an earlier life left: the halt may be known before its orders are.
    let mode = mode(for: order.terms.action, of: order.origin)
    if mode == .halted { wantCancel(intent, "halted", now) }
    if order.terms.usefulUntil <= now.market { wantCancel(intent, "expired", now) }
    // What it buys could not be recorded, and nobody decides on it any more.
    if order.terms.action == .enter, let databaseAwaySince,
      now.monotonic.since(databaseAwaySince) >= settings.entriesOutAfter
    {
      wantCancel(intent, RefusalCode.databaseAway.rawValue, now)
    }
    switch order.state {
    case .signed:
      if let reason = orders[intent]!.cancelReason { apply(.withdraw, intent, reason: reason, now, &effects) }
      return
    case .sending:
      // However long the venue asks to wait: what is of no use any more, or not wanted, ends now. It was never read.
      if let at = order.repostAt, at <= now.monotonic || orders[intent]!.cancelReason != nil {
        orders[intent]!.repostAt = nil
        repost(intent, now, &effects)
      } else if order.repostAt == nil, let sent = order.sentAt,
        now.monotonic.since(sent) >= settings.answerDeadline
      {
        apply(.loseOutcome, intent, reason: "no_answer", detail: "deadline", now, &effects)
        askSoon(intent, after: .zero, now)
      }
    case .live, .delayed, .cancelSent, .unknown:
      if orders[intent]!.cancelReason != nil, order.ended == nil { cancelNow(intent, now, &effects) }
    case .reserved, .filled, .cancelled, .rejected, .expiredUnsent, .void: return
    }
    ask(intent, now, &effects)
  }

  /// The identical bytes again, after the venue proved that it had not read them.
  private mutating func repost(_ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], let signed = order.signed else { return }
    let mode = mode(for: order.terms.action, of: order.origin)
    if order.cancelReason != nil || !mode.allows(order.terms.action) || !venueIsUp {
      return apply(.venueRejected, intent, reason: "venue_throttled", now, &effects)
    }
    orders[intent]!.sentAt = now.monotonic
    effects.append(.post(signed))
  }

  private mutating func cancelNow(_ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], let id = order.signed?.id else { return }
    if let sent = order.cancelSentAt, now.monotonic.since(sent) < settings.cancelRetry { return }
    // An order that ends by itself at once needs no cancel, and in the unknown state none that repeats.
    if order.state == .unknown, !order.terms.type.rests || order.cancelSentAt != nil { return }
    orders[intent]!.cancelSentAt = now.monotonic
    counters.cancels += 1
    apply(.requestCancel, intent, reason: order.cancelReason ?? "", now, &effects)
    effects.append(.cancel(id, reason: order.cancelReason ?? ""))
  }

  private mutating func ask(_ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], order.state.mayBeAtVenue, let id = order.signed?.id else { return }
    if let asked = order.lookUp.asked {
      if now.monotonic.since(asked) < settings.lookUpDeadline { return }
      orders[intent]!.lookUp.asked = nil
    }
    guard let due = orders[intent]!.lookUp.due, due <= now.monotonic else { return }
    orders[intent]!.lookUp.due = nil
    orders[intent]!.lookUp.asked = now.monotonic
    counters.lookUps += 1
    let since = (order.sentMarket ?? now.market).advanced(by: .zero - settings.tradeOverlap)
    effects.append(.lookUp(id, tradesSince: since))
  }

  private mutating func purge(_ now: Moment) {
    while let intent = closed.first, isOver(intent, settings.retention, now) {
      closed.removeFirst()
      if unsettled.contains(intent) { voided.append(intent) } else { forget(intent) }
    }
    while let intent = voided.first, isOver(intent, settings.voidWatch, now) {
      voided.removeFirst()
      forget(intent)
    }
    while let intent = answeredQueue.first, let at = answered[intent], now.monotonic.since(at) >= settings.retention {
      answered[intent] = nil
      answeredQueue.removeFirst()
    }
  }

  /// A terminal order is kept for late news and repeats; its bytes are not: they never leave again.
  private mutating func close(_ intent: IntentID) {
    guard let order = orders[intent] else { return }
    if let signed = order.signed {
      orders[intent]!.signed = PreparedOrder(
        id: signed.id, body: [], signedAt: signed.signedAt, expires: signed.expires)
    }
    if order.state == .void { voided.append(intent) } else { closed.append(intent) }
  }

  /// It ended at least so long ago.
  private func isOver(_ intent: IntentID, _ keep: Duration, _ now: Moment) -> Bool {
    orders[intent]?.closedAt.map { now.monotonic.since($0) >= keep } ?? true
  }

  private mutating func forget(_ intent: IntentID) {
    if let id = orders[intent]?.signed?.id { intentOf[id] = nil }
    orders[intent] = nil
    unsettled.remove(intent)
  }

  // MARK: The floor around it

  mutating func restored(_ order: RestoredOrder, _ now: Moment, _ effects: inout [GatewayEffect]) {
    let submission = order.submission
    let intent = submission.terms.intent
    guard orders[intent] == nil else { return }
    if let number = intent.decision(of: submission.terms.agent) {
      newest[submission.terms.agent] = max(newest[submission.terms.agent] ?? 0, number)
    }
    var working = WorkingOrder(
      terms: submission.terms, origin: submission.origin, market: order.market, token: submission.token,
      worst: submission.worst, feedOrder: submission.feedOrder, bookTime: submission.bookTime,
      reason: submission.reason, isNew: false,
      state: order.state, createdAt: now.monotonic)
    working.signed = submission.signed
    working.fills = order.fills
    working.filled = order.filled
    working.undone = order.undone
    working.venueMatched = working.accounted
    working.provenArrived =
      order.state != .sending && order.state != .unknown && order.state != .void || !order.fills.isEmpty
    working.sentMarket = order.sentAt
    working.sentAt = now.monotonic
    working.submitAsked = true
    // Who wanted it out is gone; that it should go is not.
    if order.state == .cancelSent { working.cancelReason = "cancel_repeated" }
    if order.state.isTerminal { working.closedAt = now.monotonic }
    orders[intent] = working
    intentOf[submission.signed.id] = intent
    watchSettlement(intent)
    if order.state.isTerminal { return close(intent) }
    open.append(working.terms)
    // The bytes may have left in the life before this one.
    if order.state == .sending { apply(.loseOutcome, intent, reason: "restart", now, &effects) }
    askSoon(intent, after: .zero, now)
  }

  mutating func read(_ standing: Standing, _ effects: inout [GatewayEffect]) {
    let breached = FloorGuard(limits: settings.limits)
    func mode(_ standing: Standing) -> FloorMode {
      breached.mode(
        FloorStanding(
          capital: standing.capital, deployed: .zero, realisedToday: standing.realisedToday, equity: standing.equity,
          peakEquity: standing.peakEquity))
    }
    let before = mode(self.standing)
    let after = mode(standing)
    tellBreakers(from: self.standing, to: standing, &effects)
    self.standing = standing
    unread = unread.filter { !$0.value.isCovered }
    if after != before, after != .active {
      effects.append(.demand(after, reason: after == .halted ? "drawdown" : "daily_loss"))
    }
  }

  mutating func database(_ up: Bool, _ now: Moment, _ effects: inout [GatewayEffect]) {
    concernsAll = concernsAll || up != databaseIsUp
    if up {
      databaseAwaySince = nil
      return
    }
    if databaseAwaySince == nil { databaseAwaySince = now.monotonic }
    // Exits that wait for a commit go on by the journal, but for those that the record may have answered long ago; entries wait, and
    // expire.
    for intent in open {
      guard let order = orders[intent], order.state == .signed, order.terms.action == .exit, order.isNew else {
        continue
      }
      effects.append(.journal(submission(intent, journaled: true)))
    }
  }

  /// Questions that were asked while the venue was away proved nothing, and each waited longer for the next: all begin anew. Not after a
  /// moment's absence: while some calls fail and others do not, it comes and goes with every answer.
  mutating func venue(_ up: Bool, _ now: Moment) {
    guard up else {
      if venueAwaySince == nil { venueAwaySince = now.monotonic }
      return
    }
    guard let since = venueAwaySince else { return }
    venueAwaySince = nil
    guard now.monotonic.since(since) >= settings.venueAbsence else { return }
    for intent in open {
      guard let order = orders[intent], order.state == .unknown || order.isMissingSomething else { continue }
      orders[intent]!.lookUp.rounds = 0
      orders[intent]!.lookUp.unanswered = 0
      askSoon(intent, after: .zero, now)
    }
  }

  mutating func resolved(_ slug: MarketSlug, _ now: Moment) {
    for intent in open.in(slug) { askSoon(intent, after: .zero, now) }
  }

  mutating func cancelAll(of agent: AgentName?, reason: String, _ now: Moment, _ effects: inout [GatewayEffect]) {
    for exit in waiting {
      if let agent, exit.wish.terms.agent != agent || exit.wish.origin != .agent { continue }
      giveUp(exit, reason, now, &effects)
    }
    for intent in open {
      guard let order = orders[intent] else { continue }
      // What the gateway sells for an agent goes on: that agent cannot.
      if let agent, order.terms.agent != agent || order.origin != .agent { continue }
      wantCancel(intent, reason, now)
    }
  }
}
