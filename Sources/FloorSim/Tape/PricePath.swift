import Shared

/// The YES book's best prices over a market's life, for the picture: at most `mostPoints` of them, evenly in time. Within a step only the
/// last change counts; when the path is full, every second point goes and the step doubles.
public struct PricePath: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    public let at: MarketTime
    /// Dollars per YES share; `nil` where nobody stood, or the book was not live.
    public let bid: Price?
    public let ask: Price?
  }

  public static let mostPoints = 300

  public let market: MarketSlug
  public let startsAt: MarketTime?
  public let endsAt: MarketTime?
  public private(set) var points: [Point] = []
  private var step: Int64 = 1_000_000_000

  init(_ update: MarketUpdate) {
    market = update.slug
    startsAt = update.startsAt
    endsAt = update.endsAt
  }

  /// Notes how the market stands now. What comes before the window opens or after it ends is left out: nobody enters there.
  mutating func note(_ update: MarketUpdate, at now: MarketTime) {
    guard startsAt.map({ now >= $0 }) ?? true, endsAt.map({ now <= $0 }) ?? true else { return }
    let isLive = update.state == .live
    let bid = update.yes.bestBid?.price ?? update.no.bestAsk?.price.complement
    let ask = update.yes.bestAsk?.price ?? update.no.bestBid?.price.complement
    let point = Point(at: now, bid: isLive ? bid : nil, ask: isLive ? ask : nil)
    guard let last = points.last else { return points.append(point) }
    if last.bid == point.bid, last.ask == point.ask { return }
    if bucket(last) == bucket(point) {
      points[points.count - 1] = point
      return
    }
    points.append(point)
    if points.count > PricePath.mostPoints { thin() }
  }

  private func bucket(_ point: Point) -> Int64 { point.at.nanoseconds / step }

  /// Doubles the step until there is room: of each step the last point stays.
  private mutating func thin() {
    while points.count > PricePath.mostPoints / 2 {
      step *= 2
      var kept: [Point] = []
      for point in points {
        if let last = kept.last, bucket(last) == bucket(point) { kept.removeLast() }
        kept.append(point)
      }
      points = kept
    }
  }
}
