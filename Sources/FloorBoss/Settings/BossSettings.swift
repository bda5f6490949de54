import FloorIOData
import Glibc
import Shared

/// Everything the boss starts from: the checked configuration, the agents' files, the secrets. Reading it has no effect on anything.
struct BossSettings {
  let arguments: BossArguments
  let config: EffectiveConfig
  let figures: BossFigures
  /// The first roster; used when the table `agents` is empty.
  let agents: [AgentFile]
  let secrets: Secrets

  var reader: ConfigReader { config.reader }
  /// Old spellings that were read, and as what.
  var notices: [String] { config.notices + agents.flatMap(\.notices) }

  /// Reads everything, and finds every problem of every file, the environment, the command line and the secrets. With problems the settings
  /// are only good for looking further: see `Preflight`.
  static func examine(_ arguments: BossArguments, environment: [(name: String, value: String)]) -> (
    settings: BossSettings, problems: [ConfigProblem]
  ) {
    let folder = Files.folder(of: arguments.configurationFile)
    var problems: [ConfigProblem] = []
    var layers: [ConfigLayer] = []
    let file = layer("file", arguments.configurationFile, &problems)
    let profileName =
      arguments.settings.last { $0.hasPrefix("profile=") }.map { String($0.dropFirst("profile=".count)) }
      ?? arguments.profile ?? environment.last { $0.name == "FLOOR_PROFILE" }?.value
      ?? file?.settings.last { $0.path == "profile" }?.content.text ?? "floor1000"
    if AgentName(profileName) == nil {
      problems.append(
        ConfigProblem(
          arguments.configurationFile, key: "profile", value: profileName, "is no legal name of a profile",
          remedy: "use a file name from profiles/ without .yaml"))
    } else if let profile = layer("profile \(profileName)", folder + "/profiles/\(profileName).yaml", &problems) {
      layers.append(profile)
    }
    if let file { layers.append(file) }
    layers.append(
      ConfigLayer(
        environment: environment, schema: FloorSchema.schema, ignoring: FloorSchema.otherEnvironmentNames))
    let pairs = (arguments.profile.map { ["profile=\($0)"] } ?? []) + arguments.settings
    layers.append(ConfigLayer(commandLine: pairs))
    let (secrets, secretProblems) = Secrets.read(stateDirectory: arguments.stateDirectory, needed: neededSecrets)
    problems += secretProblems
    // The markets that the agents may name are only known once the rest is readable; their files are checked in the same pass.
    func written(_ key: String) -> [String]? {
      layers.reversed().flatMap(\.settings).first { $0.path == key }.map(words)
    }
    let followed = FollowedMarkets(
      series: written("market.series") ?? builtInSeries, events: written("market.events") ?? [])
    let (agents, agentProblems) = readAgents(
      arguments.agentsDirectory ?? folder + "/agents", followed: followed, profile: profileName)
    problems += agentProblems
    let (config, found) = ConfigLoader.examine(
      schema: FloorSchema.schema, layers: layers, home: arguments.configurationFile, rules: FloorRules.all,
      alsoWrong: problems)
    let (figures, missing) = BossFigures.read(config.reader)
    let settings = BossSettings(
      arguments: arguments, config: config, figures: figures, agents: agents, secrets: secrets)
    // What was refused above is missing below, or replaced by what nobody wrote: that is told once.
    let isVenueKnown = !found.contains { $0.key == "venue" || $0.key == "mode" }
    return (
      settings,
      found + settings.playMoneyProblems(folder: arguments.agentsDirectory ?? folder + "/agents")
        + VenueCredentials.problems(settings) + (isVenueKnown ? VenueOfRecord.problems(settings) : [])
        + settings.stopProblems + (found.isEmpty ? missing : [])
    )
  }

  /// Agents that trade play money only, on a floor that would not: whatever spelling, file or variable said so.
  private func playMoneyProblems(folder: String) -> [ConfigProblem] {
    // A mode that is missing was refused with the rest.
    guard let mode = try? reader.text("mode"), mode != "paper" else { return [] }
    return agents.filter { StrategyRegistry.kind($0.strategy)?.playMoneyOnly == true }.map {
      ConfigProblem(
        folder + "/\($0.name.text).yaml", key: "strategy", value: $0.strategy,
        "trades play money only, and mode is \(mode)", remedy: "remove the agent's file, or set mode: paper")
    }
  }

  /// Whoever kills a floor in the midst of its orderly stop leaves orders at the venue and checkpoints unwritten.
  private var stopProblems: [ConfigProblem] {
    guard let wait = arguments.stopWait, figures.stopWithin + BossSettings.stopMargin > wait else { return [] }
    let most = (wait - BossSettings.stopMargin).components.seconds
    return [
      config.problem(
        "supervision.stop_within_s",
        "is more than supervisord waits for: it kills the floor after \(wait.components.seconds) s",
        "scripts/run or scripts/install again: they write supervisord's stopwaitsecs from this key; or at most \(most)")
    ]
  }

  /// How much longer supervisord waits than the floor takes; `stop_wait` in scripts/lib/private.sh adds the same.
  private static let stopMargin = Duration.seconds(5)

  /// Database roles and bus users that the boss hands to its children, and its own.
  private static var neededSecrets: [String] {
    let desk = ([ProcessNames.boss] + ProcessNames.desk).compactMap(ProcessNames.deskRole)
    return desk.flatMap { ["database_floor_\($0)", "bus_\($0)"] } + ["bus_agent"]
  }

  private static var builtInSeries: [String] {
    guard case .list(let series)? = FloorSchema.schema["market.series"]?.builtIn else { return [] }
    return series
  }

  private static func words(_ setting: ConfigSetting) -> [String] {
    switch setting.content {
    case .list(let items): items
    case .scalar(let text): text.split(separator: ",").map { String($0) }
    case .empty: []
    }
  }

  private static func layer(_ name: String, _ path: String, _ problems: inout [ConfigProblem]) -> ConfigLayer? {
    do {
      return ConfigLayer(name: name, file: path, tree: try YAMLTree.read(path))
    } catch {
      problems.append(
        ConfigProblem(
          path, key: nil, value: nil, "cannot be read: \(error)", remedy: "mend the file, or name another one"))
      return nil
    }
  }

  private static func readAgents(_ folder: String, followed: FollowedMarkets, profile: String) -> (
    [AgentFile], [ConfigProblem]
  ) {
    var agents: [AgentFile] = []
    var problems: [ConfigProblem] = []
    let names: [String]
    do {
      names = try Files.names(in: folder).filter { $0.hasSuffix(".yaml") }
    } catch {
      return ([], [ConfigProblem(folder, key: nil, value: nil, "cannot be read: \(error)", remedy: "make the folder")])
    }
    if names.isEmpty {
      problems.append(
        ConfigProblem(folder, key: nil, value: nil, "has no agent", remedy: "add a file NAME.yaml for each agent"))
    }
    for name in names {
      let path = folder + "/" + name
      do {
        let tree = try YAMLTree.read(path)
        agents.append(
          try AgentFile.load(
            file: path, stem: String(name.dropLast(5)), tree: tree, strategies: StrategyRegistry.configKeys,
            followed: followed, profile: profile))
      } catch let refusal as ConfigRefusal {
        problems += refusal.problems
      } catch {
        problems.append(ConfigProblem(path, key: nil, value: nil, "cannot be read: \(error)", remedy: "mend the file"))
      }
    }
    return (agents, problems)
  }

  /// This process's environment as pairs.
  static func environment() -> [(name: String, value: String)] {
    var pairs: [(name: String, value: String)] = []
    var pointer = unsafe environ
    while let entry = unsafe pointer.pointee {
      let text = unsafe String(cString: entry)
      if let split = text.firstIndex(of: "=") {
        pairs.append((String(text[..<split]), String(text[text.index(after: split)...])))
      }
      unsafe pointer += 1
    }
    return pairs
  }
}
