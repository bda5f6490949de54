/// The configured limits. Percentages are in hundredths of a per cent (*basis points*) of the floor's capital; a dollar bound, where given,
/// holds beside the percentage and the tighter one binds.
public struct RiskLimits: Hashable, Sendable {
  /// Worst-case cost of one order (S4-49: 2 %).
  public var perTradeBps: Int64 = 200
  public var perTradeUSD: USD?
  /// What one agent has at risk: open orders at their worst and positions at cost (S4-50: 10 %).
  public var perAgentBps: Int64 = 1000
  /// What all agents of one strategy have at risk together.
  public var perStrategyBps: Int64 = 10_000
  /// What the floor has at risk (S4-51: 40 %).
  public var floorBps: Int64 = 4000
  /// What all agents have at risk in one market.
  public var perMarketUSD: USD?
  /// Rules of the configuration beside its keys.
  public var rules: [LimitRule] = []
  /// Realised loss since 00:00 UTC that ends entries (S4-52: 10 %).
  public var dailyLossBps: Int64 = 1000
  /// Fall of equity, open positions included, from the day's peak that halts (S4-54: 15 %).
  public var drawdownBps: Int64 = 1500
  /// Losing trades in a row that pause an agent (S4-53).
  public var lossStreak = 5
  /// What the venue may refuse of an agent's orders before it pauses.
  public var rejects = RejectBreaker()
  /// Losing trades in a row, of all its agents together, that pause a strategy; `nil`: none do.
  public var strategyLossStreak: Int?
  /// Realised loss of a strategy since 00:00 UTC that ends its entries.
  public var strategyDailyLossBps: Int64?
  /// Fall of a strategy's result, open positions included, from the day's peak that ends its entries.
  public var strategyDrawdownBps: Int64?
  /// Positions one agent may hold, in different tokens; open entries count.
  public var openPositions: Int?
  /// Widest spread of our own book at which an entry is sent.
  public var spreadMaxMicros: Int64?
  /// Whether entries are held to the zones of price (`PriceZone`).
  public var holdsZones = false
  /// How near a market's end a bet on what is all but decided may be made, in market time.
  public var lateWindow: Duration = .seconds(120)
  /// How far beyond the best opposite price of our own book an order may reach.
  public var collarMicros: Int64 = 50_000
  /// The oldest book on which anything is sent, in market time.
  public var bookAgeMax: Duration = .seconds(15)
  /// No entries this close to the market's end, in market time.
  public var entryCutoff: Duration = .seconds(5)
  /// The least value of an order that trades at once.
  public var minimumMarketable = USD(dollars: 1)
  /// The same agent may not repeat the same wish (token, side, price) inside this time.
  public var duplicateWindow: Duration = .seconds(2)
  /// Wishes of one agent in any minute, and how many of them may come at once at most.
  public var agentOrdersPerMinute: Int64 = 600
  public var agentBurst: Int64 = 40
  /// Orders of the floor a second, sustained, and at once (the venue's Standard tier is 40 and 60).
  public var floorRatePerSecond: Int64 = 40
  public var floorBurst: Int64 = 60

  /// A streak of a strategy that nothing is done about.
  public static let longestStreak: Int64 = 1000

  public init() {}

  // MARK: As rules

  /// All that limits what is at risk: those of the keys, in their order, then the configuration's rules.
  public var capitalRules: [LimitRule] {
    let keyed = [
      LimitRule(.order, .init(basisPoints: perTradeBps, usd: perTradeUSD)),
      LimitRule(.agent, .init(basisPoints: perAgentBps)), LimitRule(.strategy, .init(basisPoints: perStrategyBps)),
      LimitRule(.floor, .init(basisPoints: floorBps)),
    ]
    return keyed + [perMarketUSD].compactMap { $0 }.map { LimitRule(.market, .init(usd: $0)) } + rules
  }

  public var dailyLossRule: LimitRule { LimitRule(.floor, .init(basisPoints: dailyLossBps), basis: .realisedLoss) }
  public var drawdownRule: LimitRule { LimitRule(.floor, .init(basisPoints: drawdownBps), basis: .equityFall) }
  public var strategyDailyLossRule: LimitRule? {
    strategyDailyLossBps.map { LimitRule(.strategy, .init(basisPoints: $0), basis: .realisedLoss) }
  }
  public var strategyDrawdownRule: LimitRule? {
    strategyDrawdownBps.map { LimitRule(.strategy, .init(basisPoints: $0), basis: .equityFall) }
  }
  /// Whether what strategies lose has to be read.
  public var breaksStrategies: Bool {
    strategyLossStreak != nil || strategyDailyLossBps != nil || strategyDrawdownBps != nil
  }

  /// An agent with so many losses in a row.
  public func streak(_ losses: Int) -> Refusal? {
    losses >= lossStreak ? Refusal(.lossStreak, .init("losses", losses), .init("limit", lossStreak)) : nil
  }

  /// What one order may cost at worst whatever the floor is worth and its agent was given; rules that are of these may allow less.
  public func perTrade(_ capital: USD) -> USD {
    capitalRules.filter { $0.scope == .order }.compactMap {
      $0.base == .capital ? $0.limit(of: capital) : $0.amount.usd
    }.min() ?? .zero
  }

  /// Whether what all agents of a strategy have at risk has to be added up: at the whole capital its limit is none.
  public var limitsStrategies: Bool { perStrategyBps < 10_000 || rules.contains { $0.scope == .strategy } }
}

extension RiskLimits {
  /// The limits of a floor's configuration; what it leaves out stays as built in.
  /// - Throws: the first key whose value is of another kind.
  public init(_ config: ConfigReader) throws(ConfigReadError) {
    self.init()
    func whole(_ path: String) throws(ConfigReadError) -> Int64? { config.isSet(path) ? try config.whole(path) : nil }
    func micros(_ path: String) throws(ConfigReadError) -> Int64? { config.isSet(path) ? try config.micros(path) : nil }
    // Hundredths of a per cent, rounded down.
    func basisPoints(_ path: String) throws(ConfigReadError) -> Int64? { try micros(path).map { $0 / 10_000 } }
    if let value = try basisPoints("limits.per_trade_pct") { perTradeBps = value }
    perTradeUSD = try micros("limits.per_trade_usd").map { USD(micros: $0) }
    perMarketUSD = try micros("limits.per_market_usd").map { USD(micros: $0) }
    if config.isSet("limits.rules") {
      for text in try config.list("limits.rules") {
        do throws(LimitRule.Fault) {
          rules.append(try LimitRule(parsing: text))
        } catch {
          throw ConfigReadError(path: "limits.rules", wanted: "readable rule (\(text) \(error.reason))")
        }
      }
    }
    if let value = try basisPoints("limits.per_agent_pct") { perAgentBps = value }
    if let value = try basisPoints("limits.per_strategy_pct") { perStrategyBps = value }
    if let value = try basisPoints("limits.system_pct") { floorBps = value }
    if config.isSet("limits.zones") { holdsZones = try config.flag("limits.zones") }
    if let value = try whole("limits.late_window_s") { lateWindow = .seconds(value) }
    if let value = try basisPoints("limits.daily_loss_pct") { dailyLossBps = value }
    if let value = try basisPoints("limits.drawdown_pct") { drawdownBps = value }
    if let value = try whole("limits.loss_streak_count") { lossStreak = Int(clamping: value) }
    if let value = try whole("limits.rejects_count") { rejects.count = Int(clamping: max(1, value)) }
    if let value = try whole("limits.rejects_window_s") { rejects.window = .seconds(value) }
    if let value = try whole("limits.rejects_pause_s") { rejects.pause = .seconds(value) }
    // At the whole capital, or at a thousand trades, these are none.
    strategyLossStreak = try whole("limits.strategy_loss_streak_count").flatMap {
      $0 < Self.longestStreak ? Int(clamping: $0) : nil
    }
    strategyDailyLossBps = try basisPoints("limits.strategy_daily_loss_pct").flatMap { $0 < 10_000 ? $0 : nil }
    strategyDrawdownBps = try basisPoints("limits.strategy_drawdown_pct").flatMap { $0 < 10_000 ? $0 : nil }
    if let value = try whole("limits.open_positions_count") { openPositions = Int(clamping: value) }
    spreadMaxMicros = try micros("limits.spread_max_points")
    if let value = try whole("limits.orders_per_min") { agentOrdersPerMinute = max(1, value) }
    if let value = try micros("orders.collar_points") { collarMicros = value }
    if let value = try whole("market.stale_after_ms") { bookAgeMax = .milliseconds(value) }
    if let value = try whole("orders.duplicate_window_ms") { duplicateWindow = .milliseconds(value) }
    if let value = try whole("orders.floor_rate_per_s") {
      floorRatePerSecond = max(1, value)
      floorBurst = max(floorBurst, value)
    }
  }
}
