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

  /// How far a market's token travels.
  struct Ranged: Sendable {
    let market: MarketSlug
    var range: AverageRange
  }

  /// What a position's exits are measured by, as it was when it was opened, and how well it has stood since.
  struct Held: Hashable, Sendable {
    let market: MarketSlug
    let outcome: Outcome
    /// At 10⁻⁶ dollars a share; `nil` when it was not known.
    let range: Double?
    var peak: Price
  }

  struct Series: Sendable {
    let name: String
    var signal: Signal
  }

  let rules: TradeRules
  private let parameters: StrategyParameters
  /// Ordered by name: `btc/usd`, or the slug when the input is the market's own.
  var series: [Series] = []
  /// Ordered by market and outcome.
  var exits: [Exit] = []
  /// Ordered by market.
  var remembered: [Remembered] = []
  /// Ordered by market; empty where no exit asks for ranges.
  var ranges: [Ranged] = []
  /// Ordered by market and outcome; likewise.
  var held: [Held] = []

  public init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal) {
    self.parameters = parameters
    rules = try TradeRules(parameters)
    let problems = Signal.problems(parameters, input: rules.input)
    guard problems.isEmpty else { throw StrategyParameters.Refusal(problems: problems) }
  }

  public mutating func handle(_ event: StrategyEvent, _ context: StrategyContext, _ output: inout StrategyOutput) {
    switch event {
    case .market(let market):
      if market.state == .live {
        if rules.input != .reference { observe(in: market.slug.text) { $0.observe(market) } }
        if rules.exits.needsRange, let mid = market.mid { measure(mid, at: market.envelope.time, in: market.slug) }
      }
      consider(market, context, &output)
      if market.state == .closed || market.state == .resolved { forget(market.slug, context) }
    case .reference(let price):
      guard rules.input == .reference, price.kind == rules.referenceKind else { return }
      observe(in: price.symbol) { $0.observe(price) }
      for market in context.markets.all where market.series?.symbol == price.symbol {
        consider(market, context, &output)
      }
    case .order(let event, let terms): learn(event, terms, context)
    case .lapsed(let terms): end(of: terms, context)
    case .timer: leave(context.positions.all, context, &output)
    }
  }

  // MARK: Signals

  private mutating func observe(in name: String, _ observe: (inout Signal) -> Void) {
    var index = series.firstIndex { $0.name >= name } ?? series.count
    if index == series.count || series[index].name != name {
      series.insert(Series(name: name, signal: emptySignal()), at: index)
      index = series.firstIndex { $0.name == name } ?? index
    }
    observe(&series[index].signal)
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
        range: range(of: market.slug), context: context)
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
        held.removeAll { $0.market == fill.market && $0.outcome == fill.outcome }
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
    ranges.removeAll { $0.market == market }
    held.removeAll { $0.market == market }
    if rules.input != .reference { series.removeAll { $0.name == market.text } }
  }
}
