import Shared

@testable import FloorSim

/// A small world around one agent that keeps a journal as the processes do: a reference price that wanders, one window after the other,
/// a venue that answers intents. Everything follows from the seed.
struct ReplayWorld {
  static let agent = AgentName("momentum-1")!
  static let series = MarketSeries(alias: "BTC-5m")!
  static let windowStart: Int64 = 1_795_180_500
  /// Thresholds low enough that a few minutes of wandering make entries and exits.
  static let parameters: JSON = [
    "lookback_s": .string("20"), "threshold_reference_pct": .string("0.2"), "take_profit_points": .string("0.04"),
    "stop_loss_points": .string("0.06"), "cooldown_s": .string("5"), "entries_max_count": .string("50"),
    "fee_cover_ratio": .string("0"), "depth_min_usd": .string("0"), "liquidity_min_usd": .string("0"),
  ]

  let birth: AgentBirth
  private(set) var core: AgentCore
  private(set) var entries: [JournalEntry] = []
  private(set) var feed: [Int64: FeedMessage] = [:]
  private(set) var decisions: [Decision] = []
  var random: SeededGenerator
  private var now: MarketTime
  private var order: Int64 = 0
  private var cursor: Int64 = 0
  private var dollars: Int64 = 90_000_000_000
  private var unanswered: [Flight] = []
  private var heard: Set<IntentID> = []
  private var held: [Outcome: Int64] = [:]

  init(seed: UInt64, strategy: String = "momentum", parameters: JSON = ReplayWorld.parameters) throws {
    let kind = StrategyRegistry.kind(strategy)
    let complete = try StrategyParameters(kind!, parameters, size: USD(dollars: 20)).json(of: kind!)
    birth = AgentBirth(
      name: ReplayWorld.agent, epoch: Epoch(3), strategy: strategy, series: [ReplayWorld.series],
      size: USD(dollars: 20), parameters: complete, build: "test")
    core = try birth.core()
    random = SeededGenerator(seed: seed)
    now = MarketTime(nanoseconds: ReplayWorld.windowStart * 1_000_000_000)
    entries = [.birth(birth)]
    let snapshot = AgentSnapshot(
      id: 1, epoch: Epoch(3), status: "RUNNING", cursor: 0, positions: [], orders: [], checkpoint: nil)
    entries.append(.resume(checkpoint: nil, snapshot: snapshot, missed: []))
    core.resume(checkpoint: nil, snapshot: snapshot)
  }

  // MARK: What happens

  /// One of the things that happen to an agent.
  mutating func step() {
    now = now.advanced(by: .milliseconds(Int64.random(in: 20...900, using: &random)))
    switch Int.random(in: 0...99, using: &random) {
    case ..<45: price(dollars + Int64.random(in: -60_000_000...60_000_000, using: &random))
    case ..<70: book()
    case ..<88: give(.beat)
    case ..<98: answer()
    case 98: give(.synced(open: Set(unanswered.map(\.terms.intent))))
    default: Bool.random(using: &random) ? give(.blind) : give(.mode(.active))
    }
  }

  /// A reference price in 10⁻⁶ dollars.
  mutating func price(_ micros: Int64) {
    dollars = micros
    order += 1
    let value = ReferenceValue(parsing: Decimal6.text(micros))!
    publish(
      .reference(
        ReferencePrice(envelope: envelope, order: order, symbol: "btc/usd", kind: .chainlink, value: value)))
  }

  /// The window's book in cents, around what the price suggests, with any spread, where nothing else is asked for.
  mutating func book(middle: Int64? = nil, spread: Int64? = nil) {
    order += 1
    let window = (now.nanoseconds / 1_000_000_000 - ReplayWorld.windowStart) / 300
    let start = ReplayWorld.windowStart + window * 300
    let middle = middle ?? min(70, max(30, 50 + (dollars - 90_000_000_000) / 20_000_000))
    let half = spread ?? Int64.random(in: 1...3, using: &random)
    let size = Int64.random(in: 50...400, using: &random)
    func level(_ cents: Int64) -> BookLevel {
      BookLevel(price: Price(micros: cents * 10_000)!, size: Shares(whole: size))
    }
    let yes = BookTop(bids: [level(middle - half)], asks: [level(middle + half)])
    publish(
      .market(
        MarketUpdate(
          envelope: envelope, order: order, slug: ReplayWorld.series.slug(startingAt: start)!,
          series: ReplayWorld.series, state: .live, bookEpoch: 1, tick: .cent, minimumSize: Shares(whole: 5),
          fee: TakerFee(rateMicros: 0, exponent: 1)!,
          startsAt: MarketTime(nanoseconds: start * 1_000_000_000),
          endsAt: MarketTime(nanoseconds: (start + 300) * 1_000_000_000), yes: yes, no: yes.mirrored)))
  }

  mutating func wait(_ duration: Duration) { now = now.advanced(by: duration) }
  mutating func beat() { give(.beat) }

  /// The venue's word on the oldest intent that waits: filled as a whole, or refused.
  mutating func answer(filling: Bool? = nil) {
    guard let flight = unanswered.first else { return }
    unanswered.removeFirst()
    let terms = flight.terms
    let owned = held[terms.outcome, default: 0]
    let fills = filling ?? (Int.random(in: 0...3, using: &random) > 0)
    guard fills, terms.side == .buy || owned > 0 else { return event(.rejected, terms, final: true) }
    let size = terms.side == .buy ? terms.size.micros : min(owned, terms.size.micros)
    held[terms.outcome] = owned + (terms.side == .buy ? size : -size)
    event(.fill, terms, fill: size)
    event(.done, terms, final: true)
  }

  var waiting: Int { unanswered.count }

  /// Every intent that waits is answered with a fill.
  mutating func fillAll() { while !unanswered.isEmpty { answer(filling: true) } }

  mutating func finish() {
    entries.append(.finish)
    var effects: [AgentEffect] = []
    core.finish(&effects)
    hear(effects)
  }

  // MARK: The processes

  private var envelope: Envelope {
    Envelope(
      source: "market-feed", boot: "f1", sequence: order, time: now, sent: WallTime(nanoseconds: now.nanoseconds))
  }

  private mutating func event(
    _ event: OrderEventMessage.Event, _ terms: IntentMessage.Terms, fill: Int64? = nil, final: Bool = false
  ) {
    cursor += 1
    give(
      .order(
        OrderEventMessage(
          envelope: envelope, cursor: cursor, agent: birth.name, epoch: terms.epoch, intent: terms.intent,
          market: terms.market, outcome: terms.outcome, event: event,
          fill: fill.map {
            .init(
              trade: VenueTradeID("t\(cursor)"), market: terms.market, outcome: terms.outcome, side: terms.side,
              price: terms.price, size: Shares(micros: $0), fee: .zero)
          }, position: Shares(micros: held[terms.outcome, default: 0]), final: final)))
  }

  private mutating func publish(_ message: FeedMessage) {
    feed[order] = message
    switch message {
    case .market(let update): give(.market(update))
    case .reference(let price): give(.reference(price))
    }
  }

  private mutating func give(_ event: AgentEvent) {
    entries.append(JournalEntry(event, now: now))
    var effects: [AgentEffect] = []
    core.handle(event, now: now, &effects)
    hear(effects)
  }

  private mutating func hear(_ effects: [AgentEffect]) {
    for case .record(let decision) in effects {
      decisions.append(decision)
      entries.append(.decision(decision.json.bytes))
    }
    for case .publish(let flight) in effects where heard.insert(flight.terms.intent).inserted {
      unanswered.append(flight)
    }
  }

  // MARK: Once more

  /// Replays entries of this world (all, if none are given).
  func replay(_ change: ReplayChange = ReplayChange(), _ entries: [JournalEntry]? = nil) throws -> LifeReplay {
    var replay = try LifeReplay(birth, as: change.applied(to: birth))
    for entry in (entries ?? self.entries).dropFirst() {
      replay.take(entry, isCounted: true) { boot, order in boot == "f1" ? feed[order] : nil }
    }
    replay.end()
    return replay
  }
}
