import FloorIOData
import FloorIOVenue
import Shared

/// Joins the feed's core to sockets, bus, record and clock. One thread: everything here runs on the process's loop.
final class FeedShell {
  private let process: FloorProcess
  private let loop: EventLoop
  private let log: Log
  private let trace: PathTrace?
  private var core: FeedCore
  private let bus: RedisBus
  private let record: MarketRecord
  private let http: HTTPClient
  private let gamma: GammaClient
  private let clob: ClobClient
  private let clockURL: String?
  private let context: WebContext
  private let market: MarketSockets
  private let reference: VenueStream
  /// With an API key only.
  private let polybolt: PolyBoltStream?
  private let recorder: FrameRecorder?
  /// What is published, for a replay of the day; `nil` where none is wanted.
  private let journal: DayJournal?
  private var page = FeedPage()
  private var isFlushDue = false
  /// Questions to the venue without an answer.
  private var questionsOut = 0
  /// Messages of the market stream that were read since the last flush: what they say is told to nobody yet.
  private var untold = 0
  /// Why each stream that is not open is not, as last told.
  private var troubles: [String: (why: String, at: MonotonicTime)] = [:]
  private enum Kept {
    case frame(stream: String, [UInt8])
    case mark(FeedMark)
  }
  private var unrecorded: [(kept: Kept, at: WallTime)] = []
  private static let tickInterval = Duration.milliseconds(50)

  init(_ process: FloorProcess) throws {
    self.process = process
    loop = process.loop
    log = process.log
    trace = process.trace
    let configuration = try FeedConfiguration(process.birth.configuration)
    core = FeedCore(settings: configuration.settings, source: process.birth.process, boot: process.birth.boot)
    let endpoints = configuration.endpoints
    http = HTTPClient(loop: loop, connections: 8, authorities: configuration.endpoints.authorities)
    gamma = GammaClient(http: http, base: endpoints.gamma)
    clob = ClobClient(http: http, base: endpoints.clob, credentials: nil)
    clockURL = endpoints.clock
    context = try WebContext(loop: loop, authorities: configuration.endpoints.authorities)
    market = MarketSockets(
      context: context, endpoint: try WebEndpoint(endpoints.marketStream), twins: configuration.settings.twins)
    core.bookHash = Digests.bookHash
    // The price stream wants its keep-alive every 5 s.
    reference = try VenueStream(
      context: context, endpoint: try WebEndpoint(endpoints.referenceStream), keepAlive: .seconds(5),
      answerLimit: .seconds(15), backoff: MarketSockets.backoff)
    polybolt = try FeedShell.polybolt(process, configuration, context)
    if let bytesMax = configuration.recordingBytesMax {
      recorder = try FrameRecorder(
        directory: process.birth.stateDirectory + "/recordings", bytesMax: bytesMax, loop: process.loop,
        log: process.log)
    } else {
      recorder = nil
    }
    let journalSettings = JournalSettings(process.birth)
    journal =
      journalSettings.isOn
      ? DayJournal(journalSettings, writer: process.birth.process, life: process.birth.boot, log: process.log) : nil
    bus = try process.bus()
    record = MarketRecord(
      database: try process.database(), loop: loop, log: log, keepDays: configuration.keepTickDays)
    wire()
  }

  private func wire() {
    market.onOpen = { [unowned self] id in
      troubles.removeValue(forKey: "market \(id)")
      core.socketOpened(id, at: now)
      perform()
    }
    market.onLost = { [unowned self] id, why in
      guard core.sockets[id].isOpen else { return trouble("market \(id)", why) }
      log.warning("market stream lost", [.text("socket", id.description), .text("why", why)])
      core.socketClosed(id, at: now)
      flush()
    }
    market.onText = { [unowned self] id, text in
      untold += 1
      guard core.hear(text, from: id, at: now) else { return flushSoon() }
      trace?.note(.feedReceived, text, after: "\"timestamp\":\"", scale: 1_000_000)
      keep(.frame(stream: "market", text))
      flushSoon()
    }
    reference.onOpen = { [unowned self] in
      troubles.removeValue(forKey: "reference")
      reference.send(VenueSubscriptions.references)
      core.opened(.rtds, at: now)
    }
    reference.onLost = { [unowned self] why in trouble("reference", why) }
    reference.onText = { [unowned self] text in
      keep(.frame(stream: "reference", text))
      core.reference(StreamFrame(reference: text), at: now)
      perform()
      if untold == 0 { process.advance() }
    }
    polybolt?.onOpen = { [unowned self] in core.opened(.polybolt, at: now) }
    polybolt?.onLost = { [unowned self] why in trouble("polybolt", why) }
    polybolt?.onText = { [unowned self] text in keep(.frame(stream: "polybolt", text)) }
    polybolt?.onTicks = { [unowned self] ticks in
      troubles.removeValue(forKey: "polybolt")
      core.reference(ticks, from: .polybolt, at: now)
      perform()
      if untold == 0 { process.advance() }
    }
    polybolt?.onTrouble = { [unowned self] trouble in
      core.polybolt(trouble)
      perform()
    }
    bus.onConnected = { [unowned self] in
      core.busConnected(at: now)
      flush()
    }
    record.onUnresolved = { [unowned self] slugs in
      for slug in slugs { core.owe(slug, at: now) }
    }
    process.waiting = { [unowned self] in untold }
    process.counters = { [unowned self] in core.report.with("questions_out", .int(questionsOut)) }
    process.onClock = { [unowned self] in move(to: $0, isBeat: $1) }
    if !process.isInLockstep { loop.every(FeedShell.tickInterval) { [unowned self] in tick() } }
    open(shard: 0)
    reference.start()
    polybolt?.start()
  }

  /// The account's API key comes with the birth, where the configuration asks for PolyBolt.
  private static func polybolt(
    _ process: FloorProcess, _ configuration: FeedConfiguration, _ context: WebContext
  ) throws -> PolyBoltStream? {
    guard configuration.settings.sources.contains(.polybolt) else { return nil }
    let account = try JSON.parse(process.birth.secrets["venue_api"]?.reveal() ?? "{}")
    guard let key = account["api_key"]?.string, let secret = account["secret"]?.string,
      let passphrase = account["passphrase"]?.string
    else {
      throw FloorFailure(.configuration, "market.polybolt is true, and there is no API key for it → set it to false")
    }
    let stream = try VenueStream(
      context: context, endpoint: try WebEndpoint(configuration.endpoints.polyboltStream), keepAlive: .seconds(10),
      keepAliveText: #"{"op":"ping"}"#, answerLimit: .seconds(30), messageLimit: MarketSockets.messageLimit)
    var symbols: [String] = []
    for series in configuration.settings.series where !symbols.contains(series.symbol) { symbols.append(series.symbol) }
    return PolyBoltStream(
      stream: stream, apiKey: key, secret: Secret(secret), passphrase: Secret(passphrase), symbols: symbols)
  }

  private func open(shard: Int) {
    do { try market.start(shard: shard) } catch {
      log.error("market sockets not made", [.int("shard", shard), .error(error)])
    }
  }

  /// A stream that does not open: told when its reason is another one, and once a minute.
  private func trouble(_ stream: String, _ why: String) {
    let at = SystemClock.monotonic()
    if let known = troubles[stream], known.why == why, at.since(known.at) < .seconds(60) { return }
    troubles[stream] = (why, at)
    log.warning("stream not open", [.text("stream", stream), .text("why", why)])
  }

  private var now: Instant { Instant(wall: SystemClock.wall(), monotonic: SystemClock.monotonic()) }

  // MARK: Turns

  /// Collects what one turn brings, so that a burst folds into one message a market.
  private func flushSoon() {
    guard !isFlushDue else { return }
    isFlushDue = true
    loop.atTurnEnd { [weak self] in
      guard let self else { return }
      isFlushDue = false
      flush()
    }
  }

  private func flush() {
    core.flush(at: now)
    perform()
    guard untold > 0 else { return }
    untold = 0
    process.advance()
  }

  /// Records a raw message, or our mark between two, once the turn's prices have left: whoever trades must not wait for the recording.
  private func keep(_ kept: Kept) {
    guard recorder != nil else { return }
    unrecorded.append((kept, SystemClock.wall()))
    guard unrecorded.count == 1 else { return }
    // The turn's end comes in rounds: this turn's messages are published in the first, the bus sends them in the second.
    loop.atTurnEnd { [weak self] in self?.loop.atTurnEnd { self?.loop.atTurnEnd { self?.recordFrames() } } }
  }

  private func recordFrames() {
    for (kept, time) in unrecorded {
      switch kept {
      case .frame(let stream, let text): recorder?.keep(stream, text, at: time)
      case .mark(let mark): recorder?.keep(FeedMark.stream, mark.json.bytes, at: time)
      }
    }
    unrecorded.removeAll(keepingCapacity: true)
  }

  private func move(to market: MarketTime, isBeat: Bool) {
    core.clockMoved(to: market, at: now)
    if isBeat { tick() } else { perform() }
  }

  private func tick() {
    core.tick(at: now)
    flush()
    let live = core.followers.values.count { $0.state == .live }
    process.isReady = core.clock != nil && core.sockets.isComplete && live > 0 && bus.isConnected
    process.note = "\(core.followers.count) markets, \(live) live, \(core.counters.published) published"
  }

  func stop() {
    market.stop()
    reference.stop()
    polybolt?.stop()
    recordFrames()
    recorder?.close()
    process.stop()
  }

  // MARK: Effects

  private func perform() {
    // A socket's end has effects of its own: they come after all of these, or messages would overtake each other.
    var ended: [(id: MarketSocketID, why: String)] = []
    defer { for (id, why) in ended { market.reconnect(id, why) } }
    let effects = core.takeEffects()
    writeJournal(effects)
    for effect in effects {
      switch effect {
      case .publish(let channel, let payload):
        trace?.note(.feedPublished, payload, after: "\"ts_ns\":")
        bus.publish(channel, payload)
      case .store(let key, let value, let lifetime): bus.set(key, value, ttl: lifetime)
      case .lookUp(let slug):
        questionsOut += 1
        gamma.market(slug) { [weak self] result in
          self?.answered { core, now in core.listing(slug, ListingAnswer(result), at: now) }
        }
      case .fetchBook(let token) where process.isInLockstep:
        // When it is asked is the wall's doing.
        core.witness(token, nil, at: now)
      case .fetchBook(let token):
        questionsOut += 1
        clob.book(token) { [weak self] result in
          let book: VenueBook? = if case .success(let book) = result { book } else { nil }
          self?.answered { core, now in core.witness(token, book, at: now) }
        }
      case .readClock: readClock()
      case .open(let shard): open(shard: shard)
      case .subscribe(let new, let shard): market.subscribe(new, shard: shard)
      case .unsubscribe(let old, let shard): market.unsubscribe(old, shard: shard)
      case .resubscribe(let silent, let shard): market.resubscribe(silent, shard: shard)
      case .reconnect(let id, let why): ended.append((id, why))
      // One that is not open is on its way already.
      case .reconnectReference(.rtds): if reference.isOpen { reference.reconnect("silent") }
      case .reconnectReference(.polybolt): if polybolt?.isOpen == true { polybolt?.reconnect("silent") }
      case .recordMarket(let slug, let row): record.market(slug, row)
      case .recordTicks(let rows): record.ticks(rows)
      case .note(let note): tell(note)
      case .mark(let mark): keep(.mark(mark))
      }
    }
  }

  /// Before anybody can hear it: what an agent decided on must be there whenever this process is killed. One write a turn.
  private func writeJournal(_ effects: [FeedEffect]) {
    guard let journal else { return }
    for case .publish(let channel, let payload) in effects where channel != Names.clock { page.add(payload) }
    guard !page.isEmpty else { return }
    // What is lost is told by the journal, and missed by its orders.
    _ = journal.append(page.bytes, at: SystemClock.wall())
    page.clear()
  }

  private func answered(_ body: (inout FeedCore, Instant) -> Void) {
    questionsOut -= 1
    body(&core, now)
    flush()
    process.advance()
  }

  /// The live venue's clock is the wall. A simulated one that does not answer leaves the clock that is known going.
  private func readClock() {
    // In lockstep it is told, not asked.
    guard !process.isInLockstep else { return }
    guard let clockURL else { return core.clockRead(.live, at: now) }
    questionsOut += 1
    SimClock.read(http, url: clockURL) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let clock): answered { core, now in core.clockRead(clock, at: now) }
      case .failure(let error):
        questionsOut -= 1
        if core.clock == nil { log.warning("market clock not read", [.error(error)]) }
      }
    }
  }

  private func tell(_ note: FeedNote) {
    switch note {
    case .following(let slug): log.info("market followed", [.text("market", slug.text)])
    case .dropped(let slug): log.info("market let go", [.text("market", slug.text)])
    case .state(let slug, let state, let reason):
      log.info(
        "market state",
        [.text("market", slug.text), .text("state", state.rawValue), .text("reason", reason ?? "")])
    case .resubscribed(let token, let reason):
      log.warning("token subscribed again", [.text("token", token.text), .text("reason", reason)])
    case .clock(let clock):
      log.info(
        "market clock",
        [.int("rate_milli", clock.rateMilli), .text("market", clock.market(at: SystemClock.wall()).description)])
    case .silent(let shard, let seconds):
      log.warning("market stream silent", [.int("shard", shard), .int("seconds", seconds)])
    case .stalled(let id): log.warning("market stream behind its twin", [.text("socket", id.description)])
    case .malformed(let id, let count):
      log.warning(
        "market stream malformed", [.text("socket", id.description), .int("frames_in_a_minute", count)])
    case .stranger(let kind):
      log.error("the venue sends events that this version does not know; the known ones go on", [.text("kind", kind)])
    case .contested(let symbol, let time):
      log.error("settlement price contested", [.text("symbol", symbol), .text("market", time.description)])
    case .subscriptionRefused(let what): log.error("PolyBolt refuses a subscription", [.text("subscription", what)])
    case .referenceSilent(let source): log.warning("reference source silent", [.text("source", source.rawValue)])
    case .badHash(let token): log.error("book does not match its check sum", [.text("token", token.text)])
    }
  }
}

extension ListingAnswer {
  init(_ result: Result<GammaMarket?, VenueCallError>) {
    switch result {
    case .success(let listing?): self = .found(listing)
    case .success(nil): self = .missing
    case .failure(.malformed(let why)): self = .unusable(why)
    case .failure: self = .failed
    }
  }
}
