import Shared

/// Agents and their floors on recorded days: the cores of the agent (`AgentCore` around the strategy) and of the gateway (`OrderManager`
/// with the risk gate, the paper exchange, the ledger), driven by one clock, the recording's. Several floors may run beside each other on
/// one tape; none sees another. The same frames and settings give the same decisions, fills and figures, on any machine, whichever floors
/// run beside. Nothing looks ahead: at each moment only frames received until then are known.
///
/// Feed frames with `take`, in the order of their receipt, and ask for `finish` once.
public struct Backtest: Sendable {
  /// One agent of the run.
  public struct Agent: Hashable, Sendable {
    public let name: AgentName
    public let strategy: String
    public let parameters: JSON
    public let size: USD
    public let series: [MarketSeries]
    public let events: [EventName]

    public init(
      name: AgentName, strategy: String, parameters: JSON, size: USD, series: [MarketSeries], events: [EventName] = []
    ) {
      self.name = name
      self.strategy = strategy
      self.parameters = parameters
      self.size = size
      self.series = series
      self.events = events
    }

    public init(_ file: AgentFile) {
      self.init(
        name: file.name, strategy: file.strategy, parameters: file.parameters, size: file.size,
        series: file.series.compactMap(MarketSeries.init(configured:)), events: file.events.compactMap(EventName.init))
    }
  }

  /// Time without a frame that is jumped when nothing can happen in it.
  static let idle = Duration.seconds(30)
  static let lookEvery = Duration.seconds(1)

  public let settings: BacktestSettings
  private var floors: [SimulatedFloor]
  private var tape: RecordedTape
  private var now = MarketTime(nanoseconds: 0)
  private var nextLook = MarketTime(nanoseconds: 0)
  private var isBegun = false
  private var told: [TapeEvent] = []
  private var results: [MarketSlug: BacktestReport.Result] = [:]

  /// What makes an agent's strategy: the registry, unless somebody brings one that does not stand in it.
  public typealias StrategyMaker = (Agent) throws(StrategyParameters.Refusal) -> any Strategy

  /// - Parameter floors: the agents of each floor.
  /// - Throws: what is wrong with a strategy's parameters.
  public init(
    _ floors: [[Agent]], _ settings: BacktestSettings, strategy: StrategyMaker = Backtest.registered
  ) throws(StrategyParameters.Refusal) {
    self.settings = settings
    tape = RecordedTape(terms: settings.terms)
    var made: [SimulatedFloor] = []
    for agents in floors { made.append(try SimulatedFloor(agents, settings, strategy)) }
    self.floors = made
  }

  public static func registered(_ agent: Agent) throws(StrategyParameters.Refusal) -> any Strategy {
    try StrategyRegistry.make(agent.strategy, parameters: agent.parameters, size: agent.size)
  }

  /// Every decision of a floor in its order, where `settings.keepsDecisions` asks for them.
  public func decisions(of floor: Int = 0) -> [Decision] { floors[floor].decisions.map(\.decision) }

  /// One agent's decisions.
  public func decisions(of floor: Int = 0, by agent: AgentName) -> [Decision] {
    floors[floor].decisions.compactMap { $0.agent == agent ? $0.decision : nil }
  }

  /// One agent's fills in their order, where `settings.keepsDecisions` asks for them.
  public func fills(of floor: Int = 0, by agent: AgentName) -> [FillRecord] {
    floors[floor].desk.filled.compactMap { $0.agent == agent ? $0.fill : nil }
  }

  // MARK: Frames

  /// The next frame of the recording.
  public mutating func take(_ frame: RecordedFrame) {
    move(to: tape.time(of: frame))
    tape.take(frame, at: now, &told)
    tell()
  }

  /// A market event that has been read already, for sources that need no parsing. Of markets that were named by `follow`.
  public mutating func take(_ event: MarketStreamEvent, at time: MarketTime) {
    move(to: max(now, time))
    tape.take(event, at: now, &told)
    tell()
  }

  /// Names a market of which events will come.
  public mutating func follow(
    _ slug: MarketSlug, _ condition: ConditionID, yes: TokenID, no: TokenID, at time: MarketTime
  ) {
    move(to: max(now, time))
    tape.follow(slug, condition, yes, no, at: now, &told)
    tell()
  }

  private mutating func move(to time: MarketTime) {
    if isBegun { advance(to: time) } else { begin(at: time) }
    now = max(now, time)
  }

  private mutating func begin(at time: MarketTime) {
    isBegun = true
    now = time
    nextLook = time.advanced(by: Backtest.lookEvery)
    for index in floors.indices { floors[index].begin(at: time) }
  }

  /// All that time brings before the next frame.
  private mutating func advance(to time: MarketTime) {
    while nextLook <= time {
      if time.since(nextLook) > Backtest.idle, tape.isQuiet {
        nextLook = time
        break
      }
      for index in floors.indices { floors[index].advance(to: nextLook, tape) }
      now = max(now, nextLook)
      tape.tick(at: now, &told)
      tell()
      nextLook = now.advanced(by: Backtest.lookEvery)
    }
    for index in floors.indices { floors[index].advance(to: time, tape) }
  }

  private mutating func tell() {
    let events = told
    told.removeAll(keepingCapacity: true)
    for event in events {
      if case .settled(let slug, let payout, let how) = event {
        results[slug] = BacktestReport.Result(payout: payout, from: how)
      }
      for index in floors.indices { floors[index].hear(event, tape, at: now) }
    }
  }

  // MARK: The end

  /// What came of it, floor by floor. Windows that are over are settled, the rest is valued as it stands.
  public mutating func finish() -> [BacktestReport] {
    if isBegun {
      // What is on its way arrives; after that nobody trades, because there is no book to trade on.
      advance(to: now.advanced(by: settings.latencyOut + settings.latencyBack + .seconds(1)))
      if let last = tape.lastSettlement {
        now = max(now, last)
        tape.tick(at: now, &told)
        told.removeAll { if case .market = $0 { true } else { false } }
        tell()
      }
      for index in floors.indices { floors[index].end(at: now) }
    }
    return floors.map { BacktestReport(settings: settings, coverage: tape.coverage, results: results, floor: $0) }
  }
}
