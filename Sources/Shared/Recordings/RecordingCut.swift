/// A stretch of a recording that can be played by itself: before its first frame it notes the market clock, the markets that are followed
/// and their books as they stood, which the frames of the stretch build on. The frames are left as they are.
public struct RecordingCut: Sendable {
  private struct Followed: Sendable {
    var mark: FeedMark
    var condition: ConditionID
    var tokens: [TokenID]
    var books: [OrderBook]
  }

  private let from: WallTime?
  private let to: WallTime?
  /// Empty means all.
  private let wanted: Set<MarketSlug>
  private var clock: MarketClock?
  private var isOpen = false
  private var followed: [MarketSlug: Followed] = [:]
  private var hasBegun = false
  private var decoder = MarketFrameDecoder()

  /// - Parameters:
  ///   - from: first time of receipt that is kept; `nil` is the beginning.
  ///   - to: first one that is not; `nil` is the end.
  ///   - markets: keeps only frames that speak of one of these, and all reference prices; empty keeps all.
  public init(from: WallTime?, to: WallTime?, markets: Set<MarketSlug>) {
    self.from = from
    self.to = to
    wanted = markets
  }

  /// Takes the next frame of the recording; gives what belongs into the cut.
  public mutating func take(_ frame: RecordedFrame) -> [RecordedFrame] {
    if let to, frame.receivedAt >= to { return [] }
    let isKept = from.map { frame.receivedAt >= $0 } ?? true
    var out: [RecordedFrame] = []
    if isKept, !hasBegun {
      hasBegun = true
      out = preamble(at: frame.receivedAt)
    }
    let isWanted = note(frame)
    return isKept && isWanted ? out + [frame] : out
  }

  private func preamble(at time: WallTime) -> [RecordedFrame] {
    var marks: [FeedMark] = []
    if let clock { marks.append(.clock(clock)) }
    if isOpen { marks.append(.opened) }
    for (_, market) in followed.sorted(by: { $0.key < $1.key }) {
      marks.append(market.mark)
      for (token, book) in zip(market.tokens, market.books) {
        guard book.isComplete, let stamp = book.time else { continue }
        marks.append(
          .witness(
            VenueBook(
              market: market.condition, token: token, time: stamp, hash: "", bids: book.levels(.buy),
              asks: book.levels(.sell))))
      }
    }
    return marks.map { RecordedFrame(receivedAt: time, stream: FeedMark.stream, frame: $0.json.bytes) }
  }

  /// Keeps up with what the frame says. Answers whether it speaks of a wanted market.
  private mutating func note(_ frame: RecordedFrame) -> Bool {
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

  private func isWanted(_ slug: MarketSlug) -> Bool { wanted.isEmpty || wanted.contains(slug) }

  private mutating func note(_ mark: FeedMark) -> Bool {
    switch mark {
    case .clock(let new): clock = new
    case .opened: isOpen = true
    case .lost:
      isOpen = false
      for slug in followed.keys { followed[slug]?.books = [OrderBook(), OrderBook()] }
    case .following(let slug, let condition, let yes, let no):
      guard isWanted(slug) else { return false }
      followed[slug] = Followed(
        mark: mark, condition: condition, tokens: [yes, no], books: [OrderBook(), OrderBook()])
    case .dropped(let slug):
      followed[slug] = nil
      return isWanted(slug)
    case .witness(let book): return change(book.market, book.token) { $0.apply(book) }
    case .published(let slug, _, _, _): return isWanted(slug)
    }
    return true
  }

  private mutating func note(_ event: MarketStreamEvent) -> Bool {
    switch event {
    case .book(let book): return change(book.market, book.token) { $0.apply(book) }
    case .priceChange(let news):
      var isKnown = false
      for item in news.changes {
        isKnown = change(news.market, item.token) { $0.set(item.level, side: item.side, at: news.time) } || isKnown
      }
      return isKnown
    case .lastTrade(let news): return slug(news.market) != nil
    case .tickSizeChange(let news): return slug(news.market) != nil
    case .bestBidAsk(let news): return slug(news.market) != nil
    case .newMarket(let news): return wanted.contains(news.slug)
    case .resolved(let news): return slug(news.market) != nil
    }
  }

  private func slug(_ condition: ConditionID) -> MarketSlug? { followed.first { $0.value.condition == condition }?.key }

  private mutating func change(_ condition: ConditionID, _ token: TokenID, _ body: (inout OrderBook) -> Bool) -> Bool {
    guard let slug = slug(condition), let place = followed[slug]?.tokens.firstIndex(of: token) else { return false }
    if var book = followed[slug]?.books[place] {
      _ = body(&book)
      followed[slug]?.books[place] = book
    }
    return true
  }
}
