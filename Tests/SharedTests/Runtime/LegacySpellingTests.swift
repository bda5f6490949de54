import Shared
import Testing

@Suite("Names that the founding texts gave to settings")
struct LegacySpellingTests {
  /// What is written, and what it is read as: `path = value`, in order.
  struct Case: Sendable, CustomTestStringConvertible {
    let old: String
    let value: String
    let read: [String: String]
    let profile: String?
    var testDescription: String { "\(old) = \(value)" + (profile.map { " with \($0)" } ?? "") }

    init(_ old: String, _ value: String, _ read: [String: String], profile: String? = nil) {
      self.old = old
      self.value = value
      self.read = read
      self.profile = profile
    }
  }

  private static let floor: [Case] = [
    Case("mode.paper_trading", "true", ["mode": "paper"]), Case("trading.dry_run", "true", ["mode": "paper"]),
    Case("dry_run", "1", ["mode": "paper"]), Case("DRY_RUN", "True", ["mode": "paper"]),
    Case("TRADING_MODE", "paper", ["mode": "paper"]),
    Case("money.starting_balance", "75", ["floor.capital_usd": "75"]),
    Case("money.initial_capital", "75.0", ["floor.capital_usd": "75"]),
    Case("risk.max_open_trades", "2", ["limits.open_positions_count": "2"]),
    Case("risk.max_position_size", "2.0", ["limits.per_trade_usd": "2"]),
    Case("risk.max_consecutive_losses", "3", ["limits.loss_streak_count": "3"]),
    Case("METRICS_PORT", "9103", ["web.metrics_port": "9103"]),
  ]

  private static let agents: [(strategy: String, Case)] = [
    (
      "spike",
      Case("cusum_threshold", "0.03", ["cusum_threshold_ratio": "0.03", "cusum_unit": "price"], profile: "starter75")
    ),
    (
      "spike", Case("cusum_threshold", "2.5", ["cusum_threshold_ratio": "2.5", "cusum_unit": "sigma"], profile: "ai75")
    ),
    ("spike", Case("roc_threshold", "1.0", ["roc_threshold_pct": "1"], profile: "starter75")),
    ("spike", Case("roc_threshold", "0.02", ["roc_threshold_pct": "2"], profile: "ai75")),
    ("spike", Case("cusum_slack", "0.004", ["cusum_slack_ratio": "0.004"])),
    ("spike", Case("ewma_span", "21", ["ewma_span_count": "21"])),
    ("spike", Case("ewma_multiplier", "2.6", ["ewma_width_sigma": "2.6"])),
    ("spike", Case("ewma_band_width", "2.0", ["ewma_width_sigma": "2"])),
    ("spike", Case("roc_periods", "4", ["roc_lookback_s": "4"])),
    ("spike", Case("min_liquidity_usd", "51", ["liquidity_min_usd": "51"])),
    ("spike", Case("cooldown_seconds", "31", ["cooldown_s": "31"])),
    ("spike", Case("atr_stop_multiplier", "2.1", ["atr_stop_ratio": "2.1"])),
    ("spike", Case("atr_profit_multiplier", "3.0", ["atr_profit_ratio": "3"])),
    ("spike", Case("take_profit_percent", "3.0", ["take_profit_points": "0.03"])),
    ("spike", Case("stop_loss_percent", "2.5", ["stop_loss_points": "0.025"])),
    ("spike", Case("bet_size", "2", ["size_usd": "2"])),
    ("hammer", Case("watch_return_threshold", "0.005", ["watch_return_pct": "0.5"])),
    ("hammer", Case("hammer_secs", "15", ["hammer_s": "15"])),
    ("hammer", Case("d_min", "5", ["d_min_usd": "5", "d_min_sigma": "0"])),
    ("hammer", Case("max_entry_price", "0.95", ["entry_price_max_points": "0.95"])),
    ("hammer", Case("fee_bps", "10", ["extra_cost_bps": "10"])),
    ("hammer", Case("max_usd_per_trade", "49", ["per_trade_max_usd": "49"])),
    ("hammer", Case("max_trades_per_hour", "3", ["entries_per_hour_max_count": "3"])),
    ("hammer", Case("use_fallback_feed", "false", ["fallback_enabled": "false"])),
    ("hammer", Case("allow_orders_while_fallback_active", "true", ["fallback_orders": "true"])),
    ("hammer", Case("quote_size_usd", "21", ["size_usd": "21"])),
  ]

  private static func layer(_ pairs: [(String, String)]) -> ConfigLayer {
    ConfigLayer(
      name: "file",
      settings: pairs.enumerated().map {
        ConfigSetting($0.element.0, .scalar($0.element.1), place: "floor.yaml:\($0.offset + 1)")
      })
  }

  private static func load(_ layers: ConfigLayer...) throws -> EffectiveConfig {
    try ConfigLoader.load(schema: FloorSchema.schema, layers: layers, home: "floor.yaml", rules: FloorRules.all)
  }

  private static func problems(_ layers: ConfigLayer...) -> [ConfigProblem] {
    ConfigLoader.examine(schema: FloorSchema.schema, layers: layers, home: "floor.yaml", rules: FloorRules.all).problems
  }

  /// An agent's file with one old word among its parameters.
  private static func agent(_ strategy: String, _ old: String, _ value: String, profile: String?) throws -> AgentFile {
    func scalar(_ text: String) -> ConfigNode { ConfigNode(.scalar(text), line: 1) }
    let tree = ConfigNode(
      .mapping([
        .init("name", line: 1, scalar("a")), .init("strategy", line: 2, scalar(strategy)),
        .init("series", line: 3, ConfigNode(.sequence([scalar("btc-5m")]), line: 3)),
        .init("parameters", line: 4, ConfigNode(.mapping([.init(old, line: 5, scalar(value))]), line: 4)),
      ]), line: 1)
    return try AgentFile.load(
      file: "a.yaml", stem: "a", tree: tree, strategies: StrategyRegistry.configKeys,
      followed: FollowedMarkets(series: ["btc-5m"]),
      profile: profile)
  }

  @Test("Each of the floor is read as our key, with one notice that says so", arguments: floor)
  func readForFloor(_ item: Case) throws {
    let config = try Self.load(Self.layer([(item.old, item.value)]))
    for (path, value) in item.read { #expect(config.value(path)?.text == value) }
    let read = item.read.map { "\($0.key) = " }
    #expect(config.notices.count == 1)
    let notice = try #require(config.notices.first)
    #expect(
      notice.hasPrefix("floor.yaml:1: \(item.old) is an old spelling, read as ") && read.allSatisfy(notice.contains))
    #expect(config.offer(try #require(item.read.keys.first))?.place == "floor.yaml:1")
  }

  @Test("Each of an agent's file is read as the strategy's parameter, in its unit", arguments: agents.indices)
  func readForAgent(_ index: Int) throws {
    let (strategy, item) = Self.agents[index]
    let file = try Self.agent(strategy, item.old, item.value, profile: item.profile)
    for (path, value) in item.read {
      let ours = path == "size_usd" ? file.size.description : Self.text(file.parameters[path])
      #expect(ours == value, "\(path)")
    }
    #expect(file.notices.count == 1 && file.notices[0].contains("parameters.\(item.old) is an old spelling, read as"))
    _ = try StrategyRegistry.make(strategy, parameters: file.parameters, size: file.size)
  }

  private static func text(_ json: JSON?) -> String? { json?.decimalText ?? json?.bool.map { $0 ? "true" : "false" } }

  @Test("These tests know every spelling that is read, and every one that is refused has its remedy")
  func complete() {
    var refused = 0
    for spelling in LegacySpellings.floor {
      if spelling.targets(profile: nil) == nil {
        refused += 1
        let found = Self.problems(Self.layer([(spelling.old, "1")]))
        #expect(found.count == 1 && found.first?.key == spelling.old && found.first?.remedy == spelling.remedy)
        #expect(spelling.remedy.count > 20)
      } else {
        #expect(Self.floor.contains { $0.old == spelling.old }, "\(spelling.old)")
      }
      #expect(FloorSchema.schema[spelling.old] == nil)
    }
    #expect(refused >= 20)
    for strategy in StrategyRegistry.kinds.map(\.name) {
      for spelling in LegacySpellings.agent(strategy) {
        let old = String(spelling.old.dropFirst("parameters.".count))
        if spelling.targets(profile: "starter75") != nil {
          #expect(Self.agents.contains { $0.strategy == strategy && $0.1.old == old }, "\(strategy) \(old)")
        } else {
          #expect(throws: ConfigRefusal.self) { try Self.agent(strategy, old, "1", profile: "starter75") }
        }
      }
    }
  }

  @Test(
    "Without the profile that defines its unit a threshold is refused, with the unit to choose (C-05, C-07)",
    arguments: [nil, "floor1000"], ["roc_threshold", "cusum_threshold"])
  func unitUnknown(profile: String?, old: String) {
    let refusal = #expect(throws: ConfigRefusal.self) { try Self.agent("spike", old, "1", profile: profile) }
    #expect(refusal?.problems.count == 1 && refusal?.problems.first?.remedy.contains(old + "_") == true)
  }

  @Test("Two words for one thing that disagree are refused; that agree, are read")
  func contradiction() throws {
    let found = Self.problems(Self.layer([("money.starting_balance", "75"), ("floor.capital_usd", "80")]))
    #expect(found.count == 1 && found.first?.reason.contains("contradicts") == true)
    let config = try Self.load(Self.layer([("money.starting_balance", "75.0"), ("floor.capital_usd", "75")]))
    #expect(config.value("floor.capital_usd")?.text == "75")
    #expect(!Self.problems(Self.layer([("dry_run", "perhaps")])).isEmpty)
  }

  @Test(
    "Between paper and real money no layer decides over another: an old word that disagrees refuses to start (C-20)")
  func paperOrLive() throws {
    func environment(_ pairs: (String, String)...) -> ConfigLayer {
      ConfigLayer(
        environment: pairs.map { (name: $0.0, value: $0.1) }, schema: FloorSchema.schema,
        ignoring: FloorSchema.otherEnvironmentNames)
    }
    let paper = Self.layer([("mode", "paper"), ("live.armed", "true"), ("venue", "polymarket")])
    let found = Self.problems(paper, environment(("DRY_RUN", "false")))
    #expect(found.contains { $0.place == "environment DRY_RUN" && $0.reason.contains("contradicts floor.yaml:1") })
    #expect(try Self.load(paper, environment(("DRY_RUN", "true"))).value("mode")?.text == "paper")
    // Alone it is heard, and arms nothing.
    let alone = Self.problems(environment(("TRADING_MODE", "live")))
    #expect(alone.contains { $0.reason.contains("live.armed is false") })
    // A variable of somebody else's is none of ours.
    #expect(try Self.load(environment(("HAMMER_SECS", "15"), ("HOME", "/root"))).notices == [])
  }

  @Test(
    "A name is found however it was written",
    arguments: [
      ("HAMMER_SECS", "hammer_s"), ("d_min", "d_min_usd"), ("detection.roc_threshold", "roc_threshold_pct"),
      ("spike.roc_threshold", "roc_threshold_pct"), ("money.starting_balance", "floor.capital_usd"),
      ("DRY_RUN", "mode"), ("QUOTE_SIZE_USD", "size_usd"),
    ])
  func named(name: String, ours: String) {
    let found = LegacySpellings.named(name)
    #expect(found.contains { $0.spelling.explanation.contains(ours) })
    #expect(LegacySpellings.named("momentum.hammer_secs").isEmpty && LegacySpellings.named("colour").isEmpty)
  }
}
