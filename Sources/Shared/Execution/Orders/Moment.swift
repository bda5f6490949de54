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
