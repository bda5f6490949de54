import FloorIOData
import Shared

/// `floor hire | start | pause | stop | retire | clone AGENT`: orders to the boss.
enum RosterCommands {
  static let all = [
    FloorCommand(
      name: "hire", summary: "add an agent to the roster",
      usage:
        "AGENT [--file FILE | --strategy NAME [--series A,B] [--events A,B] [--size-usd N] [--set KEY=VALUE]…] [--timeout SECONDS]",
      details: """
        Without --strategy the agent's file is read: FILE, or STATE/share/config/agents/AGENT.yaml. It is checked here; the boss decides.
        """, options: ["file", "strategy", "series", "events", "size-usd", "set", "timeout", "reason"], run: hire),
    order("start", "let a paused, quarantined or hired agent run", seconds: 20),
    order("pause", "no new entries of an agent; its process goes on and may close its positions", seconds: 20),
    order("stop", "end an agent's process until it is started again; the gateway takes its positions", seconds: 30),
    order("retire", "take an agent out for good: fence, close its positions, return its capital", seconds: 120),
    order("clone", "a child of an agent with mutated parameters and a small allocation", seconds: 30),
  ]

  private static func order(_ verb: String, _ summary: String, seconds: Int) -> FloorCommand {
    FloorCommand(
      name: verb, summary: summary, usage: "AGENT [--reason TEXT] [--timeout SECONDS] [--json]",
      options: ["reason", "timeout"]
    ) { line, instance in
      let agent = try agentName(line)
      let limit = try line.whole("timeout", default: seconds, in: 1...3600)
      let arguments: JSON = line.option("reason").map { ["reason": .string($0)] } ?? .object([])
      return try BossOrder.give(
        verb, agent.text, arguments, over: try instance.openDatabase(), .seconds(limit), instance)
    }
  }

  private static func agentName(_ line: CommandLineWords) throws(FloorFailure) -> AgentName {
    let word = try line.oneWord("one agent's name")
    guard let name = AgentName(word) else {
      throw FloorFailure(.usage, "\(word) is no legal name of an agent: at most 40 of a-z, 0-9 and -")
    }
    return name
  }

  private static func hire(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let agent = try agentName(line)
    let limit = try line.whole("timeout", default: 20, in: 1...3600)
    let file = try agentFile(agent, line, instance)
    var arguments: JSON = ["strategy": .string(file.strategy), "parameters": file.json]
    if let reason = line.option("reason") { arguments = arguments.with("reason", .string(reason)) }
    return try BossOrder.give(
      "hire", agent.text, arguments, over: try instance.openDatabase(), .seconds(limit), instance)
  }

  /// The agent as its file or the options describe it, checked as the boss checks its first roster.
  static func agentFile(_ agent: AgentName, _ line: CommandLineWords, _ instance: Instance) throws -> AgentFile {
    if let strategy = line.option("strategy") {
      return try load("command line", agent.text, try written(agent, strategy, line))
    }
    return try agentFile(
      at: line.option("file") ?? instance.stateDirectory + "/share/config/agents/\(agent.text).yaml", stem: agent.text)
  }

  static func agentFile(at path: String, stem: String) throws -> AgentFile {
    let tree: ConfigNode
    do {
      tree = try YAMLTree.read(path)
    } catch {
      throw FloorFailure(
        .usage, "\(path): \(error). Give another file, or --strategy NAME with --series A,B or --events A,B.")
    }
    return try load(path, stem, tree)
  }

  private static func load(_ source: String, _ stem: String, _ tree: ConfigNode) throws -> AgentFile {
    do {
      // What the feed follows is known to the running floor alone; the boss looks at that.
      return try AgentFile.load(
        file: source, stem: stem, tree: tree, strategies: StrategyRegistry.configKeys,
        followed: FollowedMarkets(
          series: words("series", of: tree), events: words("events", of: tree).map(RosterCommands.example)))
    } catch {
      throw FloorFailure(.configuration, "\(error)")
    }
  }

  private static func written(
    _ agent: AgentName, _ strategy: String, _ line: CommandLineWords
  ) throws(FloorFailure) -> ConfigNode {
    func scalar(_ text: String) -> ConfigNode { ConfigNode(.scalar(text), line: 1) }
    func entry(_ key: String, _ value: ConfigNode) -> ConfigNode.Entry { ConfigNode.Entry(key, line: 1, value) }
    let markets = ["series", "events"].compactMap { key in line.option(key).map { (key, $0) } }
    guard !markets.isEmpty else { throw FloorFailure(.usage, "--strategy needs --series A,B or --events A,B") }
    var parameters: [ConfigNode.Entry] = []
    for pair in line.every("set") {
      guard let equals = pair.firstIndex(of: "=") else { throw FloorFailure(.usage, "--set takes KEY=VALUE") }
      parameters.append(entry(String(pair[..<equals]), scalar(String(pair[pair.index(after: equals)...]))))
    }
    var entries = [
      entry("name", scalar(agent.text)), entry("strategy", scalar(strategy)),
    ]
    for (key, words) in markets {
      entries.append(entry(key, ConfigNode(.sequence(words.split(separator: ",").map { scalar(String($0)) }), line: 1)))
    }
    if let size = line.option("size-usd") { entries.append(entry("size_usd", scalar(size))) }
    if !parameters.isEmpty { entries.append(entry("parameters", ConfigNode(.mapping(parameters), line: 1))) }
    return ConfigNode(.mapping(entries), line: 1)
  }

  /// A slug that the name of event markets stands for.
  private static func example(_ name: String) -> String {
    name == "*" ? "any" : name.hasSuffix("*") ? String(name.dropLast()) : name
  }

  private static func words(_ key: String, of tree: ConfigNode) -> [String] {
    guard case .mapping(let entries) = tree.content,
      case .sequence(let items)? = entries.first(where: { $0.key == key })?.value.content
    else { return [] }
    return items.compactMap { if case .scalar(let text) = $0.content { text } else { nil } }
  }
}
