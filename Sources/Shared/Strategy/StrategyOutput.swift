/// What a strategy wants done now: one order that takes what the book offers, at worst at `price`.
public struct Wish: Hashable, Sendable {
  public var action: IntentMessage.Action
  public var market: MarketSlug
  public var outcome: Outcome
  public var side: Side
  public var type: TimeInForce
  /// The worst price per share.
  public var price: Price
  public var size: Shares
  /// Market time for which the wish makes sense.
  public var usefulFor: Duration
  /// Stable code: why (`SignalReason`, `ExitReason`, or a strategy's own).
  public var reason: String
  /// The figures behind it, enough to recompute the decision from the recording.
  public var evidence: JSON

  public init(
    action: IntentMessage.Action, market: MarketSlug, outcome: Outcome, side: Side, type: TimeInForce, price: Price,
    size: Shares, usefulFor: Duration, reason: String, evidence: JSON
  ) {
    self.action = action
    self.market = market
    self.outcome = outcome
    self.side = side
    self.type = type
    self.price = price
    self.size = size
    self.usefulFor = usefulFor
    self.reason = reason
    self.evidence = evidence
  }
}

/// A signal that was not acted on, and why.
public struct SignalRefusal: Hashable, Sendable {
  public var market: MarketSlug
  public var outcome: Outcome?
  public var reason: RefusalReason
  /// The figures compared.
  public var evidence: JSON

  public init(market: MarketSlug, outcome: Outcome?, reason: RefusalReason, evidence: JSON = .object([])) {
    self.market = market
    self.outcome = outcome
    self.reason = reason
    self.evidence = evidence
  }
}

/// What a strategy said about one event.
public struct StrategyOutput: Sendable {
  public enum Item: Hashable, Sendable {
    case wish(Wish)
    case refusal(SignalRefusal)
    /// End the order of this intent.
    case cancel(IntentID, reason: String)
  }
  public var items: [Item] = []
  public init() {}

  public mutating func want(_ wish: Wish) { items.append(.wish(wish)) }
  public mutating func refuse(_ refusal: SignalRefusal) { items.append(.refusal(refusal)) }
  public mutating func cancel(_ intent: IntentID, reason: String) { items.append(.cancel(intent, reason: reason)) }
}

/// Why a signal was not acted on. The raw values are stable: they are what `decisions.reason` holds.
public enum RefusalReason: String, Hashable, Sendable, CaseIterable {
  /// The history is shorter than the lookback.
  case warmingUp = "warming_up"
  /// The agent was told to make no new entries.
  case draining
  /// The floor's mode forbids new entries.
  case mode
  /// The feed is not connected: no usable prices.
  case blind
  /// What the database knows of the agent has not been read yet.
  case notReconciled = "not_reconciled"
  /// The market's data is stale, or the market is not open.
  case notLive = "market_not_live"
  /// The window has not begun.
  case notOpen = "window_not_open"
  /// Too close to the window's end.
  case tooLate = "too_late"
  /// The book on which we would decide is older than allowed.
  case staleBook = "stale_book"
  /// The reference price is older than allowed.
  case staleReference = "stale_reference"
  /// A side of the book is missing, or bids and asks cross.
  case brokenBook = "broken_book"
  case spreadTooWide = "spread_too_wide"
  /// Fewer dollars offered within our limit than demanded.
  case tooThin = "too_thin"
  case priceOutOfBounds = "price_out_of_bounds"
  /// Fees and spread of the round trip would eat what the trade can win.
  case feesExceedTarget = "fees_exceed_target"
  /// What the size buys is below the venue's minimums (shares, or dollars of a marketable order).
  case belowVenueMinimum = "below_venue_minimum"
  /// A position is open in this market.
  case positionOpen = "position_open"
  /// An intent in this market is under way.
  case intentPending = "intent_pending"
  /// Too soon after the last exit or refusal in this market.
  case cooldown
  /// As many entries in this market as allowed.
  case entriesSpent = "entries_spent"
  /// An exit is wanted and the book has no bid.
  case noBids = "no_bids"
  /// What is held is worth less than the venue takes: kept to settlement.
  case dust
  /// No answer came while the intent was useful.
  case unanswered

  // The hammer's (hammer-model 7), in the order in which it looks.

  /// Rule or look-back of the settlement was not read from the market.
  case settlementUnknown = "settlement_unknown"
  /// There is no price to beat.
  case strikeMissing = "strike_missing"
  /// The price to beat was not observed on the settling stream at the boundary.
  case strikeUnconfirmed = "strike_unconfirmed"
  /// The market charges fees and their rate is not known.
  case feeUnknown = "fee_unknown"
  case notAcceptingOrders = "not_accepting_orders"
  /// Too early before the close, or too late for an order to match.
  case outsideWindow = "outside_window"
  /// The canonical price is older than allowed.
  case feedStale = "feed_stale"
  /// The canonical price is away and the exchange's is taken for liveness only.
  case fallbackActive = "fallback_active"
  /// While the canonical price was away the exchange's moved too far from it.
  case fallbackDiverged = "fallback_diverged"
  /// The source no longer averages as the model thinks.
  case recipeDrift = "recipe_drift"
  /// Too many seconds of the settling mean were drawn instead of told.
  case gapInAverage = "gap_in_average"
  /// Too few observations for a volatility.
  case sigmaNotReady = "sigma_not_ready"
  /// The price moved more in ten seconds than the volatility knows.
  case shock
  /// The exchange's price is demanded and absent or old.
  case hintMissing = "hint_missing"
  /// The book is older than the hammer allows.
  case bookStale = "book_stale"
  /// The book moved first: the feed has not caught up.
  case bookMoved = "book_moved"
  /// The price has not moved enough in the last minute.
  case watchNotArmed = "watch_not_armed"
  /// The expected settlement is too near to the strike.
  case distanceBelowMin = "d_below_min"
  /// The same, in deviations.
  case zBelowMin = "z_below_min"
  /// Model and market favour different sides.
  case sidesDisagree = "sides_disagree"
  case noAsk = "no_ask"
  case aboveMaxEntry = "above_max_entry"
  /// So good that the model must be wrong.
  case evTooGood = "ev_too_good"
  case evBelowMin = "ev_below_min"
  /// Nothing is left to bet once the uncertainty is taken off.
  case kellyZero = "kelly_zero"
  /// The book does not hold the whole amount within the limit.
  case depth
  case evBelowMinAfterWalk = "ev_below_min_after_walk"
  /// Another window that closes at the same moment is the better bet, or has been bet on.
  case outranked
}

/// Why a position is closed. The raw values are stable.
public enum ExitReason: String, Hashable, Sendable, CaseIterable {
  case takeProfit = "take_profit"
  case stopLoss = "stop_loss"
  /// The best bid fell back from its highest since the entry.
  case trailingStop = "trailing_stop"
  case maxHolding = "max_holding"
  /// The window ends soon and the agent does not hold to settlement.
  case beforeEnd = "before_end"
  /// What the signal bet on has happened.
  case targetReached = "target_reached"
}
