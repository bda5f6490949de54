/// Puts layers together. All problems of all layers are found in one pass and refused in one message: who mends a configuration should
/// not have to start the floor once for every mistake.
public enum ConfigLoader {
  /// A rule over the whole configuration: returns what is unsafe. Called only with keys that were readable; a missing one is the
  /// loader's problem already.
  public typealias Rule = @Sendable (EffectiveConfig) -> [ConfigProblem]

  /// - Parameters:
  ///   - layers: earliest first, without the built-in one, which comes from the schema.
  ///   - home: file to name when a key without a built-in value is missing.
  ///   - alsoWrong: problems found outside (secrets, agent files), to be reported in the same message.
  public static func load(
    schema: ConfigSchema, layers: [ConfigLayer], home: String, rules: [Rule] = [], alsoWrong: [ConfigProblem] = []
  ) throws(ConfigRefusal) -> EffectiveConfig {
    let (config, problems) = examine(schema: schema, layers: layers, home: home, rules: rules, alsoWrong: alsoWrong)
    if !problems.isEmpty { throw ConfigRefusal(problems) }
    return config
  }

  /// As `load`, for who has more to look at before everything is told at once: the values as far as they could be read, and what is
  /// wrong so far. A value that was refused does not count; its key has the value of the layers below.
  public static func examine(
    schema: ConfigSchema, layers: [ConfigLayer], home: String, rules: [Rule] = [], alsoWrong: [ConfigProblem] = []
  ) -> (config: EffectiveConfig, problems: [ConfigProblem]) {
    var problems: [ConfigProblem] = []
    var offers: [String: [EffectiveConfig.Offer]] = [:]
    for key in schema.keys {
      if let value = key.builtIn {
        offers[key.path] = [.init(value: value, layer: "built-in", place: "the program")]
      }
    }
    var refused: Set<String> = []
    let translated = layers.map(schema.translate)
    for layer in translated.map(\.layer) {
      problems += layer.problems
      for setting in layer.settings {
        guard let key = schema[setting.path] else {
          problems.append(unknown(setting, schema))
          continue
        }
        switch key.kind.read(setting.content) {
        case .success(let value):
          offers[key.path, default: []].append(.init(value: value, layer: layer.name, place: setting.place))
        case .failure(let fault):
          refused.insert(key.path)
          problems.append(
            ConfigProblem(
              setting.place, key: key.path, value: setting.content.text, fault.reason,
              remedy: "give \(key.kind.expectation)"))
        }
      }
    }
    var chosen: [String: Int] = [:]
    for key in schema.keys {
      if key.combination == .allBind, let all = together(offers[key.path] ?? []) {
        offers[key.path, default: []].append(all)
      }
      if let index = choice(key, offers[key.path] ?? []) {
        chosen[key.path] = index
      } else if !refused.contains(key.path) {
        problems.append(
          ConfigProblem(
            home, key: key.path, value: nil, "is missing and has no built-in value",
            remedy: "add \(key.path): \(key.kind.expectation)"))
      }
    }
    for binding in translated.flatMap(\.binding) { problems += contradictions(binding, offers[binding.path] ?? []) }
    let config = EffectiveConfig(
      keys: schema.keys, offers: offers, chosen: chosen, notices: translated.flatMap(\.notices))
    for rule in rules { problems += rule(config) }
    return (config, problems + alsoWrong)
  }

  /// What other layers say otherwise.
  private static func contradictions(
    _ binding: ConfigSetting, _ offers: [EffectiveConfig.Offer]
  ) -> [ConfigProblem] {
    offers.filter { $0.layer != "built-in" && $0.place != binding.place && $0.value.text != binding.content.text }.map {
      ConfigProblem(
        binding.place, key: binding.path, value: binding.content.text,
        "contradicts \($0.place), which says \($0.value.text)", remedy: "remove one of the two")
    }
  }

  private static func unknown(_ setting: ConfigSetting, _ schema: ConfigSchema) -> ConfigProblem {
    if schema.isSection(setting.path) {
      return ConfigProblem(
        setting.place, key: setting.path, value: setting.content.text, "is a section, not a value",
        remedy: "indent its keys below it")
    }
    return ConfigProblem(
      setting.place, key: setting.path, value: setting.content.text, "is not a key of the floor",
      remedy: schema.remedy(forUnknown: setting.path))
  }

  /// Which offer counts. A later equal limit does not take the credit from the earlier one.
  private static func choice(_ key: ConfigKey, _ offers: [EffectiveConfig.Offer]) -> Int? {
    guard !offers.isEmpty else { return nil }
    var best = 0
    for index in offers.indices.dropFirst() {
      switch key.combination {
      case .lastWins, .allBind: best = index
      case .smallestBinds: if stricter(offers[index], than: offers[best], <) { best = index }
      case .largestBinds: if stricter(offers[index], than: offers[best], >) { best = index }
      }
    }
    return best
  }

  /// What several layers say, as one list; `nil` when no more than one says anything.
  private static func together(_ offers: [EffectiveConfig.Offer]) -> EffectiveConfig.Offer? {
    var items: [String] = []
    var places: [String] = []
    for offer in offers {
      guard case .list(let own) = offer.value, !own.isEmpty else { continue }
      for item in own where !items.contains(item) { items.append(item) }
      places.append(offer.place)
    }
    guard !items.isEmpty, offers.last?.value.text != ConfigValue.list(items).text else { return nil }
    return EffectiveConfig.Offer(value: .list(items), layer: "all layers", place: places.joined(separator: ", "))
  }

  private static func stricter(
    _ a: EffectiveConfig.Offer, than b: EffectiveConfig.Offer, _ order: (Int128, Int128) -> Bool
  ) -> Bool {
    guard let x = a.value.magnitude, let y = b.value.magnitude else { return false }
    return order(x, y)
  }
}
