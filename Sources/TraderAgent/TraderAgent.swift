import FloorIOData
import Shared

/// The shell around `AgentCore`: brings it the bus's messages, the database's order events and the time, and does what it says.
///
/// Birth: the newest checkpoint (file or database) and `agent_snapshot` first, then the bus. Ready when both were done and the first
/// market message was evaluated. Without an answer from the database it goes on from the file, without entries, until there is one.
final class TraderAgent {
  static let beatInterval: Duration = .milliseconds(100)
  static let reconcileLimit: Duration = .milliseconds(500)
  static let farewellLimit: Duration = .milliseconds(400)
  static let syncInterval: Duration = .seconds(5)
  /// Order events read at a time.
  static let eventsPage = 500
  static let checkpointInterval: Duration = .seconds(30)
  static let countInterval: Duration = .seconds(10)

  let process: FloorProcess
  let settings: AgentSettings
  let bus: RedisBus
  let database: Database
  let file: CheckpointFile
  let decisions: DecisionWriter
  /// `nil` where none is wanted.
  let journal: AgentJournal?
  var core: AgentCore
  var clock: MarketClock?
  var sequences = SequenceCounter()
  var tracker = SequenceTracker()
  var fileCheckpoint: AgentCheckpoint?
  var hasResumed = false
  var isAsking = false
  var isSyncing = false
  var wantsSync = false
  var wantsSave = false
  var isSaving = false
  var isCounting = false
  var wantsCount = false
  var isLeaving = false
  /// Intents handed to the database because the bus was away.
  var offered = Set<IntentID>()
  var dayProfit: USD?
  /// Why it is not known: each reason is said once.
  var profitError: String?
  /// What is thought of a channel: decided once, because thinking about its name costs more than dropping the message.
  private var interests: [String: Interest] = [:]
  private(set) var malformed: UInt64 = 0
  /// Messages of the market streams that came, whoever they are for; order events that came; intents that left.
  private var heard: Int64 = 0
  private var told: Int64 = 0
  private var asked: Int64 = 0
  /// Prices that were sent and did not arrive.
  private(set) var missed: Int64 = 0
  /// Messages for this agent that came since it last considered one.
  private var unheeded = 0

  private enum Interest: Equatable {
    case market(MarketSlug)
    case reference
    case orders
    case clock
    case none
  }

  init(_ process: FloorProcess, _ settings: AgentSettings) throws {
    self.process = process
    self.settings = settings
    core = AgentCore(
      identity: .init(
        name: settings.name, strategy: settings.strategyName, epoch: process.birth.epoch, series: settings.series,
        events: settings.events),
      strategy: settings.strategy)
    journal = AgentJournal(process, settings)
    file = CheckpointFile(directory: process.birth.stateDirectory + "/checkpoints", name: settings.name.text)
    database = try process.database()
    bus = try process.bus()
    decisions = DecisionWriter(database: database, log: process.log, epoch: process.birth.epoch)
  }

  func start() {
    do {
      if let record = try file.load() {
        fileCheckpoint = try AgentCheckpoint(JSON.parse(record.payload, limits: JSONLimits(bytes: 16 << 20)))
      }
    } catch {
      process.log.warning("checkpoint file not usable", [.text("directory", file.directory), .error(error)])
    }
    ask()
    process.loop.after(TraderAgent.reconcileLimit) { [weak self] in self?.resumeAlone() }
    bus.onMessage = { [weak self] in self?.receive($0, $1) }
    bus.onConnected = { [weak self] in self?.pull() }
    bus.onDisconnected = { [weak self] in self?.take(.blind) }
    bus.psubscribe(Names.everyMarketUpdate)
    bus.psubscribe(Names.everyReferencePrice)
    bus.subscribe(Names.clock)
    bus.subscribe(Names.orderEvents(settings.name))
    if !process.isInLockstep { process.loop.every(TraderAgent.beatInterval) { [weak self] in self?.beat() } }
    process.loop.every(TraderAgent.syncInterval) { [weak self] in self?.sync() }
    process.loop.every(TraderAgent.checkpointInterval) { [weak self] in self?.wantsSave = true }
    process.loop.every(TraderAgent.countInterval) { [weak self] in self?.count() }
    process.loop.every(.seconds(1)) { [weak self] in self?.showState() }
    process.loop.every(.seconds(10)) { [weak self] in self?.readProfit() }
    process.onCommand = { [weak self] in try self?.obey($0) }
    process.onClock = { [weak self] market, isBeat in
      self?.clock = .standing(at: market, since: SystemClock.wall())
      if isBeat { self?.beat() }
    }
    process.onStopRequested = { [weak self] in self?.leave("told to stop") }
    process.waiting = { [weak self] in self?.unheeded ?? 0 }
    process.counters = { [weak self] in self?.counters ?? .object([]) }
    process.onLifelineClosed = { [weak self] in self?.leave("the boss is gone") }
  }

  // MARK: The bus

  private func receive(_ channel: String, _ payload: [UInt8]) {
    let interest = interests[channel] ?? judge(channel)
    if interest != .orders, channel != Names.clock { heard += 1 }
    do throws(MessageError) {
      switch interest {
      case .none: return
      case .clock: clock = try ClockMessage(decoding: payload).clock
      case .market(let slug):
        process.trace?.note(.agentReceived, payload, after: "\"ts_ns\":")
        let update = try MarketUpdate(decoding: payload)
        guard isNews(update.envelope, on: channel) else { return }
        guard update.slug == slug else { throw .invalid("slug") }
        take(.market(update))
        if unheeded == 0 { process.advance() }
      case .reference:
        let price = try ReferencePrice(decoding: payload)
        guard isNews(price.envelope, on: channel) else { return }
        take(.reference(price))
        if unheeded == 0 { process.advance() }
      case .orders:
        told += 1
        let event = try OrderEventMessage(decoding: payload)
        switch tracker.receive(event.envelope, on: channel) {
        case .old, .next: break
        // The cursor decides what is applied; a hole in the numbers only says that it is time to ask.
        case .gap, .first, .restarted: sync()
        }
        take(.order(event))
        if unheeded == 0 { process.advance() }
      }
    } catch {
      malformed += 1
      if malformed % 1000 == 1 {
        process.log.warning(
          "message dropped", [.text("channel", channel), .error(error), .int("dropped", malformed)])
      }
    }
  }

  /// Each price message is its whole state, so the one that shows a gap also heals it; what was missed is counted and told. (The key holds
  /// nothing newer than the message does.)
  private func isNews(_ envelope: Envelope, on channel: String) -> Bool {
    switch tracker.receive(envelope, on: channel) {
    case .old: return false
    case .next, .first, .restarted: return true
    case .gap(let missing):
      if missed / 1000 != (missed + missing) / 1000 || missed == 0 {
        process.log.warning("prices missed", [.text("channel", channel), .int("missed", missed + missing)])
      }
      missed += missing
      return true
    }
  }

  private func judge(_ channel: String) -> Interest {
    let interest: Interest
    if let slug = Names.slug(ofMarketUpdates: channel) {
      let isWanted = core.identity.follows(slug) || core.context.positions.holds(slug)
      interest = isWanted ? .market(slug) : .none
    } else if let symbol = Names.symbol(ofReferencePrices: channel) {
      interest = core.identity.follows(symbol: symbol) ? .reference : .none
    } else if channel == Names.clock {
      interest = .clock
    } else {
      interest = channel == Names.orderEvents(settings.name) ? .orders : .none
    }
    // Windows come and go: forget all rather than grow for ever.
    if interests.count > 1000 { interests.removeAll(keepingCapacity: true) }
    interests[channel] = interest
    return interest
  }

  /// Reads the keys that say how things stand now: at the start, and whenever the bus comes back.
  func pull() {
    guard hasResumed, bus.isConnected else { return }
    bus.get(Names.clock) { [weak self] result in
      guard let self, case .success(let bytes?) = result else { return }
      receive(Names.clock, bytes)
      pullMarkets()
    }
    sync()
  }

  private func pullMarkets() {
    bus.get(Names.knownMarkets) { [weak self] result in
      guard let self, case .success(let bytes?) = result else { return }
      do throws(JSONError) {
        for item in try JSON.parse(bytes).array ?? [] {
          guard let slug = item.string.flatMap({ MarketSlug($0) }), core.identity.follows(slug) else { continue }
          pull(slug)
        }
      } catch {
        process.log.warning("the list of markets is not readable", [.error(error)])
      }
    }
    for position in core.context.positions.all { pull(position.market) }
  }

  private func pull(_ slug: MarketSlug) {
    bus.get(Names.market(slug)) { [weak self] result in
      guard let self, case .success(let bytes?) = result else { return }
      do throws(MessageError) {
        let update = try MarketUpdate(decoding: bytes)
        guard tracker.adopt(update.envelope, on: Names.marketUpdates(slug)) else { return }
        take(.market(update))
      } catch {
        process.log.warning("a market's key is not readable", [.text("market", slug), .error(error)])
      }
    }
  }

  // MARK: The core

  /// Gives the core one event at the market's time now. Before the clock is known nothing can be judged.
  func take(_ event: AgentEvent) {
    guard hasResumed, let clock else {
      switch event {
      case .market, .reference, .order: unheeded += 1
      case .beat, .blind, .drain, .mode, .synced: break
      }
      return
    }
    unheeded = 0
    let now = clock.market(at: SystemClock.wall())
    journal?.note(JournalEntry(event, now: now))
    var effects: [AgentEffect] = []
    core.handle(event, now: now, &effects)
    journal?.note(effects)
    for effect in effects { perform(effect) }
    if effects.contains(where: { if case .record(let decision) = $0 { decision.kind == .signal } else { false } }) {
      // Right behind the intents, in the same turn: a price must not wait for this row.
      process.loop.atTurnEnd { [weak self] in self?.decisions.flush() }
    }
    if !process.isReady, core.isReconciled, core.evaluated > 0, !core.isBlind {
      process.isReady = true
      // However short it is: a life leaves a count.
      count()
      process.log.info("ready", [.int("cursor", core.cursor), .int("positions", core.context.positions.all.count)])
    }
  }

  private func perform(_ effect: AgentEffect) {
    switch effect {
    case .publish(let flight): publish(flight)
    case .record(let decision): decisions.add(decision)
    case .save: wantsSave = true
    case .sync: sync()
    }
  }

  private func publish(_ flight: Flight) {
    let message = IntentMessage(
      envelope: envelope(for: Names.intents), terms: flight.terms, feedOrder: flight.feedOrder,
      bookTime: flight.bookTime,
      reason: flight.reason, secret: settings.secret)
    process.trace?.note(.intentSent, flight.terms.intent)
    asked += 1
    if bus.isConnected, bus.publish(Names.intents, message.bytes) { return }
    offer(message)
  }

  func envelope(for channel: String) -> Envelope {
    let wall = SystemClock.wall()
    return Envelope(
      source: process.birth.process, boot: process.birth.boot, sequence: sequences.next(channel),
      time: clock?.market(at: wall) ?? MarketTime(nanoseconds: wall.nanoseconds), sent: wall)
  }

  private func beat() {
    if let floorMode = pendingMode {
      pendingMode = nil
      take(.mode(floorMode))
    }
    take(.beat)
    journal?.beat()
    decisions.flush()
    if wantsSave { save() }
  }

  private var counters: JSON {
    ["heard": .int(heard), "told": .int(told), "asked": .int(asked), "evaluated": .int(core.evaluated)]
  }

  // MARK: The boss

  private var pendingMode: FloorMode?

  private func obey(_ command: ControlCommand) throws {
    switch command {
    case .drain:
      process.log.info("draining")
      leave("drained")
    case .mode(let word):
      guard let mode = FloorMode(rawValue: word) else { throw ControlServer.Refusal("no such mode: \(word)") }
      process.mode = mode
      pendingMode = mode
    case .boss, .stop, .grant, .revoke, .clock: throw ControlServer.Refusal("\(command.name) is not for an agent")
    }
  }

  /// No new entries; what is counted and remembered goes to file and database; then the end. The gateway has the open orders.
  private func leave(_ reason: StaticString) {
    guard !isLeaving else { return process.stop() }
    isLeaving = true
    process.log.info("leaving", [.text("reason", reason.description)])
    take(.drain)
    journal?.note(.finish)
    var effects: [AgentEffect] = []
    core.finish(&effects)
    journal?.note(effects)
    journal?.write()
    for effect in effects { perform(effect) }
    decisions.onIdle = { [weak self] in self?.endWhenDone() }
    save()
    decisions.flush()
    count()
    process.loop.after(TraderAgent.farewellLimit) { [weak self] in self?.process.stop() }
  }

  func endWhenDone() {
    guard isLeaving, decisions.isIdle, !isSaving, !isCounting else { return }
    process.stop()
  }
}
