import Shared

/// Agents and their floor on a recorded day: the cores of the agent (`AgentCore` around the strategy) and of the gateway (`OrderManager`
/// with the risk gate, the paper exchange, the ledger), driven by one clock, the recording's. The same frames and settings give the same
/// decisions, fills and figures, on any machine. Nothing looks ahead: at each moment only frames received until then are known.
///
/// Feed frames with `take`, in the order of their receipt, and ask for `finish` once.
public struct Backtest: Sendable {
  /// One agent of the run.
  public struct Agent: Sendable {
    public let name: AgentName
    public let strategy: String
    public let parameters: JSON
    public let size: USD
    public let series: [MarketSeries]

    public init(name: AgentName, strategy: String, parameters: JSON, size: USD, series: [MarketSeries]) {
      self.name = name
      self.strategy = strategy
      self.parameters = parameters
      self.size = size
      self.series = series
    }

    public init(_ file: AgentFile) {
      self.init(
        name: file.name, strategy: file.strategy, parameters: file.parameters, size: file.size,
        series: file.series.compactMap(MarketSeries.init(configured:)))
    }
  }

  /// Time without a frame that is jumped when nothing is open.
  static let idle = Duration.seconds(30)
  static let lookEvery = Duration.seconds(1)

  public let settings: BacktestSettings
  /// Every decision in its order, where `settings.keepsDecisions` asks for them.
  public private(set) var decisions: [(agent: AgentName, decision: Decision)] = []
  private let agents: [Agent]
  private var cores: [AgentCore] = []
  private var tally: [ReasonTally]
  private var tape: RecordedTape
  private var desk: BacktestDesk
  private var now = MarketTime(nanoseconds: 0)
  private var nextBeat = MarketTime(nanoseconds: 0)
  private var nextLook = MarketTime(nanoseconds: 0)
  private var isBegun = false
  private var evidence: [IntentID: JSON] = [:]
  private var told: [TapeEvent] = []
  private var results: [MarketSlug: BacktestReport.Result] = [:]

  /// - Throws: what is wrong with a strategy's parameters.
  public init(_ agents: [Agent], _ settings: BacktestSettings) throws(StrategyParameters.Refusal) {
    self.agents = agents
    self.settings = settings
    tape = RecordedTape(terms: settings.terms)
    desk = BacktestDesk(settings: settings, agents: agents.map(\.name))
    tally = agents.map { _ in ReasonTally() }
    for agent in agents {
      let strategy = try StrategyRegistry.make(agent.strategy, parameters: agent.parameters, size: agent.size)
      var core = AgentCore(
        identity: AgentCore.Identity(
          name: agent.name, strategy: agent.strategy, epoch: Epoch(1), series: agent.series), strategy: strategy)
      core.reconcile(
        AgentSnapshot(
          id: 1, epoch: Epoch(1), status: "RUNNING", cursor: 0, positions: [], orders: [], checkpoint: nil), missed: [])
      cores.append(core)
    }
  }

  // MARK: Frames

  /// The next frame of the recording.
  public mutating func take(_ frame: RecordedFrame) {
    let time = tape.time(of: frame)
    if isBegun { advance(to: time) } else { begin(at: time) }
    now = max(now, time)
    tape.take(frame, at: now, &told)
    hearTape()
  }

  private mutating func begin(at time: MarketTime) {
    isBegun = true
    now = time
    nextBeat = time.advanced(by: settings.beat)
    nextLook = time.advanced(by: Backtest.lookEvery)
    desk.begin(at: time)
  }

  /// All that time brings before the next frame.
  private mutating func advance(to time: MarketTime) {
    while true {
      if time.since(now) > Backtest.idle, isIdle {
        // Nobody holds, wants or awaits anything: the beats until then would say nothing.
        nextBeat = time
        nextLook = time
        return
      }
      let due = desk.next(after: now)
      let next = min(nextBeat, nextLook, due ?? nextBeat)
      guard next <= time else { return }
      now = max(now, next)
      if due.map({ $0 <= next }) ?? false { work() }
      if nextLook <= now { look() }
      if nextBeat <= now { beat() }
    }
  }

  private var isIdle: Bool {
    desk.next(after: now) == nil && desk.record.holdings.isEmpty && !tape.isAnyDue
      && cores.allSatisfy { $0.context.flights.all.isEmpty } && !tape.isAnyLive
  }

  private mutating func work() {
    var news = BacktestDesk.News()
    desk.advance(to: now, tape.book(of:), &news)
    hear(&news)
  }

  private mutating func look() {
    nextLook = now.advanced(by: Backtest.lookEvery)
    tape.tick(at: now, &told)
    hearTape()
    var news = BacktestDesk.News()
    desk.look(at: now, &news)
    hear(&news)
  }

  private mutating func beat() {
    nextBeat = now.advanced(by: settings.beat)
    for index in cores.indices { handle(.beat, index) }
  }

  // MARK: Between tape, agents and desk

  private mutating func hearTape() {
    let events = told
    told.removeAll(keepingCapacity: true)
    for event in events {
      var news = BacktestDesk.News()
      switch event {
      case .market(let update):
        desk.see(update, tape.market(update.slug), tape.book(of:), at: now, &news)
        hear(&news)
        for index in cores.indices { handle(.market(update), index) }
      case .reference(let price): for index in cores.indices { handle(.reference(price), index) }
      case .settled(let slug, let payout, let how):
        results[slug] = BacktestReport.Result(payout: payout, from: how)
        desk.settle(slug, payout: payout, at: now, &news)
        hear(&news)
      }
    }
  }

  /// Order events and modes to the agents; what they want of it goes to the desk, until all is quiet.
  private mutating func hear(_ news: inout BacktestDesk.News) {
    if let mode = news.mode { for index in cores.indices { handle(.mode(mode), index) } }
    for event in news.events {
      guard let index = cores.firstIndex(where: { $0.identity.name == event.agent }) else { continue }
      handle(.order(event), index)
    }
  }

  private mutating func handle(_ event: AgentEvent, _ index: Int) {
    var effects: [AgentEffect] = []
    cores[index].handle(event, now: now, &effects)
    for effect in effects { perform(effect, index) }
  }

  private mutating func perform(_ effect: AgentEffect, _ index: Int) {
    switch effect {
    case .record(let decision):
      note(decision, index)
      if let intent = decision.intent, decision.kind == .signal { evidence[intent] = decision.detail }
    case .publish(let flight):
      // A repetition of what is on its way says nothing new.
      guard let detail = evidence.removeValue(forKey: flight.terms.intent) else { return }
      var news = BacktestDesk.News()
      desk.hear(flight, evidence: detail, at: now, &news)
      hear(&news)
    case .sync:
      handle(.synced(open: Set(desk.manager.openOrders.map(\.terms.intent))), index)
    case .save: break
    }
  }

  private mutating func note(_ decision: Decision, _ index: Int) {
    tally[index].note(decision)
    if settings.keepsDecisions { decisions.append((cores[index].identity.name, decision)) }
  }

  // MARK: The end

  /// What came of it. Windows that are over are settled, the rest is valued as it stands.
  public mutating func finish() -> BacktestReport {
    if isBegun {
      // A window that ended with the recording is still decided, and orders on their way arrive.
      advance(to: now.advanced(by: settings.terms.settleAfter + .seconds(2)))
      desk.end(at: now)
      for index in cores.indices {
        var rest: [AgentEffect] = []
        cores[index].finish(&rest)
        for case .record(let decision) in rest { note(decision, index) }
      }
    }
    return BacktestReport(
      settings: settings, coverage: tape.coverage, results: results, record: desk.record, equity: desk.equity,
      denied: desk.denied,
      refused: desk.refused, modes: desk.modes.map { .init(at: $0.at, mode: $0.mode, reason: $0.reason) },
      agents: zip(agents, zip(cores, tally)).map { agent, ran in
        BacktestReport.Agent(
          agent, core: ran.0, tally: ran.1, trips: desk.record.trips.filter { $0.agent == agent.name })
      })
  }
}
