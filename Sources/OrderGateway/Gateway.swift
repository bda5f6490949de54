import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// The gateway's shell: feeds the core and performs its effects, on one thread. What decides stands in `OrderManager`.
final class Gateway {
  enum Phase: String {
    case locking = "waiting for the file lock"
    case leasing = "waiting for the wallet lease"
    case loading = "reading the record"
    case asking = "asking the venue"
    case open = "open"
    case draining = "draining"
  }

  let process: FloorProcess
  let config: GatewayConfiguration
  let database: Database
  let bus: RedisBus
  let link: any VenueLink
  let stream: any AccountStream
  let signer: OrderSigner
  /// Where a test wants this process dead; `nil` on a floor.
  private let crash: CrashPlan?

  var core: OrderManager
  var shelf = MarketShelf()
  var grants = Grants()
  var lease: LeaseKeeper
  var record: RecordQueue?
  var lock: WalletLock?
  var journal: JournalFile?
  var phase = Phase.locking { didSet { report() } }
  var clock = MarketClock.live

  private var events: [GatewayEvent] = []
  private var isHandling = false
  private var wake: (timer: TimerID, at: MonotonicTime)?
  private var lastSignedMilliseconds: UInt64 = 0
  private var domains: [TokenID: (domain: ExchangeDomain, isNegativeRisk: Bool)] = [:]
  private var random = SeededGenerator(seed: SystemRandom.seed())

  /// What came and left, and calls to the venue without an answer.
  var heardIntents: Int64 = 0
  var toldEvents: Int64 = 0
  var streamEvents: Int64 = 0
  private(set) var callsOut = 0

  // Publishing
  var sequences: [String: Int64] = [:]
  var lastAnswers: [IntentID: JSON] = [:]
  var lastAnswersOrder: [IntentID] = []

  // Modes
  var recordedMode = FloorMode.reduceOnly
  var recordedReason = ""
  var recordedHalt = false
  var localHalt: String?
  var localHaltRecorded = false
  /// Nothing is sold in it (`HaltCause`): by our own knowledge, and by the record's.
  var localHaltHolds = false
  var recordedHaltHolds = false
  var isHaltOut = false
  var haltWatch: FolderWatch?
  /// While halted: is nothing open any more? And what was said last of it.
  var proof: FlatProof?
  var proofTimer: TimerID?
  var haltWord = ""
  /// The proof that nothing rests, and the sale of what is held.
  var flatFinding: FlatProof.Finding?
  var closing: HaltClosing?
  /// What was said last of a halt or a lease that the record did not take: each reason is said once.
  var lastHaltError: String?
  var lastLeaseError: String?
  var databaseAwaySince: MonotonicTime?
  /// It is there, and its disk is full.
  var recordIsFull = false
  var orderedMode: FloorMode?
  var draining = false
  /// The floor itself is being stopped, and its positions are to be sold first.
  var wantsFlat = false
  var demanded: FloorMode = .active
  var demandedReason = ""
  /// Why the mode is not ACTIVE.
  var modeReason = ""
  /// Calls that wait for the record: an order makes about five, each some kilobytes.
  var backlog = Backlog(most: 10_000)

  // The venue
  /// A market was told anew: set where orders are matched here.
  var onMarket: ((MarketSlug) -> Void)?
  var breaker = VenueBreaker()
  var venueMode = VenueModeMirror()
  var clockOffset = ClockOffset()
  var isClockAsked = false
  var sentinel = DriftSentinel()
  /// When the clock was compared because the venue had refused our key.
  var keyDoubtedAt: MonotonicTime?
  var heartbeatID = ""
  var lastBeat: MonotonicTime?
  var lastLoopWork: MonotonicTime
  var beatIsOut = false
  var tradesReadUntil: MarketTime?
  /// When the last reading began that went back by the long overlap.
  var tradesReadFar: MonotonicTime?
  var asking: Set<VenueOrderID> = []
  lazy var tradeReading = makeTradeReading()
  lazy var openOrderReading = makeOpenOrderReading()
  /// Matches that should be final, and when each is asked for again.
  var settlementQuestions: [VenueTradeID: Retry] = [:]
  var resolving: Set<MarketSlug> = []
  var settled: Set<MarketSlug> = []
  /// Decided markets that could not be paid, and when that is tried again.
  var unsettled: [MarketSlug: Retry] = [:]
  /// Whose result is late, which was told.
  var overdue: Set<MarketSlug> = []
  var loadingMarkets: [MarketSlug: [(IntentMessage, ProofVerdict)]] = [:]
  var positions: [HeldPosition] = []
  var agentStatuses: [AgentName: String] = [:]
  var cashInRecord = USD.zero
  var peakEquity = USD.zero
  /// The first equity of the UTC day; `nil` until it is read.
  var dayEquity: USD?
  var peakDay: Int64 = 0
  /// The venue's money less the ledger's, as often as it was read while nothing was on its way.
  var moneyDrift = Gateway.newMoneyDrift
  var balancesRead: Int64 = 0
  /// Dollars that came from outside in all, as the record had them last.
  var outsideMoney: USD?
  /// The comparison with the venue that is under way, and when the last one ended.
  var reconciling: ReconciliationRun?
  var lastReconciled: MonotonicTime?
  /// Market time at which a comparison began that found both sides the same: no trade before it is missing.
  var comparedUntil: MarketTime?
  /// Tokens of which the last comparison found another number of shares at the venue, with what it found: they are not bought.
  var driftingTokens: [TokenID: String] = [:]
  var isStandingAsked = false
  var marketsAsked = false
  var isTakingOffered = false
  /// Somebody called for it while the question was on its way.
  var offeredAgain = false
  var standingWanted = false
  /// When the standing that we know was asked for, and when the record last took something.
  var standingAsOf: MonotonicTime?
  var lastRecorded: MonotonicTime
  var liquidations: Int64 = 0
  /// When positions without an agent are tried to be sold again.
  var sales: [HeldPosition.Place: Retry] = [:]
  var drainStarted: MonotonicTime?
  var released = false
  /// Notes of an outage, in their order.
  private var unrecordedNotes: [GatewayNote] = []

  init(
    process: FloorProcess, config: GatewayConfiguration, link: any VenueLink, stream: any AccountStream
  ) throws {
    self.process = process
    self.config = config
    self.link = link
    self.stream = stream
    database = try process.database()
    bus = try process.bus()
    signer = OrderSigner(key: config.key)
    crash = try CrashPlan.read(process.birth)
    var settings = OrderManager.Settings()
    settings.limits = config.limits
    settings.classes = StrategyRegistry.classes
    settings.absenceSpan = config.absenceSpan
    settings.entriesOutAfter = config.entriesOutAfter
    core = OrderManager(settings: settings)
    let now = SystemClock.monotonic()
    lease = LeaseKeeper(now: now)
    lastLoopWork = now
    lastRecorded = now
  }

  /// The process is at this point of an order's way.
  func reach(_ point: CrashPoint) {
    guard let crash, point.isOfStart || phase == .open || phase == .draining else { return }
    crash.reach(point)
  }

  // MARK: The core's world

  func moment() -> Moment { Moment(monotonic: SystemClock.monotonic(), wall: SystemClock.wall(), clock: clock) }

  /// Gives the core an event and does what it says, in order; events that come of it wait their turn.
  func feed(_ event: GatewayEvent) {
    events.append(event)
    guard !isHandling else { return }
    isHandling = true
    defer { isHandling = false }
    var index = 0
    while index < events.count {
      let effects = core.handle(events[index], moment())
      index += 1
      for effect in effects { perform(effect) }
    }
    events.removeAll(keepingCapacity: true)
    // A timer's tick is no work.
    if case .tick = event {} else { process.advance() }
    lastLoopWork = SystemClock.monotonic()
    rearm()
  }

  /// One timer for the core's next deadline.
  private func rearm() {
    let next = core.nextWake
    if let wake, next == wake.at { return }
    if let wake { process.loop.cancel(wake.timer) }
    wake = nil
    guard let next else { return }
    let delay = max(.milliseconds(1), next.since(SystemClock.monotonic()))
    let timer = process.loop.after(min(delay, .seconds(5))) { [weak self] in
      self?.wake = nil
      self?.feed(.tick)
    }
    wake = (timer, next)
  }

  private func perform(_ effect: GatewayEffect) {
    switch effect {
    case .sign(let terms, let market): sign(terms, market)
    case .record(let call):
      if let trace = process.trace, case .submit(let order) = call { trace.note(.recordAsked, order.terms.intent) }
      noteSale(call)
      if let point = CrashPoint.before(call) { reach(point) }
      record?.put(call)
      reach(.sent(call))
    case .journal(let submission): writeJournal(submission)
    case .post(let order):
      if let trace = process.trace, let intent = core.order(order.id)?.terms.intent { trace.note(.posted, intent) }
      callsOut += 1
      reach(.beforeFirstByte)
      link.post(order) { [weak self] outcome in
        self?.callsOut -= 1
        self?.reach(.answerRead)
        self?.venueMode.heard(outcome, SystemClock.monotonic())
        self?.feed(.answered(order.id, outcome))
        self?.applyMode()
      }
      reach(.requestWritten)
    case .cancel(let id, let reason):
      journalCancel(id, reason)
      callsOut += 1
      reach(.beforeCancel)
      link.cancel(id) { [weak self] cancelled, detail in
        self?.callsOut -= 1
        self?.reach(.cancelAnswerRead)
        self?.feed(.cancelAnswered(id, cancelled: cancelled, detail: detail))
      }
      reach(.cancelWritten)
    case .lookUp(let id, let since): lookUp(id, since: since)
    case .repeatAnswer(let intent): repeatAnswer(intent)
    case .note(let note): tell(note)
    case .demand(let mode, let reason): demand(mode, reason)
    }
  }

  /// Signs once. The timestamp is the venue's time, strictly monotone: it is part of what makes an order of this wallet unique.
  private func sign(_ terms: IntentMessage.Terms, _ market: MarketTerms) {
    let now = moment()
    lastSignedMilliseconds = max(
      UInt64(max(0, clockOffset.venue(at: now.wall).milliseconds)), lastSignedMilliseconds + 1)
    do {
      let token = market.token(terms.outcome)
      let order = ExchangeOrder(
        salt: random.next() >> 11, maker: config.wallet, signer: config.key.address, token: token,
        amounts: try OrderAmounts.limit(terms.side, price: terms.price, size: terms.size, tick: market.tick),
        side: terms.side, wallet: config.walletKind, createdAtMilliseconds: lastSignedMilliseconds)
      let domain = try domain(of: token, market)
      let signed = try signer.sign(order, for: domain)
      // The venue ends a GTD order 60 s before its stated second.
      let expiration = terms.type == .goodTillDate ? terms.usefulUntil.seconds + 61 : nil
      let body = signed.body(
        owner: config.credentials.apiKey, timeInForce: terms.type, expiration: expiration)
      reach(.orderSigned)
      feed(
        .signed(
          terms.intent,
          PreparedOrder(
            id: signed.id, body: body, signedAt: now.wall, expires: expiration.map { MarketTime(seconds: $0) }),
          failure: ""))
    } catch {
      feed(.signed(terms.intent, nil, failure: "\(error)"))
    }
  }

  /// What the token's orders are signed for. Kept: it costs as much hashing as the order itself.
  private func domain(of token: TokenID, _ market: MarketTerms) throws -> ExchangeDomain {
    if let known = domains[token], known.isNegativeRisk == market.negativeRisk { return known.domain }
    let domain = ExchangeDomain(
      token: try Word256(token), negRisk: market.negativeRisk, chainID: config.venue.chainID)
    // Windows come and go: forget all rather than grow for ever.
    if domains.count >= 1000 { domains.removeAll() }
    domains[token] = (domain, market.negativeRisk)
    return domain
  }

  private func writeJournal(_ submission: OrderSubmission) {
    do {
      guard let journal else { throw FloorFailure(.tryAgain, "no journal is open") }
      reach(.beforeJournaled)
      try journal.append(JournalRecord.json(submission))
      reach(.journaled)
      feed(.journaled(submission.terms.intent, true))
    } catch {
      process.log.error("journal write failed", [.error(error)])
      feed(.journaled(submission.terms.intent, false))
    }
  }

  /// While the record is away a cancel, too, is on the disk before it leaves: whoever is gateway next wants it still.
  private func journalCancel(_ id: VenueOrderID, _ reason: String) {
    guard !core.databaseIsUp, let journal else { return }
    do {
      try journal.append(JournalRecord.cancel(id, reason: reason, at: SystemClock.wall()))
      reach(.cancelJournaled)
    } catch {
      // Taking risk out must not wait for a disk.
      process.log.error("journal write failed", [.error(error)])
    }
  }

  func tell(_ note: GatewayNote) {
    switch note.severity {
    case .info: process.log.info("gateway note", [.text("code", note.code), .text("detail", note.detail)])
    case .warning: process.log.warning("gateway note", [.text("code", note.code), .text("detail", note.detail)])
    case .error, .critical:
      process.log.error("gateway note", [.text("code", note.code), .text("detail", note.detail)])
    }
    record(note)
  }

  private func record(_ note: GatewayNote) {
    database.query(
      "select report_event($1, 'gateway', $2, $3)",
      [.text(note.severity.rawValue), .text(note.code), .text(String(note.detail.prefix(Self.detailMax)))]
    ) { [weak self] result in
      guard let self, case .failure(let error) = result else { return }
      // What happens while the record is away is told when it is back.
      if error.retryable, unrecordedNotes.count < Self.unrecordedMax {
        unrecordedNotes.append(note)
      } else {
        process.log.warning("event not recorded", [.text("code", note.code), .error(error)])
      }
    }
  }

  private static let unrecordedMax = 200
  private static let detailMax = 1000

  func recordLateNotes() {
    let notes = unrecordedNotes
    unrecordedNotes.removeAll()
    for note in notes { record(note) }
  }
}
