import FloorIOData
import Shared

extension Gateway {
  // MARK: What the record answers, and what agents are told

  func recorded(_ call: RecordCall, _ answer: JSON) {
    lastRecorded = SystemClock.monotonic()
    if let point = CrashPoint.answered(call) { reach(point) }
    for key in ["event", "done"] {
      if let body = answer[key], body.members != nil { publish(body) }
    }
    let outcome = answer["outcome"]?.string ?? ""
    switch call {
    case .submit(let submission): submitted(submission, outcome, answer)
    case .deny, .acceptCancel:
      if answer["reason"]?.string == "gateway_fenced" { fenced("the record holds a newer gateway") }
    case .advance(let id, let state, _, _):
      // A fill may be known before the answer to the order is: the record stands at the end already, and what lies before it is no news.
      let isPast = !state.isTerminal && answer["state"]?.string.flatMap(OrderState.init(rawValue:))?.isTerminal ?? false
      // What was given up before it left may never have been recorded: nothing is reserved for it then.
      if (outcome == "refused" && !isPast) || (outcome == "order_unknown" && state != .expiredUnsent) {
        process.log.error(
          "order state not taken",
          [.text("order", id), .text("wanted", state.rawValue), .text("stands", answer["state"]?.string ?? "")])
      }
      if state.isTerminal { readStandingSoon() }
    case .fill(let fill), .settle(let fill, _):
      if outcome == "conflict" || outcome == "order_unknown" {
        tell(GatewayNote(severity: .critical, code: "fill_not_recorded", detail: "\(fill.key): \(outcome)"))
      } else {
        feed(.fillRecorded(fill.key))
      }
      readStandingSoon()
    }
  }

  private func submitted(_ submission: OrderSubmission, _ outcome: String, _ answer: JSON) {
    let intent = submission.terms.intent
    process.trace?.note(.committed, intent)
    let isOurs = answer["order_id"]?.string == submission.signed.id.text
    let reason = answer["reason"]?.string ?? ""
    if reason == "gateway_fenced" { return fenced("the record holds a newer gateway") }
    // The halt file is looked at between commit and first byte: it needs neither boss nor database.
    lookForHaltFile()
    if submission.journaled, outcome == "denied", answer["recorded"]?.bool == false, submission.origin == .agent {
      // It left on the journal's word, and its agent was born anew meanwhile: the record still has to hold it.
      record?.put(.submit(submission.byGateway))
      return
    }
    if submission.journaled, outcome == "duplicate", !isOurs, let apart = submission.apart {
      tell(
        GatewayNote(
          severity: .critical, code: "journal_overruled",
          detail:
            "\(intent) left on the journal's word, but its answer was '\(answer["first"]?.string ?? "") \(reason)': booked as \(apart.terms.intent)"
        ))
      record?.put(.submit(apart))
      return
    }
    switch outcome {
    case "accepted": feed(.submitted(intent, .committed))
    case "duplicate" where isOurs: feed(.submitted(intent, .committed))
    case "duplicate" where answer["first"]?.string == "accepted": feed(.submitted(intent, .alreadyOrdered))
    default:
      noteRefusedSale(submission, reason)
      feed(.submitted(intent, .refused(code: reason, detail: answer["detail"]?.string ?? "")))
    }
  }

  func recordRefused(_ call: RecordCall, _ error: DatabaseError) {
    if error.sqlState == "FL001" { return fenced("the lease has a newer epoch") }
    if case .submit(let submission) = call {
      feed(.submitted(submission.terms.intent, .refused(code: "record_error", detail: error.sqlState)))
    }
    tell(GatewayNote(severity: .critical, code: "record_refused", detail: "\(error)"))
  }

  /// Adds the envelope and publishes; remembers it for whoever asks again.
  func publish(_ body: JSON) {
    guard let agent = body["agent"]?.string.flatMap(AgentName.init), let members = body.members else { return }
    let channel = Names.orderEvents(agent)
    let sequence = (sequences[channel] ?? 0) + 1
    sequences[channel] = sequence
    let now = moment()
    let envelope = Envelope(
      source: process.birth.process, boot: process.birth.boot, sequence: sequence, time: now.market, sent: now.wall)
    toldEvents += 1
    bus.publish(channel, JSON.object(envelope.members + members).bytes)
    reach(.agentTold)
    guard let intent = body["intent"]?.string.flatMap(IntentID.init) else { return }
    if lastAnswers.updateValue(body, forKey: intent) == nil {
      lastAnswersOrder.append(intent)
      if lastAnswersOrder.count > 4096 { lastAnswers[lastAnswersOrder.removeFirst()] = nil }
    }
  }

  func repeatAnswer(_ intent: IntentID) {
    // Nothing yet: its record call is still on the way and a refusal will be published, or it is an order of which the venue has said
    // nothing, and its first event will.
    if let body = lastAnswers[intent] { publish(body) }
  }

  // MARK: Intents

  func heard(_ channel: String, _ payload: [UInt8]) {
    if let slug = Names.slug(ofMarketUpdates: channel) {
      shelf.update(slug, payload)
      onMarket?(slug)
    } else if channel == Names.intents {
      heardIntents += 1
      heardIntent(payload)
    } else if channel == Names.clock {
      readClock(payload)
    }
  }

  func heardIntent(_ payload: [UInt8]) {
    do {
      try heardIntent(JSON.parse(payload))
    } catch {
      process.log.warning("intent not readable", [.error(error)])
    }
  }

  func heardIntent(_ json: JSON) throws {
    guard phase == .open else { return }
    let received = SystemClock.monotonic()
    let message = try IntentMessage(json)
    process.trace?.note(.intentReceived, message.terms.intent, at: received)
    let verdict = grants.judge(message)
    if verdict == .valid {
      reach(.intentReceived)
    } else {
      process.log.warning(
        "intent without proof", [.text("intent", message.terms.intent), .text("verdict", "\(verdict)")])
    }
    if message.terms.action != .cancel, verdict == .valid, shelf.terms[message.terms.market] == nil {
      return loadMarket(message.terms.market, then: (message, verdict))
    }
    let view = self.view(message.terms.market, message.terms.outcome)
    feed(.intent(message, verdict, view))
  }

  /// The feed knew a market before we did: one look into the record, then the intent goes on, known or not.
  private func loadMarket(_ slug: MarketSlug, then waiting: (IntentMessage, ProofVerdict)) {
    loadingMarkets[slug, default: []].append(waiting)
    guard loadingMarkets[slug]?.count == 1 else { return }
    database.query(Self.marketsStatement, [.id(slug)]) { [weak self] result in
      guard let self else { return }
      do {
        for row in try result.get() { shelf.put(try Self.market(row)) }
      } catch {
        process.log.warning("market not read", [.text("slug", slug), .error(error)])
      }
      for (message, verdict) in loadingMarkets.removeValue(forKey: slug) ?? [] {
        feed(.intent(message, verdict, view(slug, message.terms.outcome)))
      }
    }
  }

  /// The feed adds markets all day: known here before the first intent asks, and settled when they are over, traded or not.
  func refreshMarkets() {
    guard phase == .open, database.isConnected, !marketsAsked else { return }
    marketsAsked = true
    database.query(Self.marketsStatement, [.null]) { [weak self] result in
      guard let self else { return }
      marketsAsked = false
      do {
        for row in try result.get() {
          let market = try Self.market(row)
          if !settled.contains(market.slug) { shelf.put(market) }
        }
      } catch {
        process.log.warning("markets not read", [.error(error)])
      }
    }
  }

  /// Intents that agents handed over through the record while Redis was away. One question at a time, until nothing is left.
  func takeOfferedIntents() {
    guard phase == .open, database.isConnected, let epoch = lease.epoch else { return }
    if isTakingOffered {
      offeredAgain = true
      return
    }
    isTakingOffered = true
    offeredAgain = false
    database.query("select take_offered_intents($1) as body", [.epoch(epoch)]) { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(let error):
        process.log.warning("offered intents not taken", [.error(error)])
        // They still lie there, and nobody calls for them a second time.
        process.loop.after(.seconds(1)) { [weak self] in
          self?.isTakingOffered = false
          self?.takeOfferedIntents()
        }
      case .success(let rows):
        isTakingOffered = false
        for row in rows {
          // They are taken: one that does not read must not cost the others.
          do { try heardIntent(row.json("body")) } catch {
            process.log.warning("offered intent not readable", [.error(error)])
          }
        }
        // One answer holds a hundred at most, and more may have come since.
        if rows.count > 0 || offeredAgain { takeOfferedIntents() }
      }
    }
  }

  func busConnected() {
    bus.get(Names.clock) { [weak self] result in
      if case .success(let payload?) = result { self?.readClock(payload) }
    }
    publishCircuit()
  }

  private func readClock(_ payload: [UInt8]) {
    do {
      clock = try ClockMessage(decoding: payload).clock
    } catch {
      process.log.warning("clock message not readable", [.error(error)])
    }
  }
}
