import Shared

/// Every number that shapes synthetic life, in one place: whoever fits it to recorded markets changes this and nothing else. Rates are per
/// second of market time, sizes in shares, distances in cents.
struct SyntheticProfile: Hashable, Sendable {
  /// News about a reference price.
  var newsRate = 1.0 / 180
  /// Size of news in standard deviations of one minute.
  var newsSize = 2.5
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
    QuotingTrader.Style(name: "near", halfSpread: 1, levels: 3, size: 60, lag: 4, attention: 0.35, mints: false),
    QuotingTrader.Style(name: "deep", halfSpread: 2, levels: 8, size: 220, lag: 12, attention: 0.12, mints: true),
  ]

  /// At most seven.
  var takers = [
    TakingTrader.Style(name: "noise", rate: 0.165, size: 20, sizeMax: 400, knowledge: 0, edge: 0, reach: 2),
    TakingTrader.Style(name: "informed", rate: 0.085, size: 20, sizeMax: 400, knowledge: 1, edge: 0.5, reach: 2),
    // Whales: rare and large; one of them knows what it does, one often, one never.
    TakingTrader.Style(
      name: "quiet-whale", rate: 0.0025, size: 700, sizeMax: 4_000, knowledge: 1, edge: 1.5, reach: 4),
    TakingTrader.Style(
      name: "steady-whale", rate: 0.002, size: 500, sizeMax: 3_000, knowledge: 0.75, edge: 1, reach: 3),
    TakingTrader.Style(
      name: "loud-whale", rate: 0.002, size: 900, sizeMax: 4_000, knowledge: 0, edge: 0, reach: 5),
  ]
}
