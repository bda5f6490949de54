// Strategy: what an agent thinks. Uses `Values`, `Runtime`, `Market`, `Orders`, `Messages`, `Indicators`; reads no clock, opens nothing.
//
//   Strategy          the one interface every strategy is written against    StrategyRegistry    name → strategy
//   StrategyContext   what it may see                                         StrategyOutput      what it may say
//   StrategyParameters  its checked settings                                  TradeRules          guards, size and exits, shared
//   DirectionalStrategy  a signal plus the rules: all but the next two        AgentCore           the agent around a strategy
//   HammerStrategy    the last seconds of a window (mathematics: Hammer)        DrillStrategy       orders without an opinion
//   SignalRecomputation  a decision checked by its definition                 RecordedFigures     … against the feed's recording
//
// How to add one: docs/strategies.md.

/// What reaches a strategy, one at a time, in the order in which the agent consumes it. The context already includes it.
public enum StrategyEvent: Sendable {
  /// A market the agent follows has moved.
  case market(MarketUpdate)
  /// A reference price has moved.
  case reference(ReferencePrice)
  /// Something became of one of the agent's own intents. `terms` is what was wanted, when the agent still knows.
  case order(OrderEventMessage, terms: IntentMessage.Terms?)
  /// An intent of ours was not answered while it was useful, and will not be any more.
  case lapsed(IntentMessage.Terms)
  /// Time has passed (several times a second on the wall clock).
  case timer

  var isPrice: Bool {
    switch self {
    case .market, .reference: true
    case .order, .lapsed, .timer: false
    }
  }
}

/// A way to trade. A value: the same events in the same context give the same output, so a recorded day replays to the same
/// decisions, and a decision never depends on what came after it.
///
/// A strategy owns no positions and sends nothing: it reads both from the context and says what it wants. The agent around it numbers,
/// repeats and records.
public protocol Strategy: Sendable {
  /// Name, description and parameters, for the registry, the configuration and the documents.
  static var kind: StrategyKind { get }

  /// - Parameter parameters: checked against `kind`; only contradictions between parameters can be refused here.
  init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal)

  /// Reacts to one event. Wishes and refusals are appended to `output` in the order in which they shall be acted on.
  mutating func handle(_ event: StrategyEvent, _ context: StrategyContext, _ output: inout StrategyOutput)

  /// All that must survive a restart: histories, cool-downs, unfinished exits.
  var checkpoint: JSON { get }

  /// Takes the state of a checkpoint that an equal strategy with equal parameters wrote. `false`, with the state as new, when it is
  /// damaged or of another shape: the strategy then warms up again.
  mutating func restore(_ checkpoint: JSON) -> Bool
}
