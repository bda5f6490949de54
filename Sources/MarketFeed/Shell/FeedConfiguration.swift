import FloorIOData
import Shared

/// The feed's part of the effective configuration.
struct FeedConfiguration {
  let settings: FeedSettings
  let endpoints: VenueEndpoints
  let keepTickDays: Int64
  /// `nil`: raw messages are not recorded.
  let recordingBytesMax: Int64?

  /// Reads `market.*`, `endpoints.*` and `retention.ticks_days`.
  init(_ json: JSON) throws {
    let reader = ConfigReader(json)
    var series: [MarketSeries] = []
    for word in try reader.list("market.series") {
      guard let named = MarketSeries(configured: word) else {
        throw FloorFailure(.configuration, "market.series: \(word) is no series")
      }
      series.append(named)
    }
    var events: [MarketSlug] = []
    for word in try reader.list("market.events") {
      guard let slug = MarketSlug(word) else {
        throw FloorFailure(.configuration, "market.events: \(word) is no market's slug")
      }
      events.append(slug)
    }
    settings = FeedSettings(
      series: series, events: events, windowsAhead: Int(try reader.whole("market.windows_ahead_count")),
      staleAfter: try reader.duration("market.stale_after_ms"),
      sources: try reader.flag("market.polybolt") ? [.rtds, .polybolt] : [.rtds],
      assetsMax: Int(try reader.whole("market.socket_assets_max_count")),
      twins: try reader.flag("market.warm_second") ? 2 : 1)
    endpoints = try VenueEndpoints(reader)
    keepTickDays = try reader.whole("retention.ticks_days")
    recordingBytesMax =
      try reader.flag("market.record") ? try reader.whole("market.recording_max_mb") * 1_000_000 : nil
  }
}
