/// Every key of the floor's configuration. The built-in values are those of the default profile's card: a floor of 1,000 dollars that may
/// lose a tenth of it in a day. Limits given elsewhere can only tighten them.
public enum FloorSchema {
  /// Names beginning with `FLOOR_` that are not configuration: where tests find recorded data and test vectors, and what scripts hand on.
  public static let otherEnvironmentNames: Set<String> = [
    "FLOOR_DATA", "FLOOR_VECTORS", "FLOOR_PEERS_PYTHON", "FLOOR_STATE", "FLOOR_RUN", "FLOOR_INSTANCE", "FLOOR_CONFIG",
    "FLOOR_BIN",
    "FLOOR_BENCH", "FLOOR_BENCH_PYTHON", "FLOOR_TEST_POSTGRES", "FLOOR_TEST_REDIS", "FLOOR_TEST_SEED",
  ]

  public static let schema = ConfigSchema(
    floorKeys + limitKeys + marketKeys + replayKeys + orderKeys + supervisionKeys + judgingKeys + auditorKeys
      + serviceKeys
      + housekeepingKeys, legacy: LegacySpellings.floor)

  private static let allSeries = ["btc-5m", "btc-15m", "eth-5m", "eth-15m"]

  private static let floorKeys: [ConfigKey] = [
    ConfigKey(
      "profile", .text(maxBytes: 40, optional: false), builtIn: "floor1000",
      "Name of the file in config/profiles that holds capital and limits."),
    ConfigKey(
      "mode", .word(["paper", "live"]), builtIn: "paper",
      "paper trades play money at the simulated venue; live trades real money and starts only when live.armed is true."),
    ConfigKey(
      "venue", .word(["sim", "polymarket"]), builtIn: "sim",
      "Where markets and orders are: sim is the simulated venue on this machine, polymarket the real one."),
    ConfigKey(
      "live.armed", .flag, builtIn: "false",
      "Second key for live trading: without it a floor with mode live refuses to start."),
    ConfigKey(
      "live.capital_max_usd", .decimal(from: "0", to: "1000000", .dollars), builtIn: "1000", .smallestBinds,
      "Most capital a live floor may be given."),
    ConfigKey(
      "floor.capital_usd", .decimal(from: "1", to: "1000000000", .dollars), builtIn: "1000",
      "Capital of the floor; every percentage limit is taken of it."),
    ConfigKey(
      "floor.on_stop", .word(["keep", "flatten"]), builtIn: "keep",
      "What an ordered stop does with open positions: keep leaves them, flatten sells them first."),
    ConfigKey(
      "floor.on_halt", .word(["hold", "close"]), builtIn: "hold",
      "What a halt by a person or by loss does with open positions once nothing rests: hold leaves them, close sells them "
        + "at most orders.collar_points below the best bid. A halt that doubts books or venue always holds."),
    ConfigKey(
      "floor.clone_reserve_count", .whole(0...100, .count), builtIn: "1",
      "Places kept free for clones when capital is divided among agents."),
    ConfigKey(
      "floor.mutation_seed_number", .whole(0...Int64.max, .number), builtIn: "1000",
      "Seed of the generator that mutates the parameters of clones; the same seed gives the same clones."),
  ]

  private static let limitKeys: [ConfigKey] = [
    ConfigKey(
      "limits.per_trade_pct", .decimal(from: "0.01", to: "100", .percent), builtIn: "2", .smallestBinds,
      "Most of the floor's capital that one entry may cost."),
    ConfigKey(
      "limits.per_trade_usd", .decimal(from: "1", to: "1000000", .dollars), builtIn: "500", .smallestBinds,
      "Most dollars that one entry may cost."),
    ConfigKey(
      "limits.per_agent_pct", .decimal(from: "0.01", to: "100", .percent), builtIn: "10", .smallestBinds,
      "Most of the floor's capital that one agent may have at work."),
    ConfigKey(
      "limits.per_strategy_pct", .decimal(from: "0.01", to: "100", .percent), builtIn: "100", .smallestBinds,
      "Most of the floor's capital that all agents of one strategy together may have at work."),
    ConfigKey(
      "limits.zones", .flag, builtIn: "false",
      "Whether entries are held to the zones of price: direction from 0.05 to 0.40, bets on what is all but decided from 0.40 to 0.98 near the end."
    ),
    ConfigKey(
      "limits.late_window_s", .whole(1...86_400, .seconds), builtIn: "120", .smallestBinds,
      "How near a market's end a bet on what is all but decided may be made, where the zones are held."),
    ConfigKey(
      "limits.system_pct", .decimal(from: "0.01", to: "100", .percent), builtIn: "40", .smallestBinds,
      "Most of the floor's capital that all agents together may have at work."),
    ConfigKey(
      "limits.per_market_usd", .decimal(from: "1", to: "1000000", .dollars), builtIn: "1000", .smallestBinds,
      "Most dollars at work in one market, all agents together."),
    ConfigKey(
      "limits.rules", .limitRules, builtIn: "", .allBind,
      "More limits on what may be at work: of all agents together in a category, a market or an event group, of an agent, a strategy, the floor, or in one order."
    ),
    ConfigKey(
      "limits.daily_loss_pct", .decimal(from: "0.1", to: "100", .percent), builtIn: "10", .smallestBinds,
      "Loss of the UTC day, closed trades only, at which no new entries are allowed until the next day."),
    ConfigKey(
      "limits.drawdown_pct", .decimal(from: "0.1", to: "100", .percent), builtIn: "15", .smallestBinds,
      "Fall of equity from the day's peak, open positions included, at which the floor halts until a person resumes it."
    ),
    ConfigKey(
      "limits.loss_streak_count", .whole(1...1000, .count), builtIn: "5", .smallestBinds,
      "Losses in a row after which an agent is paused."),
    ConfigKey(
      "limits.loss_streak_pause_s", .whole(1...604_800, .seconds), builtIn: "3600", .largestBinds,
      "How long such a pause lasts, of an agent and of a strategy."),
    ConfigKey(
      "limits.rejects_count", .whole(1...1000, .count), builtIn: "5", .smallestBinds,
      "Orders of one agent that the venue refuses for what they are, within limits.rejects_window_s, after which its entries are refused for a while."
    ),
    ConfigKey(
      "limits.rejects_window_s", .whole(1...86_400, .seconds), builtIn: "600", .largestBinds,
      "Market time within which such refusals are counted."),
    ConfigKey(
      "limits.rejects_pause_s", .whole(1...86_400, .seconds), builtIn: "600", .largestBinds,
      "How long that lasts; twice as long each time that it happens again within a day, a day at most."),
    ConfigKey(
      "limits.strategy_loss_streak_count", .whole(1...RiskLimits.longestStreak, .count), builtIn: "1000",
      .smallestBinds,
      "Losses in a row, of all agents of a strategy together, after which it is paused for limits.loss_streak_pause_s; 1000: never."
    ),
    ConfigKey(
      "limits.strategy_daily_loss_pct", .decimal(from: "0.01", to: "100", .percent), builtIn: "100", .smallestBinds,
      "Loss of the UTC day of all agents of a strategy together, closed trades only, in per cent of the floor's capital, at which its entries are refused until the next day; 100: never."
    ),
    ConfigKey(
      "limits.strategy_drawdown_pct", .decimal(from: "0.01", to: "100", .percent), builtIn: "100", .smallestBinds,
      "Fall of a strategy's result from the day's peak, open positions included, in per cent of the floor's capital, at which its entries are refused until the next day or a person's reset; 100: never."
    ),
    ConfigKey(
      "limits.open_positions_count", .whole(1...10_000, .count), builtIn: "10", .smallestBinds,
      "Most positions one agent may hold."),
    ConfigKey(
      "limits.orders_per_min", .whole(1...100_000, .perMinute), builtIn: "600", .smallestBinds,
      "Most orders one agent may send in a minute."),
    ConfigKey(
      "limits.api_error_pct", .decimal(from: "0.1", to: "100", .percent), builtIn: "10", .smallestBinds,
      "Share of failed calls to the venue over five minutes (at least fifty calls) at which no new entries are allowed."
    ),
    ConfigKey(
      "limits.spread_max_points", .decimal(from: "0.001", to: "1", .pricePoints), builtIn: "0.1", .smallestBinds,
      "Widest spread between best bid and ask at which an entry is allowed."),
  ]

  private static let marketKeys: [ConfigKey] = [
    ConfigKey(
      "market.series", .words(allSeries, atLeast: 1), builtIn: "btc-5m,btc-15m,eth-5m,eth-15m",
      "Series of up/down contracts that the feed follows."),
    ConfigKey(
      "market.events", .words([], atLeast: 0), builtIn: "",
      "Event markets that the feed follows beside them, by their slugs; agents name them under events."),
    ConfigKey(
      "market.windows_ahead_count", .whole(1...20, .count), builtIn: "2",
      "How many coming windows of each series are kept ready before they open."),
    ConfigKey(
      "market.stale_after_ms", .whole(100...600_000, .milliseconds), builtIn: "10000", .smallestBinds,
      "Market time without data after which a market counts as stale and takes no entries."),
    ConfigKey(
      "market.warm_second", .flag, builtIn: "true",
      "Whether every market socket has a second one beside it that carries the same tokens and goes on when it stalls or closes."
    ),
    ConfigKey(
      "market.socket_assets_max_count", .whole(2...5000, .count), builtIn: "500",
      "Most tokens that one market socket carries; more are spread over further sockets."),
    ConfigKey(
      "market.polybolt", .flag, builtIn: "false",
      "Whether reference prices are also taken from PolyBolt; the feed is then given the account's API key (not the wallet)."
    ),
    ConfigKey(
      "market.record", .flag, builtIn: "true", "Whether the feed records the venue's raw messages."),
    ConfigKey(
      "market.recording_max_mb", .whole(1...1_000_000, .megabytes), builtIn: "2048",
      "Size that all recordings together may reach before the oldest are deleted."),
  ]

  private static let replayKeys: [ConfigKey] = [
    ConfigKey(
      "replay.record", .flag, builtIn: "true",
      "Whether feed and agents write down what was published, consumed and decided, so that floor replay can decide a day once more."
    ),
    ConfigKey(
      "replay.max_mb", .whole(1...1_000_000, .megabytes), builtIn: "4096",
      "Size that all journal files together may reach before the oldest are deleted."),
    ConfigKey(
      "replay.keep_days", .whole(1...3650, .days), builtIn: "7",
      "Days whose journals are kept, today among them."),
  ]

  private static let orderKeys: [ConfigKey] = [
    ConfigKey(
      "orders.request_timeout_ms", .whole(100...60_000, .milliseconds), builtIn: "3000",
      "How long the gateway waits for the venue's answer before the outcome counts as unknown."),
    ConfigKey(
      "orders.collar_points", .decimal(from: "0.001", to: "0.5", .pricePoints), builtIn: "0.05", .smallestBinds,
      "How far below the best bid the gateway may sell when it closes positions left by an agent."),
    ConfigKey(
      "orders.hold_to_settlement_s", .whole(0...86_400, .seconds), builtIn: "3600",
      "Positions left by an agent are held, not sold, when their market settles within this market time."),
    ConfigKey(
      "orders.reconcile_s", .whole(1...3600, .seconds), builtIn: "15",
      "How often the gateway compares its orders and trades with the venue's."),
    ConfigKey(
      "orders.entries_out_s", .whole(1...3600, .seconds), builtIn: "15",
      "How long entries may rest at the venue while PostgreSQL is away; then they are cancelled. Exits stay."),
    ConfigKey(
      "orders.file_fallback_s", .whole(1...3600, .seconds), builtIn: "60",
      "How long PostgreSQL may be away before the mode is called FILE_FALLBACK and alarms; new risk stops at once."),
    ConfigKey(
      "orders.duplicate_window_ms", .whole(0...600_000, .milliseconds), builtIn: "2000",
      "A second entry of an agent for the same token, side and price is refused while the first is open and younger."),
    ConfigKey(
      "orders.floor_rate_per_s", .whole(1...10_000, .perSecond), builtIn: "40", .smallestBinds,
      "Entries of all agents together in a second."),
    ConfigKey(
      "orders.venue_orders_per_s", .whole(2...100_000, .perSecond), builtIn: "40",
      "Orders a second that the venue's tier of the wallet allows (its lowest: 40), until an answer of the venue names the "
        + "tier. The gateway sends half of it at most."),
    ConfigKey(
      "orders.absence_proof_s", .whole(1...3600, .seconds), builtIn: "90",
      "How long the venue must answer that it has no such order before one of unknown outcome counts as never arrived."),
  ]

  private static let supervisionKeys: [ConfigKey] = [
    ConfigKey(
      "supervision.progress_deadline_ms", .whole(500...600_000, .milliseconds), builtIn: "3000",
      "A process that does no work for this long (or five times the boss's own delay) is ended and replaced."),
    ConfigKey(
      "supervision.ready_deadline_s", .whole(1...600, .seconds), builtIn: "30",
      "How long a new process may take to say hello before it is ended and replaced."),
    ConfigKey(
      "supervision.kill_after_ms", .whole(100...60_000, .milliseconds), builtIn: "2000",
      "Time between asking a process to end and killing it."),
    ConfigKey(
      "supervision.restart_budget_count", .whole(1...1000, .count), builtIn: "5",
      "Restarts allowed within the budget's window; one more and the process is quarantined."),
    ConfigKey(
      "supervision.restart_window_s", .whole(1...86_400, .seconds), builtIn: "60",
      "The window over which restarts are counted."),
    ConfigKey(
      "supervision.quarantine_first_s", .whole(1...86_400, .seconds), builtIn: "30",
      "Length of the first quarantine; each further one doubles it."),
    ConfigKey(
      "supervision.quarantine_longest_s", .whole(1...86_400, .seconds), builtIn: "300",
      "Longest quarantine."),
    ConfigKey(
      "supervision.starts_per_s", .whole(1...1000, .perSecond), builtIn: "4",
      "Starts of processes allowed in a second once the opening burst (one per process) is used up."),
    ConfigKey(
      "supervision.desk_alone_s", .whole(6...86_400, .seconds), builtIn: "60",
      "How long gateway, feed and the rest of the desk go on without a boss before they end in order."),
    ConfigKey(
      "supervision.stop_within_s", .whole(5...600, .seconds), builtIn: "20",
      "Time an ordered stop of the whole floor may take; supervisord is given five seconds more."),
  ]

  private static let judgingKeys: [ConfigKey] = [
    ConfigKey(
      "judging.every_s", .whole(1...86_400, .seconds), builtIn: "30", "How often agents are scored."),
    ConfigKey(
      "judging.trades_min_count", .whole(2...1_000_000, .count), builtIn: "30",
      "Completed trades an agent needs before it can be retired or cloned on its results; at least 30 with real money."),
    ConfigKey(
      "judging.retire_below_pct", .decimal(from: "-100", to: "0", .percent), builtIn: "-5",
      "Net return per dollar at risk below which a judged agent is recommended for retirement."),
    ConfigKey(
      "judging.clone_above_pct", .decimal(from: "0", to: "1000", .percent), builtIn: "5",
      "Net return per dollar at risk above which a judged agent is recommended for cloning."),
    ConfigKey(
      "judging.act", .flag, builtIn: "true", "Whether the boss acts on recommendations by itself or only records them."),
    ConfigKey(
      "judging.clone_pause_s", .whole(0...604_800, .seconds), builtIn: "60",
      "Least time between two clones made by recommendation."),
    ConfigKey(
      "judging.agents_max_count", .whole(1...1000, .count), builtIn: "16", .smallestBinds,
      "Most agents on the floor, clones included."),
  ]

  private static let auditorKeys: [ConfigKey] = [
    ConfigKey(
      "auditor.interval_ms", .whole(100...600_000, .milliseconds), builtIn: "5000",
      "Pause between two recomputations of the books."),
    ConfigKey(
      "auditor.drift_s", .whole(1...3600, .seconds), builtIn: "120",
      "How long the venue's balance must differ from the ledger's by the same amount before that is a finding."),
  ]

  private static let serviceKeys: [ConfigKey] = [
    ConfigKey(
      "postgres.host", .text(maxBytes: 200, optional: true), builtIn: "",
      "Socket directory or host of PostgreSQL; empty: the private server in the state directory."),
    ConfigKey("postgres.port", .whole(1...65_535, .port), builtIn: "5432", "Port (or socket number) of PostgreSQL."),
    ConfigKey(
      "postgres.database", .text(maxBytes: 63, optional: false), builtIn: "polybot", "Name of the database."),
    ConfigKey(
      "redis.socket", .text(maxBytes: 107, optional: true), builtIn: "",
      "Socket of Redis; empty: the private server in the run directory, unless redis.host is given."),
    ConfigKey(
      "redis.host", .text(maxBytes: 64, optional: true), builtIn: "",
      "Numeric address of a Redis that is reached over TCP instead of a socket."),
    ConfigKey("redis.port", .whole(1...65_535, .port), builtIn: "6379", "Port of that Redis."),
    ConfigKey("web.port", .whole(0...65_535, .port), builtIn: "8501", "Loopback port of status page and metrics."),
    ConfigKey(
      "web.metrics_port", .whole(0...65_535, .port), builtIn: "9102",
      "Second loopback port of the metrics, where Prometheus set-ups expect one."),
    ConfigKey("sim.port", .whole(0...65_535, .port), builtIn: "8601", "Loopback port of the simulated venue."),
    ConfigKey(
      "endpoints.authorities_file", .text(maxBytes: 400, optional: false),
      builtIn: "/etc/ssl/certs/ca-certificates.crt",
      "PEM file of the certificate authorities that secure addresses are held against."),
    ConfigKey(
      "endpoints.gamma_url", .url(["http://", "https://"]), builtIn: "",
      "Market catalogue; empty: as the venue says."),
    ConfigKey(
      "endpoints.clob_url", .url(["http://", "https://"]), builtIn: "", "Order API; empty: as the venue says."),
    ConfigKey(
      "endpoints.data_url", .url(["http://", "https://"]), builtIn: "",
      "Positions and history; empty: as the venue says."),
    ConfigKey(
      "endpoints.market_ws_url", .url(["ws://", "wss://"]), builtIn: "",
      "Stream of books and trades; empty: as the venue says."),
    ConfigKey(
      "endpoints.user_ws_url", .url(["ws://", "wss://"]), builtIn: "",
      "Stream of own orders and fills; empty: as the venue says."),
    ConfigKey(
      "endpoints.reference_ws_url", .url(["ws://", "wss://"]), builtIn: "",
      "Stream of reference prices; empty: as the venue says."),
    ConfigKey(
      "endpoints.polybolt_ws_url", .url(["ws://", "wss://"]), builtIn: "",
      "Second stream of reference prices, PolyBolt; empty: as the venue says."),
  ]

  private static let housekeepingKeys: [ConfigKey] = [
    ConfigKey(
      "disk.alarm_free_pct", .decimal(from: "0", to: "90", .percent), builtIn: "15", .largestBinds,
      "Free disk space below which the floor raises an alarm."),
    ConfigKey(
      "disk.reduce_only_free_pct", .decimal(from: "0", to: "90", .percent), builtIn: "5", .largestBinds,
      "Free disk space below which no new entries are allowed."),
    ConfigKey(
      "retention.ticks_days", .whole(1...3650, .days), builtIn: "7", "Days that recorded market ticks are kept."),
    ConfigKey(
      "retention.events_days", .whole(1...3650, .days), builtIn: "90",
      "Days that system events, decisions and snapshots are kept."),
    ConfigKey(
      "retention.logs_mb", .whole(1...100_000, .megabytes), builtIn: "64",
      "Room for the log files of one process: the current one and four older ones together."),
  ]
}
