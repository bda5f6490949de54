import Shared

/// What came of a backtest: what it stood on, what was assumed, what each agent did and did not do, and what it brought.
public struct BacktestReport: Sendable {
  public struct Agent: Sendable {
    public let name: AgentName
    public internal(set) var strategy: String
    public internal(set) var parameters: JSON
    public let size: USD
    public let series: [MarketSeries]
    public let events: [EventName]
    /// Market and reference messages that it looked at.
    public let evaluated: Int64
    public internal(set) var tally: ReasonTally
    /// Of all its decisions, in order: equal for equal runs.
    public let digest: UInt64
    public let decisions: UInt64
    public internal(set) var trips: [RoundTrip]
    public internal(set) var statistics: TripStatistics

    init(_ agent: Backtest.Agent, core: AgentCore, tally: ReasonTally, trips: [RoundTrip]) {
      name = agent.name
      strategy = agent.strategy
      parameters = agent.parameters
      size = agent.size
      series = agent.series
      events = agent.events
      evaluated = core.evaluated
      self.tally = tally
      digest = core.digest.value
      decisions = core.digest.count
      self.trips = trips
      statistics = TripStatistics(trips)
    }
  }

  public struct Result: Hashable, Sendable {
    /// Dollars per YES share.
    public let payout: Price
    public let from: TapeResult
  }

  public struct ModeChange: Hashable, Sendable {
    public let at: MarketTime
    public let mode: FloorMode
    public let reason: String
  }

  public let settings: BacktestSettings
  public internal(set) var coverage: TapeCoverage
  public internal(set) var results: [MarketSlug: Result]
  public internal(set) var agents: [Agent]
  public internal(set) var equity: EquityCurve
  public let fills: Int
  public let volume: USD
  public let fees: USD
  /// Refused by the risk gate, by code.
  public let denied: [RefusalCode: Int]
  /// Refused by the record or the venue, by code.
  public internal(set) var refused: [String: Int]
  public internal(set) var modes: [ModeChange]
  /// All agents' round trips, oldest first.
  public internal(set) var trips: [RoundTrip]
  public internal(set) var statistics: TripStatistics
  /// Every asset of the ledger sums to zero, and its cash is the capital and all results.
  public let booksBalance: Bool
  /// Every account as it stood when the recording was over, before what was still held was valued.
  public let books: LedgerBooks
  /// Best prices of the markets with most trips, where `settings.keepsPaths` asked for them.
  public internal(set) var paths: [PricePath]

  init(settings: BacktestSettings, coverage: TapeCoverage, results: [MarketSlug: Result], floor: SimulatedFloor) {
    let desk = floor.desk
    let record = desk.record
    self.settings = settings
    self.coverage = coverage
    self.results = results
    agents = zip(floor.agents, zip(floor.cores, floor.tally)).map { agent, ran in
      Agent(agent, core: ran.0, tally: ran.1, trips: record.trips.filter { $0.agent == agent.name })
    }
    equity = desk.equity
    fills = record.fills
    volume = record.volume
    fees = record.fees
    denied = desk.denied
    refused = desk.refused
    modes = desk.modes.map { ModeChange(at: $0.at, mode: $0.mode, reason: $0.reason) }
    trips = record.trips
    statistics = TripStatistics(record.trips)
    var paths = floor.paths
    self.paths = paths.finish(record.trips)
    books = desk.booksAtEnd
    booksBalance = record.books.isBalanced && record.cash == settings.capital + statistics.summary.pnl
  }
}
