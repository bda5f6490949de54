import FloorIOData
import Shared

extension Gateway {
  // MARK: Asking the venue

  /// One round: by id, then among the trades, then in the list of open orders. Only when all three were answered is *absent* evidence.
  func lookUp(_ id: VenueOrderID, since: MarketTime) {
    guard asking.insert(id).inserted else { return }
    defer { reach(.lookUpSent) }
    link.order(id) { [weak self] byID in
      self?.tradeReading.ask(since: since) { [weak self] trades, _ in
        guard let self else { return }
        reach(.lookUpAnswered)
        if case .success(let order?) = byID { feed(.order(order, .query)) }
        switch (byID, trades) {
        case (.success(.some), .success): looked(id, .found)
        case (.success(nil), .success): lookAmongOpenOrders(id)
        case (.failure, _), (_, .failure): looked(id, .inconclusive)
        }
      }
    }
  }

  func heard(_ event: UserStreamEvent) {
    streamEvents += 1
    switch event {
    case .order(_, let order):
      lookAt(order.status)
      feed(.order(order, .stream))
    case .trade(let trade): hear(trade, .stream)
    }
  }

  private func hear(_ trade: VenueTrade, _ road: EvidenceRoad) {
    reach(.tradeHeard)
    feed(.trade(trade, road))
  }

  private func lookAmongOpenOrders(_ id: VenueOrderID) {
    openOrderReading.ask { [weak self] result, _ in
      guard let self else { return }
      guard case .success(let list) = result else { return looked(id, .inconclusive) }
      looked(id, list.contains { $0.id == id } ? .found : .absent)
    }
  }

  private func looked(_ id: VenueOrderID, _ result: LookUpResult) {
    asking.remove(id)
    feed(.lookedUp(id, result))
  }

  func pollOpenOrders() {
    guard phase == .open || phase == .draining, core.venueIsUp else { return }
    openOrderReading.ask { _, _ in }
  }

  /// Our open orders; what is read is heard before anybody who asked is answered.
  func makeOpenOrderReading() -> SharedReading<[VenueOrder]> {
    SharedReading(
      now: SystemClock.monotonic,
      read: { [weak self] _, done in
        let asked = SystemClock.monotonic()
        self?.link.openOrders { [weak self] result in
          guard let self else { return }
          lookAt(result, "the list of open orders")
          if case .success(let list) = result {
            for order in list { lookAt(order.status) }
            feed(.openOrders(list, asked: asked))
            readBack(list.map(\.id), asked: asked)
          }
          done(result)
        }
      })
  }

  /// Our trades, in the same way.
  func makeTradeReading() -> SharedReading<Void> {
    SharedReading(
      now: SystemClock.monotonic,
      read: { [weak self] since, done in
        guard let self else { return }
        link.trades(after: since ?? moment().market) { [weak self] result in
          guard let self else { return }
          lookAt(result, "the list of trades")
          if case .success(let list) = result { for trade in list { hear(trade, .query) } }
          done(result.map { _ in })
        }
      })
  }

  /// Everything that the venue matched since a little before the last reading, and now and then since longer before it: at a few hundred
  /// matches a second a minute of them fills hundreds of pages.
  func pollTrades() {
    guard phase == .open || phase == .draining, core.venueIsUp else { return }
    let now = moment()
    let isLong = tradesReadFar.map { now.monotonic.since($0) >= core.settings.tradeOverlap } ?? true
    let overlap = isLong ? core.settings.tradeOverlap : core.settings.newTradesOverlap
    let since = (tradesReadUntil ?? now.market).advanced(by: .zero - overlap)
    tradeReading.ask(since: since) { [weak self] result, _ in
      guard let self, case .success = result else { return }
      tradesReadUntil = now.market
      if isLong { tradesReadFar = now.monotonic }
    }
  }

  /// Asks, one by one, for matches that should long be final: the news of it may have come when nobody listened.
  func pollSettlements() {
    guard phase == .open || phase == .draining, core.venueIsUp else { return }
    let now = moment()
    let late = core.unsettledTrades(sentBefore: now.market.advanced(by: .zero - core.settings.tradeOverlap))
    let known = Set(late)
    settlementQuestions = settlementQuestions.filter { known.contains($0.key) }
    let due = late.filter { settlementQuestions[$0].map { now.monotonic >= $0.at } ?? true }
    for trade in due.prefix(Self.settlementQuestionsMost) {
      settlementQuestions[trade] = Retry(
        after: settlementQuestions[trade], first: config.reconcile, longest: .seconds(600), now.monotonic)
      link.trade(trade) { [weak self] result in
        if case .success(let trade?) = result { self?.hear(trade, .query) }
      }
    }
  }

  /// So many at a time.
  private static let settlementQuestionsMost = 10

  /// Money at the venue beside the ledger's: recorded as evidence, and three equal drifts over a minute halt.
  func pollBalance() {
    guard phase == .open, core.venueIsUp, database.isConnected, let epoch = lease.epoch else { return }
    link.balance { [weak self] result in
      guard let self else { return }
      lookAt(result, "the balance")
      guard case .success(let balance) = result else { return }
      let evidence: JSON = [
        "gateway_epoch": .int(epoch.number), "kind": "balance", "market_now_ns": .int(moment().market.nanoseconds),
        "body": [
          "balance_usd": .text(balance), "ledger_cash_usd": .text(cashInRecord),
          "equity_usd": .text(core.standing.equity),
          "peak_usd": .text(peakEquity), "outside_usd": .optional(outsideMoney.map { .text($0) }),
          "strategy_results_usd": strategyResults,
        ],
      ]
      database.query("select record_evidence($1::jsonb)", [.json(evidence)]) { [log = process.log] result in
        if case .failure(let error) = result { log.warning("evidence not recorded", [.error(error)]) }
      }
      judgeDrift(balance)
    }
  }

  private func judgeDrift(_ balance: USD) {
    let difference = balance - cashInRecord
    guard difference == .zero || nothingIsOnItsWay else { return }
    balancesRead += 1
    let reading = BalanceDrift.Reading(id: balancesRead, at: SystemClock.wall(), difference: difference)
    guard let drift = moneyDrift.judge(reading) else { return }
    moneyDrift = Self.newMoneyDrift
    tell(
      GatewayNote(
        severity: .critical, code: "money_drift", detail: "venue \(balance), ledger \(cashInRecord), drift \(drift)"))
    // What is matched in this process is held by nobody: a difference there is our own arithmetic, and the auditor's.
    if !config.isMatchedHere { haltLocally("unexplained money: venue less ledger \(drift) USD", .divergence) }
  }

  /// Only a difference that stays the same is one: between a match and its booking there is always one for a moment.
  static var newMoneyDrift: BalanceDrift { BalanceDrift(span: .seconds(60)) }

  /// No order that may have traded, no match that may have failed unheard, no outcome that the venue may have paid before we booked it.
  private var nothingIsOnItsWay: Bool {
    let now = moment().market
    return core.openOrders.isEmpty
      && core.unsettledTrades(sentBefore: now.advanced(by: .zero - core.settings.tradeOverlap)).isEmpty
      && positions.allSatisfy { shelf.terms[$0.slug]?.closes.map { $0 > now } ?? true }
  }

  // MARK: The dead-man switch

  /// A beat only while the loop turns and the core takes an event to its end: a stuck gateway must let the switch fire. That is asked
  /// now, not taken from what came last: without a record to read and with nothing to trade it is quiet for long, and well.
  func beatDeadMan() {
    guard phase == .open || phase == .draining, !beatIsOut else { return }
    let asked = SystemClock.monotonic()
    feed(.tick)
    guard lastLoopWork >= asked else { return }
    beatIsOut = true
    link.beat(heartbeatID) { [weak self] result in
      guard let self else { return }
      beatIsOut = false
      let now = SystemClock.monotonic()
      switch result {
      case .success(let id):
        heartbeatID = id
        // More than ten seconds without a beat: the switch has fired, whatever rested is gone.
        if let lastBeat, now.since(lastBeat) > .seconds(10) { pollOpenOrders() }
        lastBeat = now
      case .failure(let problem):
        process.log.warning("heartbeat not taken", [.text("reason", problem)])
        heartbeatID = ""
      }
    }
  }

  // MARK: The breaker

  func exchanged(_ answered: Bool) {
    let now = SystemClock.monotonic()
    let before = breaker.state
    if answered { breaker.succeeded(now) } else { breaker.failed(now) }
    guard breaker.state != before else { return }
    process.log.warning("venue circuit", [.text("from", before.rawValue), .text("to", breaker.state.rawValue)])
    publishCircuit()
    feed(.venue(up: breaker.state == .closed))
    if breaker.state == .closed { pollOpenOrders() }
  }

  func probeVenue() {
    guard breaker.probe(SystemClock.monotonic()) else { return }
    publishCircuit()
    // Its exchange is what is judged; a question that every link asks of the venue itself.
    link.version { _ in }
  }

  func publishCircuit() { bus.set(Names.orderCircuit, Array(breaker.state.rawValue.utf8)) }

  // MARK: Decided markets

  /// Asks for every market that is over and not settled; pays once, from the venue's own final payouts.
  func resolveMarkets() {
    guard phase == .open, database.isConnected, core.venueIsUp else { return }
    let now = moment().market
    let held = Set(positions.map(\.slug))
    let present = SystemClock.monotonic()
    let ended = shelf.ended(before: now).filter { slug in
      !settled.contains(slug) && !resolving.contains(slug) && unsettled[slug].map { present >= $0.at } ?? true
    }
    // Those with positions first; of the others a few at a time.
    let chosen = ended.filter { held.contains($0) } + ended.filter { !held.contains($0) }.prefix(4)
    for slug in chosen.prefix(12) where resolving.count < 12 {
      resolving.insert(slug)
      link.market(slug) { [weak self] result in
        guard let self else { return }
        resolving.remove(slug)
        guard case .success(let market?) = result else { return }
        guard market.isResolved else { return noteOverdue(market, at: now) }
        let payouts = market.tokens.map(\.price)
        guard let yes = payouts[0], let no = payouts[1], yes.micros + no.micros == 1_000_000 else {
          // [0, 0] and the like are no final payouts: capital stays locked, and somebody is told.
          return notSettled(slug, .error, "payout_unclear", "\(payouts)")
        }
        settle(slug, yes: yes)
      }
    }
  }

  /// Says once that a market in which something is held has no result although one is due: a dispute takes days, and all that time its
  /// capital is bound. Up/down windows are decided within minutes, other questions within a day of their end.
  private func noteOverdue(_ market: GammaMarket, at now: MarketTime) {
    guard let end = market.end, positions.contains(where: { $0.slug == market.slug }) else { return }
    let due: Duration = market.windowStart == nil ? .seconds(86_400) : .seconds(600)
    guard now.since(end) > due, overdue.insert(market.slug).inserted else { return }
    let word = market.resolutionStatus.isEmpty ? "no word of the oracle" : market.resolutionStatus
    tell(
      GatewayNote(
        severity: .warning, code: "resolution_overdue",
        detail: "\(market.slug): over since \(end), \(word); what is held in it stays bound until there is a result"))
  }

  private func settle(_ slug: MarketSlug, yes: Price) {
    guard let epoch = lease.epoch else { return }
    resolving.insert(slug)
    feed(.resolved(slug))
    let argument: JSON = [
      "gateway_epoch": .int(epoch.number), "slug": .text(slug), "payout_yes": .text(yes),
      "market_now_ns": .int(moment().market.nanoseconds),
    ]
    reach(.beforePayoutSent)
    defer { reach(.payoutSent) }
    database.query("select settle_market($1::jsonb) as answer", [.json(argument)]) { [weak self] result in
      guard let self else { return }
      resolving.remove(slug)
      do {
        let answer = try result.get().one().json("answer")
        reach(.payoutRecorded)
        for body in answer["events"]?.array ?? [] { publish(body) }
        settled.insert(slug)
        unsettled[slug] = nil
        overdue.remove(slug)
        if core.openOrders.allSatisfy({ $0.terms.market != slug }) {
          shelf.forget(slug)
          sentinel.forget(slug)
        }
        process.log.info("market settled", [.text("slug", slug), .text("payout_yes", yes)])
        readStandingSoon()
      } catch let error as DatabaseError where error.retryable || !error.outcomeKnown {
        // Tried again in a second; the record knows whether it was paid.
        process.log.warning("market not settled", [.text("slug", slug), .error(error)])
      } catch {
        // The record refuses: it has other tokens, or was told another outcome before.
        notSettled(slug, .critical, "settlement_refused", "\(error)")
      }
    }
  }

  /// Told once a market and at each longer wait logged: asking again every second would change nothing.
  private func notSettled(_ slug: MarketSlug, _ severity: GatewayNote.Severity, _ code: String, _ detail: String) {
    let before = unsettled[slug]
    unsettled[slug] = Retry(after: before, first: .seconds(2), longest: .seconds(600), SystemClock.monotonic())
    if before == nil {
      tell(GatewayNote(severity: severity, code: code, detail: "\(slug): \(detail)"))
    } else {
      process.log.warning("market still not settled", [.text("slug", slug), .text("reason", detail)])
    }
  }
}
