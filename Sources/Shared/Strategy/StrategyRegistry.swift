/// Every strategy there is. A strategy exists when it stands in this list; nothing else refers to a strategy by its type.
public enum StrategyRegistry {
  private static let all: [any Strategy.Type] = [
    MomentumStrategy.self, MeanReversionStrategy.self, SpikeStrategy.self, VolumeStrategy.self, HammerStrategy.self,
    DrillStrategy.self,
  ]

  /// In the order of their names.
  public static var kinds: [StrategyKind] { all.map { $0.kind }.sorted { $0.name < $1.name } }
  /// What each lives from, by its name.
  public static var classes: [String: StrategyClass] {
    Dictionary(all.map { ($0.kind.name, $0.kind.strategyClass) }) { first, _ in first }
  }

  public static func kind(_ name: String) -> StrategyKind? { all.first { $0.kind.name == name }?.kind }

  /// The parameters of every strategy as configuration keys, by strategy: what the reader of `config/agents` checks against.
  public static var configKeys: [String: [ConfigKey]] {
    Dictionary(uniqueKeysWithValues: all.map { ($0.kind.name, $0.kind.parameters.map(\.key)) })
  }

  /// Makes a strategy. Refuses an unknown name and unfit parameters, all problems at once.
  public static func make(
    _ name: String, parameters: JSON, size: USD
  ) throws(StrategyParameters.Refusal) -> any Strategy {
    guard let type = all.first(where: { $0.kind.name == name }) else {
      let known = kinds.map(\.name).joined(separator: ", ")
      throw StrategyParameters.Refusal(problems: ["\(name) is no strategy of this floor; there are \(known)"])
    }
    return try type.init(try StrategyParameters(type.kind, parameters, size: size))
  }

  /// The settings of a clone: each movable parameter is moved by up to `spread` of its value (at least one step), inside its declared
  /// bounds; one that would come out equal is left. The rest is the parent's. The same seed gives the same clone.
  /// - Parameter spread: 0 … 1, the largest relative change.
  public static func mutate(
    _ name: String, parameters: JSON, size: USD, spread: Double, using random: inout SeededGenerator
  ) throws(StrategyParameters.Refusal) -> JSON {
    guard let kind = kind(name) else {
      throw StrategyParameters.Refusal(problems: ["\(name) is no strategy of this floor"])
    }
    var json = try StrategyParameters(kind, parameters, size: size).json(of: kind)
    for parameter in kind.parameters {
      guard let bounds = parameter.mutation, let value = json[parameter.key.path] else { continue }
      let shift = (random.uniform() * 2 - 1) * min(1, max(0, spread))
      switch parameter.key.kind {
      case .whole:
        guard let old = value.int else { continue }
        let step = max(1, Int64((Double(old.magnitude) * abs(shift)).rounded()))
        json = json.with(parameter.key.path, .int(clamp(shift < 0 ? old - step : old + step, bounds)))
      case .decimal:
        guard let text = value.decimalText, let old = try? Decimal6.parse(text) else { continue }
        // What is off stays off: a clone has its parent's rules, with other figures.
        if old == 0, !bounds.contains(0) { continue }
        // On a grid of a thousandth of the value's own size, so that a clone's settings can be read by a person.
        var grain: Int64 = 1
        while grain * 1000 < Int64(old.magnitude) { grain *= 10 }
        let moved = Int64((Double(old) * (1 + shift) / Double(grain)).rounded()) * grain
        json = json.with(parameter.key.path, .string(Decimal6.text(clamp(moved, bounds))))
      default: continue
      }
    }
    // The bounds lie inside the ranges of the keys, but rules between parameters may still refuse: then the parent's stand.
    return (try? make(name, parameters: json, size: size)) == nil ? parameters : json
  }

  private static func clamp(_ value: Int64, _ bounds: ClosedRange<Int64>) -> Int64 {
    min(bounds.upperBound, max(bounds.lowerBound, value))
  }
}
