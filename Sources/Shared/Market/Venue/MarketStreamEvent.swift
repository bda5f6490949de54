/// One event of the venue's public market channel (protocol document, section 4.3).
public enum MarketStreamEvent: Hashable, Sendable {
  case book(VenueBook)
  case priceChange(VenuePriceChange)
  case lastTrade(VenueLastTrade)
  case tickSizeChange(VenueTickSizeChange)
  case bestBidAsk(VenueBestBidAsk)
  case newMarket(VenueNewMarket)
  case resolved(VenueMarketResolved)
}

/// New totals of single levels, of one or both tokens of a market, in the order in which they happened.
public struct VenuePriceChange: Hashable, Sendable {
  public struct Change: Hashable, Sendable {
    public let token: TokenID
    public let side: Side
    /// The level's new total; size zero removes it.
    public let level: BookLevel
    /// The best prices after the change; `nil` when that side is empty or was not told.
    public let bestBid: Price?
    public let bestAsk: Price?

    public init(token: TokenID, side: Side, level: BookLevel, bestBid: Price? = nil, bestAsk: Price? = nil) {
      self.token = token
      self.side = side
      self.level = level
      self.bestBid = bestBid
      self.bestAsk = bestAsk
    }
  }
  public let market: ConditionID
  public let time: MarketTime
  public let changes: [Change]

  public init(market: ConditionID, time: MarketTime, changes: [Change]) {
    self.market = market
    self.time = time
    self.changes = changes
  }
}

/// A taker's match. `side` is the taker's.
public struct VenueLastTrade: Hashable, Sendable {
  public let market: ConditionID
  public let token: TokenID
  public let time: MarketTime
  public let price: Price
  public let size: Shares
  public let side: Side

  public init(market: ConditionID, token: TokenID, time: MarketTime, price: Price, size: Shares, side: Side) {
    self.market = market
    self.token = token
    self.time = time
    self.price = price
    self.size = size
    self.side = side
  }
}

public struct VenueTickSizeChange: Hashable, Sendable {
  public let market: ConditionID
  public let token: TokenID
  public let time: MarketTime
  public let tick: PriceTick

  public init(market: ConditionID, token: TokenID, time: MarketTime, tick: PriceTick) {
    self.market = market
    self.token = token
    self.time = time
    self.tick = tick
  }
}

public struct VenueBestBidAsk: Hashable, Sendable {
  public let market: ConditionID
  public let token: TokenID
  public let time: MarketTime
  public let bid: Price?
  public let ask: Price?

  public init(market: ConditionID, token: TokenID, time: MarketTime, bid: Price?, ask: Price?) {
    self.market = market
    self.token = token
    self.time = time
    self.bid = bid
    self.ask = ask
  }
}

/// A market was listed, any market of the venue; read the rest from Gamma.
public struct VenueNewMarket: Hashable, Sendable {
  public let market: ConditionID
  public let slug: MarketSlug
  public let tokens: [TokenID]
  public let outcomes: [String]
  public let time: MarketTime

  public init(market: ConditionID, slug: MarketSlug, tokens: [TokenID], outcomes: [String], time: MarketTime) {
    self.market = market
    self.slug = slug
    self.tokens = tokens
    self.outcomes = outcomes
    self.time = time
  }
}

/// A market was resolved. Not always delivered: Gamma and the CLOB are asked as well.
public struct VenueMarketResolved: Hashable, Sendable {
  public let market: ConditionID
  public let tokens: [TokenID]
  public let winner: TokenID
  public let winningOutcome: String
  public let time: MarketTime

  public init(
    market: ConditionID, tokens: [TokenID], winner: TokenID, winningOutcome: String, time: MarketTime
  ) {
    self.market = market
    self.tokens = tokens
    self.winner = winner
    self.winningOutcome = winningOutcome
    self.time = time
  }
}

extension MarketStreamEvent {
  /// The venue's stamp.
  public var time: MarketTime {
    switch self {
    case .book(let event): event.time
    case .priceChange(let event): event.time
    case .lastTrade(let event): event.time
    case .tickSizeChange(let event): event.time
    case .bestBidAsk(let event): event.time
    case .newMarket(let event): event.time
    case .resolved(let event): event.time
    }
  }

  public var condition: ConditionID {
    switch self {
    case .book(let event): event.market
    case .priceChange(let event): event.market
    case .lastTrade(let event): event.market
    case .tickSizeChange(let event): event.market
    case .bestBidAsk(let event): event.market
    case .newMarket(let event): event.market
    case .resolved(let event): event.market
    }
  }
}
