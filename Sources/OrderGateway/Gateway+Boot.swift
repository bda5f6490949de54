import FloorIOData
import FloorIOVenue
import Glibc
import Shared

extension Gateway {
  // MARK: From the lock to the first intent

  /// Begins: the file lock first (it proves that no predecessor on this machine can send), then the lease, the record, the venue.
  func start() throws {
    link.onAuthentication = { [weak self] accepted, asked in self?.authenticated(accepted, asked: asked) }
    link.onExchange = { [weak self] answered in self?.exchanged(answered) }
    database.onStateChange = { [weak self] up in self?.databaseChanged(up) }
    databaseAwaySince = SystemClock.monotonic()
    database.listen("floor_state") { [weak self] _ in
      self?.readMode()
      self?.readStanding()
    }
    database.listen("floor_intents") { [weak self] _ in self?.takeOfferedIntents() }
    database.listen("floor_reconcile") { [weak self] _ in self?.takeReconciliation() }
    bus.onMessage = { [weak self] channel, payload in self?.heard(channel, payload) }
    bus.onConnected = { [weak self] in self?.busConnected() }
    bus.psubscribe(Names.everyMarketUpdate)
    bus.subscribe(Names.clock)
    bus.subscribe(Names.intents)
    process.onStopRequested = { [weak self] in self?.drain("told to stop") }
    process.onLifelineClosed = {}
    process.onCommand = { [weak self] command in try self?.obey(command) }
    process.onClock = { [weak self] market, isBeat in self?.move(to: market, isBeat: isBeat) }
    process.waiting = { [weak self] in self?.record?.stalled ?? 0 }
    process.counters = { [weak self] in self?.counters ?? .object([]) }
    process.control?.onBossChange = { [weak self] _ in self?.applyMode() }
    report()
    try process.loop.onSignal(SIGUSR1) { [weak self] in self?.haltLocally("signal", .person) }
    watchForHalt()
    let loop = process.loop
    loop.every(.milliseconds(250)) { [weak self] in self?.beatOfTheLoop() }
    loop.every(.seconds(1)) { [weak self] in self?.everySecond() }
    loop.every(.seconds(5)) { [weak self] in self?.pollOpenOrders() }
    loop.every(config.reconcile) { [weak self] in
      self?.pollTrades()
      self?.pollSettlements()
    }
    loop.every(.seconds(30)) { [weak self] in self?.pollBalance() }
    loop.every(.seconds(60)) { [weak self] in self?.readVersion() }
    loop.every(.seconds(3600)) { [weak self] in self?.reconcile("hourly") }
    loop.every(.seconds(60)) { [weak self] in
      if self?.driftingTokens.isEmpty == false { self?.reconcile("drift") }
    }
    loop.every(.seconds(5)) { [weak self] in self?.beatDeadMan() }
    takeLock()
  }

  private func takeLock() {
    do {
      if let lock = try WalletLock(directory: process.birth.stateDirectory + "/journal") {
        self.lock = lock
        journal = try JournalFile(directory: process.birth.stateDirectory + "/journal")
        try link.open()
        phase = .leasing
        claimLease()
      } else {
        process.loop.after(.milliseconds(100)) { [weak self] in self?.takeLock() }
      }
    } catch {
      process.log.error("journals or account not opened", [.error(error)])
      process.stop((error as? FloorFailure)?.exitCode ?? .tryAgain)
    }
  }

  private static let holderPrefix = "gateway@"

  /// Takes or renews the wallet lease. The lease of a holder on this machine ends at once: we have its file lock.
  func claimLease() {
    let now = SystemClock.monotonic()
    guard lock != nil, lease.shouldClaim(now: now), database.isConnected else { return }
    lease.claimSent(now: now)
    let holder = Self.holderPrefix + process.birth.stateDirectory + ":" + ChildIdentity.current.description
    let prefix = Self.holderPrefix + process.birth.stateDirectory + ":"
    database.query(
      """
      select claim_lease('gateway', $1, $2, '6 seconds',
               (select boot from leases where name = 'gateway' and starts_with(holder, $3))) as epoch
      """,
      [.text(holder), .text(process.birth.boot), .text(prefix)], timeout: .seconds(2)
    ) { [weak self] result in
      guard let self else { return }
      let now = SystemClock.monotonic()
      do {
        let row = try result.get().one()
        let granted = row.isNull("epoch") ? nil : try row.epoch("epoch")
        let before = lease.epoch
        lease.claimAnswered(granted, now: now)
        if let granted, phase == .leasing { leased(granted) }
        if granted == nil, phase != .leasing { fenced("the lease is held by another") }
        if let granted, let before, granted != before, phase != .leasing { fenced("the lease was lost and taken anew") }
        lastLeaseError = nil
        recordTakesAgain()
      } catch {
        lease.claimFailed(now: now)
        if (error as? DatabaseError)?.isDiskFull ?? false { recordTakesNothing() }
        if lastLeaseError != "\(error)" { process.log.warning("lease not renewed", [.error(error)]) }
        lastLeaseError = "\(error)"
      }
    }
  }

  /// Another gateway acts now. Nothing more may be recorded under our epoch: end, and come back through the front door.
  func fenced(_ why: String) {
    process.log.error("fenced", [.text("reason", why)])
    process.stop(.tryAgain)
  }

  private func leased(_ epoch: Epoch) {
    process.log.info("lease taken", [.int("epoch", epoch.number)])
    let record = RecordQueue(
      loop: process.loop, database: database, log: process.log,
      statements: RecordStatements(
        gatewayEpoch: epoch, limits: config.limits, capital: config.capital,
        floor: { [unowned self] in core.floorStanding }),
      moment: { [unowned self] in moment() })
    record.onAnswer = { [weak self] call, answer in self?.recorded(call, answer) }
    record.onUnanswered = { [weak self] call in
      if case .submit(let submission) = call { self?.feed(.submitted(submission.terms.intent, .unanswered)) }
    }
    record.onFull = { [weak self] in self?.recordTakesNothing() }
    record.onEmpty = { [weak self] in self?.recordTakesAgain() }
    record.onRefused = { [weak self] call, error in self?.recordRefused(call, error) }
    self.record = record
    phase = .loading
    reach(.leaseTaken)
    readMode()
    stream.onEvent = { [weak self] event in self?.heard(event) }
    stream.onStranger = { [weak self] kind in self?.lookAt(stranger: kind) }
    stream.onLost = { [log = process.log] why in log.warning("user stream not open", [.text("why", why)]) }
    stream.onOpen = { [weak self] in
      // What happened while nobody listened.
      self?.pollOpenOrders()
      self?.pollTrades()
      self?.reconcile("reconnect")
    }
    askClock()
  }

  private func askClock() {
    guard config.venue.clock != nil else { return loadRecord() }
    link.clock { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let clock):
        self.clock = clock
        loadRecord()
      case .failure(let problem):
        process.log.warning("venue clock not read", [.text("reason", problem)])
        process.loop.after(.milliseconds(500)) { [weak self] in self?.askClock() }
      }
    }
  }

  /// Markets, standing, open and recently closed orders.
  private func loadRecord() {
    database.batch(
      [
        (Self.marketsStatement, [.null]), (Self.ordersStatement, []), (Self.peakStatement, []),
        (Self.decisionsStatement, []), (Self.comparedStatement, []),
      ], timeout: .seconds(10)
    ) { [weak self] result in
      guard let self else { return }
      do {
        let answers = try result.get()
        for row in answers[0] { shelf.put(try Self.market(row)) }
        for row in answers[1] {
          let order = try Self.restored(row)
          feed(.restored(order))
        }
        feed(.decisionsRead(try Self.decisions(answers[3])))
        if let row = answers[2].first, !row.isNull("peak") {
          (peakEquity, dayEquity, outsideMoney) = (try row.usd("peak"), try row.usd("first"), try row.usd("outside"))
        }
        if let row = answers[4].first, !row.isNull("at") { comparedUntil = clock.market(at: try row.wall("at")) }
        process.log.info(
          "record read", [.int("markets", answers[0].count), .int("orders", answers[1].count)])
        reach(.recordRead)
        replayJournal()
        phase = .asking
        stream.start()
        askVenue()
      } catch {
        process.log.warning("record not read", [.error(error)])
        process.loop.after(.milliseconds(300)) { [weak self] in self?.loadRecord() }
      }
    }
  }

  /// What left on the journal's word goes into the record, oldest first; then the journal is empty.
  private func replayJournal() {
    guard let journal else { return }
    do {
      let records = try journal.load()
      for json in records {
        if let submission = JournalRecord.submission(json) {
          record?.put(.submit(submission))
          restore(journaled: submission)
        } else if let cancel = JournalRecord.cancelled(json) {
          // It may have left or not: a second one is harmless, and an order that has ended does not hear it.
          feed(.cancelWanted(cancel.id, reason: cancel.reason))
        } else {
          process.log.error("journal record not understood", [.text("kind", json["kind"]?.string ?? "")])
        }
      }
      if !records.isEmpty {
        process.log.warning("journal replayed", [.int("records", records.count)])
        reach(.journalReplayed)
      }
    } catch {
      process.log.error("journal not read", [.error(error)])
      haltLocally("journal unreadable", .damage)
    }
  }

  private func restore(journaled submission: OrderSubmission) {
    guard core.order(submission.terms.intent) == nil, let market = shelf.terms[submission.terms.market] else { return }
    feed(
      .restored(
        RestoredOrder(
          submission: submission, market: market, state: .sending, fills: [:], filled: .zero, undone: .zero,
          sentAt: clock.market(at: submission.signed.signedAt))))
  }

  /// The venue's view, before anything new is sent: open orders, trades since the oldest of ours, money. What was matched before
  /// and never heard of is found by the comparison that follows.
  private func askVenue() {
    let oldest = core.openOrders.compactMap { $0.signed?.signedAt }.min()
    let since = (oldest.map { clock.market(at: $0) } ?? moment().market).advanced(
      by: .zero - core.settings.tradeOverlap)
    link.openOrders { [weak self] orders in
      self?.link.trades(after: since) { [weak self] trades in
        self?.link.balance { [weak self] balance in
          guard let self else { return }
          do {
            let asked = SystemClock.monotonic()
            let open = try orders.get()
            let list = try trades.get()
            let money = try balance.get()
            reach(.venueRead)
            for trade in list { feed(.trade(trade, .query)) }
            feed(.openOrders(open, asked: asked))
            tradesReadUntil = moment().market
            firstDeposit(money)
            process.log.info(
              "venue read", [.int("open_orders", open.count), .int("trades", list.count), .text("balance", money)])
          } catch {
            process.log.warning("venue not read", [.error(error)])
            process.loop.after(.milliseconds(500)) { [weak self] in self?.askVenue() }
          }
        }
      }
    }
  }

  /// The money that is at the venue before the ledger knows of any is the first deposit, once for ever.
  private func firstDeposit(_ balance: USD) {
    guard let epoch = lease.epoch else { return }
    let argument: JSON = [
      "gateway_epoch": .int(epoch.number), "ref": "first-balance", "amount": .text(balance),
      "market_now_ns": .int(moment().market.nanoseconds),
    ]
    database.query(
      """
      select case when exists (select from ledger_transactions) then '{"outcome":"known"}'::jsonb
             else record_deposit($1::jsonb) end as answer
      """, [.json(argument)]
    ) { [weak self] result in
      guard let self else { return }
      do {
        let answer = try result.get().one().json("answer")
        if answer["outcome"]?.string == "booked" {
          process.log.info("first balance booked as deposit", [.text("usd", balance)])
        }
        opened()
      } catch {
        process.log.warning("deposit not recorded", [.error(error)])
        process.loop.after(.milliseconds(300)) { [weak self] in self?.firstDeposit(balance) }
      }
    }
  }

  private func opened() {
    reach(.reconciled)
    phase = .open
    readStanding()
    readVersion()
    pollSettlements()
    beatDeadMan()
    takeOfferedIntents()
    publishCircuit()
    reconcile("start")
    takeReconciliation()
    process.log.info("gateway open", [.int("open_orders", core.openOrders.count), .int("unknown", core.unknownCount)])
    process.control?.reportNow()
  }
}
