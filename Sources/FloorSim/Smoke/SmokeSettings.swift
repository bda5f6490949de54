import Shared

/// What a smoke run looks at, and for how long.
public struct SmokeSettings: Sendable {
  public let series: MarketSeries
  public let endpoints: VenueEndpoints
  public let parameters: HammerParameters
  /// The whole run, on the wall (S3-53: about two minutes at most).
  public let time: Duration

  /// Between two looks at the book, on the wall.
  static let lookEvery = Duration.seconds(1)
  /// Looks before the order: the book must be seen to live, not only to have come.
  static let looksMin = 3
  /// Orders that are tried when the book moves away under them.
  static let ordersMax = 3
  /// The paper account, dollars.
  static let capital = USD(dollars: 100)
  /// What the strategy wants to spend on one entry, dollars: as the shipped agents (config/hammer).
  static let entry = USD(dollars: 20)

  public init(series: MarketSeries, endpoints: VenueEndpoints, time: Duration) throws(StrategyParameters.Refusal) {
    self.series = series
    self.endpoints = endpoints
    self.time = time
    // The simulated venue's mean ends at its stamp, and it has no exchange price (docs/strategies.md, the hammer).
    let own: JSON = endpoints.clock == nil ? .object([]) : ["end_lag_s": .int(0), "hint_required": .bool(false)]
    parameters = try HammerParameters(StrategyParameters(HammerStrategy.kind, own, size: SmokeSettings.entry))
  }
}
