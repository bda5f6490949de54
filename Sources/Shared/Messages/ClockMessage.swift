/// Key and channel `floor:clock`: the line from wall time to market time. Written by the feed, at start and when the venue changes it.
///
/// On the wire: `{…envelope…,"anchor_wall_ns":…,"anchor_market_ns":…,"rate_milli":60000}`. Rate 1000 with equal anchors is the live venue.
public struct ClockMessage: Hashable, Sendable {
  public var envelope: Envelope
  public var clock: MarketClock

  public init(envelope: Envelope, clock: MarketClock) {
    self.envelope = envelope
    self.clock = clock
  }

  public var bytes: [UInt8] {
    JSON.object(
      envelope.members + [
        JSON.Member("anchor_wall_ns", .int(clock.anchorWall.nanoseconds)),
        JSON.Member("anchor_market_ns", .int(clock.anchorMarket.nanoseconds)),
        JSON.Member("rate_milli", .int(clock.rateMilli)),
      ]
    ).bytes
  }

  public init(decoding bytes: [UInt8]) throws(MessageError) {
    let json: JSON
    do throws(JSONError) { json = try JSON.parse(bytes) } catch { throw .json(error) }
    envelope = try Envelope(json)
    guard let wall = json["anchor_wall_ns"]?.int else { throw .missing("anchor_wall_ns") }
    guard let market = json["anchor_market_ns"]?.int else { throw .missing("anchor_market_ns") }
    guard let rate = json["rate_milli"]?.int else { throw .missing("rate_milli") }
    guard rate > 0 else { throw .invalid("rate_milli") }
    clock = MarketClock(
      anchorWall: WallTime(nanoseconds: wall), anchorMarket: MarketTime(nanoseconds: market), rateMilli: rate)
  }
}
