/// A point on one of the floor's clocks, in whole nanoseconds. The three conforming types never mix.
public protocol TimePoint: Hashable, Comparable, Sendable {
  var nanoseconds: Int64 { get }
  init(nanoseconds: Int64)
}

extension TimePoint {
  public init(seconds: Int64) { self.init(nanoseconds: seconds * 1_000_000_000) }
  public init(milliseconds: Int64) { self.init(nanoseconds: milliseconds * 1_000_000) }
  /// Whole seconds, rounded down.
  public var seconds: Int64 { Int64(divide(Int128(nanoseconds), by: 1_000_000_000, rounding: .down)) }
  /// Whole milliseconds, rounded down.
  public var milliseconds: Int64 { Int64(divide(Int128(nanoseconds), by: 1_000_000, rounding: .down)) }
  public func advanced(by duration: Duration) -> Self { Self(nanoseconds: nanoseconds + duration.nanoseconds) }
  /// Time from `earlier` to `self`; negative when `earlier` is later.
  public func since(_ earlier: Self) -> Duration { .nanoseconds(nanoseconds - earlier.nanoseconds) }
  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// The date, nanoseconds since 1970 UTC: leases, heartbeats, signing, `executed_at`. Never used for waiting.
public struct WallTime: TimePoint, CustomStringConvertible {
  public let nanoseconds: Int64
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public var description: String { CivilTime.iso8601(nanoseconds: nanoseconds) }
}

/// The market's date, nanoseconds since 1970 UTC: windows, indicators, staleness of data, expiry, useful-until. Equals wall time on
/// the live venue; the simulated venue runs it at another rate (`MarketClock`).
public struct MarketTime: TimePoint, CustomStringConvertible {
  public let nanoseconds: Int64
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public var description: String { CivilTime.iso8601(nanoseconds: nanoseconds) }

  /// A stamp of the venue; `nil` before 1970 and from 2200 on, so that no stamp that is let in can overflow later arithmetic.
  public init?(venueMilliseconds milliseconds: Int64) {
    guard milliseconds >= 0, milliseconds < 7_258_118_400_000 else { return nil }
    self.init(milliseconds: milliseconds)
  }
}

/// Nanoseconds on the machine's monotonic clock: every wait, timeout and backoff. Has no date and no meaning after a reboot.
public struct MonotonicTime: TimePoint {
  public let nanoseconds: Int64
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
}

extension Duration {
  /// Whole nanoseconds, toward zero.
  public var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
  /// Whole milliseconds, toward zero.
  public var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

/// The line that maps wall time to market time: `market = anchorMarket + (wall − anchorWall) × rate`. Rate 1 is the live venue; at rate 0
/// the market stands until somebody moves its anchor (lockstep).
public struct MarketClock: Hashable, Sendable {
  public let anchorWall: WallTime
  public let anchorMarket: MarketTime
  /// Market seconds per wall second, in thousandths, ≥ 0.
  public let rateMilli: Int64

  public static let live = MarketClock(
    anchorWall: WallTime(nanoseconds: 0), anchorMarket: MarketTime(nanoseconds: 0), rateMilli: 1000)

  /// What a market that stands is waited for, on the wall: no wait of the floor is as long, and none overflows by it.
  public static let forever = Duration.seconds(365 * 86_400)

  /// A market that stands.
  public static func standing(at market: MarketTime, since wall: WallTime) -> MarketClock {
    MarketClock(anchorWall: wall, anchorMarket: market, rateMilli: 0)
  }

  /// - Precondition: `rateMilli ≥ 0`.
  public init(anchorWall: WallTime, anchorMarket: MarketTime, rateMilli: Int64) {
    precondition(rateMilli >= 0, "the market clock runs forward")
    self.anchorWall = anchorWall
    self.anchorMarket = anchorMarket
    self.rateMilli = rateMilli
  }

  /// How much market time passes in a duration of the wall, rounded down.
  public func market(during wall: Duration) -> Duration {
    .nanoseconds(Int64(clamping: Int128(wall.nanoseconds) * Int128(rateMilli) / 1000))
  }

  public func market(at wall: WallTime) -> MarketTime {
    let elapsed = Int128(wall.nanoseconds - anchorWall.nanoseconds) * Int128(rateMilli)
    return MarketTime(nanoseconds: anchorMarket.nanoseconds + Int64(divide(elapsed, by: 1000, rounding: .down)))
  }

  /// When it will be, or was, that market time; while the market stands, `forever` away for all that lies ahead.
  public func wall(at market: MarketTime) -> WallTime {
    guard rateMilli > 0 else {
      return market > anchorMarket ? anchorWall.advanced(by: MarketClock.forever) : anchorWall
    }
    let elapsed = Int128(market.nanoseconds - anchorMarket.nanoseconds) * 1000
    return WallTime(nanoseconds: anchorWall.nanoseconds + Int64(divide(elapsed, by: Int128(rateMilli), rounding: .up)))
  }

  /// How long the wall waits for this much market time.
  public func wallDuration(ofMarket duration: Duration) -> Duration {
    guard rateMilli > 0 else { return duration > .zero ? MarketClock.forever : .zero }
    return .nanoseconds(Int64(divide(Int128(duration.nanoseconds) * 1000, by: Int128(rateMilli), rounding: .up)))
  }
}
