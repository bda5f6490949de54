extension HammerParameters {
  static let keys: [StrategyParameter] = model + entry + money + freshness + runbook

  private static let model: [StrategyParameter] = [
    .init(
      ConfigKey(
        "model", .word(Model.allCases.map(\.rawValue)), builtIn: Model.tailedTwap.rawValue,
        "Which probability is traded on: the fat-tailed one, or the plain normal ones for comparison and replay.")),
    .init(
      ConfigKey(
        "alpha_ratio", .decimal(from: "0", to: "1", .ratio), builtIn: "0.25",
        "Weight of the model against the market's mid; 1 believes the model alone."), mutableFrom: "0", to: "0.5"),
    .init(
      ConfigKey(
        "end_lag_s", .whole(0...10, .seconds), builtIn: "3",
        "How many seconds before its stamp the settling mean ends (the synthetic venue: 0).")),
    .init(
      ConfigKey(
        "tail_degrees_count", .whole(1...100, .count), builtIn: "3",
        "Degrees of freedom of the probability's tails; fewer are fatter.")),
    .init(
      ConfigKey(
        "tail_scale_ratio", .decimal(from: "0.1", to: "5", .ratio), builtIn: "0.7",
        "Scale of the distribution, in deviations.")),
    .init(
      ConfigKey(
        "jitter_bps", .decimal(from: "0", to: "100", .basisPoints), builtIn: "0.1",
        "Error of the reconstructed mean itself.")),
    .init(
      ConfigKey(
        "doubt_pct", .decimal(from: "0", to: "40", .percent), builtIn: "0.5",
        "Probability left to either side whatever the figures say.")),
    .init(
      ConfigKey(
        "volatility_half_life_s", .whole(10...3600, .seconds), builtIn: "300",
        "After how long an observed change counts half in the volatility (market time).")),
    .init(
      ConfigKey(
        "volatility_min_count", .whole(1...3600, .count), builtIn: "120",
        "Changes that must have been seen before the volatility is used.")),
  ]

  private static let entry: [StrategyParameter] = [
    .init(
      ConfigKey(
        "hammer_s", .whole(1...300, .seconds), builtIn: "30",
        "Entries are considered in the last seconds before the close only (market time)."), mutation: 5...60),
    .init(
      ConfigKey(
        "entry_cutoff_ms", .whole(0...60_000, .milliseconds), builtIn: "1000",
        "No entry so shortly before the close: the order would not match in time (market time).")),
    .init(
      ConfigKey(
        "d_min_usd", .decimal(from: "0", to: "100000", .dollars), builtIn: "0",
        "Least distance of the expected settlement from the strike, in dollars of the underlying; 0 does not ask.")),
    .init(
      ConfigKey(
        "d_min_bps", .decimal(from: "0", to: "10000", .basisPoints), builtIn: "0",
        "The same as a share of the price; 0 does not ask.")),
    .init(
      ConfigKey(
        "d_min_sigma", .decimal(from: "0", to: "20", .standardDeviations), builtIn: "1.5",
        "The same in deviations of the settling value; 0 does not ask."), mutableFrom: "0.5", to: "4"),
    .init(
      ConfigKey(
        "z_min_sigma", .decimal(from: "0", to: "20", .standardDeviations), builtIn: "0",
        "Least distance in deviations, beside the others; 0 does not ask.")),
    .init(
      ConfigKey(
        "watch_required", .flag, builtIn: "false",
        "Enter only while the watch is armed; otherwise it is only noted with each decision.")),
    .init(
      ConfigKey(
        "watch_return_pct", .decimal(from: "0", to: "100", .percent), builtIn: "0.5",
        "A move of this much within sixty seconds arms the watch; 0 is off.")),
    .init(
      ConfigKey(
        "watch_return_sigma", .decimal(from: "0", to: "100", .standardDeviations), builtIn: "0",
        "A move of so many deviations of a sixty-second walk arms the watch; 0 is off.")),
    .init(
      ConfigKey(
        "watch_hold_s", .whole(1...3600, .seconds), builtIn: "60", "How long the watch stays armed (market time).")),
    .init(
      ConfigKey(
        "entries_max_count", .whole(1...100, .count), builtIn: "1", "Entries that bought something, in one market.")),
    .init(
      ConfigKey(
        "entries_per_hour_max_count", .whole(1...1000, .count), builtIn: "4",
        "Entries that bought something within an hour, in all markets (market time).")),
    .init(
      ConfigKey(
        "closes_together_max_count", .whole(1...100, .count), builtIn: "1",
        "Windows that close at the same moment and are bet on; the highest expected value comes first.")),
    .init(
      ConfigKey(
        "retry_pause_ms", .whole(0...60_000, .milliseconds), builtIn: "1000",
        "Pause in a market after an entry that came to nothing (market time).")),
    .init(
      ConfigKey(
        "useful_for_ms", .whole(1...60_000, .milliseconds), builtIn: "1000",
        "How long an intent is worth sending (market time).")),
  ]

  private static let money: [StrategyParameter] = [
    .init(
      ConfigKey(
        "entry_price_max_points", .decimal(from: "0.0001", to: "0.99", .pricePoints), builtIn: "0.97",
        "Highest price per share at which an entry is made."), mutableFrom: "0.85", to: "0.99"),
    .init(
      ConfigKey(
        "slip_ticks_count", .whole(0...20, .count), builtIn: "1",
        "Ticks above the best ask that an entry may pay, where the expected value allows it.")),
    .init(
      ConfigKey(
        "extra_cost_bps", .decimal(from: "0", to: "1000", .basisPoints), builtIn: "0",
        "Cost per share on top of the market's own fee, of one dollar.")),
    .init(
      ConfigKey(
        "ev_min_points", .decimal(from: "-1", to: "1", .pricePoints), builtIn: "0.01",
        "Least expected value per share after fees and extra cost."), mutableFrom: "0.002", to: "0.05"),
    .init(
      ConfigKey(
        "ev_too_good_points", .decimal(from: "0", to: "1", .pricePoints), builtIn: "0.15",
        "A larger expected value than this per share means that the model is wrong.")),
    .init(
      ConfigKey(
        "bankroll_usd", .decimal(from: "1", to: "10000000", .dollars), builtIn: "1000",
        "What the Kelly share and the largest share of an entry are taken of.")),
    .init(
      ConfigKey(
        "kelly_fraction_ratio", .decimal(from: "0", to: "1", .ratio), builtIn: "0.25",
        "Part of the full Kelly share that is bet.")),
    .init(
      ConfigKey(
        "standard_errors_ratio", .decimal(from: "0", to: "10", .ratio), builtIn: "1",
        "Standard errors of the calibration that are taken off the probability before it is sized.")),
    .init(
      ConfigKey(
        "calibration_count", .whole(1...1_000_000, .count), builtIn: "500",
        "Windows on which the calibration of the probability rests.")),
    .init(
      ConfigKey(
        "per_trade_max_usd", .decimal(from: "1", to: "1000000", .dollars), builtIn: "50",
        "Most that one entry may cost; the agent's size_usd is what it wants to spend.")),
    .init(
      ConfigKey(
        "bankroll_share_max_pct", .decimal(from: "0.01", to: "100", .percent), builtIn: "2",
        "Largest share of the bankroll in one entry.")),
  ]

  private static let freshness: [StrategyParameter] = [
    .init(
      ConfigKey(
        "feed_age_max_ms", .whole(100...600_000, .milliseconds), builtIn: "4000",
        "Oldest canonical price on which an entry is made (market time).")),
    .init(
      ConfigKey(
        "gap_max_s", .whole(1...60, .seconds), builtIn: "5",
        "Longest gap between ticks in the part of the mean that is fixed.")),
    .init(
      ConfigKey(
        "missing_max_count", .whole(0...60, .count), builtIn: "6",
        "Seconds without a tick in the part of the mean that is fixed.")),
    .init(
      ConfigKey(
        "shock_sigma", .decimal(from: "1", to: "1000", .standardDeviations), builtIn: "6",
        "A move within ten seconds beyond so many deviations stops entries.")),
    .init(
      ConfigKey(
        "hint_required", .flag, builtIn: "true",
        "No entry without a fresh price of the exchange, which may only lower the probability.")),
    .init(
      ConfigKey(
        "hint_age_max_ms", .whole(100...600_000, .milliseconds), builtIn: "2500",
        "Oldest exchange price that is a hint, or a sign of life (market time).")),
    .init(
      ConfigKey(
        "book_age_max_ms", .whole(100...600_000, .milliseconds), builtIn: "1000",
        "Oldest book on which an entry is made (market time).")),
    .init(
      ConfigKey(
        "mid_change_max_points", .decimal(from: "0.001", to: "1", .pricePoints), builtIn: "0.1",
        "A change of the mid by this much within two seconds stops entries: the feed has not caught up.")),
  ]

  private static let runbook: [StrategyParameter] = [
    .init(
      ConfigKey(
        "fallback_enabled", .flag, builtIn: "true",
        "While the canonical price is old, take the exchange's for a sign of life, with reduced confidence.")),
    .init(
      ConfigKey(
        "fallback_orders", .flag, builtIn: "false",
        "Allow entries in that state, on the canonical price moved by the exchange's changes.")),
    .init(
      ConfigKey(
        "fallback_divergence_max_bps", .decimal(from: "0", to: "1000", .basisPoints), builtIn: "5",
        "Largest such move at which entries are still made.")),
    .init(
      ConfigKey(
        "drift_check", .flag, builtIn: "true",
        "Stop entries when the settling mean is no longer the mean the model thinks it is.")),
    .init(
      ConfigKey(
        "fee_free_allowed", .flag, builtIn: "false",
        "Trade a market without a fee; otherwise a fee of nothing counts as unknown.")),
  ]
}
