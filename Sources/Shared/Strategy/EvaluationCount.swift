/// How often an agent's strategy judged something since the agent's birth, and what came of it. One evaluation is one thing that the
/// strategy said about an event, or a price about which it said nothing; so `evaluations` is `quiet`, `refused` and `signals` together,
/// each counted where it happens. Every count only grows.
public struct EvaluationCount: Hashable, Sendable {
  public internal(set) var evaluations: Int64 = 0
  /// Nothing to do: no signal, or a cancel that is under way already.
  public internal(set) var quiet: Int64 = 0
  /// Signals not acted on, by reason.
  public internal(set) var refused: [RefusalReason: Int64] = [:]
  /// Intents made: entries, exits, cancels.
  public internal(set) var signals: Int64 = 0

  public init() {}

  public var refusals: Int64 { refused.values.reduce(0, +) }

  /// Refusals by `RefusalReason`, as the column `evaluation_counts.reasons` holds them.
  public var reasons: JSON {
    .object(
      refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { JSON.Member($0.key.rawValue, .int($0.value)) })
  }
}
