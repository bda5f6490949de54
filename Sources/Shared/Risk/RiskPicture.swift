/// The best prices of one token as we see them ourselves.
public struct TopOfBook: Hashable, Sendable {
  public let bid: Price?
  public let ask: Price?
  public let at: MarketTime
  public init(bid: Price?, ask: Price?, at: MarketTime) {
    self.bid = bid
    self.ask = ask
    self.at = at
  }
}

/// An agent's standing, from the record and from the orders that are open now.
public struct AgentStanding: Hashable, Sendable {
  /// May it trade (state ACTIVE; DRAINING and the like only exit)?
  public var mayEnter: Bool
  public var allocation: USD
  /// Open orders at their worst plus positions at cost.
  public var deployed: USD
  public var lossesInARow: Int
  /// What its strategy lives from.
  public var strategyClass: StrategyClass
  /// What all agents of its strategy have at risk, this one included.
  public var strategyDeployed: USD
  /// What all agents of its strategy were given, less their losses.
  public var strategyAllocation: USD
  /// Tokens it holds or is buying, without the token of this wish.
  public var otherPositions: Int
  /// Its name and its strategy's, for rules that are for one of them.
  public var name: String
  public var strategy: String
  /// The pause that it is in because of what the venue refused.
  public var rejects: RejectBreaker.Trip?
  /// How its strategy stands; `nil` where nothing is held against strategies.
  public var strategyStanding: StrategyStanding?

  public init(
    name: String = "", strategy: String = "", mayEnter: Bool, allocation: USD, deployed: USD, lossesInARow: Int,
    strategyClass: StrategyClass = .directional,
    strategyDeployed: USD = .zero, strategyAllocation: USD = .zero, otherPositions: Int = 0,
    rejects: RejectBreaker.Trip? = nil,
    strategyStanding: StrategyStanding? = nil
  ) {
    self.name = name
    self.strategy = strategy
    self.mayEnter = mayEnter
    self.allocation = allocation
    self.deployed = deployed
    self.lossesInARow = lossesInARow
    self.strategyClass = strategyClass
    self.strategyDeployed = strategyDeployed
    self.strategyAllocation = strategyAllocation
    self.otherPositions = otherPositions
    self.rejects = rejects
    self.strategyStanding = strategyStanding
  }
}

/// The floor's standing of the day.
public struct FloorStanding: Hashable, Sendable {
  /// The base of every percentage.
  public var capital: USD
  /// All agents' deployed together.
  public var deployed: USD
  /// Net profit of trades closed since 00:00 UTC, fees included; negative is a loss.
  public var realisedToday: USD
  /// Cash and positions at their worth now.
  public var equity: USD
  /// The highest `equity` since 00:00 UTC.
  public var peakEquity: USD
  /// The first `equity` since 00:00 UTC.
  public var dayEquity: USD

  /// - Parameter dayEquity: where nothing is of it, whatever.
  public init(
    capital: USD, deployed: USD, realisedToday: USD, equity: USD, peakEquity: USD, dayEquity: USD? = nil
  ) {
    self.capital = capital
    self.deployed = deployed
    self.realisedToday = realisedToday
    self.equity = equity
    self.peakEquity = peakEquity
    self.dayEquity = dayEquity ?? equity
  }
}

/// Everything that the gate looks at for one wish.
public struct RiskPicture: Hashable, Sendable {
  public var mode: FloorMode
  public var now: MarketTime
  public var terms: MarketTerms?
  public var book: TopOfBook?
  public var agent: AgentStanding?
  public var floor: FloorStanding
  /// What is at risk in the wish's market, its category and its event group.
  public var uses: [ScopeUse]
  /// An order of unknown outcome in this token: it closes entries for the token until it is resolved.
  public var tokenUnresolved: Bool
  /// An open order of the wallet, of whatever agent, that the wish would trade with.
  public var inTheWay: OwnOrder?
  /// Shares of the token that the agent holds and no open order has promised; `nil` when only the record knows.
  public var freeShares: Shares?
  /// The shortest age of a book that means anything, in market time: on a fast clock a book is old before a process has had its turn.
  public var shortestBookAge: Duration

  public init(
    mode: FloorMode, now: MarketTime, terms: MarketTerms?, book: TopOfBook?, agent: AgentStanding?,
    floor: FloorStanding, uses: [ScopeUse] = [],
    tokenUnresolved: Bool = false, inTheWay: OwnOrder? = nil, freeShares: Shares? = nil,
    shortestBookAge: Duration = .zero
  ) {
    self.shortestBookAge = shortestBookAge
    self.mode = mode
    self.now = now
    self.terms = terms
    self.book = book
    self.agent = agent
    self.floor = floor
    self.uses = uses
    self.tokenUnresolved = tokenUnresolved
    self.inTheWay = inTheWay
    self.freeShares = freeShares
  }
}
