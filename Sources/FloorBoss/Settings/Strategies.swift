import Shared

/// The strategies of this floor, as the configuration, the mutation and the roster need them.
enum Strategies {
  /// Largest relative change of one parameter from a parent to its clone.
  private static let spread = 0.25

  /// What the column `parameters` of an agent holds: `series`, `events`, `size_usd`, and the strategy's own `parameters`.
  static func row(_ agent: AgentFile) -> JSON {
    [
      "series": .array(agent.series.map { .string($0) }), "events": .array(agent.events.map { .string($0) }),
      "size_usd": .text(agent.size), "sizing": agent.sizing.json, "parameters": agent.parameters,
    ]
  }

  /// The row of a clone: its parent's, with mutated strategy parameters.
  /// - Parameter seed: the same seed gives the same clone.
  static func mutated(_ parent: Roster.Agent, seed: UInt64) throws -> JSON {
    var chance = SeededGenerator(seed: seed)
    let own = parent.parameters["parameters"] ?? .object([])
    let size = parent.parameters["size_usd"]?.usd ?? USD(dollars: 1)
    let child = try StrategyRegistry.mutate(
      parent.strategy, parameters: own, size: size, spread: spread, using: &chance)
    return parent.parameters.with("parameters", child)
  }

  /// A draining agent's positions are the gateway's; a hired one has not begun.
  static func wantsProcess(_ status: Roster.Status) -> Bool {
    switch status {
    case .running, .paused, .quarantined: true
    case .hired, .draining, .retired: false
    }
  }
}
