import FloorIOData
import Shared

// The agent and the database: resuming, order events, checkpoints, intents on the second road.
extension TraderAgent {
  // MARK: Resuming

  /// Asks what the database knows, until it answers.
  func ask() {
    guard !core.isReconciled, !isAsking, !isLeaving else { return }
    isAsking = true
    database.query("SELECT agent_snapshot($1) AS j", [.id(settings.name)]) { [weak self] result in
      guard let self else { return }
      isAsking = false
      do {
        try answered(try AgentSnapshot(try result.get().one().json("j")))
      } catch let error as DatabaseError where error.retryable {
        process.loop.after(.milliseconds(100)) { [weak self] in self?.ask() }
      } catch {
        process.log.error("the agent's snapshot is not usable", [.error(error)])
        process.stop(.unavailable)
      }
    }
  }

  private func answered(_ snapshot: AgentSnapshot) throws {
    guard snapshot.epoch <= process.birth.epoch else {
      process.log.error("fenced by a newer birth", [.int("newer_epoch", snapshot.epoch.number)])
      return process.stop(.unavailable)
    }
    decisions.agentID = snapshot.id
    let checkpoint =
      hasResumed ? nil : AgentCheckpoint.newest([snapshot.checkpoint, fileCheckpoint], of: settings.name)
    let known = hasResumed ? core.cursor : checkpoint?.cursor ?? snapshot.cursor
    guard known < snapshot.cursor else { return settle(checkpoint, snapshot, missed: []) }
    isAsking = true
    allEvents(after: known, []) { [weak self] result in
      guard let self else { return }
      isAsking = false
      switch result {
      case .success(let missed): settle(checkpoint, snapshot, missed: missed)
      case .failure(let error):
        let pause: Duration = TraderAgent.isPassing(error) ? .milliseconds(100) : .seconds(5)
        process.loop.after(pause) { [weak self] in self?.ask() }
      }
    }
  }

  private func settle(_ checkpoint: AgentCheckpoint?, _ snapshot: AgentSnapshot, missed: [OrderEventMessage]) {
    let isFirst = !hasResumed
    if isFirst {
      resume(checkpoint, snapshot, missed)
    } else {
      journal?.note(.reconcile(snapshot, missed: missed))
      core.reconcile(snapshot, missed: missed)
    }
    process.log.info(
      "reconciled",
      [
        .int("cursor", core.cursor), .int("missed", missed.count), .int("positions", core.context.positions.all.count),
        .int("orders", snapshot.orders.count), .text("status", snapshot.status),
      ])
    if isFirst { pull() }
    readProfit()
  }

  /// The database has not answered in time: go on from the file, without entries, and keep asking.
  func resumeAlone() {
    guard !hasResumed, !isLeaving else { return }
    process.log.warning("resuming without the database", [.bool("checkpoint", fileCheckpoint != nil)])
    resume(AgentCheckpoint.newest([fileCheckpoint], of: settings.name), nil, [])
    pull()
  }

  private func resume(_ checkpoint: AgentCheckpoint?, _ snapshot: AgentSnapshot?, _ missed: [OrderEventMessage]) {
    hasResumed = true
    fileCheckpoint = nil
    journal?.note(.resume(checkpoint: checkpoint, snapshot: snapshot, missed: missed))
    if !core.resume(checkpoint: checkpoint, snapshot: snapshot, missed: missed) {
      process.log.warning("the strategy's checkpoint is not usable: it warms up again")
    }
    // However short it is: a life leaves its beginning.
    journal?.write()
  }

  // MARK: Order events

  /// Reads the order events after the core's cursor. One question at a time; a wish during one is kept.
  func sync() {
    guard hasResumed, core.isReconciled, database.isConnected, !isLeaving else { return }
    guard !isSyncing else {
      wantsSync = true
      return
    }
    isSyncing = true
    guard core.waitsForRecord else { return sync(open: nil) }
    // The open orders first: one that ends meanwhile has an event by the time these are read.
    database.query("SELECT agent_snapshot($1) AS snapshot", [.id(settings.name)]) { [weak self] result in
      let open = Result { Set(try AgentSnapshot(try result.get().one().json("snapshot")).orders.map(\.intent)) }
      switch open {
      case .success(let open): self?.sync(open: open)
      case .failure(let error):
        guard let self else { return }
        if !TraderAgent.isPassing(error) { process.log.error("open orders not readable", [.error(error)]) }
        synced()
      }
    }
  }

  /// - Parameter open: the orders that had not ended; `nil` when nobody waits to hear of them.
  private func sync(open: Set<IntentID>?) {
    events(after: core.cursor) { [weak self] result in
      guard let self else { return }
      if case .success(let events) = result {
        for event in events { take(.order(event)) }
        if events.count >= TraderAgent.eventsPage {
          wantsSync = true
        } else if let open {
          take(.synced(open: open))
        }
      }
      synced()
    }
  }

  private func synced() {
    isSyncing = false
    guard wantsSync else { return }
    wantsSync = false
    sync()
  }

  /// Is it over by itself, as when the database is away?
  private static func isPassing(_ error: any Error) -> Bool { (error as? DatabaseError)?.retryable ?? false }

  /// Page by page: a long absence may have missed more than one.
  private func allEvents(
    after cursor: Int64, _ known: [OrderEventMessage],
    _ done: @escaping (Result<[OrderEventMessage], any Error>) -> Void
  ) {
    events(after: cursor) { [weak self] result in
      switch result {
      case .success(let page) where page.count == TraderAgent.eventsPage:
        self?.allEvents(after: page.last?.cursor ?? cursor, known + page, done)
      case .success(let page): done(.success(known + page))
      case .failure: done(result)
      }
    }
  }

  private func events(after cursor: Int64, _ done: @escaping (Result<[OrderEventMessage], any Error>) -> Void) {
    database.query(
      "SELECT cursor, body FROM order_events_since($1, $2, $3)",
      [.id(settings.name), .integer(cursor), .int(TraderAgent.eventsPage)]
    ) { [weak self] result in
      guard let self else { return }
      let events = Result {
        let envelope = envelope(for: "database")
        return try result.get().map { try OrderEventMessage(try $0.json("body"), envelope: envelope) }
      }
      if case .failure(let error) = events, !TraderAgent.isPassing(error) {
        process.log.error("order events not readable", [.int("after", cursor), .error(error)])
      }
      done(events)
    }
  }

  // MARK: Checkpoints

  /// To the file at once and to the database when it is there; the next one is not older than this.
  func save() {
    guard hasResumed, !isSaving else { return }
    wantsSave = false
    let checkpoint = core.checkpoint()
    do {
      // It has to survive the process; for the machine the database has a copy.
      try file.save(
        CheckpointRecord(sequence: UInt64(checkpoint.sequence), payload: checkpoint.json.bytes), isDurable: false)
    } catch {
      process.log.error("checkpoint file not written", [.text("directory", file.directory), .error(error)])
    }
    guard let agentID = decisions.agentID, database.isConnected else { return }
    isSaving = true
    database.query(
      """
      INSERT INTO checkpoints (agent_id, seq, epoch, state) VALUES ($1, $2, $3, $4)
      ON CONFLICT (agent_id) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, state = excluded.state, at = clock_timestamp()
       WHERE checkpoints.seq < excluded.seq
      """, [.int(agentID), .integer(checkpoint.sequence), .epoch(checkpoint.epoch), .json(checkpoint.json)]
    ) { [weak self] result in
      guard let self else { return }
      isSaving = false
      if case .failure(let error) = result, !error.retryable {
        process.log.error("checkpoint refused by the database", [.error(error)])
      }
      endWhenDone()
    }
  }

  // MARK: Counts

  /// What was evaluated so far, behind the rows of decisions that it speaks of. One row for each five minutes of a life: a life that
  /// ends without its last word lacks what came after the one before.
  func count() {
    guard hasResumed, let agentID = decisions.agentID, database.isConnected else { return }
    wantsCount = isCounting
    guard !isCounting else { return }
    isCounting = true
    decisions.flush()
    let counts = core.counts
    database.query(
      """
      INSERT INTO evaluation_counts (agent_id, epoch, slot, evaluations, quiet, refused, signals, reasons, unreported, decisions)
      VALUES ($1, $2, date_bin('5 minutes', clock_timestamp(), 'epoch'), $3, $4, $5, $6, $7, $8, $9)
      ON CONFLICT (agent_id, epoch, slot) DO UPDATE
         SET at = clock_timestamp(), evaluations = excluded.evaluations, quiet = excluded.quiet, refused = excluded.refused,
             signals = excluded.signals, reasons = excluded.reasons, unreported = excluded.unreported, decisions = excluded.decisions
       WHERE evaluation_counts.evaluations <= excluded.evaluations
      """,
      [
        .int(agentID), .epoch(process.birth.epoch), .integer(counts.evaluations), .integer(counts.quiet),
        .integer(counts.refusals), .integer(counts.signals), .json(counts.reasons), .integer(core.unreported),
        .integer(core.recorded),
      ]
    ) { [weak self] result in
      guard let self else { return }
      isCounting = false
      if case .failure(let error) = result, !error.retryable {
        process.log.error("counts refused by the database", [.error(error)])
      }
      if wantsCount { count() }
      endWhenDone()
    }
  }

  // MARK: The second road

  /// Hands an intent to the gateway through the database, once; it dedupes by id whatever road brings it.
  func offer(_ message: IntentMessage) {
    let intent = message.terms.intent
    guard database.isConnected, offered.insert(intent).inserted else { return }
    if offered.count > 1000 { offered = [intent] }
    database.query("SELECT offer_intent($1)", [.json(message.json)]) { [weak self] result in
      guard let self, case .failure(let error) = result else { return }
      offered.remove(intent)
      process.log.warning("intent not handed over", [.text("intent", intent), .error(error)])
    }
  }

  // MARK: For people

  /// The key `agent:<name>:state`.
  func showState() {
    guard hasResumed, bus.isConnected, clock != nil else { return }
    let status: AgentStateMessage.Status =
      isLeaving
      ? .stopped : core.isDraining ? .draining : !process.isReady ? .starting : core.isBlind ? .blind : .trading
    let key = Names.agentState(settings.name)
    let state = AgentStateMessage(
      envelope: envelope(for: key), agent: settings.name, strategy: settings.strategyName, epoch: process.birth.epoch,
      status: status, positionCount: core.context.positions.all.count, pendingCount: core.context.flights.all.count,
      dayProfit: dayProfit, evaluated: core.evaluated, missed: missed,
      lastDecision: core.lastDecision.map {
        .init(kind: $0.kind.rawValue, reason: $0.reason, market: $0.market, at: $0.now)
      })
    bus.set(key, state.bytes)
  }

  /// Today's profit, as the database's view says.
  func readProfit() {
    guard core.isReconciled, database.isConnected, !isLeaving else { return }
    database.query("SELECT my_day_pnl() AS pnl", []) { [weak self] result in
      guard let self else { return }
      do {
        dayProfit = try result.get().one().usd("pnl")
        profitError = nil
      } catch {
        dayProfit = nil
        if profitError != "\(error)" { process.log.warning("the day's profit could not be read", [.error(error)]) }
        profitError = "\(error)"
      }
    }
  }
}
