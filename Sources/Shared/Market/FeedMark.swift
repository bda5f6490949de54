/// What the feed notes in its recording between the venue's raw messages: enough to put its books together again from the recording
/// alone, and to know at which points of the stream its subscribers saw them. One line of the stream `FeedMark.stream` each.
public enum FeedMark: Hashable, Sendable {
  /// The market stream was opened; what follows is a new connection's.
  case opened
  /// It broke: no book holds until its next snapshot.
  case lost
  /// The market's clock from here on: market time at a line's `wall_ns`.
  case clock(MarketClock)
  /// A market is followed from here on; `ends` is told of markets whose slug does not say it.
  case following(MarketSlug, condition: ConditionID, yes: TokenID, no: TokenID, ends: MarketTime? = nil)
  case dropped(MarketSlug)
  /// A book that was asked for over REST and agreed with ours: the data is as new as that.
  case witness(VenueBook)
  /// A market that is followed, as it stands after everything above: a recording can be read from here on, and who has read what is
  /// above learns nothing new.
  case standing(StandingMarket)
  /// This token's book does not hold any more until its next snapshot.
  case voided(TokenID, of: ConditionID)
  /// The market was published as it stands after everything above; `order` counts in the feed's life `boot`.
  case published(MarketSlug, boot: String, order: Int64, state: MarketState)

  /// The name of the recorded stream.
  public static let stream = "feed"

  public var json: JSON {
    switch self {
    case .opened: ["event": "opened"]
    case .lost: ["event": "lost"]
    case .clock(let clock): .object([.init("event", "clock")] + clock.members)
    case .following(let slug, let condition, let yes, let no, let ends):
      .object(
        [
          .init("event", "following"), .init("market", .text(slug)), .init("condition", .text(condition)),
          .init("yes", .text(yes)), .init("no", .text(no)),
        ] + FeedMark.members(ends: ends))
    case .dropped(let slug): ["event": "dropped", "market": .text(slug)]
    case .witness(let book): ["event": "witness", "book": book.json]
    case .standing(let market): .object([.init("event", "standing")] + market.members)
    case .voided(let token, let condition):
      ["event": "voided", "token": .text(token), "condition": .text(condition)]
    case .published(let slug, let boot, let order, let state):
      [
        "event": "published", "market": .text(slug), "boot": .string(boot), "order": .int(order),
        "state": .string(state.rawValue),
      ]
    }
  }

  static func members(ends: MarketTime?) -> [JSON.Member] {
    ends.map { [.init("ends_ns", .int($0.nanoseconds))] } ?? []
  }

  /// `nil` for what is no mark of ours.
  public init?(_ json: JSON) {
    func slug() -> MarketSlug? { json["market"]?.string.flatMap(MarketSlug.init) }
    switch json["event"]?.string {
    case "opened": self = .opened
    case "lost": self = .lost
    case "clock":
      do { self = .clock(try MarketClock(json)) } catch { return nil }
    case "following":
      guard let slug = slug(), let condition = json["condition"]?.string.flatMap(ConditionID.init),
        let yes = json["yes"]?.string.flatMap(TokenID.init), let no = json["no"]?.string.flatMap(TokenID.init)
      else { return nil }
      let ends = json["ends_ns"]?.int.map { MarketTime(nanoseconds: $0) }
      guard (ends == nil) == (json["ends_ns"] == nil) else { return nil }
      self = .following(slug, condition: condition, yes: yes, no: no, ends: ends)
    case "dropped":
      guard let slug = slug() else { return nil }
      self = .dropped(slug)
    case "witness":
      guard let book = json["book"].flatMap(VenueBook.init) else { return nil }
      self = .witness(book)
    case "standing":
      guard let market = StandingMarket(json) else { return nil }
      self = .standing(market)
    case "voided":
      guard let token = json["token"]?.string.flatMap(TokenID.init),
        let condition = json["condition"]?.string.flatMap(ConditionID.init)
      else { return nil }
      self = .voided(token, of: condition)
    case "published":
      guard let slug = slug(), let order = json["order"]?.int,
        let state = json["state"]?.string.flatMap(MarketState.init(rawValue:))
      else { return nil }
      // Recordings of earlier versions name no life.
      self = .published(slug, boot: json["boot"]?.string ?? "", order: order, state: state)
    default: return nil
    }
  }
}

extension VenueBook {
  /// In the venue's own shape.
  public var json: JSON {
    func side(_ levels: [BookLevel]) -> JSON {
      .array(levels.map { ["price": .text($0.price), "size": .text($0.size)] })
    }
    var members: [JSON.Member] = [
      .init("market", .text(market)), .init("asset_id", .text(token)),
      .init("timestamp", .string(String(time.milliseconds))), .init("hash", .string(hash)),
      .init("bids", side(bids)), .init("asks", side(asks)),
    ]
    if let tick { members.append(.init("tick_size", .text(tick))) }
    if let minimumSize { members.append(.init("min_order_size", .text(minimumSize))) }
    if let negRisk { members.append(.init("neg_risk", .bool(negRisk))) }
    if let lastTradePrice { members.append(.init("last_trade_price", .text(lastTradePrice))) }
    return .object(members)
  }
}
