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
    /// A book that contradicts the venue's best prices, or its book over REST, for so long has lost something and is void.
    public var contradictionAfter: Duration
    /// A crossed or locked book that stays so for so long is void; a void book is asked for again after so long, and from then on after
    /// twice as long.
    public var implausibleAfter: Duration

    /// - Parameter shortest: what may pass on the market's clock while a message is on its way to us: nothing is judged quicker than in
    ///   half of it, and nothing counts as old before it.
    public init(staleAfter: Duration, shortest: Duration = .zero) {
      let staleAfter = max(staleAfter, shortest)
      self.staleAfter = staleAfter
      witnessAfter = staleAfter / 3
      contradictionAfter = max(min(.seconds(1), staleAfter / 4), shortest / 2)
      implausibleAfter = max(min(.seconds(2), staleAfter / 2), shortest / 2)
    }

    /// How long the stream has to tell what a book over REST shows.
    func patience(with witness: VenueBook, _ streamTime: MarketTime?) -> Duration {
      streamTime.map { $0 <= witness.time } ?? false ? contradictionAfter * 3 : contradictionAfter
    }

    /// An empty book is held against the venue's over REST after so long: often at first, seldom while the venue says that nobody offers.
    func emptyPatience(asked: Int) -> Duration {
      max(min(contradictionAfter * (1 << min(asked, 6)), BookKeeper.emptyInterval), contradictionAfter)
    }
  }

  /// What the keeper wants done. Each is asked once; the next time only after another interval.
  public enum Demand: Hashable, Sendable {
    /// Fetch this token's book over REST and hand it to `witness`.
    case witness(TokenID)
    /// Subscribe this token again: what was known of its book is void.
    case resubscribe(TokenID, reason: StaticReason)
    /// Subscribing this token again has not helped: its connection is to blame.
    case reconnect(TokenID)
  }

  public enum StaticReason: String, Hashable, Sendable {
    case noFirstBook = "no first book"
    case silent = "silent while the venue's book moved"
    case contradicted = "book contradicts the venue's best prices"
    case differs = "book differs from the venue's over REST"
    case crossed = "book crossed"
    case empty = "book empty"
    case hash = "book does not match its check sum"
    case unsynced = "connection lost before the other had its book"
  }

  private struct TokenData {
    var book = OrderBook()
    /// Last sign of life from the stream, or from a witness.
    var freshAt: MarketTime?
    /// The stream's first book was awaited from here on.
    var awaitingSince: MarketTime
    var askedWitnessAt: MarketTime?
    var askedResubscribeAt: MarketTime?
    /// Since when it has disagreed with what the venue says its best prices are, or has been crossed or empty.
    var contradictedSince: MarketTime?
    var crossedSince: MarketTime?
    var emptySince: MarketTime?
    /// When and how often the venue was asked whether it has nothing either.
    var askedEmptyAt: MarketTime?
    var emptyQuestions = 0
    /// A book over REST that differs, and since when: the stream may still be on its way to it.
    var dispute: (witness: VenueBook, since: MarketTime)?
    /// Why it was taken away; only a snapshot of its own ends that.
    var voidedFor: StaticReason?
    /// The venue has a book that the stream has not told.
    var isWithheld = false
    /// How often its book was asked for since it had one.
    var attempts = 0

    /// After a break; a token that was void stays so.
    func lost(at now: MarketTime) -> TokenData {
      var fresh = TokenData(awaitingSince: now)
      fresh.voidedFor = voidedFor
      return fresh
    }
  }

  /// Longest time between two questions whether an empty book is the venue's own.
  static let emptyInterval = Duration.seconds(60)

  public private(set) var market: Market
  public var policy: Policy
  /// Grows whenever the books were rebuilt (reconnection, resubscription, another tick): what was computed from an older one is void.
  public private(set) var bookEpoch: Int64 = 1
  private var tape = TradeTape()
  /// The newest stamp since the connection was last made.
  private var newest: MarketTime?
  public private(set) var dataTime: MarketTime?
  /// The venue takes no more orders, or said the market is resolved.
  public private(set) var isClosedByVenue = false
  /// Dollars per YES share, when known.
  public private(set) var payout: Price?
  private var yes: TokenData
  private var no: TokenData
  /// The venue's time of the newest word on the tick.
  private var tickTime: MarketTime?

  public init(_ market: Market, policy: Policy, now: MarketTime) {
    self.market = market
    self.policy = policy
    yes = TokenData(awaitingSince: now)
    no = TokenData(awaitingSince: now)
  }

  // MARK: Events

  /// Takes in one event of the stream. Answers whether what is published changed; events of other markets change nothing, and what is so
  /// much older than the newest that it must be a replay is no sign of life either.
  public mutating func apply(_ event: MarketStreamEvent, at now: MarketTime) -> Bool {
    if let newest, newest.since(event.time) > OrderBook.memory { return false }
    switch event {
    case .book(let book):
      guard let outcome = market.outcome(of: book.token) else { return false }
      let newGrid = book.tick.map { changeTick($0, at: book.time) } ?? false
      let changed = mutate(outcome) { side in
        let before = side.book.isComplete
        let changed = side.book.apply(book)
        side.freshAt = now
        side.contradictedSince = nil
        if !before, side.book.isComplete {
          side.askedResubscribeAt = nil
          side.voidedFor = nil
          side.isWithheld = false
          side.attempts = 0
        }
        return changed
      }
      noteData(book.time)
      return changed || newGrid
    case .priceChange(let change): return apply(change, at: now)
    case .lastTrade(let trade):
      guard let outcome = market.outcome(of: trade.token) else { return false }
      mutate(outcome) { $0.freshAt = now }
      noteData(trade.time)
      return tape.take(trade, of: outcome)
    case .tickSizeChange(let change):
      guard market.outcome(of: change.token) != nil else { return false }
      noteData(change.time)
      return changeTick(change.tick, at: change.time)
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
        changed =
          mutate(outcome) { side in
            // First, because a book that is crossed from here on is so since now.
            side.freshAt = now
            return side.book.set(item.level, side: item.side, at: change.time)
          } || changed
      }
      guard let final else { continue }
      noteData(change.time)
      changed =
        mutate(outcome) { side in
          // The venue's best prices are those after the last change of the message.
          return BookKeeper.compare(&side, bid: final.bestBid, ask: final.bestAsk, stamp: change.time, now: now)
        } || changed
    }
    return changed
  }

  /// The venue's book over REST. One that agrees with ours proves a quiet market alive; one that differs is held against the stream
  /// until `contradictionAfter`, because what it shows may still be on its way. It is never taken in: only the stream makes books.
  /// Answers whether it agreed, and whether that is worth telling (the data's time moved on).
  public mutating func witness(_ book: VenueBook, at now: MarketTime) -> (agrees: Bool, changed: Bool) {
    guard let outcome = market.outcome(of: book.token) else { return (false, false) }
    let newGrid = book.tick.map { changeTick($0, at: book.time) } ?? false
    let agrees = mutate(outcome) { side in
      side.askedWitnessAt = nil
      guard side.book.isComplete else {
        side.isWithheld = true
        return false
      }
      if side.book.isContradicted(by: book, through: false) {
        if side.dispute == nil { side.dispute = (book, now) }
        return false
      }
      // A difference within one stamp says nothing.
      if side.book.isContradicted(by: book, through: true) { return false }
      side.dispute = nil
      side.freshAt = now
      return true
    }
    guard agrees else { return (false, newGrid) }
    let before = dataTime
    noteData(book.time)
    let isNewer = before.map { book.time.since($0) >= .seconds(1) } ?? true
    return (true, newGrid || isNewer)
  }

  /// The witness could not be asked: it may be asked again.
  public mutating func witnessFailed(_ token: TokenID) {
    guard let outcome = market.outcome(of: token) else { return }
    mutate(outcome) { $0.askedWitnessAt = nil }
  }

  /// The stream broke: nothing that is known holds until the next snapshots.
  public mutating func connectionLost(at now: MarketTime) {
    bookEpoch += 1
    yes = yes.lost(at: now)
    no = no.lost(at: now)
    // A venue that was restored from an older state stamps earlier than before.
    tape.connectionLost()
    tickTime = nil
    newest = nil
  }

  /// Takes one token's book away, for a reason told until its next snapshot: the market takes no entries before. Does nothing when it
  /// is void already.
  @discardableResult
  public mutating func void(_ token: TokenID, _ reason: StaticReason, at now: MarketTime) -> Bool {
    guard let outcome = market.outcome(of: token) else { return false }
    let isVoid = mutate(outcome) { side in
      if side.voidedFor != nil, !side.book.isComplete { return false }
      side = TokenData(awaitingSince: now)
      side.voidedFor = reason
      side.askedResubscribeAt = now
      side.attempts = 1
      return true
    }
    if isVoid { bookEpoch += 1 }
    return isVoid
  }

  /// The discovery service's newest word. Answers whether the state changed.
  public mutating func listing(_ listing: GammaMarket) -> Bool {
    // A contract of a series is looked up before it opens, when it takes no orders yet; its window says when it is over. For an event
    // market the listing is all there is.
    let closed = listing.closed || (market.series == nil && !listing.acceptingOrders)
    let isNews = closed != isClosedByVenue
    isClosedByVenue = closed
    return listing.resolvedPayout.map { resolve($0) } ?? false || isNews
  }

  /// The market was decided. Answers whether that is news.
  /// - Parameter payout: dollars per YES share.
  public mutating func resolve(_ payout: Price) -> Bool {
    defer { self.payout = payout }
    return self.payout != payout
  }

  // MARK: Judging

  /// How the market stands now, and why when it is not live.
  public func state(at now: MarketTime) -> (state: MarketState, reason: String?) {
    if payout != nil { return (.resolved, nil) }
    if isClosedByVenue { return (.closed, "the venue takes no orders") }
    if let end = market.endsAt, now >= end { return (.closed, "its window is over") }
    if let start = market.startsAt, now < start { return (.pending, "its window has not begun") }
    if let reason = yes.voidedFor ?? no.voidedFor { return (.stale, "void: \(reason.rawValue)") }
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
      if side.emptySince != nil { return (.stale, StaticReason.empty.rawValue) }
    }
    return (.live, nil)
  }

  /// Within its window and not known to be over: data is due.
  public func isOpen(at now: MarketTime) -> Bool {
    payout == nil && !isClosedByVenue && market.startsAt.map { $0 <= now } ?? true
      && market.endsAt.map { now < $0 } ?? true
  }

  /// What must be asked of the venue now; a book that has been wrong for too long is void from here on (a demand to subscribe again
  /// says so, and the epoch has grown). Call it several times per `witnessAfter`.
  /// - Parameter streamTime: the newest stamp that the connections of this market's tokens have brought: as long as that is older than a
  ///   book over REST, the stream may still be on its way there and has three times as long. `nil`: it counts as having been there.
  public mutating func demands(at now: MarketTime, streamTime: MarketTime? = nil) -> [Demand] {
    if payout != nil || isClosedByVenue { return [] }
    if let end = market.endsAt, now >= end { return [] }
    let isOpen = isOpen(at: now)
    var demands: [Demand] = []
    for outcome in Outcome.allCases {
      let token = market.token(of: outcome)
      if let reason = wrong(outcome, at: now, streamTime: streamTime) {
        void(token, reason, at: now)
        demands.append(.resubscribe(token, reason: reason))
        continue
      }
      let policy = self.policy
      mutate(outcome) { side in
        let reference = side.freshAt ?? side.awaitingSince
        let isSilent =
          now.since(reference) >= policy.witnessAfter
          && side.askedWitnessAt.map { now.since($0) >= policy.staleAfter } ?? true
        // Nobody may be offering anything: only the venue's book can tell that from a book that was lost.
        let isDoubted =
          isOpen
          && side.emptySince.map {
            now.since(side.askedEmptyAt ?? $0) >= policy.emptyPatience(asked: side.emptyQuestions)
          } ?? false
        if isDoubted {
          side.askedEmptyAt = now
          side.emptyQuestions += 1
        }
        if isSilent || isDoubted {
          side.askedWitnessAt = now
          demands.append(.witness(token))
        }
        // Its time is over and the book is not wrong: what differed was on its way.
        if let dispute = side.dispute, now.since(dispute.since) >= policy.patience(with: dispute.witness, streamTime) {
          side.dispute = nil
        }
        guard !side.book.isComplete else { return }
        let isMissed = side.voidedFor != nil || side.isWithheld
        let patience =
          isMissed ? policy.implausibleAfter * (side.attempts > 1 ? 2 : 1) : policy.staleAfter
        guard now.since(side.askedResubscribeAt ?? side.awaitingSince) >= patience else { return }
        side.askedResubscribeAt = now
        side.attempts += 1
        if side.attempts % 3 == 0, isOpen {
          demands.append(.reconnect(token))
        } else {
          demands.append(.resubscribe(token, reason: side.voidedFor ?? .noFirstBook))
        }
      }
    }
    return demands
  }

  /// Why this token's book must be taken away now.
  private func wrong(_ outcome: Outcome, at now: MarketTime, streamTime: MarketTime?) -> StaticReason? {
    let side = outcome == .yes ? yes : no
    guard side.book.isComplete else { return nil }
    func lasts(_ since: MarketTime?, _ limit: Duration) -> Bool { since.map { now.since($0) >= limit } ?? false }
    if let (witness, since) = side.dispute, now.since(since) >= policy.patience(with: witness, streamTime),
      side.book.isContradicted(by: witness, through: false)
    {
      // Not a word since then, or words that left this out.
      if side.freshAt.map({ $0 <= since }) ?? true { return .silent }
      return side.book.isEmpty ? .empty : .differs
    }
    if lasts(side.contradictedSince, policy.contradictionAfter) { return .contradicted }
    if lasts(side.crossedSince, policy.implausibleAfter) { return .crossed }
    return nil
  }

  // MARK: Looking

  public var last: LastTrade? { tape.last }
  public var flow: TakerFlow { tape.flow }

  /// The best levels of one outcome: of its own book, or, while only the other's is known, of that one seen from this side.
  public func top(_ outcome: Outcome) -> BookTop {
    let own = outcome == .yes ? yes : no
    if own.book.isComplete { return own.book.top }
    let other = outcome == .yes ? no : yes
    return other.book.isComplete ? other.book.top.mirrored : .empty
  }

  public func book(_ outcome: Outcome) -> OrderBook { outcome == .yes ? yes.book : no.book }

  // MARK: Pieces

  private mutating func noteData(_ time: MarketTime) {
    dataTime = max(dataTime ?? time, time)
    newest = max(newest ?? time, time)
  }

  /// Another grid is another book: agents must think again. News older than what is known of the tick changes nothing.
  private mutating func changeTick(_ tick: PriceTick, at time: MarketTime) -> Bool {
    guard tickTime.map({ time >= $0 }) ?? true else { return false }
    tickTime = time
    guard tick != market.tick else { return false }
    market.tick = tick
    bookEpoch += 1
    return true
  }

  @discardableResult
  private mutating func mutate<Result>(_ outcome: Outcome, _ body: (inout TokenData) -> Result) -> Result {
    func apply(_ side: inout TokenData) -> Result {
      let result = body(&side)
      side.crossedSince = side.book.isCrossed ? side.crossedSince ?? side.freshAt : nil
      side.emptySince = side.book.isEmpty ? side.emptySince ?? side.freshAt : nil
      if side.emptySince == nil, side.emptyQuestions > 0 {
        side.askedEmptyAt = nil
        side.emptyQuestions = 0
      }
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
