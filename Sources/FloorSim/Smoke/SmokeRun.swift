import Shared

/// The end-to-end smoke on paper (S3-53 to S3-59) without its sockets: answers, frames and time come in, marker lines and questions go out.
/// One market at a time: the series' open window. Nothing here can sign, and nothing that is asked of the venue changes anything there.
public struct SmokeRun: Sendable {
  /// Two readings of one moment.
  public struct Now: Hashable, Sendable {
    public let wall: WallTime
    public let monotonic: MonotonicTime

    public init(wall: WallTime, monotonic: MonotonicTime) {
      self.wall = wall
      self.monotonic = monotonic
    }
  }

  public enum Effect: Hashable, Sendable {
    /// A whole marker line, for standard output.
    case line(String)
    case readClock
    case lookUp(MarketSlug)
    case subscribe([TokenID])
    /// Their books shall be sent anew.
    case resubscribe([TokenID])
    case unsubscribe([TokenID])
    /// The market socket shall be opened anew.
    case reconnect
    /// The token's book over REST, to be held against the stream's.
    case fetchBook(TokenID)
    /// The same, for the order to be matched with.
    case fetchOrderBook(TokenID)
    /// It is over; nothing follows.
    case end
  }

  public let settings: SmokeSettings
  var clock: MarketClock?
  private var clockAskedAt: MonotonicTime?
  var catalog: MarketCatalog
  var keepers: [MarketSlug: BookKeeper] = [:]
  /// Windows whose listing was answered for, whatever the answer.
  var answered: Set<MarketSlug> = []
  var decoder = MarketFrameDecoder()
  var isMarketOpen = false
  var references = ReferenceFeed()
  var feeds: HammerFeeds
  var newest: [ReferenceKind: MarketTime] = [:]
  /// Middle of the Up book over the last two seconds, 10⁻⁶.
  var mids: [MarketSlug: RollingWindow] = [:]

  private let began: MonotonicTime
  private var begun: [SmokeStep: MonotonicTime] = [:]
  public private(set) var passed: [SmokeStep: MonotonicTime] = [:]
  /// The newest word on each step.
  var came: [SmokeStep: String] = [:]
  public internal(set) var referenceEvents = 0
  public internal(set) var marketEvents = 0
  var looks = 0
  var lookedAt: MonotonicTime?
  /// The newest one, and the look at which it was found.
  public internal(set) var candidate: SmokeCandidate?
  var candidateLook = 0
  var account = PaperExchange()
  var orders = SmokeOrders()
  public private(set) var verdict: SmokeVerdict?
  private(set) var endedAt: MonotonicTime?
  private var effects: [Effect] = []

  public init(_ settings: SmokeSettings, at now: Now) {
    self.settings = settings
    began = now.monotonic
    catalog = MarketCatalog(policy: MarketCatalog.Policy(series: [settings.series], windowsAhead: 1))
    feeds = HammerFeeds(symbol: settings.series.symbol, settings.parameters.volatility)
    account.apply(.deposit(SmokeSettings.capital))
    begun = [.clock: began, .rtds: began]
    say(SmokeLine("SETTINGS_PROFILE=paper DRY_RUN=True").with("series", settings.series))
    if settings.endpoints.clock == nil { clockRead(.success(.live), at: now) }
  }

  public mutating func takeEffects() -> [Effect] {
    defer { effects = [] }
    return effects
  }

  mutating func emit(_ effect: Effect) { effects.append(effect) }
  mutating func say(_ line: SmokeLine) { effects.append(.line(line.text)) }

  // MARK: Steps

  func isPassed(_ step: SmokeStep) -> Bool { passed[step] != nil }

  mutating func pass(_ step: SmokeStep, at now: Now) {
    guard passed[step] == nil else { return }
    passed[step] = now.monotonic
    came[step] = nil
    switch step {
    case .clock: begun[.gamma] = now.monotonic
    case .gamma: begun[.book] = now.monotonic
    case .book: begun[.candidate] = now.monotonic
    case .rtds, .candidate, .order: break
    }
  }

  /// From now on an answer to the order is awaited, if it was not before.
  mutating func beginOrder(at now: Now) { begun[.order] = begun[.order] ?? now.monotonic }

  /// The order was answered, and another one may follow.
  mutating func endOrder() { begun[.order] = nil }

  /// Wall time from the beginning to when the step passed.
  func time(of step: SmokeStep) -> Duration? { passed[step]?.since(began) }
  var lasted: Duration? { endedAt?.since(began) }

  private mutating func expire(at now: Now) {
    let isOver = now.monotonic.since(began) >= settings.time
    for step in SmokeStep.allCases where !isPassed(step) {
      let waited = now.monotonic.since(begun[step] ?? (isOver ? began : now.monotonic))
      guard isOver || waited >= step.limit else { continue }
      let seconds = Figures.text(Double(waited.milliseconds) / 1000, decimals: 1)
      return fail(step, "\(word(on: step, at: now)), after \(seconds) s", at: now)
    }
  }

  // MARK: Time

  /// To be called several times a second.
  public mutating func tick(at now: Now) {
    guard verdict == nil else { return }
    askClock(at: now)
    if let clock {
      follow(clock, at: now)
      look(at: now)
      order(at: now)
    }
    if verdict == nil { expire(at: now) }
  }

  /// Often until it is known, then every 5 s: a replay's clock may jump.
  private mutating func askClock(at now: Now) {
    guard settings.endpoints.clock != nil else { return }
    let pause: Duration = clock == nil ? .milliseconds(500) : .seconds(5)
    if let clockAskedAt, now.monotonic.since(clockAskedAt) < pause { return }
    clockAskedAt = now.monotonic
    emit(.readClock)
  }

  public mutating func clockRead(_ answer: Result<MarketClock, SmokeTrouble>, at now: Now) {
    switch answer {
    case .failure(let trouble): if clock == nil { came[.clock] = trouble.why }
    case .success(let read):
      clock = read
      pass(.clock, at: now)
      let policy = policy(read)
      for slug in keepers.keys { keepers[slug]?.policy = policy }
    }
  }

  /// Silence is judged as the feed does: ten seconds of the market, and never less than one of the wall.
  func policy(_ clock: MarketClock) -> BookKeeper.Policy {
    BookKeeper.Policy(staleAfter: .seconds(10), shortest: clock.market(during: .seconds(1)))
  }

  func market(at now: Now) -> MarketTime { (clock ?? .live).market(at: now.wall) }

  /// The open window, once it is followed.
  func open(at time: MarketTime) -> BookKeeper? {
    let start = settings.series.windowStart(containing: time)
    return settings.series.slug(startingAt: start).flatMap { keepers[$0] }
  }

  // MARK: The end

  /// The operator ends it.
  public mutating func interrupt(at now: Now) { end(.interrupted, at: now) }

  mutating func fail(_ step: SmokeStep, _ came: String, at now: Now) {
    end(.noGo(step, asked: asked(step, at: now), came: came), at: now)
  }

  mutating func end(_ verdict: SmokeVerdict, at now: Now) {
    guard self.verdict == nil else { return }
    self.verdict = verdict
    endedAt = now.monotonic
    if case .noGo(let step, let asked, let came) = verdict {
      say(
        SmokeLine("FAILED").with("step", step.rawValue).with("asked", asked).with("came", came).with(
          "remedy", step.remedy))
    }
    say(summary)
    emit(.end)
  }

  private var summary: SmokeLine {
    let line = SmokeLine("SUMMARY").with("rtds_events", referenceEvents).with("clob_events", marketEvents).with(
      flag: "candidate_found", candidate != nil
    ).with(flag: "order_result", orders.result).with("verdict", verdict?.word ?? "none")
    let time = Figures.text(Double(lasted?.milliseconds ?? 0) / 1000, decimals: 1)
    guard case .noGo(let step, _, _) = verdict else { return line.with("after_s", time) }
    return line.with("step", step.rawValue).with("after_s", time)
  }
}
