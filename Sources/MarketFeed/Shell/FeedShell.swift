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
  private var decoder = MarketFrameDecoder()
  private let bus: RedisBus
  private let record: MarketRecord
  private let http: HTTPClient
  private let gamma: GammaClient
  private let clob: ClobClient
  private let clockURL: String?
  private let context: WebContext
  private let market: VenueStream
  private let reference: VenueStream
  private let recorder: FrameRecorder?
  /// Tokens to be subscribed at every opening.
  private var tokens: [TokenID] = []
  private var isFlushDue = false
  /// Messages of the market stream that were read since the last flush: what they say is told to nobody yet.
  private var untold = 0
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
    market = try VenueStream(
      context: context, endpoint: try WebEndpoint(endpoints.marketStream), keepAlive: .seconds(5),
      answerLimit: .seconds(15), backoff: FeedShell.backoff)
    // The price stream wants its keep-alive every 5 s.
    reference = try VenueStream(
      context: context, endpoint: try WebEndpoint(endpoints.referenceStream), keepAlive: .seconds(5),
      answerLimit: .seconds(15), backoff: FeedShell.backoff)
    if let bytesMax = configuration.recordingBytesMax {
      recorder = try FrameRecorder(
        directory: process.birth.stateDirectory + "/recordings", bytesMax: bytesMax, loop: process.loop,
        log: process.log)
    } else {
      recorder = nil
    }
    bus = try process.bus()
    record = MarketRecord(
      database: try process.database(), loop: loop, log: log, keepDays: configuration.keepTickDays)
    wire()
  }

  private func wire() {
    market.onOpen = { [unowned self] in
      core.streamOpened(at: now)
      subscribe(tokens, isFirst: true)
      perform()
    }
    market.onLost = { [unowned self] why in
      guard core.isStreamOpen else { return log.debug("market stream not open", [.text("why", why)]) }
      log.warning("market stream lost", [.text("why", why)])
      core.streamClosed(at: now)
      flush()
    }
    market.onText = { [unowned self] text in
      untold += 1
      trace?.note(.feedReceived, text, after: "\"timestamp\":\"", scale: 1_000_000)
      keep(.frame(stream: "market", text))
      core.frame(decoder.decode(text), at: now)
      flushSoon()
    }
    reference.onOpen = { [unowned self] in reference.send(FeedShell.referenceSubscription) }
    reference.onLost = { [unowned self] why in log.debug("reference stream not open", [.text("why", why)]) }
    reference.onText = { [unowned self] text in
      keep(.frame(stream: "reference", text))
      core.reference(StreamFrame(reference: text), at: now)
      perform()
      if untold == 0 { process.advance() }
    }
    bus.onConnected = { [unowned self] in
      core.busConnected(at: now)
      flush()
    }
    record.onUnresolved = { [unowned self] slugs in
      for slug in slugs { core.owe(slug, at: now) }
    }
    process.waiting = { [unowned self] in untold }
    loop.every(FeedShell.tickInterval) { [unowned self] in tick() }
    market.start()
    reference.start()
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

  private func tick() {
    core.tick(at: now)
    flush()
    let live = core.followers.values.count { $0.state == .live }
    process.isReady = core.clock != nil && core.isStreamOpen && live > 0 && bus.isConnected
    process.note = "\(core.followers.count) markets, \(live) live, \(core.counters.published) published"
  }

  func stop() {
    market.stop()
    reference.stop()
    recordFrames()
    recorder?.close()
    process.stop()
  }

  // MARK: Effects

  private func perform() {
    for effect in core.takeEffects() {
      switch effect {
      case .publish(let channel, let payload):
        trace?.note(.feedPublished, payload, after: "\"ts_ns\":")
        bus.publish(channel, payload)
      case .store(let key, let value, let lifetime): bus.set(key, value, ttl: lifetime)
      case .lookUp(let slug):
        gamma.market(slug) { [weak self] result in
          self?.answered { core, now in core.listing(slug, ListingAnswer(result), at: now) }
        }
      case .fetchBook(let token):
        clob.book(token) { [weak self] result in
          let book: VenueBook? = if case .success(let book) = result { book } else { nil }
          self?.answered { core, now in core.witness(token, book, at: now) }
        }
      case .readClock: readClock()
      case .subscribe(let new):
        tokens += new
        subscribe(new, isFirst: false)
      case .unsubscribe(let old):
        tokens.removeAll(where: old.contains)
        send(["operation": "unsubscribe", "assets_ids": FeedShell.list(old)])
      case .resubscribe(let silent):
        send(["operation": "unsubscribe", "assets_ids": FeedShell.list(silent)])
        subscribe(silent, isFirst: false)
      case .reconnect: market.reconnect("silent")
      case .recordMarket(let slug, let row): record.market(slug, row)
      case .recordTicks(let rows): record.ticks(rows)
      case .note(let note): tell(note)
      case .mark(let mark): keep(.mark(mark))
      }
    }
  }

  private func answered(_ body: (inout FeedCore, Instant) -> Void) {
    body(&core, now)
    flush()
    process.advance()
  }

  /// The live venue's clock is the wall. A simulated one that does not answer leaves the clock that is known going.
  private func readClock() {
    guard let clockURL else { return core.clockRead(.live, at: now) }
    SimClock.read(http, url: clockURL) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let clock): answered { core, now in core.clockRead(clock, at: now) }
      case .failure(let error):
        if core.clock == nil { log.warning("market clock not read", [.error(error)]) }
      }
    }
  }

  /// Quick at first: a venue that was restarted is back at once, and every second without data is a second without trading.
  private static var backoff: Backoff { Backoff(base: .milliseconds(100), cap: .seconds(5), seed: SystemRandom.seed()) }

  private func subscribe(_ tokens: [TokenID], isFirst: Bool) {
    if isFirst {
      send(["type": "market", "assets_ids": FeedShell.list(tokens), "custom_feature_enabled": true])
    } else {
      send(["operation": "subscribe", "assets_ids": FeedShell.list(tokens), "custom_feature_enabled": true])
    }
  }

  private func send(_ message: JSON) { if market.isOpen { market.send(message.bytes) } }
  private static func list(_ tokens: [TokenID]) -> JSON { .array(tokens.map { .string($0.text) }) }

  /// Without filters: the only form that always delivers (protocol document, section 5.1). What is not wanted is dropped by the core.
  private static let referenceSubscription: [UInt8] = {
    let topics = ["crypto_prices_chainlink", "crypto_prices_twap_sixty", "crypto_prices_twap_thirty", "crypto_prices"]
    let subscriptions = topics.map { JSON.object([.init("topic", .string($0)), .init("type", "update")]) }
    return JSON.object([.init("action", "subscribe"), .init("subscriptions", .array(subscriptions))]).bytes
  }()

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
    case .silent(let seconds): log.warning("market stream silent", [.int("seconds", seconds)])
    case .malformed(let count): log.warning("market stream malformed", [.int("frames_in_a_minute", count)])
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
