import Shared

/// Which windows are looked at, when, and what settles them.
public struct ForecastPlan: Hashable, Sendable {
  public var series: MarketSeries
  /// Seconds of the mean that settles; `nil`: single observations do (before August 2026).
  public var lookback: Int64?
  /// Seconds before the close at which everybody is asked.
  public var before: [Int64] = [120, 60, 30, 15, 10, 5]
  /// A window closes at every multiple of this many seconds; its own length for those that the market has, less for counterfactual ones.
  public var every: Int64
  /// Windows that overlap are drawn together by blocks of so many seconds.
  public var block: Int64 = 1800
  /// How long before its stamp a mean ends, seconds (hammer-model 1).
  public var endLag: Int64 = 3
  /// How many seconds of a mean may be drawn instead of told.
  public var trust = AverageTrust.standard
  /// A newest tick older than this is no ground for a forecast, seconds.
  public var feedAgeMax: Int64 = 4
  /// Results from elsewhere: dollars per YES share. They count more than anything recomputed.
  public var results: [MarketSlug: Price] = [:]

  public init(series: MarketSeries, lookback: Int64?) {
    self.series = series
    self.lookback = lookback
    every = series.length.seconds
  }

  /// The cluster of a window: itself, or its block where windows overlap.
  func cluster(closes: Int64) -> Int64 { every < series.length.seconds ? closes / block : closes }

  /// The market that a window is; `nil` for one that begins where none does.
  func slug(closes: Int64) -> MarketSlug? { series.slug(startingAt: closes - series.length.seconds) }
}
