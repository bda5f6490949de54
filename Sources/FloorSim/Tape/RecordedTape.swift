import Shared

/// A recording as the feed would tell it: frames go in by their times of receipt, market updates, reference prices and results come out.
/// A market is published after every frame that changed it, and when its state changes with time. Not thread-safe.
public struct RecordedTape: Sendable {
  struct Followed: Sendable {
    var keeper: BookKeeper
    var state: MarketState?
    /// What the books last took YES for within the window.
    var lastWord: (price: Price, at: MarketTime)?
    var result: TapeResult?
    /// Its result was looked for, and there is none.
    var isUnprovable = false
    var settledAt: MarketTime?
    /// Messages about it: a gap in their numbers means that some were missed.
    var told: Int64 = 0
    /// Of each outcome: its book was made of best prices, because only these were recorded.
    var isAssumed = [false, false]

    /// Notes what the books take YES for: their middle, or, where one side is empty, what is bid at or above one half, or offered at or
    /// below it. That is how a window stands in its last minute when everybody knows who won.
    mutating func noteWord(_ yes: BookTop, _ no: BookTop, at now: MarketTime) {
      guard state == .live else { return }
      if let mid = yes.mid ?? no.mid?.complement {
        lastWord = (mid, now)
        return
      }
      let bid = yes.bids.first?.price ?? no.asks.first?.price.complement
      let ask = yes.asks.first?.price ?? no.bids.first?.price.complement
      let half: Int64 = 500_000
      if ask == nil, let bid, bid.micros >= half { lastWord = (bid, now) }
      if bid == nil, let ask, ask.micros <= half { lastWord = (ask, now) }
    }

    /// Its next message. In place: a copy of a market's books would cost more than the message.
    mutating func tell(at now: MarketTime, order: Int64) -> MarketUpdate {
      let (state, reason) = keeper.state(at: now)
      self.state = state
      let (yes, no) = (keeper.top(.yes), keeper.top(.no))
      noteWord(yes, no, at: now)
      told += 1
      let market = keeper.market
      return MarketUpdate(
        envelope: RecordedTape.envelope(keeper.dataTime ?? now, told, at: now), order: order, slug: market.slug,
        series: market.series,
        state: state, reason: reason, bookEpoch: keeper.bookEpoch, tick: market.tick, minimumSize: market.minimumSize,
        fee: market.fee, startsAt: market.startsAt, endsAt: market.endsAt, settlement: market.settlement, yes: yes,
        no: no, last: keeper.last, flow: keeper.flow, payout: keeper.payout)
    }
  }

  struct SeriesKey: Hashable, Sendable {
    let symbol: String
    let twapSeconds: Int?
  }

  /// How long a settled market stays.
  static let keep = Duration.seconds(600)
  /// The books' last word may be so old at the window's end that a result is inferred from it.
  static let lastWordAge = Duration.seconds(30)

  public let terms: TapeTerms
  public internal(set) var now = MarketTime(nanoseconds: 0)
  public internal(set) var coverage = TapeCoverage()
  private var clock = MarketClock.live
  /// Ordered by slug where the order can be seen.
  var followed: [MarketSlug: Followed] = [:]
  var slugOfCondition: [ConditionID: MarketSlug] = [:]
  var slugOfToken: [TokenID: MarketSlug] = [:]
  private var decoder = MarketFrameDecoder()
  var references = ReferenceFeed()
  var settling: [SeriesKey: ReferenceSeries] = [:]
  private var order: Int64 = 0
  /// What the frame at hand has changed: told once, when all of it was read, as the feed does.
  private var changed: [MarketSlug] = []

  public init(terms: TapeTerms) { self.terms = terms }

  // MARK: Looking

  /// The market's time at which a frame was received, never before an earlier one.
  public mutating func time(of frame: RecordedFrame) -> MarketTime {
    if frame.stream == FeedMark.stream, let json = try? JSON.parse(frame.frame),
      case .clock(let clock)? = FeedMark(json)
    {
      self.clock = clock
    }
    guard let time = RecordedTape.market(at: frame.receivedAt, clock) else {
      coverage.unreadable += 1
      return now
    }
    return max(now, time)
  }

  /// The market's time at a time of the wall, by the clock that the recording named last; `nil` for a damaged one.
  func time(at wall: WallTime) -> MarketTime? { RecordedTape.market(at: wall, clock) }

  /// `nil` outside of 1970 to 2200, which no recording of ours is from: a damaged stamp, or a damaged clock.
  private static func market(at wall: WallTime, _ clock: MarketClock) -> MarketTime? {
    let elapsed = Int128(wall.nanoseconds) - Int128(clock.anchorWall.nanoseconds)
    let market =
      Int128(clock.anchorMarket.nanoseconds) + divide(elapsed * Int128(clock.rateMilli), by: 1000, rounding: .down)
    return Int64(exactly: market).flatMap {
      $0 < 0 ? nil : MarketTime(venueMilliseconds: $0 / 1_000_000) == nil ? nil : MarketTime(nanoseconds: $0)
    }
  }

  public func market(_ slug: MarketSlug) -> Market? { followed[slug]?.keeper.market }

  /// Time alone will change nothing that anybody could act on: no market has a fresh book, or waits for its first one, its window's end
  /// or its result.
  public var isQuiet: Bool {
    followed.values.allSatisfy { item in
      if item.result != nil || item.isUnprovable { return true }
      guard let ends = item.keeper.market.endsAt else { return item.state != .live }
      let isAwaited = item.state == .pending && (item.keeper.market.startsAt.map { now >= $0 } ?? true)
      return now < ends && item.state != .live && !isAwaited
    }
  }

  /// When the last of the windows is to be settled that end about now, at the recording's end; `nil` when none does. One that goes on for
  /// longer was not recorded to its end.
  var lastSettlement: MarketTime? {
    followed.values.filter { $0.result == nil && !$0.isUnprovable }.compactMap(\.keeper.market.endsAt)
      .filter { $0.since(now) <= RecordedTape.lastWordAge }.max()?.advanced(by: terms.settleAfter)
  }

  /// One token's book while its market is live: its own, or the other's mirrored while only that one is known. `nil` when it is old: nobody
  /// knows what stands there by now, so that nothing can be matched with it.
  public func book(of token: TokenID) -> VenueBook? {
    guard let slug = slugOfToken[token], let item = followed[slug], item.state == .live,
      let outcome = item.keeper.market.outcome(of: token)
    else { return nil }
    let keeper = item.keeper
    let own = keeper.book(outcome)
    let other = keeper.book(outcome == .yes ? .no : .yes)
    func venueBook(_ bids: [BookLevel], _ asks: [BookLevel], _ time: MarketTime?) -> VenueBook {
      VenueBook(
        market: keeper.market.condition, token: token, time: time ?? now, hash: "", bids: bids, asks: asks,
        tick: keeper.market.tick, minimumSize: keeper.market.minimumSize)
    }
    if own.isComplete { return venueBook(own.levels(.buy), own.levels(.sell), own.time) }
    guard other.isComplete else { return nil }
    func mirrored(_ levels: [BookLevel]) -> [BookLevel] {
      levels.map { BookLevel(price: $0.price.complement, size: $0.size) }
    }
    return venueBook(mirrored(other.levels(.sell)), mirrored(other.levels(.buy)), other.time)
  }

  // MARK: Taking in

  /// The next frame, at the time that `time(of:)` gave it.
  public mutating func take(_ frame: RecordedFrame, at time: MarketTime, _ events: inout [TapeEvent]) {
    note(time)
    switch frame.stream {
    case "market":
      let read = decoder.decode(frame.frame)
      coverage.unreadable += read.malformed
      for event in read.events { take(event, &events) }
      publishChanged(&events)
    case "reference":
      let read = StreamFrame<ReferenceTick>(reference: frame.frame)
      coverage.unreadable += read.malformed
      take(read.events, from: .rtds, &events)
    case "polybolt":
      switch PolyBoltFrame(frame.frame) {
      case .prices(_, _, _, let ticks): take(ticks, from: .polybolt, &events)
      case .malformed: coverage.unreadable += 1
      default: break
      }
    case FeedMark.stream:
      guard let json = try? JSON.parse(frame.frame, limits: JSONLimits(bytes: 16 << 20)), let mark = FeedMark(json)
      else {
        coverage.unreadable += 1
        return
      }
      take(mark, &events)
    default: coverage.unreadable += 1
    }
  }

  /// A market event that was read elsewhere.
  mutating func take(_ event: MarketStreamEvent, at time: MarketTime, _ events: inout [TapeEvent]) {
    note(time)
    take(event, &events)
    publishChanged(&events)
  }

  /// A market that no mark of the feed names.
  mutating func follow(
    _ slug: MarketSlug, _ condition: ConditionID, _ yes: TokenID, _ no: TokenID, at time: MarketTime,
    _ events: inout [TapeEvent]
  ) {
    note(time)
    follow(slug, condition, yes, no, ends: nil, &events)
  }

  private mutating func note(_ time: MarketTime) {
    if coverage.frames == 0 { coverage.from = time } else { coverage.note(gap: time.since(coverage.to)) }
    now = max(now, time)
    coverage.to = now
    coverage.frames += 1
  }

  private mutating func take(_ event: MarketStreamEvent, _ events: inout [TapeEvent]) {
    guard let slug = slugOfCondition[event.condition] else { return }
    coverage.note(event)
    switch event {
    case .resolved(let resolved):
      guard let outcome = followed[slug]?.keeper.market.outcome(of: resolved.winner) else { return }
      settle(slug, payout: outcome == .yes ? .one : .zero, .told, &events)
      return
    case .bestBidAsk(let best):
      if let book = assumedBook(slug, best) {
        coverage.assumedBooks += 1
        if followed[slug]?.keeper.apply(.book(book), at: now) == true { change(slug) }
        return
      }
    case .book(let book):
      // A real one: best prices say nothing more.
      if let outcome = followed[slug]?.keeper.market.outcome(of: book.token) {
        followed[slug]?.isAssumed[outcome.index] = false
      }
    default: break
    }
    guard followed[slug]?.keeper.apply(event, at: now) == true else { return }
    if case .lastTrade = event, let trade = followed[slug]?.keeper.last { events.append(.trade(slug, trade)) }
    change(slug)
  }

  private mutating func change(_ slug: MarketSlug) { if !changed.contains(slug) { changed.append(slug) } }

  private mutating func publishChanged(_ events: inout [TapeEvent]) {
    for slug in changed { publish(slug, &events) }
    changed.removeAll(keepingCapacity: true)
  }

  /// A book of one level a side out of best prices, where the terms allow it and no real book is there.
  private mutating func assumedBook(_ slug: MarketSlug, _ best: VenueBestBidAsk) -> VenueBook? {
    guard let size = terms.quoteSize, let item = followed[slug],
      let outcome = item.keeper.market.outcome(of: best.token),
      item.isAssumed[outcome.index] || !item.keeper.book(outcome).isComplete
    else { return nil }
    followed[slug]?.isAssumed[outcome.index] = true
    func side(_ price: Price?) -> [BookLevel] { price.map { [BookLevel(price: $0, size: size)] } ?? [] }
    return VenueBook(
      market: best.market, token: best.token, time: best.time, hash: "", bids: side(best.bid), asks: side(best.ask))
  }

  private mutating func take(_ ticks: [ReferenceTick], from source: ReferenceSource, _ events: inout [TapeEvent]) {
    for tick in ticks {
      coverage.referenceTicks += 1
      let verdict = references.take(tick, from: source, at: MonotonicTime(nanoseconds: now.nanoseconds))
      for news in verdict.news {
        switch news.series {
        case .oracleSpot:
          settling[SeriesKey(symbol: news.plainSymbol, twapSeconds: nil), default: ReferenceSeries()].put(
            news.value, at: news.observedAt.seconds, received: now.nanoseconds)
        case .oracleTWAP(let seconds):
          settling[SeriesKey(symbol: news.plainSymbol, twapSeconds: seconds), default: ReferenceSeries()].put(
            news.value, at: news.observedAt.seconds, received: now.nanoseconds)
        case .exchangeSpot, .publisherSpot: break
        }
        guard let kind = news.kind else { continue }
        order += 1
        events.append(
          .reference(
            ReferencePrice(
              envelope: RecordedTape.envelope(news.observedAt, order, at: now), order: order, symbol: news.plainSymbol,
              kind: kind,
              value: news.value
            )))
      }
    }
  }

  // MARK: Telling

  mutating func publish(_ slug: MarketSlug, _ events: inout [TapeEvent]) {
    guard let update = followed[slug]?.tell(at: now, order: order + 1) else { return }
    order += 1
    events.append(.market(update))
  }

  private static func envelope(_ time: MarketTime, _ sequence: Int64, at now: MarketTime) -> Envelope {
    Envelope(
      source: "tape", boot: "tape", sequence: sequence, time: time, sent: WallTime(nanoseconds: now.nanoseconds))
  }
}
