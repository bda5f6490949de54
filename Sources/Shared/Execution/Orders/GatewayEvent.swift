/// What the shell found out about an intent's proof before the core sees it.
public enum ProofVerdict: Hashable, Sendable {
  case valid
  case noGrant
  case bad
  /// Signed under another epoch than the one granted.
  case staleEpoch(granted: Epoch)
}

/// The market as the gateway sees it for one wish.
public struct MarketView: Hashable, Sendable {
  public let terms: MarketTerms
  /// Of the wish's outcome; `nil` when no update has come.
  public let book: TopOfBook?
  /// What is not as our rules know it (`DriftSentinel`); nothing is entered then.
  public let drift: String?

  public init(terms: MarketTerms, book: TopOfBook?, drift: String? = nil) {
    self.terms = terms
    self.book = book
    self.drift = drift
  }
}

/// How the agents and the floor stand, read from the record.
public struct Standing: Hashable, Sendable {
  public struct Agent: Hashable, Sendable {
    public var mayEnter: Bool
    public var allocation: USD
    /// Positions at cost.
    public var invested: USD
    public var lossesInARow: Int
    /// The strategy it runs; empty where nobody says.
    public var strategy: String
    /// What it holds.
    public var held: Set<Holding>
    /// The pause that it is in because of what the venue refused.
    public var rejects: RejectBreaker.Trip?
    public init(
      mayEnter: Bool, allocation: USD, invested: USD, lossesInARow: Int, strategy: String = "", held: Set<Holding> = [],
      rejects: RejectBreaker.Trip? = nil
    ) {
      self.mayEnter = mayEnter
      self.allocation = allocation
      self.invested = invested
      self.lossesInARow = lossesInARow
      self.strategy = strategy
      self.held = held
      self.rejects = rejects
    }
  }
  /// One outcome of one market.
  public struct Holding: Hashable, Sendable {
    public let market: MarketSlug
    public let outcome: Outcome
    public init(_ market: MarketSlug, _ outcome: Outcome) {
      self.market = market
      self.outcome = outcome
    }
  }
  /// Dollars in one market: positions of all agents, at cost.
  public struct Stake: Hashable, Sendable {
    public let market: MarketSlug
    public let groups: MarketGroups
    public let cost: USD
    public init(_ market: MarketSlug, _ groups: MarketGroups, cost: USD) {
      self.market = market
      self.groups = groups
      self.cost = cost
    }
  }
  public var agents: [AgentName: Agent]
  /// Of the markets in which something is held, in any order; a market may stand there more than once.
  public var stakes: [Stake]
  /// Of the strategies, where something is held against them.
  public var strategies: [String: StrategyStanding]
  public var capital: USD
  public var realisedToday: USD
  public var equity: USD
  public var peakEquity: USD
  /// The first `equity` since 00:00 UTC.
  public var dayEquity: USD

  public static let empty = Standing(
    agents: [:], capital: .zero, realisedToday: .zero, equity: .zero, peakEquity: .zero)

  public init(
    agents: [AgentName: Agent], stakes: [Stake] = [], strategies: [String: StrategyStanding] = [:], capital: USD,
    realisedToday: USD, equity: USD, peakEquity: USD, dayEquity: USD? = nil
  ) {
    self.dayEquity = dayEquity ?? equity
    self.agents = agents
    self.strategies = strategies
    self.stakes = stakes
    self.capital = capital
    self.realisedToday = realisedToday
    self.equity = equity
    self.peakEquity = peakEquity
  }
}

/// An open order of an earlier life, as the record holds it.
public struct RestoredOrder: Hashable, Sendable {
  public let submission: OrderSubmission
  public let market: MarketTerms
  public let state: OrderState
  public let fills: [FillKey: SettlementState]
  /// Shares of fills that stand, and of those that were undone.
  public let filled: Shares
  public let undone: Shares
  /// When it was sent, in market time.
  public let sentAt: MarketTime

  public init(
    submission: OrderSubmission, market: MarketTerms, state: OrderState, fills: [FillKey: SettlementState],
    filled: Shares,
    undone: Shares, sentAt: MarketTime
  ) {
    self.submission = submission
    self.market = market
    self.state = state
    self.fills = fills
    self.filled = filled
    self.undone = undone
    self.sentAt = sentAt
  }
}

/// How a round of look-ups for one order ended. What was found came as its own events before.
public enum LookUpResult: Hashable, Sendable {
  /// The venue described the order.
  case found
  /// By id, in the list of open orders and among the trades: nowhere. All three were answered.
  case absent
  /// One of the questions had no usable answer.
  case inconclusive
}

/// What was bought and may be missing from the standing that was read last.
struct UnreadFill: Hashable, Sendable {
  let agent: AgentName
  let holding: Standing.Holding
  let groups: MarketGroups
  /// Cash and fee.
  let cost: USD
  /// The record has said that it holds the fill.
  var isRecorded = false
  /// It said so before it was asked for the standing: the answer knows the fill.
  var isCovered = false
}

/// Everything that can reach the core.
public enum GatewayEvent: Sendable {
  case intent(IntentMessage, ProofVerdict, MarketView?)
  /// The gateway's own wish: sell what a departed agent holds.
  case ownExit(IntentMessage.Terms, MarketView, reason: String)
  /// `nil`: it could not be signed, for the given reason.
  case signed(IntentID, PreparedOrder?, failure: String)
  case submitted(IntentID, SubmissionAnswer)
  /// The journal holds it, fsynced; `false` when that failed.
  case journaled(IntentID, Bool)
  case answered(VenueOrderID, SubmitOutcome)
  /// The venue took the cancel up, or did not (with its words); both `nil` when there was no usable answer.
  case cancelAnswered(VenueOrderID, cancelled: Bool?, detail: String)
  case order(VenueOrder, EvidenceRoad)
  case trade(VenueTrade, EvidenceRoad)
  /// The complete list of open orders, and when it was asked for.
  case openOrders([VenueOrder], asked: MonotonicTime)
  case lookedUp(VenueOrderID, LookUpResult)
  case restored(RestoredOrder)
  /// The highest decision of each agent that the record holds; once, before the first intent.
  case decisionsRead([AgentName: Int64])
  /// The record holds this fill.
  case fillRecorded(FillKey)
  /// The record is asked for the standing now; one question at a time.
  case standingAsked
  /// The answer to the last `standingAsked`. Fills that the record did not hold then still count beside it.
  case standing(Standing)
  case mode(FloorMode)
  /// While halted: the gateway's own sales go on.
  case closing(Bool)
  /// A market was decided: its orders can trade no more.
  case resolved(MarketSlug)
  case database(up: Bool)
  /// Do posts make sense now (breaker, venue mode, dead-man beats)?
  case venue(up: Bool)
  /// Take out everything that rests; of one agent or of all.
  /// The orders of one agent (not those that the gateway sent for it), or all there are.
  case cancelAll(AgentName?, reason: String)
  /// An earlier life wanted this order out.
  case cancelWanted(VenueOrderID, reason: String)
  case tick
}

/// What the shell has to do, in this order.
public enum GatewayEffect: Hashable, Sendable {
  case sign(IntentMessage.Terms, MarketTerms)
  case record(RecordCall)
  /// Append to the journal and fsync before anything else happens to this order.
  case journal(OrderSubmission)
  /// Send exactly these bytes, once.
  case post(PreparedOrder)
  case cancel(VenueOrderID, reason: String)
  /// Ask by id, then for trades since, then for open orders; end with `lookedUp`.
  case lookUp(VenueOrderID, tradesSince: MarketTime)
  /// Tell the agent again what it was told last about this intent.
  case repeatAnswer(IntentID)
  case note(GatewayNote)
  /// The core wants the floor in this mode.
  case demand(FloorMode, reason: String)
}
