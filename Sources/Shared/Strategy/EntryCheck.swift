/// Turns "buy this outcome of this market" into a wish, or into the first reason why not. Pure: everything it looks at is a parameter.
public enum EntryCheck {
  /// What the strategy itself remembers of a market.
  public struct History: Hashable, Sendable {
    /// Entries that bought something.
    public var entries: Int64 = 0
    /// No entry before this.
    public var quietUntil: MarketTime?
    public init() {}
  }

  public static func run(
    market: MarketUpdate, outcome: Outcome, reason: String, evidence: JSON, rules: TradeRules, history: History,
    range: Double? = nil, context: StrategyContext
  ) -> Result<Wish, EntryRefusal> {
    if let closed = context.entriesClosed { return .failure(.init(closed)) }
    let now = context.now
    guard market.state == .live else {
      return .failure(.init(.notLive, ["state": .string(market.state.rawValue)]))
    }
    if let startsAt = market.startsAt, now < startsAt { return .failure(.init(.notOpen)) }
    if let endsAt = market.endsAt {
      let left = endsAt.since(now)
      if left <= rules.noEntryLast { return .failure(.init(.tooLate, ["left_ms": .int(left.milliseconds)])) }
    }
    let bookAge = now.since(market.envelope.time)
    if bookAge > rules.bookAgeMax { return .failure(.init(.staleBook, ["age_ms": .int(bookAge.milliseconds)])) }
    if context.positions.holds(market.slug) { return .failure(.init(.positionOpen)) }
    if context.isBusy(market.slug) { return .failure(.init(.intentPending)) }
    if let quiet = history.quietUntil, now < quiet {
      return .failure(.init(.cooldown, ["until_ns": .int(quiet.nanoseconds)]))
    }
    if history.entries >= rules.entriesMax { return .failure(.init(.entriesSpent, ["entries": .int(history.entries)])) }
    return priced(market, outcome, reason, evidence, rules, range)
  }

  private static func priced(
    _ market: MarketUpdate, _ outcome: Outcome, _ reason: String, _ evidence: JSON, _ rules: TradeRules,
    _ range: Double?
  ) -> Result<Wish, EntryRefusal> {
    let top = market.top(outcome)
    guard let bid = top.bestBid, let ask = top.bestAsk, !top.isCrossed else { return .failure(.init(.brokenBook)) }
    let figures = BookFigures(top)
    let spread = figures.spread
    if spread > rules.spreadMax { return .failure(.init(.spreadTooWide, ["spread_points": .micros(spread)])) }
    if figures.depth < rules.liquidityMin {
      return .failure(.init(.tooThin, ["liquidity_usd": .text(figures.depth)]))
    }
    guard ask.price.micros >= rules.entryPriceMin, ask.price.micros <= rules.entryPriceMax else {
      return .failure(.init(.priceOutOfBounds, ["ask_points": .text(ask.price)]))
    }
    let highest = 1_000_000 - market.tick.micros
    let limit = Price(unchecked: min(highest, ask.price.micros + rules.entrySlippageTicks * market.tick.micros))
    var offered: Int128 = 0
    for level in top.asks where level.price <= limit {
      offered += Int128(level.price.micros) * Int128(level.size.micros)
    }
    if offered < Int128(rules.depthMin.micros) * 1_000_000 {
      let dollars = USD(micros: Int64(clamping: offered / 1_000_000))
      return .failure(.init(.tooThin, ["offered_usd": .text(dollars)]))
    }
    // What the trade can win a share: its target, or the whole way to a dollar when it is held to settlement.
    let profit = rules.exits.levels(range: range, rules).takeProfit
    let target = profit ?? 1_000_000 - ask.price.micros
    let exitAt = Price(unchecked: min(highest, ask.price.micros + target))
    var cost = spread + PositionSizing.feePerShare(market.fee, at: ask.price)
    if profit != nil { cost += PositionSizing.feePerShare(market.fee, at: exitAt) }
    if Int128(cost) * Int128(rules.feeCover) > Int128(target) * 1_000_000 {
      return .failure(.init(.feesExceedTarget, ["cost_points": .micros(cost), "target_points": .micros(target)]))
    }
    guard
      let size = PositionSizing.entry(
        budget: rules.size, limit: limit, ask: ask.price, fee: market.fee, minimum: market.minimumSize)
    else {
      let size = PositionSizing.shares(budget: rules.size, limit: limit, fee: market.fee)
      return .failure(.init(.belowVenueMinimum, ["shares": .text(size), "minimum_shares": .text(market.minimumSize)]))
    }
    return .success(
      Wish(
        action: .enter, market: market.slug, outcome: outcome, side: .buy, type: .fillAndKill, price: limit, size: size,
        usefulFor: rules.usefulFor, reason: reason,
        evidence: evidence.with("ask_points", .text(ask.price)).with("bid_points", .text(bid.price))))
  }
}

/// Why an entry is not made, with the figures compared.
public struct EntryRefusal: Error, Hashable, Sendable {
  public let reason: RefusalReason
  public let evidence: JSON
  public init(_ reason: RefusalReason, _ evidence: JSON = .object([])) {
    self.reason = reason
    self.evidence = evidence
  }
}

extension JSON {
  /// A decimal at 10⁻⁶ as text.
  static func micros(_ value: Int64) -> JSON { .string(Decimal6.text(value)) }
}
