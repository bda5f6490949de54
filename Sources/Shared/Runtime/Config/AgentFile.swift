/// One file of `config/agents`: an agent as the roster is first seeded with it.
public struct AgentFile: Hashable, Sendable {
  public let name: AgentName
  public let strategy: String
  /// Series of contracts it may trade, `btc-5m`.
  public let series: [String]
  /// Event markets it may trade, `mlb-*`.
  public let events: [String]
  /// Dollars it wants to spend on one entry; the floor's limits may allow less.
  public let size: USD
  /// How much of that an entry spends.
  public let sizing: PositionSizing
  /// The strategy's parameters, complete: those not written have the strategy's own values.
  public let parameters: JSON

  /// Old spellings that were read, and as what.
  public let notices: [String]

  /// What the `agents` row keeps as its configuration, and what an agent finds as `agent` in its birth document.
  public var json: JSON {
    [
      "strategy": .string(strategy), "series": .array(series.map { .string($0) }),
      "events": .array(events.map { .string($0) }), "size_usd": .text(size), "sizing": sizing.json,
      "parameters": parameters,
    ]
  }

  private static let commonKeys: [ConfigKey] = [
    ConfigKey("name", .text(maxBytes: 40, optional: false), builtIn: nil, "Name of the agent, unique for ever."),
    ConfigKey("strategy", .text(maxBytes: 40, optional: false), builtIn: nil, "Strategy it runs."),
    ConfigKey(
      "series", .words([], atLeast: 0), builtIn: "", "Series of contracts it may trade, out of market.series."),
    ConfigKey(
      "events", .words([], atLeast: 0), builtIn: "",
      "Event markets it may trade, out of market.events: slugs, or the beginning of slugs and a star."),
    ConfigKey(
      "size_usd", .decimal(from: "1", to: "1000000", .dollars), builtIn: "20",
      "Dollars it wants to spend on one entry; the floor's limits may allow less."),
    ConfigKey(
      "sizing.pct", .decimal(from: "0", to: "100", .percent), builtIn: "0",
      "With method percent: so much of its allocation at its birth is spent on one entry, and size_usd at most."),
  ]

  private static func methodKey(_ own: [ConfigKey]) -> ConfigKey {
    let methods = PositionSizing.methods(statesChance: own.contains { $0.path == PositionSizing.chanceKey })
    return ConfigKey(
      "sizing.method", .word(methods.map(\.rawValue)), builtIn: methods[0].rawValue,
      "What one entry spends: fixed dollars (size_usd), a percent of the allocation, or a fraction of the Kelly share where the strategy states a chance."
    )
  }

  /// Reads one file. All its problems come in one refusal.
  /// - Parameters:
  ///   - stem: the file's name without `.yaml`; the agent carries it.
  ///   - strategies: parameters of every strategy there is, their paths without `parameters.`.
  ///   - followed: what the feed follows.
  ///   - profile: the floor's, in whose words old spellings are read.
  public static func load(
    file: String, stem: String, tree: ConfigNode, strategies: [String: [ConfigKey]], followed: FollowedMarkets,
    profile: String? = nil
  ) throws(ConfigRefusal) -> AgentFile {
    let layer = ConfigLayer(name: "file", file: file, tree: tree)
    let written = layer.settings.first { $0.path == "strategy" }
    var alsoWrong: [ConfigProblem] = []
    var keys = commonKeys
    keys.append(methodKey(written.flatMap { strategies[$0.content.text] } ?? []))
    if let strategy = written?.content.text, let own = strategies[strategy] {
      keys += own.map { $0.below("parameters") }
    } else if let written {
      let known = strategies.keys.sorted()
      let near = Spelling.nearest(to: written.content.text, of: known)
      alsoWrong.append(
        ConfigProblem(
          written.place, key: "strategy", value: written.content.text, "is no strategy of this floor",
          remedy: near.map { "did you mean \($0)?" } ?? "choose one of \(known.joined(separator: ", "))"))
      // Without its strategy nothing can be said about its parameters.
      keys += layer.settings.filter { $0.path.hasPrefix("parameters.") }.map {
        ConfigKey($0.path, .text(maxBytes: 1000, optional: true), builtIn: "", "")
      }
    }
    let rules: [ConfigLoader.Rule] = [
      { config in
        guard let name = config.text("name"), name != stem || AgentName(name) == nil else { return [] }
        return [
          config.problem(
            "name", AgentName(name) == nil ? "is no legal name" : "differs from the file's name",
            AgentName(name) == nil
              ? "use at most 40 of a-z, 0-9 and -" : "rename the file \(name).yaml or the agent \(stem)")
        ]
      },
      { config in
        let isPercent = config.text("sizing.method") == "percent"
        let percent = config.micros("sizing.pct") ?? 0
        if isPercent, percent < 10_000 {
          return [
            config.problem(
              "sizing.pct", "is what method percent needs", "give 0.01 to 100, in per cent of the allocation")
          ]
        }
        guard !isPercent, percent > 0 else { return [] }
        return [
          config.problem(
            "sizing.pct", "is given, and the method is not percent", "remove it, or write sizing.method: percent")
        ]
      },
      { config in
        guard case .list(let series)? = config.value("series"), case .list(let events)? = config.value("events") else {
          return []
        }
        return followed.problems(series: series, events: events).map { config.problem($0.key, $0.what, $0.remedy) }
      },
    ]
    let config = try ConfigLoader.load(
      schema: ConfigSchema(keys, legacy: LegacySpellings.agent(written?.content.text ?? ""), profile: profile),
      layers: [layer], home: file, rules: rules, alsoWrong: alsoWrong)
    guard let name = config.text("name").flatMap({ AgentName($0) }), let strategy = config.text("strategy"),
      case .list(let series)? = config.value("series"), case .list(let events)? = config.value("events"),
      let size = config.micros("size_usd"), let sizing = PositionSizing(config.json["sizing"])
    else { preconditionFailure("a configuration that was accepted is complete") }
    return AgentFile(
      name: name, strategy: strategy, series: series, events: events, size: USD(micros: size),
      sizing: sizing, parameters: config.json["parameters"] ?? .object([]), notices: config.notices)
  }
}

extension ConfigKey {
  /// The same key inside a section.
  func below(_ section: String) -> ConfigKey {
    ConfigKey(section + "." + path, kind, builtIn: builtIn?.text, combination, meaning)
  }
}
