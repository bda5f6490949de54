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
    JSON.object(envelope.members + clock.members).bytes
  }

  public init(decoding bytes: [UInt8]) throws(MessageError) {
    let json: JSON
    do throws(JSONError) { json = try JSON.parse(bytes) } catch { throw .json(error) }
    envelope = try Envelope(json)
    do throws(MarketClock.FormError) { clock = try MarketClock(json) } catch {
      switch error {
      case .missing(let name): throw .missing(name)
      case .invalid(let name): throw .invalid(name)
      }
    }
    // In lockstep everybody is told the time by command: a clock that stands on the bus would stop a floor.
    guard clock.rateMilli > 0 else { throw .invalid("rate_milli") }
  }
}
