/// Why the gateway said no. The raw value is the stable code in PostgreSQL, in order events and in counters.
public enum RefusalCode: String, Hashable, Sendable, CaseIterable {
  // who and when
  case noGrant = "no_grant"
  case staleEpoch = "stale_epoch"
  case agentPaused = "agent_paused"
  case malformed = "malformed"
  case expired = "expired"
  case notReady = "not_ready"
  case modeForbids = "mode_forbids"
  case halted = "halted"
  case databaseAway = "database_away"
  case rateLimit = "rate_limit"
  case venueUnavailable = "venue_unavailable"
  // what the venue demands
  case unknownMarket = "unknown_market"
  case venueDrift = "venue_drift"
  case marketClosed = "market_closed"
  case closesSoon = "closes_soon"
  case offTick = "off_tick"
  case belowVenueMinimum = "below_venue_minimum"
  // our picture of the market
  case noBook = "no_book"
  case staleBook = "stale_book"
  case crossedBook = "crossed_book"
  case priceCollar = "price_collar"
  case spreadTooWide = "spread_too_wide"
  case priceZone = "price_zone"
  case tokenUnresolved = "token_unresolved"
  case duplicateWish = "duplicate_wish"
  case selfCross = "self_cross"
  // capital
  case perTrade = "per_trade_limit"
  case perAgent = "per_agent_limit"
  case perStrategy = "per_strategy_limit"
  case perCategory = "category_limit"
  case marketCap = "market_cap"
  case perEventGroup = "event_group_limit"
  case floorExposure = "floor_exposure_limit"
  case allocation = "allocation"
  case dailyLoss = "daily_loss"
  case drawdown = "drawdown"
  case lossStreak = "loss_streak"
  case venueRejects = "venue_rejects"
  case strategyLossStreak = "strategy_loss_streak"
  case strategyDailyLoss = "strategy_daily_loss"
  case strategyDrawdown = "strategy_drawdown"
  case openPositions = "open_positions"
  case noShares = "no_shares"
  // cancels
  case nothingToCancel = "nothing_to_cancel"
}

/// A refusal with the numbers that were compared, as text in their own units.
public struct Refusal: Hashable, Sendable, CustomStringConvertible {
  public let code: RefusalCode
  public let numbers: [Number]

  public init(_ code: RefusalCode, _ numbers: Number...) {
    self.code = code
    self.numbers = numbers
  }

  public init(_ code: RefusalCode, numbers: [Number]) {
    self.code = code
    self.numbers = numbers
  }

  public struct Number: Hashable, Sendable {
    /// With its unit: `cost_usd`, `age_ms`.
    public let name: String
    public let text: String
    public init(_ name: String, _ value: some CustomStringConvertible) {
      self.name = name
      self.text = value.description
    }
  }

  /// `per_trade_limit cost_usd=26.1 limit_usd=20`
  public var description: String { ([code.rawValue] + numbers.map { "\($0.name)=\($0.text)" }).joined(separator: " ") }

  /// The numbers alone: `cost_usd=26.1 limit_usd=20`.
  public var detail: String { numbers.map { "\($0.name)=\($0.text)" }.joined(separator: " ") }
}
