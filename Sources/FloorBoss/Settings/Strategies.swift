import Shared

/// The strategies of this floor, as the configuration, the mutation and the roster need them.
enum Strategies {
  /// Parameters of every strategy, for checking agents' files.
  static var keys: [String: [ConfigKey]] {
    Dictionary(uniqueKeysWithValues: StrategyRegistry.kinds.map { ($0.name, $0.parameters.map(\.key)) })
  }

  static var names: Set<String> { Set(StrategyRegistry.kinds.map(\.name)) }

  /// What the column `parameters` of an agent holds: `series`, `size_usd`, and the strategy's own `parameters`.
  static func row(_ agent: AgentFile) -> JSON {
    [
      "series": .array(agent.series.map { .string($0) }), "size_usd": .text(agent.size),
      "parameters": agent.parameters,
    ]
  }

  /// The row of a clone: its parent's, with mutated strategy parameters.
  static func mutated(_ parent: Roster.Agent, seed: UInt64) -> JSON {
    let kind = StrategyRegistry.kinds.first { $0.name == parent.strategy }
    let knobs = (kind?.parameters ?? []).compactMap { parameter -> Mutation.Knob? in
      guard let bounds = parameter.mutation else { return nil }
      let isDecimal = if case .decimal = parameter.key.kind { true } else { false }
      return Mutation.Knob(name: parameter.key.path, isDecimal: isDecimal, bounds: bounds)
    }
    var chance = SeededGenerator(seed: seed)
    let own = parent.parameters["parameters"] ?? .object([])
    return parent.parameters.with("parameters", Mutation.mutate(own, knobs: knobs, chance: &chance))
  }

  /// A draining agent's positions are the gateway's; a hired one has not begun.
  static func wantsProcess(_ status: Roster.Status) -> Bool {
    switch status {
    case .running, .paused, .quarantined: true
    case .hired, .draining, .retired: false
    }
  }
}
