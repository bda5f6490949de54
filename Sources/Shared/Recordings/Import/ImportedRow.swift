/// One thing that somebody else recorded, when they heard it.
public struct ImportedRow: Hashable, Sendable {
  public enum Fact: Hashable, Sendable {
    /// From here on this market's rows count. Must come before them. `ends` is told of markets whose slug does not say it.
    case market(MarketSlug, condition: ConditionID, yes: TokenID, no: TokenID, ends: MarketTime? = nil)
    /// A whole book; `hash` is the venue's check sum, empty where it was not recorded.
    case book(TokenID, bids: [BookLevel], asks: [BookLevel], hash: String)
    /// New totals of single levels, told in one message.
    case levels(TokenID, [Level], hash: String)
    case trade(TokenID, Side, BookLevel)
    case top(TokenID, bid: Price?, ask: Price?)
    case price(ReferenceTick)
    /// The token's price grid is another from here on.
    case grid(TokenID, PriceTick)
    case resolved(MarketSlug, winner: TokenID)
    /// A frame that was recorded as it came.
    case frame(stream: String, [UInt8])
  }

  public struct Level: Hashable, Sendable {
    public let side: Side
    public let level: BookLevel

    public init(_ side: Side, _ level: BookLevel) {
      self.side = side
      self.level = level
    }
  }

  public let at: WallTime
  /// The venue's own stamp, where it is known; otherwise the time of receipt stands for it.
  public let stamp: MarketTime
  public let fact: Fact

  /// A price of it lies between whole cents.
  var isBetweenCents: Bool {
    let prices: [Price] =
      switch fact {
      case .book(_, let bids, let asks, _): (bids + asks).map(\.price)
      case .levels(_, let levels, _): levels.map(\.level.price)
      default: []
      }
    return prices.contains { $0.micros % 10_000 != 0 }
  }

  public init(at: WallTime, stamp: MarketTime? = nil, _ fact: Fact) {
    self.at = at
    self.stamp = stamp ?? MarketTime(nanoseconds: at.nanoseconds)
    self.fact = fact
  }
}

/// A line that cannot be imported, and why.
public struct ImportError: Error, Hashable, Sendable, CustomStringConvertible {
  /// From 1; 0 where it is about the whole file.
  public let line: Int
  public let reason: String

  public init(line: Int, _ reason: String) {
    self.line = line
    self.reason = reason
  }

  public var description: String { line == 0 ? reason : "line \(line): \(reason)" }
}
