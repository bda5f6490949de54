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
