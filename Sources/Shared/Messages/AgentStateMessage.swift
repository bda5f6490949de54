/// The key `agent:<name>:state`: what an operator sees of an agent with `redis-cli GET`. Display only; nothing decides by it.
public struct AgentStateMessage: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable, CaseIterable {
    /// Reconciling, or no market message evaluated yet under this epoch.
    case starting
    case trading
    /// No usable prices: exits wait, entries stop.
    case blind
    /// Told to make no new entries; exits go on.
    case draining
    case stopped
  }

  /// The last decision and why.
  public struct LastDecision: Hashable, Sendable {
    /// `enter`, `exit`, `refuse` …
    public var kind: String
    /// Stable code.
    public var reason: String
    public var market: MarketSlug?
    public var at: MarketTime
    public init(kind: String, reason: String, market: MarketSlug?, at: MarketTime) {
      self.kind = kind
      self.reason = reason
      self.market = market
      self.at = at
    }
  }

  public var envelope: Envelope
  public var agent: AgentName
  public var strategy: String
  public var epoch: Epoch
  public var status: Status
  /// Open positions (tokens held).
  public var positionCount: Int
  /// Intents neither acknowledged nor expired.
  public var pendingCount: Int
  /// Today's profit (UTC day) as the database's view says; `nil` while unknown.
  public var dayProfit: USD?
  /// Market messages evaluated since birth.
  public var evaluated: Int64
  /// Prices whose numbers say that they were sent and did not arrive, since birth.
  public var missed: Int64
  public var lastDecision: LastDecision?

  public init(
    envelope: Envelope, agent: AgentName, strategy: String, epoch: Epoch, status: Status, positionCount: Int,
    pendingCount: Int, dayProfit: USD?, evaluated: Int64, missed: Int64,
    lastDecision: LastDecision?
  ) {
    self.envelope = envelope
    self.agent = agent
    self.strategy = strategy
    self.epoch = epoch
    self.status = status
    self.positionCount = positionCount
    self.pendingCount = pendingCount
    self.dayProfit = dayProfit
    self.evaluated = evaluated
    self.missed = missed
    self.lastDecision = lastDecision
  }
}

extension AgentStateMessage {
  public var json: JSON {
    let last: JSON? = lastDecision.map {
      [
        "kind": .string($0.kind), "reason": .string($0.reason), "market": .optional($0.market.map { .text($0) }),
        "at_ns": .int($0.at.nanoseconds),
      ]
    }
    return JSON.object(
      envelope.members + [
        .init("agent", .text(agent)), .init("strategy", .string(strategy)), .init("epoch", .int(epoch.number)),
        .init("status", .string(status.rawValue)), .init("positions", .int(positionCount)),
        .init("pending_intents", .int(pendingCount)), .init("day_pnl_usd", .optional(dayProfit.map { .text($0) })),
        .init("evaluated", .int(evaluated)), .init("missed", .int(missed)),
        .init("last_decision", .optional(last)),
      ])
  }

  public init(_ json: JSON) throws(MessageError) {
    let fields = try MessageFields(json)
    envelope = try Envelope(json)
    agent = try fields.identifier("agent")
    strategy = try fields.string("strategy")
    epoch = Epoch(try fields.int("epoch"))
    status = try fields.word("status")
    positionCount = Int(try fields.int("positions"))
    pendingCount = Int(try fields.int("pending_intents"))
    dayProfit = try fields.optional("day_pnl_usd") { $0.usd }
    evaluated = try fields.int("evaluated")
    missed = try fields.int("missed")
    if fields.optional("last_decision") == nil {
      lastDecision = nil
    } else {
      let last = try fields.object("last_decision")
      lastDecision = LastDecision(
        kind: try last.string("kind"), reason: try last.string("reason"),
        market: try last.optional("market") { $0.string.flatMap { MarketSlug($0) } }, at: try last.time("at_ns"))
    }
  }
}
