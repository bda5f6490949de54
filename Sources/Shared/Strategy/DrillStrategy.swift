/// Sends orders at a steady pace whatever the market does, for drills and measurements: it exercises the whole order path without having
/// an opinion. Most of its orders rest a few ticks above nothing, where nobody sells, and are cancelled again; every `take_every_count`-th
/// buys the least the venue takes, YES and NO in turn. It sells as much again once it holds more than two lots of an outcome, and holds
/// the rest to settlement, where one of the two pays: so it seldom loses often in a row, and the brakes on that do not end a drill. It
/// pays spreads and fees for nothing, so it trades play money only.
public struct DrillStrategy: Strategy {
  public static let kind = StrategyKind(
    name: "drill",
    summary: "Sends orders at a steady pace for drills and measurements, without an opinion on the market.",
    parameters: [
      StrategyParameter(
        ConfigKey(
          "interval_ms", .whole(0...3_600_000, .milliseconds), builtIn: "1000",
          "Least time between two orders of the agent (market time)."), mutation: 100...60_000),
      StrategyParameter(
        ConfigKey(
          "updates_every_count", .whole(1...1_000_000, .count), builtIn: "1",
          "One order at most for so many updates of open markets.")),
      StrategyParameter(
        ConfigKey(
          "take_every_count", .whole(0...1_000_000, .count), builtIn: "10",
          "One order of so many takes from the book and fills, the others rest and are cancelled; 0 never takes.")),
      StrategyParameter(
        ConfigKey(
          "resting_max_count", .whole(1...1000, .count), builtIn: "3",
          "Orders of the agent that rest in one market; beyond it the oldest is cancelled first.")),
      StrategyParameter(
        ConfigKey(
          "useful_for_s", .whole(1...3600, .seconds), builtIn: "10",
          "How long an intent is worth sending (market time).")),
    ], playMoneyOnly: true)

  /// Different prices of resting orders.
  private static let restingPrices: Int64 = 5

  private let interval: Duration
  private let updatesEvery: Int64
  private let takeEvery: Int64
  private let restingMax: Int64
  private let usefulFor: Duration
  private let budget: USD
  private var updates: Int64 = 0
  private var orders: Int64 = 0
  private var last: MarketTime?

  public init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal) {
    interval = parameters.duration("interval_ms")
    updatesEvery = parameters.whole("updates_every_count")
    takeEvery = parameters.whole("take_every_count")
    restingMax = parameters.whole("resting_max_count")
    usefulFor = parameters.duration("useful_for_s")
    budget = parameters.size
  }

  public mutating func handle(_ event: StrategyEvent, _ context: StrategyContext, _ output: inout StrategyOutput) {
    guard case .market(let market) = event, ExitCheck.isTradable(market, now: context.now),
      market.startsAt.map({ context.now >= $0 }) ?? true
    else { return }
    updates += 1
    guard updates % updatesEvery == 0, last.map({ context.now.since($0) >= interval }) ?? true else { return }
    guard let wish = next(market, context, &output) else { return }
    last = context.now
    output.want(wish)
  }

  /// What was bought is sold first; then comes the next entry, of the kind whose turn it is.
  private mutating func next(
    _ market: MarketUpdate, _ context: StrategyContext, _ output: inout StrategyOutput
  ) -> Wish? {
    if let sale = sale(market, context) { return sale }
    if let closed = context.entriesClosed {
      output.refuse(SignalRefusal(market: market.slug, outcome: nil, reason: closed))
      return nil
    }
    makeRoom(market, context, &output)
    orders += 1
    let turn = takeEvery > 0 ? orders / takeEvery : orders
    let outcome: Outcome = turn % 2 == 0 ? .yes : .no
    if takeEvery > 0, orders % takeEvery == 0 { return take(market, outcome, &output) }
    return rest(market, outcome)
  }

  /// A few ticks above nothing, in turn: an equal wish within moments would be refused as a repetition.
  private func rest(_ market: MarketUpdate, _ outcome: Outcome) -> Wish? {
    let price = Price(unchecked: market.tick.micros * (1 + orders % DrillStrategy.restingPrices))
    // Near the end of a window that is decided somebody may sell for next to nothing.
    guard let ask = market.top(outcome).bestAsk, ask.price > price else { return nil }
    return wish(.enter, market, outcome, .buy, .goodTillCancelled, price, market.minimumSize, "drill_rest")
  }

  private func take(
    _ market: MarketUpdate, _ outcome: Outcome, _ output: inout StrategyOutput
  ) -> Wish? {
    guard market.state == .live, let ask = market.top(outcome).bestAsk, !market.top(outcome).isCrossed else {
      output.refuse(SignalRefusal(market: market.slug, outcome: outcome, reason: .brokenBook))
      return nil
    }
    let highest = 1_000_000 - market.tick.micros
    let limit = Price(unchecked: min(highest, ask.price.micros + market.tick.micros))
    let size = DrillStrategy.lot(market, at: ask.price)
    guard let cost = PositionSizing.worstCost(size, limit: limit, fee: market.fee), cost <= budget else {
      output.refuse(SignalRefusal(market: market.slug, outcome: outcome, reason: .belowVenueMinimum))
      return nil
    }
    return wish(.enter, market, outcome, .buy, .fillAndKill, limit, size, "drill_take")
  }

  /// The venue's least, on its grid of hundredths: its minimum of shares, and a dollar at this price.
  private static func lot(_ market: MarketUpdate, at price: Price) -> Shares {
    let dollar = divide(
      Int128(PositionSizing.marketableMinimum.micros) * 1_000_000, by: Int128(max(1, price.micros)), rounding: .up)
    let hundredths = divide(max(dollar, Int128(market.minimumSize.micros)), by: 10_000, rounding: .up)
    return Shares(micros: Int64(clamping: hundredths * 10_000))
  }

  /// Sells one lot of an outcome of which more than two are held, unless that is under way.
  private func sale(_ market: MarketUpdate, _ context: StrategyContext) -> Wish? {
    for position in context.positions.all where position.market == market.slug {
      guard let bid = market.top(position.outcome).bestBid,
        !context.flights.contains(where: {
          $0.terms.market == market.slug && $0.terms.outcome == position.outcome && $0.terms.action == .exit
        })
      else { continue }
      let limit = Price(unchecked: max(market.tick.micros, bid.price.micros - 2 * market.tick.micros))
      let size = DrillStrategy.lot(market, at: limit)
      guard position.shares.micros > 2 * size.micros else { continue }
      return wish(.exit, market, position.outcome, .sell, .fillAndKill, limit, size, "drill_sell")
    }
    return nil
  }

  /// Cancels the oldest resting orders of the market until one more may rest.
  private func makeRoom(_ market: MarketUpdate, _ context: StrategyContext, _ output: inout StrategyOutput) {
    let resting = context.flights.all.filter {
      $0.terms.market == market.slug && $0.terms.action == .enter && $0.terms.type == .goodTillCancelled
        && $0.acknowledged
    }
    for flight in resting.prefix(max(0, resting.count - Int(restingMax) + 1)) {
      output.cancel(flight.terms.intent, reason: "drill_cancel")
    }
  }

  private func wish(
    _ action: IntentMessage.Action, _ market: MarketUpdate, _ outcome: Outcome, _ side: Side, _ type: TimeInForce,
    _ price: Price, _ size: Shares, _ reason: String
  ) -> Wish {
    Wish(
      action: action, market: market.slug, outcome: outcome, side: side, type: type, price: price, size: size,
      usefulFor: usefulFor, reason: reason, evidence: ["update": .int(updates)])
  }

  public var checkpoint: JSON {
    [
      "updates": .int(updates), "orders": .int(orders), "last_ns": last.map { .int($0.nanoseconds) } ?? .null,
    ]
  }

  public mutating func restore(_ checkpoint: JSON) -> Bool {
    guard let updates = checkpoint["updates"]?.int, let orders = checkpoint["orders"]?.int, updates >= 0, orders >= 0
    else { return false }
    self.updates = updates
    self.orders = orders
    last = checkpoint["last_ns"]?.int.map { MarketTime(nanoseconds: $0) }
    return true
  }
}
