import FloorIOData
import Shared

extension Gateway {
  // MARK: For people and for the boss

  /// Keeps what the control socket says true.
  func report() {
    process.isReady = phase == .open
    process.mode = core.mode
    process.note = note
  }

  private var note: String {
    if core.mode == .halted, !haltWord.isEmpty { return haltWord }
    if core.mode != .active, !modeReason.isEmpty { return modeReason }
    if let error = database.lastError { return "no database: " + error }
    return core.unknownCount > 0 ? "\(core.unknownCount) orders of unknown outcome" : phase.rawValue
  }

  func obey(_ command: ControlCommand) throws {
    switch command {
    case .boss, .clock: break
    case .stop: drain(command.name)
    case .drain: drain(command.name, flat: config.flattensOnStop)
    case .mode(let word):
      guard let mode = FloorMode(rawValue: word) else { throw ControlServer.Refusal("no mode \(word)") }
      if mode == .halted { haltLocally("boss", .person) } else { orderedMode = mode }
      readStanding()
      applyMode()
    case .grant(let agent, let epoch, let secret):
      guard let key = IntentSecret(hex: secret.reveal()) else {
        throw ControlServer.Refusal("the secret is no 128-bit hex")
      }
      grants.grant(agent, epoch: epoch, secret: key)
    case .revoke(let agent): grants.revoke(agent)
    }
  }

  /// In lockstep: the market stands at another time.
  func move(to market: MarketTime, isBeat: Bool) {
    clock = .standing(at: market, since: SystemClock.wall())
    feed(.tick)
    guard isBeat else { return }
    readStanding()
    resolveMarkets()
  }

  var counters: JSON {
    let counters = core.counters
    let denied = counters.denied.sorted { $0.key.rawValue < $1.key.rawValue }
    return [
      "intents": .int(counters.intents), "repeats": .int(counters.repeats), "unproven": .int(counters.unproven),
      "held": .int(counters.held),
      "denied": .object(denied.map { JSON.Member($0.key.rawValue, .int($0.value)) }), "posted": .int(counters.posted),
      "fills": .int(counters.fills), "repeated_fills": .int(counters.repeatedFills),
      "rejected": .int(counters.rejected),
      "unknown": .int(counters.unknown), "look_ups": .int(counters.lookUps), "voids": .int(counters.voids),
      "cancels": .int(counters.cancels), "surprises": .int(counters.surprises),
      "open_orders": .int(core.openOrders.count),
      "unknown_now": .int(core.unknownCount), "record_queue": .int(record?.count ?? 0), "grants": .int(grants.count),
      "settled_markets": .int(settled.count), "heard_intents": .int(heardIntents), "told_events": .int(toldEvents),
      "stream_events": .int(streamEvents),
      "calls_out": .int(callsOut + asking.count + loadingMarkets.count + resolving.count),
      "questions_out": .int([isStandingAsked, standingWanted, marketsAsked].count { $0 }),
    ]
  }
}
