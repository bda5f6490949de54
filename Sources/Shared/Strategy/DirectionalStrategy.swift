/// A signal that says up or down, traded by `TradeRules`: enter when the signal speaks and every guard agrees, leave by price, time or
/// target, and repeat an exit until it is flat or the window is over; what is left then waits for the settlement.
///
/// The signal is level-triggered: as long as it speaks, an entry that was refused is asked for again, within the cool-down.
public struct DirectionalStrategy<Signal: DirectionalSignal>: Strategy {
  public static var kind: StrategyKind { Signal.kind }

  /// An exit that was decided and is not finished: it is not reconsidered.
  struct Exit: Hashable, Sendable {
    let market: MarketSlug
    let outcome: Outcome
    let reason: String
    /// Not tried again before this.
    var notBefore: MarketTime
    /// Tries in a row that sold nothing.
    var failures: Int
  }

  struct Remembered: Hashable, Sendable {
    let market: MarketSlug
    var history = EntryCheck.History()
    /// The entry whose first fill was counted.
    var counted: IntentID?
  }

  struct Series: Sendable {
    let name: String
    var signal: Signal
  }

  let rules: TradeRules
  private let parameters: StrategyParameters
  /// Ordered by name: `btc/usd`, or the slug when the input is the token's middle.
  var series: [Series] = []
  /// Ordered by market and outcome.
  var exits: [Exit] = []
  /// Ordered by market.
  var remembered: [Remembered] = []

  public init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal) {
    self.parameters = parameters
    rules = try TradeRules(parameters)
  }

  public mutating func handle(_ event: StrategyEvent, _ context: StrategyContext, _ output: inout StrategyOutput) {
    switch event {
    case .market(let market):
      if rules.input == .tokenMid, market.state == .live, let mid = DirectionalStrategy.mid(market) {
        observe(mid.micros, at: market.envelope.time, in: market.slug.text)
      }
      consider(market, context, &output)
      if market.state == .closed || market.state == .resolved { forget(market.slug, context) }
    case .reference(let price):
      guard rules.input == .reference, price.kind == rules.referenceKind, let value = price.value.micros else { return }
      observe(value, at: price.envelope.time, in: price.symbol)
      for market in context.markets.all where market.series?.symbol == price.symbol {
        consider(market, context, &output)
      }
    case .order(let event, let terms): learn(event, terms, context)
    case .lapsed(let terms): end(of: terms, context)
    case .timer: leave(context.positions.all, context, &output)
    }
  }

  /// The middle of the YES book; from the NO book when only that one is whole.
  static func mid(_ market: MarketUpdate) -> Price? { market.yes.mid ?? market.no.mid?.complement }

  // MARK: Signals

  private mutating func observe(_ value: Int64, at time: MarketTime, in name: String) {
    var index = series.firstIndex { $0.name >= name } ?? series.count
    if index == series.count || series[index].name != name {
      series.insert(Series(name: name, signal: emptySignal()), at: index)
      index = series.firstIndex { $0.name == name } ?? index
    }
    series[index].signal.observe(value, at: time)
  }

  func emptySignal() -> Signal { Signal(parameters, input: rules.input) }

  func signal(for market: MarketUpdate) -> Signal? {
    let name = rules.input == .reference ? market.series?.symbol : market.slug.text
    return series.first { $0.name == name }?.signal
  }

  // MARK: Entries

  private mutating func consider(_ market: MarketUpdate, _ context: StrategyContext, _ output: inout StrategyOutput) {
    leave(context.positions.all.filter { $0.market == market.slug }, context, &output)
    // Only the window that is open now, and only while orders are taken, is worth a word.
    guard market.state == .live || market.state == .stale, market.startsAt.map({ context.now >= $0 }) ?? true,
      market.endsAt.map({ context.now < $0 }) ?? true
    else { return }
    guard let signal = signal(for: market) else { return }
    switch signal.reading {
    case .quiet: return
    case .warmingUp(let known, let needed):
      output.refuse(
        SignalRefusal(
          market: market.slug, outcome: nil, reason: .warmingUp,
          evidence: ["known_ms": .int(known.milliseconds), "needed_ms": .int(needed.milliseconds)]))
    case .toward(let outcome, let reason, let figures):
      let evidence = named(figures)
      if rules.input == .reference, let latest = signal.latest, context.now.since(latest) > rules.referenceAgeMax {
        let age = context.now.since(latest).milliseconds
        output.refuse(
          SignalRefusal(market: market.slug, outcome: outcome, reason: .staleReference, evidence: ["age_ms": .int(age)])
        )
        return
      }
      let history = remembered.first { $0.market == market.slug }?.history ?? EntryCheck.History()
      switch EntryCheck.run(
        market: market, outcome: outcome, reason: reason, evidence: evidence, rules: rules, history: history,
        context: context)
      {
      case .success(let wish): output.want(wish)
      case .failure(let refusal):
        output.refuse(
          SignalRefusal(
            market: market.slug, outcome: outcome, reason: refusal.reason,
            evidence: refusal.evidence.with("signal", .string(reason))))
      }
    }
  }

  /// Says which reference series the figures are of, so that they can be found again in a recording.
  private func named(_ figures: JSON) -> JSON {
    rules.input == .reference ? figures.with("reference_kind", .string(rules.referenceKind.rawValue)) : figures
  }

  // MARK: Exits

  private mutating func leave(_ positions: [Position], _ context: StrategyContext, _ output: inout StrategyOutput) {
    for position in positions {
      guard let market = context.markets[position.market], ExitCheck.isTradable(market, now: context.now) else {
        continue
      }
      if exitIndex(position.market, position.outcome) == nil {
        let reached = signal(for: market)?.targetReached(holding: position.outcome) ?? false
        guard
          let reason = ExitCheck.reason(
            position, market: market, targetReached: reached, rules: rules, now: context.now)
        else { continue }
        insert(
          Exit(
            market: position.market, outcome: position.outcome, reason: reason.rawValue, notBefore: context.now,
            failures: 0))
      }
      guard let index = exitIndex(position.market, position.outcome), context.now >= exits[index].notBefore,
        !context.flights.contains(where: {
          $0.terms.market == position.market && $0.terms.outcome == position.outcome && $0.terms.action == .exit
        })
      else { continue }
      switch ExitCheck.order(
        position, market: market, reason: exits[index].reason, evidence: ["try": .int(exits[index].failures + 1)],
        rules: rules)
      {
      case .success(let wish): output.want(wish)
      case .failure(let refusal):
        output.refuse(
          SignalRefusal(
            market: position.market, outcome: position.outcome, reason: refusal.reason,
            evidence: refusal.evidence.with("signal", .string(exits[index].reason))))
      }
    }
  }

  private func exitIndex(_ market: MarketSlug, _ outcome: Outcome) -> Int? {
    exits.firstIndex { $0.market == market && $0.outcome == outcome }
  }

  private mutating func insert(_ exit: Exit) {
    let index = exits.firstIndex { ($0.market, $0.outcome.index) > (exit.market, exit.outcome.index) } ?? exits.count
    exits.insert(exit, at: index)
  }

  // MARK: What became of it

  private mutating func learn(
    _ event: OrderEventMessage, _ terms: IntentMessage.Terms?, _ context: StrategyContext
  ) {
    if let fill = event.fill {
      if event.event == .fill, fill.side == .buy {
        remember(fill.market) {
          guard $0.counted != event.intent else { return }
          $0.counted = event.intent
          $0.history.entries += 1
        }
      }
      if event.event == .fill, fill.side == .sell, let index = exitIndex(fill.market, fill.outcome) {
        exits[index].failures = -1  // something sold: the next end of a try is no failure
      }
      if context.positions[fill.market, fill.outcome] == nil {
        exits.removeAll { $0.market == fill.market && $0.outcome == fill.outcome }
        let until = context.now.advanced(by: rules.cooldown)
        remember(fill.market) { $0.history.quietUntil = until }
      }
    }
    if event.final, let terms { end(of: terms, context) }
  }

  /// An order is over, or nobody answered.
  private mutating func end(of terms: IntentMessage.Terms, _ context: StrategyContext) {
    switch terms.action {
    case .cancel: return
    case .enter:
      guard remembered.first(where: { $0.market == terms.market })?.counted != terms.intent else { return }
      let until = context.now.advanced(by: rules.cooldown)
      remember(terms.market) { $0.history.quietUntil = until }
    case .exit:
      guard let index = exitIndex(terms.market, terms.outcome) else { return }
      exits[index].failures += 1
      let doubling = min(6, max(0, exits[index].failures - 1))
      exits[index].notBefore = context.now.advanced(by: rules.exitRetry * (1 << doubling))
    }
  }

  private mutating func remember(_ market: MarketSlug, _ change: (inout Remembered) -> Void) {
    if let index = remembered.firstIndex(where: { $0.market == market }) {
      change(&remembered[index])
    } else {
      var new = Remembered(market: market)
      change(&new)
      remembered.insert(new, at: remembered.firstIndex { $0.market > market } ?? remembered.count)
    }
  }

  /// A market whose window is over needs no more history.
  private mutating func forget(_ market: MarketSlug, _ context: StrategyContext) {
    guard !context.positions.holds(market), !context.isBusy(market) else { return }
    remembered.removeAll { $0.market == market }
    exits.removeAll { $0.market == market }
    if rules.input == .tokenMid { series.removeAll { $0.name == market.text } }
  }
}
