/// How far the venue's clock is from ours. The venue tells whole seconds (protocol document, section 2.2), so one answer bounds the offset
/// only to within a second and the time on the way; answers at other places of the second narrow it. Pure: times come in.
public struct ClockOffset: Hashable, Sendable {
  /// Above this, with the error in our favour, nothing new is sent (reliability, V19).
  public static let driftMax: Duration = .seconds(5)
  private static let keptMost = 16

  /// The offset, venue less ours, lies between the two.
  public struct Bounds: Hashable, Sendable {
    public let low: Duration
    public let high: Duration
  }

  /// Oldest first.
  private var readings: [Bounds] = []

  public init() {}

  /// - Parameters:
  ///   - venue: what it told, whole seconds.
  ///   - sent, received: our wall clock around the question. One that was set meanwhile tells nothing.
  public mutating func observe(venue: WallTime, sent: WallTime, received: WallTime) {
    guard received >= sent else { return }
    readings.append(Bounds(low: venue.since(received), high: venue.advanced(by: .seconds(1)).since(sent)))
    if readings.count > Self.keptMost { readings.removeFirst() }
  }

  /// `nil` before the first answer. All readings together, as far back as they agree: where they do not, one of the clocks was set.
  public var bounds: Bounds? {
    guard let newest = readings.last else { return nil }
    var low = newest.low
    var high = newest.high
    for reading in readings.dropLast().reversed() {
      guard reading.low < high, reading.high > low else { break }
      low = max(low, reading.low)
      high = min(high, reading.high)
    }
    return Bounds(low: low, high: high)
  }

  /// The least offset that the readings allow: zero, when they allow that.
  public var proven: Duration {
    guard let bounds else { return .zero }
    if bounds.low > .zero { return bounds.low }
    return bounds.high < .zero ? bounds.high : .zero
  }

  /// The venue's time at a moment of ours, as far as it is proven: what stamps are made of.
  public func venue(at wall: WallTime) -> WallTime { wall.advanced(by: proven) }

  public var isTooFar: Bool { proven > Self.driftMax || proven < .zero - Self.driftMax }
}
