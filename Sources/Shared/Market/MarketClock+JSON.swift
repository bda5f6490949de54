/// A market clock in JSON, the same on the bus, in recordings and at the simulated venue's `GET /sim/clock`: `anchor_wall_ns` and
/// `anchor_market_ns`, nanoseconds since 1970, and `rate_milli` ≥ 0.
extension MarketClock {
  /// What is wrong with a clock in JSON.
  public enum FormError: Error, Hashable {
    /// A member that must be there is not, or is no whole number.
    case missing(String)
    /// A member's value is outside its range.
    case invalid(String)
  }

  public var members: [JSON.Member] {
    [
      .init("anchor_wall_ns", .int(anchorWall.nanoseconds)), .init("anchor_market_ns", .int(anchorMarket.nanoseconds)),
      .init("rate_milli", .int(rateMilli)),
    ]
  }

  /// Other members are skipped.
  public init(_ json: JSON) throws(FormError) {
    guard let wall = json["anchor_wall_ns"]?.int else { throw .missing("anchor_wall_ns") }
    guard let market = json["anchor_market_ns"]?.int else { throw .missing("anchor_market_ns") }
    guard let rate = json["rate_milli"]?.int else { throw .missing("rate_milli") }
    guard rate >= 0 else { throw .invalid("rate_milli") }
    self.init(anchorWall: WallTime(nanoseconds: wall), anchorMarket: MarketTime(nanoseconds: market), rateMilli: rate)
  }
}
