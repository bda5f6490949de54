import Shared

/// The markets as the gateway knows them: terms from the record, books from the feed's channel. Updates are kept as they came and read
/// only when an intent asks: a thousand updates a second cost a copy each, not a parse.
struct MarketShelf {
  private(set) var terms: [MarketSlug: MarketTerms] = [:]
  private var raw: [MarketSlug: [UInt8]] = [:]
  private(set) var malformed: Int64 = 0

  mutating func put(_ market: MarketTerms) { terms[market.slug] = market }

  mutating func update(_ slug: MarketSlug, _ payload: [UInt8]) { raw[slug] = payload }

  mutating func forget(_ slug: MarketSlug) {
    terms[slug] = nil
    raw[slug] = nil
  }

  func update(_ slug: MarketSlug) -> MarketUpdate? {
    guard let payload = raw[slug] else { return nil }
    do throws(MessageError) { return try MarketUpdate(decoding: payload) } catch { return nil }
  }

  /// `nil` when the record does not know the market.
  func view(_ slug: MarketSlug, _ outcome: Outcome) -> MarketView? {
    guard let known = terms[slug] else { return nil }
    guard let update = update(slug) else { return MarketView(terms: known, book: nil) }
    let closed = update.state == .closed || update.state == .resolved || update.state == .pending
    let current = MarketTerms(
      slug: slug, condition: known.condition, yes: known.yes, no: known.no, tick: update.tick,
      minimumSize: update.minimumSize, fee: update.fee, negativeRisk: known.negativeRisk,
      closes: update.endsAt ?? known.closes,
      accepting: !closed, groups: known.groups)
    let top = update.top(outcome)
    // A book that the feed itself does not trust is as old as the last moment it did: it is shown with no time.
    let at = update.state == .stale ? MarketTime(nanoseconds: 0) : update.envelope.time
    return MarketView(terms: current, book: TopOfBook(bid: top.bestBid?.price, ask: top.bestAsk?.price, at: at))
  }

  /// The fee of the market that has this token; `nil` when the record does not know it.
  func fee(of token: TokenID) -> TakerFee? { terms.values.first { $0.yes == token || $0.no == token }?.fee }

  /// Markets whose end lies before `time`, soonest first.
  func ended(before time: MarketTime) -> [MarketSlug] {
    terms.values.filter { $0.closes.map { $0 <= time } ?? false }.sorted {
      ($0.closes!, $0.slug) < ($1.closes!, $1.slug)
    }
    .map(\.slug)
  }
}
