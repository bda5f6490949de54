import Shared

/// Messages and an agent for tests of strategies: BTC-5m, one window, prices in cents, time in seconds since the window's start.
enum Fixture {
  static let start: Int64 = 1_795_180_500
  static let series = MarketSeries(alias: "BTC-5m")!
  static let slug = series.slug(startingAt: start)!
  static let agent = AgentName("momentum-1")!
  static let fee = TakerFee(rateMicros: 70_000, exponent: 1)!

  static func time(_ seconds: Double) -> MarketTime {
    MarketTime(nanoseconds: start * 1_000_000_000 + Int64(seconds * 1e9))
  }

  static func envelope(_ seconds: Double, _ sequence: Int64 = 1, boot: String = "f1") -> Envelope {
    Envelope(
      source: "market-feed", boot: boot, sequence: sequence, time: time(seconds),
      sent: WallTime(nanoseconds: time(seconds).nanoseconds))
  }

  static func level(_ cents: Int64, _ shares: Int64) -> BookLevel {
    BookLevel(price: Price(micros: cents * 10_000)!, size: Shares(whole: shares))
  }

  /// A book in cents; the NO book mirrors it.
  static func market(
    at seconds: Double, order: Int64 = 1, bid: Int64? = 50, ask: Int64? = 51, size: Int64 = 500,
    state: MarketState = .live, slug: MarketSlug = slug, fee: TakerFee = fee, window: Double = 300, boot: String = "f1"
  ) -> MarketUpdate {
    let yes = BookTop(
      bids: bid.map { [level($0, size)] } ?? [], asks: ask.map { [level($0, size)] } ?? [])
    return MarketUpdate(
      envelope: envelope(seconds, order, boot: boot), order: order, slug: slug, series: series, state: state,
      bookEpoch: 1,
      tick: .cent, minimumSize: Shares(whole: 5), fee: fee, startsAt: time(0), endsAt: time(window), yes: yes,
      no: yes.mirrored)
  }

  static func reference(
    _ dollars: String, at seconds: Double, order: Int64 = 1, kind: ReferenceKind = .chainlink, boot: String = "f1"
  ) -> ReferencePrice {
    ReferencePrice(
      envelope: envelope(seconds, order, boot: boot), order: order, symbol: "btc/usd", kind: kind,
      value: ReferenceValue(parsing: dollars)!)
  }

  static func strategy(_ name: String = "momentum", _ parameters: JSON = .object([])) -> any Strategy {
    guard let made = try? StrategyRegistry.make(name, parameters: parameters, size: USD(dollars: 20)) else {
      fatalError("the fixture's parameters are legal")
    }
    return made
  }

  static func core(
    _ name: String = "momentum", _ parameters: JSON = .object([]), epoch: Int64 = 3, reconciled: Bool = true
  ) -> AgentCore {
    var core = AgentCore(
      identity: .init(name: agent, strategy: name, epoch: Epoch(epoch), series: [series]),
      strategy: strategy(name, parameters))
    if reconciled { core.resume(checkpoint: nil, snapshot: snapshot(epoch: epoch)) }
    return core
  }

  static func snapshot(
    epoch: Int64 = 3, cursor: Int64 = 0, positions: [Position] = [], orders: [AgentSnapshot.OpenOrder] = [],
    status: String = "RUNNING"
  ) -> AgentSnapshot {
    AgentSnapshot(
      id: 1, epoch: Epoch(epoch), status: status, cursor: cursor, positions: positions, orders: orders, checkpoint: nil)
  }

  static func event(
    _ event: OrderEventMessage.Event, cursor: Int64, _ terms: IntentMessage.Terms, size: Int64? = nil,
    price: Price? = nil,
    position: Int64 = 0, final: Bool = false, reason: String = ""
  ) -> OrderEventMessage {
    let fill = size.map {
      OrderEventMessage.Fill(
        trade: VenueTradeID("t\(cursor)"), market: terms.market, outcome: terms.outcome, side: terms.side,
        price: price ?? terms.price, size: Shares(micros: $0), fee: .zero)
    }
    return OrderEventMessage(
      envelope: envelope(0), cursor: cursor, agent: agent, epoch: terms.epoch, intent: terms.intent,
      market: terms.market,
      outcome: terms.outcome, event: event, reason: reason, fill: fill, position: Shares(micros: position), final: final
    )
  }

  static func settled(cursor: Int64, outcome: Outcome, size: Int64, payout: Price) -> OrderEventMessage {
    OrderEventMessage(
      envelope: envelope(301), cursor: cursor, agent: agent, epoch: Epoch(3), intent: nil, event: .settled,
      reason: "settlement",
      fill: .init(
        trade: nil, market: slug, outcome: outcome, side: .sell, price: payout, size: Shares(micros: size), fee: .zero),
      final: true)
  }
}

extension AgentCore {
  /// Feeds one event; its effects.
  mutating func take(_ event: AgentEvent, at seconds: Double) -> [AgentEffect] {
    var effects: [AgentEffect] = []
    handle(event, now: Fixture.time(seconds), &effects)
    return effects
  }

  /// Feeds a BTC price every second, so that the history reaches back a whole lookback.
  mutating func warm(_ dollars: String = "90000", from: Int = -320, to: Int = 0) {
    for second in from...to {
      _ = take(
        .reference(Fixture.reference(dollars, at: Double(second), order: Int64(second + 1000))), at: Double(second))
    }
  }
}

extension [AgentEffect] {
  var published: [Flight] { compactMap { if case .publish(let flight) = $0 { flight } else { nil } } }
  var decisions: [Decision] { compactMap { if case .record(let decision) = $0 { decision } else { nil } } }
  var reasons: [String] { decisions.map(\.reason) }
}
