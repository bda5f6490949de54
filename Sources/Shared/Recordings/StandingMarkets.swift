/// What the frames of a recording build on: the market clock, the state of the stream, the markets that are followed and their books. Fed
/// frame by frame; at any point it can say all that again, so that a recording can be read from there on.
public struct StandingMarkets: Sendable {
  private struct Followed: Sendable {
    let slug: MarketSlug
    let tokens: [TokenID]
    let ends: MarketTime?
    var books = [OrderBook(), OrderBook()]
    var tick: PriceTick?
    var newest: MarketTime?
  }

  /// Empty means all.
  private let wanted: Set<MarketSlug>
  private var clock: MarketClock?
  /// `nil` as long as nothing was said of it.
  private var isOpen: Bool?
  private var followed: [ConditionID: Followed] = [:]
  private var conditions: [MarketSlug: ConditionID] = [:]
  /// The markets that are followed, wanted or not.
  public private(set) var slugs: Set<MarketSlug> = []
  private var decoder = MarketFrameDecoder()

  /// - Parameters:
  ///   - markets: keeps up with these; empty keeps up with all.
  ///   - isOpen: the market stream's state at the beginning; `nil` when it is not known.
  public init(markets: Set<MarketSlug> = [], isOpen: Bool? = nil) {
    wanted = markets
    self.isOpen = isOpen
  }

  /// Everything as it stands, as marks received at `time`. Who reads them after all frames that were noted learns nothing new.
  public func marks(at time: WallTime) -> [RecordedFrame] {
    var marks: [FeedMark] = []
    if let clock { marks.append(.clock(clock)) }
    if let isOpen { marks.append(isOpen ? .opened : .lost) }
    for (condition, market) in followed.sorted(by: { $0.value.slug < $1.value.slug }) {
      let books = zip(market.tokens, market.books).compactMap { token, book in
        StandingBook(book, market: condition, token: token, tick: market.tick)
      }
      marks.append(
        .standing(
          StandingMarket(
            slug: market.slug, condition: condition, yes: market.tokens[0], no: market.tokens[1],
            ends: market.ends, newest: market.newest, books: books)))
    }
    return marks.map { RecordedFrame(receivedAt: time, stream: FeedMark.stream, frame: $0.json.bytes) }
  }

  /// Keeps up with what the frame says. Answers whether it speaks of a wanted market.
  @discardableResult
  public mutating func note(_ frame: RecordedFrame) -> Bool {
    switch frame.stream {
    case FeedMark.stream:
      let json: JSON
      // What is no mark says nothing of a market; it is kept where everything is.
      do { json = try JSON.parse(frame.frame, limits: JSONLimits(bytes: 64 << 20)) } catch { return wanted.isEmpty }
      return FeedMark(json).map { note($0) } ?? wanted.isEmpty
    case "market":
      let read = decoder.decode(frame.frame)
      var isWanted = wanted.isEmpty
      for event in read.events { isWanted = note(event) || isWanted }
      return isWanted
    default: return true
    }
  }

  // MARK: Marks

  private func isWanted(_ slug: MarketSlug) -> Bool { wanted.isEmpty || wanted.contains(slug) }

  private mutating func note(_ mark: FeedMark) -> Bool {
    switch mark {
    case .clock(let new): clock = new
    case .opened: isOpen = true
    case .lost:
      isOpen = false
      for condition in followed.keys { followed[condition]?.books = [OrderBook(), OrderBook()] }
    case .following(let slug, let condition, let yes, let no, let ends):
      return follow(condition, Followed(slug: slug, tokens: [yes, no], ends: ends))
    case .standing(let market):
      return follow(
        market.condition,
        Followed(
          slug: market.slug, tokens: [market.yes, market.no], ends: market.ends,
          books: [market.orderBook(market.yes), market.orderBook(market.no)],
          tick: market.books.compactMap(\.book.tick).first, newest: market.newest))
    case .dropped(let slug):
      slugs.remove(slug)
      if let condition = conditions.removeValue(forKey: slug) { followed[condition] = nil }
      return isWanted(slug)
    case .witness(let book): return change(book)
    case .voided(let token, let condition):
      guard let place = followed[condition]?.tokens.firstIndex(of: token) else { return false }
      followed[condition]?.books[place].clear()
    case .published(let slug, _, _, _): return isWanted(slug)
    }
    return true
  }

  private mutating func follow(_ condition: ConditionID, _ market: Followed) -> Bool {
    slugs.insert(market.slug)
    guard isWanted(market.slug) else { return false }
    if let old = conditions.updateValue(condition, forKey: market.slug) { followed[old] = nil }
    followed[condition] = market
    return true
  }

  // MARK: Messages

  private mutating func note(_ event: MarketStreamEvent) -> Bool {
    switch event {
    case .book(let book): return change(book)
    case .priceChange(let news):
      for item in news.changes {
        _ = change(news.market, item.token, at: news.time) { market, place in
          market.books[place].set(item.level, side: item.side, at: news.time)
        }
      }
      return followed[news.market] != nil
    case .lastTrade(let news): return change(news.market, news.token, at: news.time) { _, _ in }
    case .tickSizeChange(let news):
      return change(news.market, news.token, at: news.time) { market, _ in market.tick = news.tick }
    case .bestBidAsk(let news): return change(news.market, news.token, at: news.time) { _, _ in }
    case .newMarket(let news): return wanted.contains(news.slug)
    case .resolved(let news): return followed[news.market] != nil
    }
  }

  private mutating func change(_ book: VenueBook) -> Bool {
    change(book.market, book.token, at: book.time) { market, place in
      market.books[place].apply(book)
      if let tick = book.tick { market.tick = tick }
    }
  }

  /// Answers whether the market is followed.
  private mutating func change(
    _ condition: ConditionID, _ token: TokenID, at time: MarketTime, _ body: (inout Followed, _ place: Int) -> Void
  ) -> Bool {
    guard let index = followed.index(forKey: condition) else { return false }
    // In place: a copy of a book for each message would cost more than the message.
    if let place = followed.values[index].tokens.firstIndex(of: token) {
      followed.values[index].newest = max(followed.values[index].newest ?? time, time)
      body(&followed.values[index], place)
    }
    return true
  }
}
