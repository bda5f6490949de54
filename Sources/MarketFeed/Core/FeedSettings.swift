import Shared

/// What the feed follows, over how many sockets, and how long silence may last.
struct FeedSettings: Hashable, Sendable {
  var series: [MarketSeries]
  var events: [MarketSlug]
  var windowsAhead: Int
  var staleAfter: Duration
  /// Shortest silence that means anything, on the wall: on a fast clock ten seconds of the market pass while a process waits its turn.
  var shortestSilence = Duration.seconds(1)
  /// Reference sources that are asked.
  var sources: [ReferenceSource] = [.rtds]
  /// Most tokens a market socket carries.
  var assetsMax = 500
  /// Market sockets a shard: 2 keeps a warm second, 1 does not.
  var twins = 2
}
