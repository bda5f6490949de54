/// One market's data while the feed follows it: both tokens' books, the last trade, how fresh all that is, and what to do when it is not.
///
/// Pure. Times handed in are market time at receipt; stamps inside the events are the venue's. Health must be proven: a keeper begins
/// without data, after every break of the connection it is without data again, and only fresh, uncontradicted books are `live`.
public struct BookKeeper: Sendable {
  public struct Policy: Hashable, Sendable {
    /// Without a sign of life for so long, a token's data counts as old.
    public var staleAfter: Duration
    /// Without a sign of life for so long, the venue is asked for the book over REST: either it confirms a quiet market or it shows
    /// that the stream has gone silent.
    public var witnessAfter: Duration
    /// A crossed or contradicted book that stays so for so long is fetched anew.
    public var contradictionAfter: Duration

    public init(staleAfter: Duration) {
      self.staleAfter = staleAfter
      witnessAfter = staleAfter / 3
      contradictionAfter = min(.seconds(2), staleAfter / 2)
    }
  }

  /// What the keeper wants done. Each is asked once; the next time only after another interval.
  public enum Demand: Hashable, Sendable {
    /// Fetch this token's book over REST and hand it to `witness`.
    case witness(TokenID)
    /// Subscribe this token again: its stream is silent or has lost something.
    case resubscribe(TokenID, reason: StaticReason)
  }

  public enum StaticReason: String, Hashable, Sendable {
    case noFirstBook = "no first book"
    case silent = "silent while the venue's book moved"
    case contradicted = "book contradicts the venue's best prices"
    case crossed = "book crossed"
  }

  private struct TokenData {
    var book = OrderBook()
    /// Last sign of life from the stream, or from a witness.
    var freshAt: MarketTime?
    /// The stream's first book was awaited from here on.
    var awaitingSince: MarketTime
    var askedWitnessAt: MarketTime?
    var askedResubscribeAt: MarketTime?
    /// Since when it has disagreed with what the venue says its best prices are, or has been crossed.
    var contradictedSince: MarketTime?
    var crossedSince: MarketTime?
  }

  public private(set) var market: Market
  public var policy: Policy
  /// Grows whenever the books were rebuilt: reconnection, resubscription, another tick.
  public private(set) var bookEpoch: Int64 = 1
  public private(set) var last: LastTrade?
  public private(set) var dataTime: MarketTime?
  /// The venue takes no more orders, or said the market is resolved.
  public private(set) var isClosedByVenue = false
  /// Dollars per YES share, when known.
  public private(set) var payout: Price?
  private var yes: TokenData
  private var no: TokenData

  public init(_ market: Market, policy: Policy, now: MarketTime) {
    self.market = market
    self.policy = policy
    yes = TokenData(awaitingSince: now)
    no = TokenData(awaitingSince: now)
  }

  // MARK: Events

  /// Takes in one event of the stream. Answers whether what is published changed; events of other markets change nothing.
  public mutating func apply(_ event: MarketStreamEvent, at now: MarketTime) -> Bool {
    switch event {
    case .book(let book):
      guard let outcome = market.outcome(of: book.token) else { return false }
      if let tick = book.tick, tick != market.tick { changeTick(tick) }
      let changed = mutate(outcome) { side in
        side.freshAt = now
        side.contradictedSince = nil
        return side.book.apply(book)
      }
      noteData(book.time)
      return changed
    case .priceChange(let change): return apply(change, at: now)
    case .lastTrade(let trade):
      guard let outcome = market.outcome(of: trade.token) else { return false }
      mutate(outcome) { $0.freshAt = now }
      noteData(trade.time)
      last = LastTrade(outcome: outcome, side: trade.side, price: trade.price, size: trade.size)
      return true
    case .tickSizeChange(let change):
      guard market.outcome(of: change.token) != nil else { return false }
      noteData(change.time)
      guard change.tick != market.tick else { return false }
      changeTick(change.tick)
      return true
    case .bestBidAsk(let best):
      guard let outcome = market.outcome(of: best.token) else { return false }
      noteData(best.time)
      return mutate(outcome) { side in
        side.freshAt = now
        return BookKeeper.compare(&side, bid: best.bid, ask: best.ask, stamp: best.time, now: now)
      }
    case .newMarket, .resolved: return false
    }
  }

  private mutating func apply(_ change: VenuePriceChange, at now: MarketTime) -> Bool {
    var changed = false
    for outcome in Outcome.allCases {
      let token = market.token(of: outcome)
      var final: VenuePriceChange.Change?
      for item in change.changes where item.token == token {
        final = item
        changed = mutate(outcome) { $0.book.set(item.level, side: item.side, at: change.time) } || changed
      }
      guard let final else { continue }
      noteData(change.time)
      changed =
        mutate(outcome) { side in
          side.freshAt = now
          // The venue's best prices are those after the last change of the message.
          return BookKeeper.compare(&side, bid: final.bestBid, ask: final.bestAsk, stamp: change.time, now: now)
        } || changed
    }
    return changed
  }

  /// The venue's book over REST. It proves how things stand now: it renews freshness, and when it shows what the stream should have said
  /// and did not, that token is subscribed again.
  public mutating func witness(_ book: VenueBook, at now: MarketTime) -> (changed: Bool, demand: Demand?) {
    guard let outcome = market.outcome(of: book.token) else { return (false, nil) }
    if let tick = book.tick, tick != market.tick { changeTick(tick) }
    let policy = self.policy
    var demand: Demand?
    let changed = mutate(outcome) { side in
      side.askedWitnessAt = nil
      let quiet = side.freshAt.map { now.since($0) >= policy.witnessAfter } ?? true
      let changed = side.book.apply(book)
      side.freshAt = now
      side.contradictedSince = nil
      if changed, quiet {
        side.askedResubscribeAt = now
        demand = .resubscribe(book.token, reason: .silent)
      }
      return changed
    }
    noteData(book.time)
    return (changed, demand)
  }

  /// The witness could not be asked: it may be asked again.
  public mutating func witnessFailed(_ token: TokenID) {
    guard let outcome = market.outcome(of: token) else { return }
    mutate(outcome) { $0.askedWitnessAt = nil }
  }

  /// The stream broke, or is about to be subscribed anew: nothing that is known holds until the next snapshots.
  public mutating func connectionLost(at now: MarketTime) {
    bookEpoch += 1
    yes = TokenData(awaitingSince: now)
    no = TokenData(awaitingSince: now)
  }

  /// The discovery service's newest word. Answers whether the state changed.
  public mutating func listing(_ listing: GammaMarket) -> Bool {
    // A contract of a series is looked up before it opens, when it takes no orders yet; its window says when it is over. For an event
    // market the listing is all there is.
    let closed = listing.closed || (market.series == nil && !listing.acceptingOrders)
    var changed = closed != isClosedByVenue
    isClosedByVenue = closed
    if let result = listing.resolvedPayout, payout != result {
      payout = result
      changed = true
    }
    return changed
  }

  // MARK: Judging

  /// How the market stands now, and why when it is not live.
  public func state(at now: MarketTime) -> (state: MarketState, reason: String?) {
    if payout != nil { return (.resolved, nil) }
    if isClosedByVenue { return (.closed, "the venue takes no orders") }
    if let end = market.endsAt, now >= end { return (.closed, "its window is over") }
    if let start = market.startsAt, now < start { return (.pending, "its window has not begun") }
    if !yes.book.isComplete, !no.book.isComplete {
      let wait = max(now.since(yes.awaitingSince), .zero)
      return wait < policy.staleAfter
        ? (.pending, "no book yet") : (.stale, "no book for \(wait.milliseconds) ms")
    }
    for side in [yes, no] where side.book.isComplete {
      guard let freshAt = side.freshAt else { return (.stale, "no data") }
      let age = now.since(freshAt)
      if age >= policy.staleAfter { return (.stale, "no data for \(age.milliseconds) ms") }
      if side.contradictedSince != nil { return (.stale, StaticReason.contradicted.rawValue) }
      if side.crossedSince != nil { return (.stale, StaticReason.crossed.rawValue) }
    }
    return (.live, nil)
  }

  /// Within its window and not known to be over: data is due.
  public func isOpen(at now: MarketTime) -> Bool {
    payout == nil && !isClosedByVenue && market.startsAt.map { $0 <= now } ?? true
      && market.endsAt.map { now < $0 } ?? true
  }

  /// What must be asked of the venue now. Call it several times per `witnessAfter`.
  public mutating func demands(at now: MarketTime) -> [Demand] {
    if payout != nil || isClosedByVenue { return [] }
    if let end = market.endsAt, now >= end { return [] }
    var demands: [Demand] = []
    for outcome in Outcome.allCases {
      let token = market.token(of: outcome)
      let policy = self.policy
      mutate(outcome) { side in
        func due(_ asked: MarketTime?) -> Bool { asked.map { now.since($0) >= policy.staleAfter } ?? true }
        let reference = side.freshAt ?? side.awaitingSince
        if now.since(reference) >= policy.witnessAfter, due(side.askedWitnessAt) {
          side.askedWitnessAt = now
          demands.append(.witness(token))
        }
        var reason: StaticReason?
        if !side.book.isComplete, now.since(side.awaitingSince) >= policy.staleAfter { reason = .noFirstBook }
        if let since = side.contradictedSince, now.since(since) >= policy.contradictionAfter { reason = .contradicted }
        if let since = side.crossedSince, now.since(since) >= policy.contradictionAfter { reason = .crossed }
        if let reason, due(side.askedResubscribeAt) {
          side.askedResubscribeAt = now
          demands.append(.resubscribe(token, reason: reason))
        }
      }
    }
    return demands
  }

  // MARK: Looking

  /// The best levels of one outcome: of its own book, or, while only the other's is known, of that one seen from this side.
  public func top(_ outcome: Outcome) -> BookTop {
    let own = outcome == .yes ? yes : no
    if own.book.isComplete { return own.book.top }
    let other = outcome == .yes ? no : yes
    return other.book.isComplete ? other.book.top.mirrored : .empty
  }

  public func book(_ outcome: Outcome) -> OrderBook { outcome == .yes ? yes.book : no.book }

  // MARK: Pieces

  private mutating func noteData(_ time: MarketTime) { dataTime = max(dataTime ?? time, time) }

  /// Another grid is another book: the venue sends new snapshots, and agents must think again.
  private mutating func changeTick(_ tick: PriceTick) {
    market.tick = tick
    bookEpoch += 1
  }

  @discardableResult
  private mutating func mutate<Result>(_ outcome: Outcome, _ body: (inout TokenData) -> Result) -> Result {
    func apply(_ side: inout TokenData) -> Result {
      let result = body(&side)
      side.crossedSince = side.book.isCrossed ? side.crossedSince ?? side.freshAt : nil
      return result
    }
    return outcome == .yes ? apply(&yes) : apply(&no)
  }

  /// Compares the book with what the venue says its best prices are. Answers whether the verdict changed. News older than the book says
  /// nothing about it.
  private static func compare(
    _ side: inout TokenData, bid: Price?, ask: Price?, stamp: MarketTime, now: MarketTime
  ) -> Bool {
    guard side.book.isComplete, let time = side.book.time, stamp >= time else { return false }
    let agrees =
      (bid == nil || side.book.bestBid?.price == bid) && (ask == nil || side.book.bestAsk?.price == ask)
    let before = side.contradictedSince
    side.contradictedSince = agrees ? nil : before ?? now
    return (before == nil) != (side.contradictedSince == nil)
  }
}

extension GammaMarket {
  /// Dollars per YES share once the venue's word is final: closed, resolved, and prices of 1/0, 0/1 or ½/½. Prices of 0/0 are no result.
  public var resolvedPayout: Price? {
    guard isResolved, let yes = tokens[Outcome.yes.index].price, let no = tokens[Outcome.no.index].price,
      yes.adding(no) == .one, yes == .one || yes == .zero || yes == no
    else { return nil }
    return yes
  }
}
