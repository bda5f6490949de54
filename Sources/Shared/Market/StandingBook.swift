/// A book as it stands, with the stamps by which late messages are sorted into it: put together again, it goes on exactly as the original.
public struct StandingBook: Hashable, Sendable {
  /// All its levels, at the time of the snapshot that it builds on.
  public let book: VenueBook
  /// What changed since that snapshot, with its time: each level's newest total, zero for one that is gone.
  public let later: [OrderBook.Change]

  /// `nil` for a book without a snapshot, which says nothing.
  public init?(_ original: OrderBook, market: ConditionID, token: TokenID, tick: PriceTick?) {
    guard let time = original.snapshotTime else { return nil }
    book = VenueBook(
      market: market, token: token, time: time, hash: "", bids: original.levels(.buy), asks: original.levels(.sell),
      tick: tick)
    later = original.changesSinceSnapshot
  }

  public var orderBook: OrderBook {
    var new = OrderBook()
    new.apply(book)
    for change in later { new.restore(change.level, side: change.side, at: change.time) }
    return new
  }

  /// The book in the venue's own shape; stamps are its milliseconds.
  public var json: JSON {
    let changes = later.map { change -> JSON in
      [
        "side": .string(change.side.rawValue), "price": .text(change.level.price), "size": .text(change.level.size),
        "timestamp": .string(String(change.time.milliseconds)),
      ]
    }
    return ["book": book.json, "later": .array(changes)]
  }

  /// `nil` for what is none.
  public init?(_ json: JSON) {
    guard let book = json["book"].flatMap(VenueBook.init), let items = json["later"]?.array else { return nil }
    var later: [OrderBook.Change] = []
    for item in items {
      guard let side = item["side"]?.string.flatMap(Side.init(rawValue:)), let price = item["price"]?.price,
        let size = item["size"]?.shares, size >= .zero,
        let time = item["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:))
      else { return nil }
      later.append(OrderBook.Change(side: side, level: BookLevel(price: price, size: size), time: time))
    }
    self.book = book
    self.later = later
  }
}
