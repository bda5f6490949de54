import FloorIOData
import FloorIOVenue
import FloorSim
import Shared

/// The floor of a backtest as the command line describes it: limits of a configuration, agents, and what is assumed.
struct BacktestFloor {
  let agents: [Backtest.Agent]
  var settings: BacktestSettings

  init(_ line: CommandLineWords, _ instance: Instance) throws {
    let files = try BacktestFloor.agents(line, instance)
    let config = try BacktestFloor.configuration(line, instance)
    var settings = BacktestSettings()
    do {
      let limits = try FloorLimits(config, agents: files.count)
      // As the boss does it at an agent's birth.
      agents = files.map { file in
        let agent = Backtest.Agent(file)
        return Backtest.Agent(
          name: agent.name, strategy: agent.strategy, parameters: agent.parameters,
          size: limits.entry(wanting: file.sizing.most(size: agent.size, allocation: limits.allocationPerAgent)),
          series: agent.series, events: agent.events)
      }
      settings.capital = limits.capital
      settings.allocation = limits.allocationPerAgent
      settings.limits = try RiskLimits(config)
      settings.streakPause = try config.duration("limits.loss_streak_pause_s")
      settings.terms.staleAfter = try config.duration("market.stale_after_ms")
    } catch {
      throw FloorFailure(.configuration, "\(error)")
    }
    try BacktestFloor.assume(line, &settings)
    self.settings = settings
  }

  private static func assume(_ line: CommandLineWords, _ settings: inout BacktestSettings) throws {
    let latency = try line.whole("latency-ms", default: 50, in: 0...60_000)
    settings.latencyOut = .milliseconds(latency)
    settings.latencyBack = .milliseconds(latency)
    if let text = line.option("fee-rate") {
      guard let micros = try? Decimal6.parse(text), let fee = TakerFee(rateMicros: micros, exponent: 1) else {
        throw FloorFailure(.usage, "--fee-rate \(text): a rate from 0 to 1 is wanted, 0.07 for crypto windows")
      }
      settings.terms.fee = fee
    }
    if let text = line.option("quote-size") {
      guard let size = try? Shares(parsing: text), size > .zero else {
        throw FloorFailure(.usage, "--quote-size \(text): a number of shares above 0 is wanted")
      }
      settings.terms.quoteSize = size
    }
    settings.terms.settlementTWAP = try twap(line, default: settings.terms.settlementTWAP)
    if let text = line.option("stale-after-s") {
      guard let seconds = Int64(text), (1...86_400).contains(seconds) else {
        throw FloorFailure(.usage, "--stale-after-s \(text): whole seconds from 1 to 86400 are wanted")
      }
      settings.terms.staleAfter = .seconds(seconds)
      settings.limits.bookAgeMax = .seconds(seconds)
    }
    if let path = line.option("results").map(Instance.absolute) { settings.terms.results = try results(path) }
  }

  /// The look-back of the mean that settles; `nil` for single observations.
  static func twap(_ line: CommandLineWords, default standard: Int?) throws -> Int? {
    switch line.option("twap") {
    case nil: standard
    case "none": nil
    case "30": 30
    case "60": 60
    case let text?: throw FloorFailure(.usage, "--twap \(text): none, 30 or 60 is wanted")
    }
  }

  static func results(_ path: String) throws -> [MarketSlug: Price] {
    do { return try ResultTable.read(try RecordingImport.read(path)) } catch let error as ImportError {
      throw FloorFailure(.refused, "\(path), as a table of results: \(error)")
    }
  }

  private static func agents(_ line: CommandLineWords, _ instance: Instance) throws -> [AgentFile] {
    if let strategy = line.option("strategy") {
      guard let name = AgentName("\(strategy)-1") else {
        throw FloorFailure(.usage, "\(strategy) is no name of a strategy")
      }
      return [try RosterCommands.agentFile(name, line, instance)]
    }
    let folder = line.option("agents").map(Instance.absolute) ?? instance.stateDirectory + "/share/config/agents"
    let names: [String]
    do {
      names = try DirectoryListing.names(in: folder).filter { $0.hasSuffix(".yaml") }.sorted()
    } catch {
      throw FloorFailure(
        .usage,
        "\(folder): \(error). Give --strategy NAME with --series A,B or --events A,B, or --agents DIR with a file for each agent."
      )
    }
    guard !names.isEmpty else { throw FloorFailure(.usage, "\(folder) holds no agent (NAME.yaml)") }
    return try names.map { name in
      try RosterCommands.agentFile(at: folder + "/" + name, stem: String(name.dropLast(5)))
    }
  }

  /// The configuration's layers, without secrets: nothing here needs any.
  private static func configuration(_ line: CommandLineWords, _ instance: Instance) throws -> ConfigReader {
    var layers: [ConfigLayer] = []
    let isNamed = line.option("config") != nil
    let path = line.option("config").map(Instance.absolute) ?? instance.configurationFile
    if isNamed || SmallFile.exists(path) {
      let file = try layer("file", path)
      // What the floor itself was given on its command line counts for its own configuration only.
      let given = ConfigLayer(commandLine: isNamed ? [] : instance.settings)
      let profile =
        line.option("profile") ?? (file.settings + given.settings).last { $0.path == "profile" }?.content.text
        ?? "floor1000"
      let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      layers = [try layer("profile \(profile)", folder + "/profiles/\(profile).yaml"), file, given]
    } else if let profile = line.option("profile") {
      throw FloorFailure(.usage, "--profile \(profile) needs --config FILE: its folder holds profiles/")
    }
    if let capital = line.option("capital-usd") {
      layers.append(ConfigLayer(commandLine: ["floor.capital_usd=\(capital)"]))
    }
    do {
      return try ConfigLoader.load(schema: FloorSchema.schema, layers: layers, home: path, rules: FloorRules.all).reader
    } catch {
      throw FloorFailure(.configuration, "\(error)")
    }
  }

  private static func layer(_ name: String, _ path: String) throws -> ConfigLayer {
    do { return ConfigLayer(name: name, file: path, tree: try YAMLTree.read(path)) } catch {
      throw FloorFailure(.usage, "\(path) cannot be read: \(error)")
    }
  }
}
