import Shared

/// One floor of a backtest: its agents, its desk, and what became of them. Time is driven from outside.
struct SimulatedFloor: Sendable {
  let settings: BacktestSettings
  let agents: [Backtest.Agent]
  private(set) var cores: [AgentCore] = []
  private(set) var tally: [ReasonTally]
  private(set) var desk: BacktestDesk
  private(set) var decisions: [(agent: AgentName, decision: Decision)] = []
  private(set) var paths = PricePaths()
  private var now = MarketTime(nanoseconds: 0)
  private var nextBeat = MarketTime(nanoseconds: 0)
  private var nextLook = MarketTime(nanoseconds: 0)
  /// What an intent was decided on, until it is sent.
  private var evidence: [IntentID: JSON] = [:]

  init(
    _ agents: [Backtest.Agent], _ settings: BacktestSettings, _ make: Backtest.StrategyMaker
  ) throws(StrategyParameters.Refusal) {
    self.agents = agents
    self.settings = settings
    desk = BacktestDesk(settings: settings, agents: agents)
    tally = agents.map { _ in ReasonTally() }
    for agent in agents {
      let strategy = try make(agent)
      var core = AgentCore(
        identity: AgentCore.Identity(
          name: agent.name, strategy: agent.strategy, epoch: Epoch(1), series: agent.series, events: agent.events),
        strategy: strategy)
      core.reconcile(
        AgentSnapshot(
          id: 1, epoch: Epoch(1), status: "RUNNING", cursor: 0, positions: [], orders: [], checkpoint: nil), missed: [])
      cores.append(core)
    }
  }

  // MARK: Time

  mutating func begin(at time: MarketTime) {
    now = time
    nextBeat = time.advanced(by: settings.beat)
    nextLook = time.advanced(by: Backtest.lookEvery)
    desk.begin(at: time)
  }

  /// Orders that arrive, answers, beats: all that happens until then.
  mutating func advance(to time: MarketTime, _ tape: RecordedTape) {
    while true {
      if time.since(now) > Backtest.idle, tape.isQuiet, isIdle {
        // Nobody holds, wants or awaits anything: the beats until then would say nothing.
        nextBeat = time
        nextLook = time
        break
      }
      let due = desk.next(after: now)
      let next = min(nextBeat, nextLook, due ?? nextBeat)
      guard next <= time else { break }
      now = max(now, next)
      if due.map({ $0 <= now }) ?? false { work(tape) }
      if nextLook <= now { look(tape) }
      if nextBeat <= now { beat() }
    }
    now = max(now, time)
  }

  private var isIdle: Bool {
    desk.next(after: now) == nil && desk.record.holdings.isEmpty
      && cores.allSatisfy { $0.context.flights.all.isEmpty }
  }

  private mutating func work(_ tape: RecordedTape) {
    var news = BacktestDesk.News()
    desk.advance(to: now, tape.book(of:), &news)
    hear(news)
  }

  private mutating func look(_ tape: RecordedTape) {
    nextLook = now.advanced(by: Backtest.lookEvery)
    var news = BacktestDesk.News()
    desk.advance(to: now, tape.book(of:), &news)
    desk.look(at: now, &news)
    hear(news)
  }

  private mutating func beat() {
    nextBeat = now.advanced(by: settings.beat)
    for index in cores.indices { handle(.beat, index) }
  }

  mutating func end(at time: MarketTime) {
    now = max(now, time)
    desk.end(at: now)
    for index in cores.indices {
      var rest: [AgentEffect] = []
      cores[index].finish(&rest)
      for case .record(let decision) in rest { note(decision, index) }
    }
  }

  // MARK: Between tape, agents and desk

  mutating func hear(_ event: TapeEvent, _ tape: RecordedTape, at time: MarketTime) {
    now = max(now, time)
    switch event {
    case .market(let update):
      if settings.keepsPaths { paths.note(update, at: now, desk.record.trips) }
      var news = BacktestDesk.News()
      desk.see(update, tape.market(update.slug), tape.book(of:), at: now, &news)
      hear(news)
      for index in cores.indices { handle(.market(update), index) }
    case .trade(let slug, let trade): desk.trade(slug, trade, at: now)
    case .reference(let price): for index in cores.indices { handle(.reference(price), index) }
    case .settled(let slug, let payout, _):
      var news = BacktestDesk.News()
      desk.settle(slug, payout: payout, at: now, &news)
      hear(news)
      if settings.keepsPaths { paths.close(slug, desk.record.trips) }
    case .unprovable(let slug):
      var news = BacktestDesk.News()
      desk.giveUp(slug, at: now, &news)
      hear(news)
      if settings.keepsPaths { paths.close(slug, desk.record.trips) }
    }
  }

  /// Order events and modes to the agents; what they want of it goes to the desk, until all is quiet.
  private mutating func hear(_ news: BacktestDesk.News) {
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
      hear(news)
    case .sync: handle(.synced(open: Set(desk.manager.openOrders.map(\.terms.intent))), index)
    case .save: break
    }
  }

  private mutating func note(_ decision: Decision, _ index: Int) {
    tally[index].note(decision)
    if settings.keepsDecisions { decisions.append((agents[index].name, decision)) }
  }
}
