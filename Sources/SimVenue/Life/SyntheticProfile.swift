import Shared

/// Every number that shapes synthetic life, in one place: whoever fits it to recorded markets changes this and nothing else. Rates are per
/// second of market time, sizes in shares, distances in cents. The defaults are fitted to recorded five-minute bitcoin markets;
/// `sim-venue likeness` shows how well (docs/synthetic-life.md).
struct SyntheticProfile: Hashable, Sendable {
  /// Sizes are log-normal.
  struct Size: Hashable, Sendable {
    /// Shares.
    var median: Double
    /// Standard deviation of the logarithm.
    var deviation: Double
  }

  /// What a reference price's volatility is multiplied by, one of them at a time.
  var regimes = [0.25, 0.5, 1, 2.5]
  /// News about a reference price.
  var newsRate = 1.0 / 240
  /// Size of news in standard deviations of a minute of the quiet walk.
  var newsSize = 1.2
  /// What the price overshoots on news, as a share of the move; it comes back with a half-life of `overshootHalfLife` seconds.
  var overshoot = 0.5
  var overshootHalfLife = 12.0

  /// News about a question, and its size in log-odds (standard deviation).
  var questionNewsRate = 1.0 / 600
  var questionNewsSize = 0.8
  /// What traders make of news about a question beyond what it means, as a share of it, and how long that lasts in seconds.
  var overreaction = 0.6
  var overreactionHalfLife = 90.0

  /// How far an answer's price in an event with several answers may be from what its chance says: a fraction of a dollar at most this much,
  /// either way, in the share of all spans of `mispricingSpan` seconds that `mispricingShare` tells. The answers' prices then do not add up
  /// to a dollar.
  var mispricing = 0.04
  var mispricingShare = 0.33
  var mispricingSpan: Int64 = 300

  var makers = [
    QuotingTrader.Style(
      name: "near", nearest: 0, levels: 2, first: Size(median: 260, deviation: 1.2),
      others: Size(median: 480, deviation: 0.85), lag: 1, attention: 0.7, wavers: 0.1, widens: 0.03, patience: 0.6,
      mints: false),
    QuotingTrader.Style(
      name: "deep", nearest: 2, levels: 98, first: Size(median: 600, deviation: 0.68),
      others: Size(median: 600, deviation: 0.62), lag: 3, attention: 0.25, wavers: 0.03, widens: 0.03, patience: 0.6,
      mints: true),
  ]

  /// Deviation of the logarithm of the takers' rates from one second to the next: trades come in bursts.
  var burst = 0.75
  /// At most seven. Rates are those in the five-minute bitcoin window; other markets have a `share` of them.
  var takers = [
    TakingTrader.Style(
      name: "noise", rate: 8, size: Size(median: 7.5, deviation: 1.25), sizeMax: 5_000, knowledge: 0, edge: 0, reach: 2),
    TakingTrader.Style(
      name: "informed", rate: 4, size: Size(median: 7.5, deviation: 1.25), sizeMax: 5_000, knowledge: 1, edge: 0,
      reach: 2),
    // Whales: rare and large; one of them knows what it does, one often, one never.
    TakingTrader.Style(
      name: "quiet-whale", rate: 0.0025, size: Size(median: 500, deviation: 0.8), sizeMax: 4_000, knowledge: 1,
      edge: 1.5, reach: 4),
    TakingTrader.Style(
      name: "steady-whale", rate: 0.002, size: Size(median: 350, deviation: 0.8), sizeMax: 3_000, knowledge: 0.75,
      edge: 1, reach: 3),
    TakingTrader.Style(
      name: "loud-whale", rate: 0.002, size: Size(median: 650, deviation: 0.8), sizeMax: 4_000, knowledge: 0, edge: 0,
      reach: 5),
  ]

  /// How busy an up/down market is beside the five-minute bitcoin window.
  static func share(asset: String, seconds: Int64, isRunning: Bool) -> Double {
    (asset == "btc" ? 1 : 0.4) * (seconds <= 300 ? 1 : 0.5) * (isRunning ? 1 : 0.1)
  }
  static let questionShare = 0.05
}
