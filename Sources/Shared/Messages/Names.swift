/// Every channel and key on the bus. Nowhere else in the floor is such a name spelled.
///
/// These are the names of the default instance. The bus puts `prefix(instance:)` before each of them, so two floors that share a Redis
/// do not touch; what a person types into `redis-cli` on the default instance is exactly what stands here.
public enum Names {
  /// What the bus puts before every name: nothing for the default instance `floor`, `<instance>:` for any other.
  public static func prefix(instance: String) -> String { instance == "floor" ? "" : instance + ":" }

  // MARK: Market data (writer: feed)

  /// Channel `md:<slug>`: `MarketUpdate`. Readers: agents, monitor, web.
  public static func marketUpdates(_ slug: MarketSlug) -> String { marketUpdatesPrefix + slug.text }
  /// Channel pattern of all market updates.
  public static let everyMarketUpdate = "md:*"
  static let marketUpdatesPrefix = "md:"

  /// Channel `ref:<symbol>`: `ReferencePrice`, for example `ref:btc/usd`. Readers: agents, monitor, web.
  public static func referencePrices(_ symbol: String) -> String { referencePricesPrefix + symbol }
  /// Channel pattern of all reference prices.
  public static let everyReferencePrice = "ref:*"
  static let referencePricesPrefix = "ref:"

  /// Key `ref:<symbol>:<kind>`: the last `ReferencePrice` of that kind. Readers: agents (at start), web, the operator.
  public static func lastReference(_ symbol: String, kind: ReferenceKind) -> String {
    referencePricesPrefix + symbol + ":" + kind.rawValue
  }

  /// Key `market:<slug>`: the last `MarketUpdate` of that market with its descriptor. Readers: agents (at the start, and when the bus is back), gateway, web.
  public static func market(_ slug: MarketSlug) -> String { "market:" + slug.text }
  /// Key `market:BTC-5m`: as `market:<slug>`, for the contract of that series that is open now. Readers: the operator, web.
  public static func market(openIn series: MarketSeries) -> String { "market:" + series.alias }
  /// Key `markets:known`: JSON array of the slugs the feed follows now, soonest end first. Readers: agents (at start), web.
  public static let knownMarkets = "markets:known"

  /// Key and channel `floor:clock`: `ClockMessage`. Readers: every process that thinks in market time.
  public static let clock = "floor:clock"
  /// Key `circuit:polymarket-data:state`: a bare word, `closed`, `open` or `half-open`. Readers: boss, web, the operator.
  public static let dataCircuit = "circuit:polymarket-data:state"

  // MARK: Orders

  /// Channel `orders:intents`. Writers: agents. Reader: gateway.
  public static let intents = "orders:intents"
  /// Channel `orders:events:<agent>`. Writer: gateway. Reader: that agent.
  public static func orderEvents(_ agent: AgentName) -> String { "orders:events:" + agent.text }
  /// Key `circuit:polymarket:state`: a bare word, `closed`, `open` or `half-open`. Writer: gateway. Readers: boss, web, the operator.
  public static let orderCircuit = "circuit:polymarket:state"

  // MARK: The floor

  /// Key `heartbeat:<process>`, with a time to live: pid, epoch, last event, counters. Writer: each process for itself. For display
  /// only; liveness is judged on the control socket. Readers: web, the operator.
  public static func heartbeat(_ process: String) -> String { "heartbeat:" + process }
  /// Key `agent:<name>:state`: status, position count, day's profit and loss (from the views), last decision and why. Writer: that
  /// agent. Readers: web, the operator.
  public static func agentState(_ agent: AgentName) -> String { "agent:" + agent.text + ":state" }
  /// Key `floor:state`: mode, reason, counts. Writer: boss. Readers: agents, web, the operator.
  public static let floorState = "floor:state"
  /// Channel `floor:control`: "look at the commands table now"; the command itself is a row, and the usual nudge the record's
  /// NOTIFY. Writer: the operator, by redis-cli. Reader: boss.
  public static let control = "floor:control"
  /// Channel `floor:events`: system events as they are recorded. Writer: the boss. Readers: web, the operator.
  public static let events = "floor:events"
}

// MARK: - Reading names back

extension Names {
  /// The slug in `md:<slug>`, or `nil` for any other channel. The bus has already taken the instance's prefix off.
  public static func slug(ofMarketUpdates channel: String) -> MarketSlug? {
    guard channel.hasPrefix(marketUpdatesPrefix) else { return nil }
    return MarketSlug(String(channel.dropFirst(marketUpdatesPrefix.count)))
  }

  /// The symbol in `ref:<symbol>`, or `nil` for any other channel.
  public static func symbol(ofReferencePrices channel: String) -> String? {
    guard channel.hasPrefix(referencePricesPrefix) else { return nil }
    let symbol = String(channel.dropFirst(referencePricesPrefix.count))
    return symbol.isEmpty ? nil : symbol
  }
}
