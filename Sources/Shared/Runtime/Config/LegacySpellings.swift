/// Every old spelling that is known, from the founding texts' configuration files and environments.
public enum LegacySpellings {
  private typealias Target = LegacySpelling.Target

  private static let percent: Int64 = 100_000_000
  private static let part: Int64 = 10_000

  /// Of the floor's own configuration.
  public static let floor: [LegacySpelling] =
    // Paper or live (C-20): whatever they say, real money also needs live.armed.
    ["mode.paper_trading", "trading.dry_run", "dry_run", "DRY_RUN"].map {
      LegacySpelling($0, Target("mode", .words(true: "paper", false: "live")), mustAgree: true)
    } + [
      LegacySpelling("TRADING_MODE", Target("mode"), mustAgree: true),
      LegacySpelling("money.starting_balance", Target("floor.capital_usd")),
      LegacySpelling("money.initial_capital", Target("floor.capital_usd")),
      LegacySpelling("risk.max_open_trades", Target("limits.open_positions_count")),
      LegacySpelling("risk.max_position_size", Target("limits.per_trade_usd")),
      LegacySpelling("risk.max_consecutive_losses", Target("limits.loss_streak_count")),
      LegacySpelling("METRICS_PORT", Target("web.metrics_port")),
    ]
    + ["money.max_daily_loss", "risk.max_daily_loss", "MAX_DAILY_LOSS"].map {
      LegacySpelling(
        $0,
        refused:
          "it is dollars of a day: write limits.daily_loss_pct, per cent of floor.capital_usd (2 dollars of 75 are 2.66)"
      )
    } + [
      LegacySpelling("money.bet_size", refused: "write size_usd in the agent's file"),
      LegacySpelling(
        "risk.min_position_size",
        refused: "remove it: the venue takes no order below 1 dollar (C-15), and below five shares"),
      LegacySpelling("METRICS_HOST", refused: "remove it: metrics are served on this machine's loopback only"),
      LegacySpelling("filters.min_daily_volume", refused: "remove it: nothing here asks for a day's volume"),
      LegacySpelling("detection.min_volume", refused: "remove it: nothing here asks for a day's volume"),
    ]
    + ["telegram_enabled", "discord_enabled", "notify_on_trade", "notify_on_spike", "notify_on_daily_summary"].map {
      LegacySpelling("notifications." + $0, refused: "remove it: this floor sends no such messages")
    }
    + agentSections.map { section, name, strategy in
      LegacySpelling(
        "\(section).\(name)",
        refused: "it is a setting of an agent: write parameters.\(name) in the file of a \(strategy) agent")
    }

  /// What stood in the sections of one bot's configuration and belongs to an agent here.
  private static let agentSections: [(String, String, String)] =
    [
      "cusum_threshold", "cusum_slack", "ewma_span", "ewma_multiplier", "ewma_band_width", "roc_threshold",
      "roc_periods",
    ]
    .map { ("detection", $0, "spike") }
    + ["take_profit_percent", "stop_loss_percent", "cooldown_seconds", "atr_stop_multiplier", "atr_profit_multiplier"]
    .map { ("risk", $0, "spike") } + ["min_liquidity_usd", "max_spread_percent"].map { ("filters", $0, "spike") }

  /// Of an agent's file, by strategy: below `parameters`, but for what belongs to the agent itself.
  public static func agent(_ strategy: String) -> [LegacySpelling] {
    switch strategy {
    case "spike": spike
    case "hammer": hammer
    default: []
    }
  }

  private static let spike: [LegacySpelling] = [
    // In one founding text dollars a share, in another standard deviations (C-05).
    LegacySpelling(
      "parameters.cusum_threshold",
      in: [
        "starter75": [Target("parameters.cusum_threshold_ratio"), Target("parameters.cusum_unit", implied: "price")],
        "ai75": [Target("parameters.cusum_threshold_ratio"), Target("parameters.cusum_unit", implied: "sigma")],
      ],
      otherwise: "write cusum_threshold_ratio, and cusum_unit: price (dollars a share) or sigma (standard deviations)"),
    // In one per cent, in another a fraction (C-07).
    LegacySpelling(
      "parameters.roc_threshold",
      in: [
        "starter75": [Target("parameters.roc_threshold_pct")],
        "ai75": [Target("parameters.roc_threshold_pct", .times(percent))],
      ], otherwise: "write roc_threshold_pct, in per cent"),
    LegacySpelling("parameters.cusum_slack", Target("parameters.cusum_slack_ratio")),
    LegacySpelling("parameters.ewma_span", Target("parameters.ewma_span_count")),
    LegacySpelling("parameters.ewma_multiplier", Target("parameters.ewma_width_sigma")),
    LegacySpelling("parameters.ewma_band_width", Target("parameters.ewma_width_sigma")),
    // Periods of the founding text's loop, which looked once a second (C-12).
    LegacySpelling("parameters.roc_periods", Target("parameters.roc_lookback_s")),
    LegacySpelling("parameters.min_liquidity_usd", Target("parameters.liquidity_min_usd")),
    LegacySpelling("parameters.cooldown_seconds", Target("parameters.cooldown_s")),
    LegacySpelling("parameters.atr_stop_multiplier", Target("parameters.atr_stop_ratio")),
    LegacySpelling("parameters.atr_profit_multiplier", Target("parameters.atr_profit_ratio")),
    // Per cent of a dollar are cents a share.
    LegacySpelling("parameters.take_profit_percent", Target("parameters.take_profit_points", .times(part))),
    LegacySpelling("parameters.stop_loss_percent", Target("parameters.stop_loss_points", .times(part))),
    LegacySpelling(
      "parameters.max_spread_percent",
      refused: "write spread_max_points, dollars a share (3 per cent of a middle of 0.50 are 0.015)"),
    LegacySpelling("parameters.bet_size", Target("size_usd")),
  ]

  private static let hammer: [LegacySpelling] = [
    // A fraction (S3-23).
    LegacySpelling("parameters.watch_return_threshold", Target("parameters.watch_return_pct", .times(percent))),
    LegacySpelling("parameters.hammer_secs", Target("parameters.hammer_s")),
    // Without a unit; dollars of the underlying are what it was (C-32).
    LegacySpelling("parameters.d_min", Target("parameters.d_min_usd"), Target("parameters.d_min_sigma", implied: "0")),
    LegacySpelling("parameters.max_entry_price", Target("parameters.entry_price_max_points")),
    // The market's own fee always counts; this comes on top (C-29).
    LegacySpelling("parameters.fee_bps", Target("parameters.extra_cost_bps")),
    LegacySpelling("parameters.max_usd_per_trade", Target("parameters.per_trade_max_usd")),
    LegacySpelling("parameters.max_trades_per_hour", Target("parameters.entries_per_hour_max_count")),
    LegacySpelling("parameters.use_fallback_feed", Target("parameters.fallback_enabled")),
    LegacySpelling("parameters.allow_orders_while_fallback_active", Target("parameters.fallback_orders")),
    LegacySpelling("parameters.quote_size_usd", Target("size_usd")),
    LegacySpelling(
      "parameters.fee_rate_ttl_seconds", refused: "remove it: the fee comes with every message of the market"),
  ]

  /// Everything known by a name that somebody asks for: `HAMMER_SECS`, `detection.roc_threshold`, `spike.roc_threshold`, `d_min`.
  public static func named(_ name: String) -> [(strategy: String?, spelling: LegacySpelling)] {
    var found: [(String?, LegacySpelling)] = []
    let own = floor.filter { $0.old == name }
    // What only sends to an agent's file is told of there.
    let parts = name.split(separator: ".").map(String.init)
    let last = (parts.last ?? name).lowercased()
    for strategy in ["hammer", "spike"] where parts.count < 2 || parts[0] == strategy || !own.isEmpty {
      found += agent(strategy).filter { $0.old == "parameters." + last }.map { (strategy, $0) }
    }
    return own.map { (nil, $0) } + found
  }
}
