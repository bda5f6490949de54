import FloorIOData
import Shared

extension Gateway {
  // MARK: What the floor may do now

  /// The core asks for a stricter mode.
  func demand(_ mode: FloorMode, _ reason: String) {
    tell(GatewayNote(severity: .critical, code: "mode_demanded", detail: "\(mode.rawValue): \(reason)"))
    if mode == .halted { haltLocally(reason, reason == RefusalCode.drawdown.rawValue ? .loss : .blindness) }
  }

  /// All reasons at once; the strictest counts, and every reason for that one is named.
  func presentMode() -> (mode: FloorMode, reason: String) {
    let now = SystemClock.monotonic()
    var reasons: [(mode: FloorMode, reason: String)] = []
    func hold(_ mode: FloorMode, _ reason: String) { if mode != .active { reasons.append((mode, reason)) } }
    hold(recordedMode, "the record: " + (recordedReason.isEmpty ? recordedMode.rawValue : recordedReason))
    if let localHalt { hold(.halted, "halted by " + localHalt) }
    if draining { hold(isFlattening ? .reduceOnly : .cancelOnly, isFlattening ? "selling before the end" : "ending") }
    if let orderedMode { hold(orderedMode, "the boss") }
    hold(demanded, demandedReason)
    if !lease.mayAct(now: now) { hold(.reduceOnly, "the wallet lease is not renewed") }
    if let since = databaseAwaySince {
      let away = now.since(since)
      hold(
        away >= config.fileFallbackAfter ? .fileFallback : .reduceOnly,
        recordIsFull
          ? "PostgreSQL's disk is full" : "PostgreSQL is away" + (database.lastError.map { ": \($0)" } ?? ""))
    }
    if let absent = process.control?.bossAbsentSince, now.since(absent) >= .seconds(5) {
      hold(.reduceOnly, "no boss")
    }
    if backlog.observe(record?.count ?? 0) {
      hold(.reduceOnly, "more than \(backlog.most) calls waited for the record")
    }
    // Not latched: stamps follow the venue's time, so cancels and questions still pass, and it may be the venue's clock that is wrong.
    if clockOffset.isTooFar {
      hold(.cancelOnly, "HALT-CLOCK: the venue's clock is \(clockOffset.proven.milliseconds / 1000) s away from ours")
    }
    if let drift = sentinel.venueObstacle { hold(.reduceOnly, "not the venue that we know: " + drift) }
    // Our orders take: none of them passes in any of the venue's odd modes. Its cancels mostly do.
    if let odd = venueMode.current(now) { hold(.cancelOnly, "the venue: " + odd.rawValue) }
    if let percent = breaker.errorPercent(now), Int64(percent) * 1_000_000 > config.errorPercentMax {
      hold(.reduceOnly, "\(percent) % of the calls to the venue failed")
    }
    let mode = reasons.reduce(FloorMode.active) { $0.combined(with: $1.mode) }
    return (mode, reasons.filter { $0.mode == mode }.map(\.reason).joined(separator: "; "))
  }

  func applyMode() {
    let (mode, reason) = presentMode()
    if reason != modeReason {
      modeReason = reason
      report()
    }
    guard mode != core.mode else { return }
    process.log.info(
      "mode", [.text("from", core.mode.rawValue), .text("to", mode.rawValue), .text("reason", reason)])
    if mode == .fileFallback {
      tell(GatewayNote(severity: .critical, code: "file_fallback", detail: reason))
    }
    feed(.mode(mode))
    if mode == .halted { beginProof() } else { endProof() }
    report()
    process.control?.reportNow()
  }

  /// PostgreSQL is there and can write nothing down: as good as away.
  func recordTakesNothing() {
    guard !recordIsFull else { return }
    recordIsFull = true
    process.log.error("the record's disk is full")
    databaseChanged(false)
  }

  /// Something was written down, and nothing waits any more.
  func recordTakesAgain() {
    guard recordIsFull, record?.count ?? 0 == 0, database.isConnected else { return }
    process.log.warning("the record takes again")
    databaseChanged(true)
  }

  func databaseChanged(_ up: Bool) {
    if up {
      recordIsFull = false
      databaseAwaySince = nil
      claimLease()
      if phase == .leasing || record == nil { return }
      feed(.database(up: true))
      record?.resume()
      recordLateNotes()
      readStanding()
      // What agents handed over through the record meanwhile woke nobody.
      takeOfferedIntents()
      takeReconciliation()
    } else {
      if databaseAwaySince == nil { databaseAwaySince = SystemClock.monotonic() }
      feed(.database(up: false))
    }
    applyMode()
  }

  // MARK: Timers

  func beatOfTheLoop() {
    lookForHaltFile()
    claimLease()
    applyMode()
    probeVenue()
    // The journal's records are in the database once the queue is empty again.
    if let journal, journal.records > 0, database.isConnected, record?.count == 0, phase == .open {
      reach(.beforeJournalCleared)
      do {
        try journal.clear()
        reach(.journalCleared)
      } catch { process.log.error("journal not cleared", [.error(error)]) }
    }
    closeStep()
    if draining { drainStep() }
  }

  func everySecond() {
    recordHalt()
    readStanding()
    // In lockstep when it is told to: at which market time it would be is the wall's doing.
    if !process.isInLockstep { resolveMarkets() }
    report()
    refreshMarkets()
    measureClock()
  }

  /// The mode alone: a halt by row does not wait for a standing that is under way, or for the sums of a new one.
  func readMode() {
    guard database.isConnected else { return }
    database.query("select mode, reason, halted, halt_holds from floor_state where id = 1") { [weak self] result in
      guard let self else { return }
      do {
        try modeRead(result.get().one())
        applyMode()
      } catch {
        process.log.warning("mode not read", [.error(error)])
      }
    }
  }

  private func modeRead(_ row: Rows.Row) throws {
    recordedMode = FloorMode(rawValue: try row.text("mode")) ?? .cancelOnly
    recordedReason = try row.text("reason")
    let halted = try row.bool("halted")
    // A person resumed: our own latch opens with the record's, unless the file still says halt.
    if recordedHalt, !halted, localHaltRecorded, !SmallFile.exists(haltPath) {
      localHalt = nil
      localHaltHolds = false
    }
    recordedHalt = halted
    recordedHaltHolds = try row.bool("halt_holds")
  }

  func readStandingSoon() {
    guard !standingWanted else { return }
    standingWanted = true
    process.loop.after(.milliseconds(50)) { [weak self] in
      self?.standingWanted = false
      self?.readStanding()
    }
  }

  /// Mode, capital, agents and positions, as the record has them.
  func readStanding() {
    guard phase == .open || phase == .draining, !isStandingAsked, database.isConnected else { return }
    isStandingAsked = true
    let asked = SystemClock.monotonic()
    let fills = core.counters.fills
    feed(.standingAsked)
    database.query(Self.standingStatement, [.bool(config.limits.breaksStrategies)]) { [weak self] result in
      guard let self else { return }
      isStandingAsked = false
      do {
        try standingRead(result.get().one())
        standingAsOf = asked
        // What was filled since the question is not in the answer: the next one will do.
        if core.counters.fills == fills { lookAfterPositions() }
      } catch {
        process.log.warning("standing not read", [.error(error)])
      }
    }
  }

  private func standingRead(_ row: Rows.Row) throws {
    try modeRead(row)
    cashInRecord = try row.usd("cash")
    var agents: [AgentName: Standing.Agent] = [:]
    agentStatuses.removeAll()
    for item in try row.json("agents").array ?? [] {
      guard let name = item["name"]?.string.flatMap(AgentName.init), let room = item["room"]?.usd,
        let invested = item["invested"]?.usd, let status = item["status"]?.string
      else { throw DatabaseError(.shape, "an agent's standing does not read") }
      agentStatuses[name] = status
      agents[name] = Standing.Agent(
        mayEnter: status == "RUNNING", allocation: max(.zero, room), invested: invested,
        lossesInARow: hasRested(since: item["last_at"]) ? 0 : Int(item["losses"]?.int ?? 0),
        strategy: item["strategy"]?.string ?? "", rejects: try rejects(item["rejects"]))
    }
    positions = try (row.json("positions").array ?? []).map { item in
      guard let agent = item["agent"]?.string.flatMap(AgentName.init),
        let slug = item["slug"]?.string.flatMap(MarketSlug.init),
        let outcome = item["outcome"]?.string.flatMap(Outcome.init(rawValue:)), let shares = item["shares"]?.shares,
        let free = item["free"]?.shares, let cost = item["cost"]?.usd, let category = item["category"]?.string,
        let event = item["event_group"]?.string
      else { throw DatabaseError(.shape, "a position does not read") }
      return HeldPosition(
        agent: agent, slug: slug, groups: MarketGroups(category: category, event: event), outcome: outcome,
        shares: shares, free: free, cost: cost)
    }
    for position in positions where position.shares > .zero {
      agents[position.agent]?.held.insert(Standing.Holding(position.slug, position.outcome))
    }
    let recordedCapital = try row.usd("capital")
    let capital = recordedCapital > .zero ? recordedCapital : config.capital
    let equity = cashInRecord + positions.reduce(.zero) { $0 + worth($1) }
    let day = SystemClock.wall().seconds / 86_400
    if day != peakDay {
      if peakDay != 0 { (peakEquity, dayEquity) = (.zero, nil) }
      peakDay = day
    }
    // Money that comes or goes is no profit and no loss: the peak moves with it.
    let outside = try row.usd("outside")
    if let outsideMoney {
      peakEquity += outside - outsideMoney
      dayEquity = dayEquity.map { $0 + outside - outsideMoney }
    }
    outsideMoney = outside
    let dayEquity = self.dayEquity ?? equity
    self.dayEquity = dayEquity
    peakEquity = max(peakEquity, equity)
    let strategies = try strategies(row, of: agents, capital: capital)
    feed(
      .standing(
        Standing(
          agents: agents, stakes: positions.map { Standing.Stake($0.slug, $0.groups, cost: $0.cost) },
          strategies: strategies, capital: capital, realisedToday: try row.usd("realised"), equity: equity,
          peakEquity: peakEquity, dayEquity: dayEquity)))
    let breach = FloorGuard(limits: config.limits).breach(
      FloorStanding(
        capital: capital, deployed: .zero, realisedToday: core.standing.realisedToday, equity: equity,
        peakEquity: peakEquity))
    // The halt itself is latched by `demand`.
    demanded = breach == nil ? .active : .reduceOnly
    demandedReason = breach?.description ?? ""
    applyMode()
  }

  /// What a position would bring now: our book's best bid, else what it cost. A market past its end is worth its cost until it is settled.
  func worth(_ position: HeldPosition) -> USD {
    guard let view = shelf.view(position.slug, position.outcome), view.terms.accepting, let bid = view.book?.bid,
      let value = try? USD(bid, times: position.shares, rounding: .down)
    else { return position.cost }
    return value
  }

  // MARK: Ending

  /// Selling all that is held, before the end.
  var isFlattening: Bool { draining && wantsFlat }

  /// Nothing new; what rests is cancelled; when all is quiet (or the time is over) the process ends.
  /// - Parameter flat: sell all positions first, while the mode allows exits.
  func drain(_ why: String, flat: Bool = false) {
    guard !draining else { return }
    process.log.info("draining", [.text("reason", why), .bool("flatten", flat)])
    draining = true
    wantsFlat = flat
    drainStarted = SystemClock.monotonic()
    if phase == .open { phase = .draining }
    feed(.cancelAll(nil, reason: "shutdown"))
    applyMode()
    drainStep()
  }

  func drainStep() {
    let now = SystemClock.monotonic()
    let begun = drainStarted ?? now
    let waited = now.since(begun)
    let quiet = core.openOrders.allSatisfy { $0.state == .unknown } && (record?.count ?? 0) == 0
    if wantsFlat {
      let known = standingAsOf.map { $0 > begun && $0 > lastRecorded } ?? false
      if quiet, known, isFlat {
        wantsFlat = false
      } else if !core.mode.allows(.exit) || waited >= config.drainWithin - .seconds(1) || record == nil {
        wantsFlat = false
        reportNotFlattened()
        feed(.cancelAll(nil, reason: "shutdown"))
      } else {
        return readStanding()
      }
      applyMode()
    }
    guard quiet || waited > config.drainWithin || record == nil else { return }
    if !quiet { process.log.warning("ended with open orders", [.int("orders", core.openOrders.count)]) }
    releaseLease()
  }

  private func releaseLease() {
    guard !released else { return }
    released = true
    guard let epoch = lease.epoch, database.isConnected else { return process.stop() }
    process.log.info("lease released", [.int("epoch", epoch.number)])
    let holder = "gateway@" + process.birth.stateDirectory + ":" + ChildIdentity.current.description
    database.query(
      "select release_lease('gateway', $1, $2)", [.text(holder), .text(process.birth.boot)], timeout: .seconds(1)
    ) { [weak self] _ in self?.process.stop() }
  }
}
