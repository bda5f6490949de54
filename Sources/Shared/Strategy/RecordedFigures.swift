/// The figures that strategies decide on, taken anew from the feed's recording: reference prices from the raw ticks, middles of the YES
/// book from books put together out of the raw snapshots and changes. Reads every frame by way of the tree and keeps its own books by
/// market, so that of the feed's own path only `OrderBook` is shared.
public struct RecordedFigures: Sendable {
  fileprivate struct Books: Sendable {
    let yesToken: TokenID
    let noToken: TokenID
    var yes = OrderBook()
    var no = OrderBook()
    /// The newest stamp of anything said about the market.
    var time: MarketTime?
  }

  private struct ReferenceName: Hashable, Sendable {
    let symbol: String
    let kind: ReferenceKind
  }

  private var books: [ConditionID: Books] = [:]
  private var conditions: [MarketSlug: ConditionID] = [:]
  private var references: [ReferenceName: [RollingWindow.Sample]] = [:]
  private var middles: [MarketSlug: [RollingWindow.Sample]] = [:]
  /// Frames and marks that could not be read.
  public private(set) var unreadable = 0
  /// Which frame was the last of them, and why; `nil` as long as all could be read.
  public private(set) var lastUnreadable: String?
  public private(set) var frames = 0

  public init() {}

  /// The next line of the recording, in order.
  public mutating func take(stream: String, frame: [UInt8]) {
    frames += 1
    switch stream {
    case "market":
      let read = StreamFrame<MarketStreamEvent>(market: frame)
      if read.malformed > 0 { refuse(stream, frame, "events that are none", count: read.malformed) }
      for event in read.events { take(event) }
    case "reference":
      let read = StreamFrame<ReferenceTick>(reference: frame)
      if read.malformed > 0 { refuse(stream, frame, "prices that are none", count: read.malformed) }
      for tick in read.events { take(tick) }
    case "polybolt":
      switch PolyBoltFrame(frame) {
      case .prices(_, _, _, let ticks): for tick in ticks { take(tick) }
      case .malformed: refuse(stream, frame, "no frame of PolyBolt")
      default: break
      }
    case FeedMark.stream:
      let json: JSON
      do { json = try JSON.parse(frame, limits: JSONLimits(bytes: 16 << 20)) } catch {
        refuse(stream, frame, "\(error)")
        return
      }
      guard let mark = FeedMark(json) else {
        refuse(stream, frame, "no mark of the feed")
        return
      }
      take(mark)
    default: refuse(stream, frame, "an unknown stream")
    }
  }

  /// Its first bytes are enough to find the frame again.
  private mutating func refuse(_ stream: String, _ frame: [UInt8], _ why: String, count: Int = 1) {
    unreadable += count
    lastUnreadable = "frame \(frames), \(stream): \(why): \(String(decoding: frame.prefix(120), as: UTF8.self))"
  }

  /// Everything known of a reference series, in the order of arrival.
  public func reference(_ symbol: String, _ kind: ReferenceKind) -> [RollingWindow.Sample] {
    references[ReferenceName(symbol: symbol, kind: kind)] ?? []
  }

  /// The middle of the market's YES book at each of its publications while it was live.
  public func middles(_ market: MarketSlug) -> [RollingWindow.Sample] { middles[market] ?? [] }

  /// Checks a row of `decisions` that acted on a directional signal.
  public func check(
    reason: String, market: MarketSlug, detail: JSON
  ) throws(MessageError) -> SignalRecomputation.Verdict {
    let observations: [RollingWindow.Sample]
    switch try SignalEvidence(detail).input {
    case .tokenMid: observations = middles(market)
    case .trades, .book: throw .invalid("input")
    case .reference:
      guard let symbol = MarketSeries.contract(market)?.series.symbol,
        let kind = detail["reference_kind"]?.string.flatMap(ReferenceKind.init(rawValue:))
      else { throw .invalid("reference_kind") }
      observations = reference(symbol, kind)
    }
    return try SignalRecomputation.check(reason: reason, detail: detail, observations: observations)
  }

  // MARK: Reference prices

  private mutating func take(_ tick: ReferenceTick) {
    guard let kind = tick.kind, let value = tick.value.micros else { return }
    let name = ReferenceName(symbol: tick.plainSymbol, kind: kind)
    // A dump after a reconnection repeats what was said: the first word on each moment counts.
    if let last = references[name]?.last, tick.observedAt <= last.time { return }
    references[name, default: []].append(.init(time: tick.observedAt, value: value))
  }

  // MARK: Books

  private mutating func take(_ event: MarketStreamEvent) {
    switch event {
    case .book(let book): change(book.market, book.time, of: [book.token]) { $0.apply(book, to: book.token) }
    case .priceChange(let news):
      change(news.market, news.time, of: news.changes.map(\.token)) { books in
        for item in news.changes { books.set(item.level, item.side, of: item.token, at: news.time) }
      }
    case .lastTrade(let news): change(news.market, news.time, of: [news.token]) { _ in }
    case .tickSizeChange(let news): change(news.market, news.time, of: [news.token]) { _ in }
    case .bestBidAsk(let news): change(news.market, news.time, of: [news.token]) { _ in }
    case .newMarket, .resolved: break
    }
  }

  private mutating func change(
    _ condition: ConditionID, _ time: MarketTime, of tokens: [TokenID], _ body: (inout Books) -> Void
  ) {
    guard var known = books[condition], tokens.contains(where: { $0 == known.yesToken || $0 == known.noToken }) else {
      return
    }
    body(&known)
    known.time = max(known.time ?? time, time)
    books[condition] = known
  }

  private mutating func take(_ mark: FeedMark) {
    switch mark {
    case .opened, .clock: break
    case .lost:
      for condition in books.keys {
        books[condition]?.yes.clear()
        books[condition]?.no.clear()
      }
    case .following(let slug, let condition, let yes, let no, _):
      books[condition] = Books(yesToken: yes, noToken: no)
      conditions[slug] = condition
    case .dropped(let slug):
      if let condition = conditions.removeValue(forKey: slug) { books[condition] = nil }
    case .voided(let token, let condition):
      if books[condition]?.yesToken == token { books[condition]?.yes.clear() }
      if books[condition]?.noToken == token { books[condition]?.no.clear() }
    case .witness(let book): change(book.market, book.time, of: [book.token]) { $0.apply(book, to: book.token) }
    case .standing(let market):
      books[market.condition] = Books(
        yesToken: market.yes, noToken: market.no, yes: market.orderBook(market.yes), no: market.orderBook(market.no),
        time: market.newest)
      conditions[market.slug] = market.condition
    case .published(let slug, _, _, let state):
      guard state == .live, let known = conditions[slug].flatMap({ books[$0] }), let time = known.time,
        let middle = known.middle
      else { return }
      middles[slug, default: []].append(.init(time: time, value: middle.micros))
    }
  }
}

extension RecordedFigures.Books {
  mutating func apply(_ book: VenueBook, to token: TokenID) {
    if token == yesToken { yes.apply(book) } else if token == noToken { no.apply(book) }
  }

  mutating func set(_ level: BookLevel, _ side: Side, of token: TokenID, at time: MarketTime) {
    if token == yesToken {
      yes.set(level, side: side, at: time)
    } else if token == noToken {
      no.set(level, side: side, at: time)
    }
  }

  /// Half-way between YES' best prices; from the NO book where that one says more.
  var middle: Price? {
    let own = yes.isComplete ? yes.top : no.isComplete ? no.top.mirrored : .empty
    let other = no.isComplete ? no.top : yes.isComplete ? yes.top.mirrored : .empty
    return own.mid ?? other.mid?.complement
  }
}
