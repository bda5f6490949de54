/// One reading of all three clocks, taken together: what a core is told about time with every event.
public struct Moment: Hashable, Sendable {
  public let monotonic: MonotonicTime
  public let wall: WallTime
  public let clock: MarketClock

  public init(monotonic: MonotonicTime, wall: WallTime, clock: MarketClock = .live) {
    self.monotonic = monotonic
    self.wall = wall
    self.clock = clock
  }

  public var market: MarketTime { clock.market(at: wall) }

  /// When, on the monotonic clock, market time reaches `time` if the clock keeps its rate.
  public func monotonic(atMarket time: MarketTime) -> MonotonicTime {
    monotonic.advanced(by: clock.wall(at: time).since(wall))
  }
}

/// How market time and the wall lie to the monotonic clock. A time of the market that was turned into one of the monotonic clock stays
/// right for as long as this stays the same.
struct TimeRelation: Hashable, Sendable {
  private let clock: MarketClock
  /// The wall's reading less the monotonic clock's, in nanoseconds.
  private let offset: Int64

  init(_ moment: Moment) {
    clock = moment.clock
    offset = moment.wall.nanoseconds &- moment.monotonic.nanoseconds
  }

  /// Less than that is the time between the two readings, and the wall's being slewed.
  private static let tolerated: Int64 = 1_000_000

  func differs(from other: TimeRelation) -> Bool {
    clock != other.clock || (offset &- other.offset).magnitude > UInt64(Self.tolerated)
  }
}
