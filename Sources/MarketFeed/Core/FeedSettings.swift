import Shared

/// What the feed does, out of the birth document's configuration.
///
/// Keys: `market.series` (list of words like `btc-5m`), `market.event_slugs` (list, optional), `market.windows_ahead_count`,
/// `market.stale_after_ms`, `market.record`, `market.recording_max_mb`, and the addresses `endpoints.gamma_url`, `endpoints.clob_url`,
/// `endpoints.market_ws_url`, `endpoints.reference_ws_url`, `endpoints.clock_url` (absent at the live venue: the clock is the wall).
struct FeedSettings: Hashable, Sendable {
  var series: [MarketSeries]
  var events: [MarketSlug]
  var windowsAhead: Int
  var staleAfter: Duration
  /// Shortest silence that means anything, on the wall: on a fast clock ten seconds of the market pass while a process waits its turn.
  var shortestSilence = Duration.seconds(1)
}

/// Text that a person reads in the log: all problems of a document at once.
struct FeedSettingsError: Error, Hashable, CustomStringConvertible {
  let problems: [String]
  var description: String { problems.joined(separator: "; ") }
}
