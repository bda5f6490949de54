import Shared

/// What is said of a name that is no key of the floor: a strategy, one of its parameters, or an old spelling.
enum Explanation {
  /// `nil` for what nobody knows.
  static func elsewhere(_ path: String) -> String? {
    if let kind = StrategyRegistry.kind(path) { return list(kind) }
    let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    if parts.count == 2, let kind = StrategyRegistry.kind(parts[0]),
      let parameter = kind.parameters.first(where: { $0.key.path == parts[1] })
    {
      return explain(parameter, of: kind)
    }
    let known = LegacySpellings.named(path)
    if !known.isEmpty { return known.map { explain($0.spelling, of: $0.strategy) }.joined(separator: "\n\n") }
    // `lookback_s` alone: of every strategy that has it.
    let holders = StrategyRegistry.kinds.compactMap { kind in
      kind.parameters.first { $0.key.path == path }.map { explain($0, of: kind) }
    }
    return holders.isEmpty ? nil : holders.joined(separator: "\n\n")
  }

  private static func list(_ kind: StrategyKind) -> String {
    let width = kind.parameters.map(\.key.path.count).max() ?? 0
    return ([kind.summary] + kind.parameters.map { "\(kind.name).\($0.key.path.padded(to: width))  \($0.key.meaning)" })
      .joined(separator: "\n")
  }

  private static func explain(_ parameter: StrategyParameter, of kind: StrategyKind) -> String {
    let key = parameter.key
    var lines = [
      "\(kind.name).\(key.path)", "  takes    \(key.kind.expectation)",
      "  default  \(key.builtIn?.written ?? "none: it has to be given")", "  means    \(key.meaning)",
    ]
    switch (parameter.mutation, key.kind) {
    case (let bounds?, .decimal):
      lines.append("  clones   move it from \(Decimal6.text(bounds.lowerBound)) to \(Decimal6.text(bounds.upperBound))")
    case (let bounds?, _): lines.append("  clones   move it from \(bounds.lowerBound) to \(bounds.upperBound)")
    case (nil, _): lines.append("  clones   leave it as it is")
    }
    return (lines + ["  set by   \(key.path) under parameters: in the file of an agent with strategy: \(kind.name)"])
      .joined(separator: "\n")
  }

  private static func explain(_ spelling: LegacySpelling, of strategy: String?) -> String {
    guard let strategy, let kind = StrategyRegistry.kind(strategy) else { return spelling.explanation }
    let prefix = "parameters."
    let parameters = spelling.targets(profile: nil)?.compactMap { target in
      kind.parameters.first { prefix + $0.key.path == target.path && target.implied == nil }
    }
    return
      (["in the file of a \(strategy) agent: " + spelling.explanation]
      + (parameters ?? []).map { explain($0, of: kind) }).joined(separator: "\n")
  }
}
