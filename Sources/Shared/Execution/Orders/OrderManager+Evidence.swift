extension OrderManager {
  // MARK: What the venue says

  mutating func answered(
    _ id: VenueOrderID, _ outcome: SubmitOutcome, _ now: Moment, _ effects: inout [GatewayEffect]
  ) {
    guard let intent = intentOf[id], let order = orders[intent] else { return }
    if outcome.provesThatWeMayTrade { fatalRejections = 0 }
    switch outcome {
    case .live: apply(.venueLive, intent, now, &effects)
    case .delayed:
      apply(.venueDelayed, intent, now, &effects)
      askSoon(intent, after: .seconds(1), now)
    case .matched(let making, let taking, _):
      let size = order.terms.side == .buy ? taking : making
      orders[intent]!.venueMatched = max(order.venueMatched, size.map { Shares(micros: $0) } ?? .zero)
      if !order.terms.type.rests {
        orders[intent]!.ended = .init(byMatching: true, sizeKnown: size != nil, word: "MATCHED")
      }
      apply(.venueLive, intent, now, &effects)
      settle(intent, now, &effects)
    case .rejected(let code, let detail):
      counters.rejected += 1
      if code.isFatal {
        fatalRejections += 1
        note(.critical, "venue_refuses_us", "\(code.rawValue): \(detail)", &effects)
        if fatalRejections >= 2 { effects.append(.demand(.halted, reason: code.rawValue)) }
      }
      apply(.venueRejected, intent, reason: code.rawValue, detail: detail, now, &effects)
    case .notTrading(let mode, _):
      // It does not wait here until the venue trades again: by then the decision is old, and its agent decides anew.
      counters.rejected += 1
      apply(.venueRejected, intent, reason: mode.rawValue, now, &effects)
    case .duplicated:
      orders[intent]!.provenArrived = true
      apply(.loseOutcome, intent, reason: "duplicated", now, &effects)
      askSoon(intent, after: .zero, now)
    case .throttled(let seconds):
      guard order.state == .sending else { return }
      if order.reposts >= settings.repostsMax {
        counters.rejected += 1
        apply(.venueRejected, intent, reason: "venue_throttled", now, &effects)
      } else {
        orders[intent]!.reposts += 1
        // The venue's word is taken within reason; useful-until ends the wait earlier.
        let wait = seconds.map { Duration.seconds(min(max(0, $0), 3600)) } ?? .milliseconds(200)
        orders[intent]!.repostAt = now.monotonic.advanced(by: wait)
      }
    case .unknown(let why):
      apply(.loseOutcome, intent, reason: "no_answer", detail: why, now, &effects)
      askSoon(intent, after: .zero, now)
    }
  }

  mutating func cancelAnswered(
    _ id: VenueOrderID, _ cancelled: Bool?, _ detail: String, _ now: Moment, _ effects: inout [GatewayEffect]
  ) {
    guard let intent = intentOf[id], let order = orders[intent], !order.state.isTerminal else { return }
    switch cancelled {
    case true?:
      // Taken up, not yet confirmed, and it does not say how much had traded: the stream or a look-up will.
      if order.ended == nil { orders[intent]!.ended = .init(byMatching: false, sizeKnown: false, word: "CANCELED") }
      askSoon(intent, after: settings.missingFillGrace, now)
    case false?:
      apply(.cancelRefused, intent, detail: detail, now, &effects)
      askSoon(intent, after: .zero, now)
    case nil: askSoon(intent, after: settings.cancelRetry, now)
    }
  }

  mutating func order(_ news: VenueOrder, _ road: EvidenceRoad, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let intent = intentOf[news.id], let order = orders[intent] else { return external(news, &effects) }
    orders[intent]!.venueMatched = max(order.venueMatched, news.matched)
    orders[intent]!.provenArrived = true
    orders[intent]!.lookUp.absences = 0
    orders[intent]!.lookUp.firstAbsent = nil
    if order.state.isTerminal { return afterTheEnd(intent, news, now, &effects) }
    if news.status == .live || news.status == .unmatched {
      // Once it ended it does not come back: the list was read before.
      if order.ended == nil { apply(.venueLive, intent, now, &effects) }
    } else if news.status == .delayed {
      if order.ended == nil { apply(.venueDelayed, intent, now, &effects) }
    } else if news.status == .matched {
      // A resting order may be reported MATCHED for its matched part alone; it has ended when nothing of its size is left, or when
      // the venue lists it as ended (a query for one order).
      if !order.terms.type.rests || news.matched >= order.terms.size || road == .query {
        orders[intent]!.ended = .init(byMatching: true, sizeKnown: true, word: news.status.word)
      }
      apply(.venueLive, intent, now, &effects)
    } else if news.status == .invalid {
      if news.matched == .zero, order.fills.isEmpty {
        apply(.venueRejected, intent, reason: "venue_invalid", now, &effects)
      } else {
        orders[intent]!.ended = .init(byMatching: false, sizeKnown: true, word: news.status.word)
      }
    } else if news.status.isFinal {
      orders[intent]!.ended = .init(byMatching: false, sizeKnown: true, word: news.status.word)
    } else {
      askSoon(intent, after: .seconds(1), now)
    }
    settle(intent, now, &effects)
  }

  /// News of an order that we hold for ended. Old news is normal; life is not.
  private mutating func afterTheEnd(
    _ intent: IntentID, _ news: VenueOrder, _ now: Moment, _ effects: inout [GatewayEffect]
  ) {
    guard let order = orders[intent], news.status.isOpen else { return }
    switch order.state {
    case .void, .rejected, .expiredUnsent:
      counters.surprises += 1
      note(
        .critical, "order_rose_again", "\(intent) \(news.id) is \(news.status) although \(order.state.rawValue)",
        &effects)
      effects.append(.cancel(news.id, reason: "rose_again"))
    case .filled, .cancelled, .reserved, .signed, .sending, .live, .delayed, .cancelSent, .unknown: break
    }
  }

  private mutating func external(_ news: VenueOrder, _ effects: inout [GatewayEffect]) {
    guard news.status.isOpen, externals.insert(news.id).inserted else { return }
    note(
      .critical, "external_order", "\(news.id) \(news.side.rawValue) \(news.size) at \(news.price) is not ours",
      &effects)
  }

  mutating func trade(_ trade: VenueTrade, _ road: EvidenceRoad, _ now: Moment, _ effects: inout [GatewayEffect]) {
    var ids = [trade.takerOrder]
    for maker in trade.makers where !ids.contains(maker.order) { ids.append(maker.order) }
    for id in ids {
      guard let intent = intentOf[id], let order = orders[intent],
        let fill = FillRecord(
          trade, order: id, side: order.terms.side, token: order.token, fee: order.market.fee, road: road)
      else { continue }
      book(fill, intent, now, &effects)
    }
  }

  private mutating func book(_ fill: FillRecord, _ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent] else { return }
    defer { watchSettlement(intent) }
    if let known = order.fills[fill.key] {
      counters.repeatedFills += 1
      switch known.step(fill.settlement) {
      case .stays: return
      case .surprise:
        counters.surprises += 1
        return note(
          .critical, "settlement_contradicts", "\(fill.key): \(known.rawValue) → \(fill.settlement.rawValue)", &effects)
      case .advances:
        orders[intent]!.fills[fill.key] = fill.settlement
        effects.append(.record(.settle(fill, fill.settlement)))
      case .voids:
        orders[intent]!.fills[fill.key] = fill.settlement
        orders[intent]!.filled -= fill.size
        orders[intent]!.undone += fill.size
        note(.error, "fill_failed", "\(fill.key): \(fill.size) at \(fill.price) did not settle", &effects)
        effects.append(.record(.settle(fill, fill.settlement)))
      }
      return
    }
    orders[intent]!.fills[fill.key] = fill.settlement
    orders[intent]!.lookUp.barren = 0
    orders[intent]!.provenArrived = true
    // A fill that is already void when we first hear of it is recorded too, so that the book shows what was counted and undone.
    effects.append(.record(.fill(fill)))
    if fill.settlement == .failed {
      orders[intent]!.undone += fill.size
      effects.append(.record(.settle(fill, .failed)))
    } else {
      counters.fills += 1
      orders[intent]!.filled += fill.size
      if order.terms.side == .buy {
        unread[fill.key] = UnreadFill(
          agent: order.terms.agent, holding: Standing.Holding(order.terms.market, order.terms.outcome),
          groups: order.market.groups, cost: fill.cash + fill.fee)
      }
    }
    orders[intent]!.venueMatched = max(orders[intent]!.venueMatched, orders[intent]!.accounted)
    if order.state.isTerminal {
      counters.surprises += 1
      let severity: GatewayNote.Severity = order.state == .cancelled || order.state == .filled ? .warning : .critical
      return note(severity, "late_fill", "\(fill.key) after \(order.state.rawValue)", &effects)
    }
    if order.state == .sending || order.state == .unknown || order.state == .delayed {
      apply(.venueLive, intent, now, &effects)
    }
    settle(intent, now, &effects)
  }

  /// What is matched may still fail until it is final, and is not forgotten before.
  mutating func watchSettlement(_ intent: IntentID) {
    if orders[intent]?.fills.values.contains(where: { !$0.isFinal }) ?? false {
      unsettled.insert(intent)
    } else {
      unsettled.remove(intent)
    }
  }

  /// Ends an order once the evidence is complete: it works no more (or nothing of it is left), and all that matched is booked.
  mutating func settle(_ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], order.state.mayBeAtVenue else { return }
    if order.accounted < order.venueMatched { return askSoon(intent, after: patience(order), now) }
    if order.accounted >= order.terms.size { return apply(.venueFilled, intent, now, &effects) }
    guard let ended = order.ended else { return }
    if !ended.sizeKnown { return askSoon(intent, after: patience(order), now) }
    if ended.byMatching, order.terms.type.rests {
      // Terminal by the venue's word, a crumb short of its size.
      apply(.venueFilled, intent, reason: "remainder_dropped", now, &effects)
    } else {
      let why = order.cancelReason ?? (order.terms.type.rests ? ended.word.lowercased() : "remainder_dropped")
      apply(.venueCancelled, intent, reason: why, now, &effects)
    }
  }

  /// At once the first time; what a round of questions did not bring is asked for ever more rarely.
  private func patience(_ order: WorkingOrder) -> Duration {
    let delays = settings.lookUpDelays
    return order.lookUp.barren == 0
      ? settings.missingFillGrace : delays[min(order.lookUp.barren, delays.count) - 1]
  }

  mutating func openOrders(
    _ list: [VenueOrder], asked: MonotonicTime, _ now: Moment, _ effects: inout [GatewayEffect]
  ) {
    var listed: Set<VenueOrderID> = []
    for item in list {
      listed.insert(item.id)
      // A list is evidence of life only: an order in it is open, whatever came before the question is newer than nothing.
      order(item, .stream, now, &effects)
    }
    for intent in open {
      guard let order = orders[intent], let id = order.signed?.id, !listed.contains(id), let sent = order.sentAt else {
        continue
      }
      switch order.state {
      case .live, .delayed, .cancelSent:
        // Of one that is asked about ever more rarely this says nothing new.
        if sent < asked, order.lookUp.barren == 0 { askSoon(intent, after: .zero, now) }
      case .reserved, .signed, .sending, .unknown, .filled, .cancelled, .rejected, .expiredUnsent, .void: break
      }
    }
  }

  mutating func lookedUp(
    _ id: VenueOrderID, _ result: LookUpResult, _ now: Moment, _ effects: inout [GatewayEffect]
  ) {
    guard let intent = intentOf[id], let order = orders[intent] else { return }
    orders[intent]!.lookUp.asked = nil
    if result == .inconclusive {
      orders[intent]!.lookUp.unanswered += 1
    } else {
      orders[intent]!.lookUp.unanswered = 0
      orders[intent]!.lookUp.rounds += 1
    }
    if order.state.isTerminal { return }
    switch result {
    case .found:
      // The description came as an event before this; what is still open is a fill that nobody delivered.
      if let ended = order.ended, !ended.sizeKnown { orders[intent]!.ended!.sizeKnown = true }
    case .absent:
      orders[intent]!.lookUp.absences += 1
      if order.lookUp.firstAbsent == nil { orders[intent]!.lookUp.firstAbsent = now.monotonic }
      if order.ended != nil {
        // Its end was announced, the venue has forgotten it, and the trades were read: nothing more will come.
        orders[intent]!.ended!.sizeKnown = true
      }
    case .inconclusive: break
    }
    if let asked = orders[intent], asked.isMissingSomething {
      orders[intent]!.lookUp.barren += 1
      tellMissing(intent, now, &effects)
    }
    settle(intent, now, &effects)
    guard let after = orders[intent], !after.state.isTerminal else { return }
    if absenceProven(after, now), after.accounted >= after.venueMatched {
      counters.voids += after.provenArrived ? 0 : 1
      apply(
        after.provenArrived ? .venueCancelled : .proveAbsence, intent,
        reason: after.provenArrived ? "vanished" : "absent", now,
        &effects)
      return
    }
    if needsAsking(after) {
      // Each of the two kinds waits longer for its own repeats alone: what was asked in vain shall not put off the proof that the venue,
      // once it answers, could give.
      let delays = settings.lookUpDelays
      let repeats = result == .inconclusive ? after.lookUp.unanswered : after.lookUp.rounds
      askSoon(intent, after: delays[min(repeats, delays.count) - 1], now)
    }
  }

  /// The venue counted more than anybody delivered, over all the rounds there are: told once, asked for until it comes.
  private mutating func tellMissing(_ intent: IntentID, _ now: Moment, _ effects: inout [GatewayEffect]) {
    guard let order = orders[intent], let id = order.signed?.id, !order.lookUp.isTold,
      order.accounted < order.venueMatched,
      order.lookUp.barren >= settings.lookUpDelays.count || absenceProven(order, now)
    else { return }
    orders[intent]!.lookUp.isTold = true
    note(.error, "fill_missing", "\(id): venue counted \(order.venueMatched), heard of \(order.accounted)", &effects)
  }

  private func absenceProven(_ order: WorkingOrder, _ now: Moment) -> Bool {
    guard order.lookUp.absences >= settings.absenceRounds, let first = order.lookUp.firstAbsent, venueIsUp else {
      return false
    }
    let span = order.provenArrived ? settings.vanishedSpan : settings.absenceSpan
    return now.monotonic.since(first) >= span
  }

  /// Is something about it unresolved that only asking can resolve?
  private func needsAsking(_ order: WorkingOrder) -> Bool {
    order.state == .unknown || order.state == .delayed || order.ended != nil || order.lookUp.absences > 0
      || order.accounted < order.venueMatched || order.state == .cancelSent
  }
}
