/// A followed market as it stands: all that the messages after this point build on.
public struct StandingMarket: Hashable, Sendable {
  public let slug: MarketSlug
  public let condition: ConditionID
  public let yes: TokenID
  public let no: TokenID
  /// Told of markets whose slug does not say it.
  public let ends: MarketTime?
  /// The newest stamp of anything said about it; `nil` before the first word.
  public let newest: MarketTime?
  /// Of its two books those that hold.
  public let books: [StandingBook]

  public init(
    slug: MarketSlug, condition: ConditionID, yes: TokenID, no: TokenID, ends: MarketTime? = nil, newest: MarketTime?,
    books: [StandingBook]
  ) {
    self.slug = slug
    self.condition = condition
    self.yes = yes
    self.no = no
    self.ends = ends
    self.newest = newest
    self.books = books
  }

  /// That token's book; without a snapshot where none holds.
  public func orderBook(_ token: TokenID) -> OrderBook {
    books.first { $0.book.token == token }?.orderBook ?? OrderBook()
  }

  /// The stamp is the venue's milliseconds.
  var members: [JSON.Member] {
    [
      .init("market", .text(slug)), .init("condition", .text(condition)), .init("yes", .text(yes)),
      .init("no", .text(no)), .init("newest", .optional(newest.map { .string(String($0.milliseconds)) })),
      .init("books", .array(books.map(\.json))),
    ] + FeedMark.members(ends: ends)
  }

  /// `nil` for what is none.
  init?(_ json: JSON) {
    guard let slug = json["market"]?.string.flatMap(MarketSlug.init),
      let condition = json["condition"]?.string.flatMap(ConditionID.init),
      let yes = json["yes"]?.string.flatMap(TokenID.init), let no = json["no"]?.string.flatMap(TokenID.init),
      let stamp = json["newest"], let items = json["books"]?.array
    else { return nil }
    let newest = stamp.int.flatMap(MarketTime.init(venueMilliseconds:))
    let books = items.compactMap(StandingBook.init)
    let ends = json["ends_ns"]?.int.map { MarketTime(nanoseconds: $0) }
    guard newest != nil || stamp == .null, books.count == items.count, (ends == nil) == (json["ends_ns"] == nil) else {
      return nil
    }
    self.init(slug: slug, condition: condition, yes: yes, no: no, ends: ends, newest: newest, books: books)
  }
}
