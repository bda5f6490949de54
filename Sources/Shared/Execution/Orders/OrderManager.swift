/// The gateway's core: what happens to every intent, from its arrival to its last fill. Pure: an event and a moment go in, effects come
/// out, in the order in which they must be performed. Reads no clock, opens no socket, draws no chance.
///
/// What it guarantees, whatever is lost, repeated or reordered on the way:
/// - an intent is signed at most once, and its bytes leave only after the record (or the fsynced journal) holds them;
/// - a lost answer makes an order UNKNOWN; only evidence ends that, never a new signature;
/// - a fill is recorded once per (trade, order), whichever of three roads brings it first;
/// - an order ends only when all that the venue counted as matched is booked.
public struct OrderManager: Sendable {
  public let settings: Settings
  let gate: RiskGate

  /// Keyed by intent. Iterated only through `open`, which keeps the order of arrival.
  var orders = OrderTable()
  /// When time alone makes something of each open order due.
  var wakes = WakeTable()
  /// How market time and the wall lay to the monotonic clock when the wakes were worked out.
  var wakesFrom: TimeRelation?
  /// Something changed that concerns every open order.
  var concernsAll = false
  var intentOf: [VenueOrderID: IntentID] = [:]
  /// Orders that are not terminal, oldest first.
  var open = OpenOrders()
  /// Terminal ones, for late news and repeats, oldest first.
  var closed = IntentQueue()
  /// Those that were proven absent, and those with fills that may still fail: watched for longer, beside the others and not before them.
  var voided = IntentQueue()
  /// Orders with fills that may still fail.
  var unsettled: Set<IntentID> = []
  /// Buys that the standing read last may not know yet.
  var unread: [FillKey: UnreadFill] = [:]
  /// Exits that passed the gate and wait for orders in their way to end, oldest first.
  var waiting: [WaitingExit] = []
  /// Intents answered without an order, and when.
  var answered: [IntentID: MonotonicTime] = [:]
  var answeredQueue = IntentQueue()

  /// The highest number of each agent's decisions that the record, or this gateway, has heard of. Agents count upwards.
  var newest: [AgentName: Int64] = [:]

  public internal(set) var standing = Standing.empty
  public internal(set) var mode = FloorMode.reduceOnly
  /// The halt closes: the gateway itself sells what is held.
  public internal(set) var isClosing = false
  /// Since when nothing can be recorded.
  var databaseAwaySince: MonotonicTime?
  public var databaseIsUp: Bool { databaseAwaySince == nil }
  /// Since when nothing is to be had of the venue.
  var venueAwaySince: MonotonicTime?
  public var venueIsUp: Bool { venueAwaySince == nil }
  public internal(set) var counters = Counters()
  var floorBucket: TokenBucket
  var agentBuckets: [AgentName: TokenBucket] = [:]
  var externals: Set<VenueOrderID> = []
  var fatalRejections = 0

  public init(settings: Settings) {
    self.settings = settings
    gate = RiskGate(limits: settings.limits)
    floorBucket = TokenBucket(perSecond: settings.limits.floorRatePerSecond, burst: settings.limits.floorBurst)
  }

  /// What happened so far; for people and metrics.
  public struct Counters: Hashable, Sendable {
    public var intents: Int64 = 0
    public var repeats: Int64 = 0
    public var unproven: Int64 = 0
    /// Exits that came while the record was away and may be in it: left unanswered until it is back.
    public var held: Int64 = 0
    public var denied: [RefusalCode: Int64] = [:]
    public var posted: Int64 = 0
    public var fills: Int64 = 0
    public var repeatedFills: Int64 = 0
    public var rejected: Int64 = 0
    public var unknown: Int64 = 0
    public var lookUps: Int64 = 0
    public var voids: Int64 = 0
    public var cancels: Int64 = 0
    public var surprises: Int64 = 0
  }

  /// The one entry.
  public mutating func handle(_ event: GatewayEvent, _ now: Moment) -> [GatewayEffect] {
    var effects: [GatewayEffect] = []
    switch event {
    case .intent(let message, let proof, let view): intent(message, proof, view, now, &effects)
    case .ownExit(let terms, let view, let reason):
      admit(
        Wish(
          terms: terms, origin: .gateway, view: view, feedOrder: 0, bookTime: view.book?.at ?? now.market,
          reason: reason, isNew: true), now, &effects)
    case .signed(let intent, let signed, let failure): self.signed(intent, signed, failure, now, &effects)
    case .submitted(let intent, let answer): submitted(intent, answer, now, &effects)
    case .journaled(let intent, let done): journaled(intent, done, now, &effects)
    case .answered(let id, let outcome): answered(id, outcome, now, &effects)
    case .cancelAnswered(let id, let cancelled, let detail): cancelAnswered(id, cancelled, detail, now, &effects)
    case .order(let order, let road): self.order(order, road, now, &effects)
    case .trade(let trade, let road): self.trade(trade, road, now, &effects)
    case .openOrders(let list, let asked): openOrders(list, asked: asked, now, &effects)
    case .lookedUp(let id, let result): lookedUp(id, result, now, &effects)
    case .restored(let order): restored(order, now, &effects)
    case .decisionsRead(let numbers): newest.merge(numbers, uniquingKeysWith: max)
    case .fillRecorded(let key): unread[key]?.isRecorded = true
    case .standingAsked:
      for (key, fill) in unread where fill.isRecorded { unread[key]?.isCovered = true }
    case .standing(let standing): read(standing, &effects)
    case .mode(let mode):
      concernsAll = concernsAll || mode != self.mode
      self.mode = mode
    case .closing(let isClosing):
      concernsAll = concernsAll || isClosing != self.isClosing
      self.isClosing = isClosing
    case .resolved(let slug): resolved(slug, now)
    case .database(let up): database(up, now, &effects)
    case .venue(let up): venue(up, now)
    case .cancelAll(let agent, let reason): cancelAll(of: agent, reason: reason, now, &effects)
    case .cancelWanted(let id, let reason):
      if let intent = intentOf[id], orders[intent]?.state.isTerminal == false { wantCancel(intent, reason, now) }
    case .tick: break
    }
    work(now, &effects)
    return effects
  }

  /// The mode as it is for an order: in a halt that closes, the gateway's own sales go on.
  func mode(for action: IntentMessage.Action, of origin: IntentOrigin) -> FloorMode {
    isClosing && mode == .halted && action == .exit && origin == .gateway ? .reduceOnly : mode
  }

  // MARK: Looking in

  /// What the record said last of the floor's money; what is at risk is not in it.
  public var floorStanding: FloorStanding {
    FloorStanding(
      capital: standing.capital, deployed: .zero, realisedToday: standing.realisedToday, equity: standing.equity,
      peakEquity: standing.peakEquity, dayEquity: standing.dayEquity)
  }

  /// Whether the gateway itself may sell.
  public var maySell: Bool { mode(for: .exit, of: .gateway).allows(.exit) }

  public func order(_ intent: IntentID) -> WorkingOrder? { orders[intent] }
  public func order(_ id: VenueOrderID) -> WorkingOrder? { intentOf[id].flatMap { orders[$0] } }
  public var openOrders: [WorkingOrder] { open.compactMap { orders[$0] } }
  /// Matches of ours that may still fail, of orders that left before that time; those that left first come first.
  public func unsettledTrades(sentBefore time: MarketTime) -> [VenueTradeID] {
    let late = unsettled.compactMap { orders[$0] }.compactMap { order in order.sentMarket.map { ($0, order.fills) } }
      .filter { $0.0 < time }
    return late.flatMap { sent, fills in fills.filter { !$0.value.isFinal }.map { (sent, $0.key.trade) } }
      .sorted { $0 < $1 }.map(\.1)
  }
  public var unknownCount: Int { open.all.count { orders[$0]?.state == .unknown } }

  /// What a halt has to prove the end of.
  public var ownOrders: FlatProof.Own {
    var own = FlatProof.Own()
    for order in openOrders {
      switch order.state {
      case .sending where order.repostAt == nil: own.sending += 1
      case .unknown: own.unknown += 1
      case .live, .delayed, .cancelSent: own.working += order.ended == nil ? 1 : 0
      case .sending, .reserved, .signed, .filled, .cancelled, .rejected, .expiredUnsent, .void: break
      }
    }
    return own
  }

  /// When `tick` has something to do at the latest, as of the last event.
  public var nextWake: MonotonicTime? { ([wakes.soonest] + waiting.map(\.due)).compactMap { $0 }.min() }
}
