/// How the time of an ordered stop is shared out: agents, then the gateway, then the rest of the desk.
public struct StopTimes: Hashable, Sendable {
  /// How long the gateway may cancel and sell before it is ended.
  public let gatewayDrain: Duration

  private static let margin: Duration = .seconds(3)
  private static let drainLeast: Duration = .seconds(2)

  /// - Parameters:
  ///   - within: the whole stop.
  ///   - killAfter: from the request to end to the kill: agents and desk, each before and after the gateway, may need it twice.
  public init(within: Duration, killAfter: Duration) {
    gatewayDrain = max(Self.drainLeast, within - killAfter * 4 - Self.margin)
  }
}
