import FloorIOData
import Glibc
import Shared

/// `floor config`: asks the very program that reads the configuration.
enum ConfigCommand {
  static let command = FloorCommand(
    name: "config", summary: "check the configuration (all problems at once), show it, explain a key",
    usage: "check [--live] | show | explain [KEY | SECTION] [--config FILE] [--profile NAME] [--set KEY=VALUE]…",
    details: """
      check           configuration, agents and secrets; starts nothing. Exit status 78: refused, with every problem in one message.
      check --live    also ports that somebody else has, and servers that do not answer
      show            every key with the value that counts and where it was written
      explain KEY     unit, range, built-in value, meaning, who set it, and the comment written above it; without KEY all keys.
                      KEY may be a strategy's parameter (momentum.lookback_s; momentum lists all of them), or a name that the founding
                      texts gave it (DRY_RUN, money.starting_balance, hammer_secs)
      What scripts/run was told by --set counts here too.
      """, options: ["config", "profile", "set"], flags: ["live"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    switch line.words.first {
    case "check" where line.words.count == 1: return try check(line, instance)
    case "show" where line.words.count == 1: return try show(line, instance)
    case "explain" where line.words.count <= 2: return try explain(line.words.dropFirst().first, line, instance)
    default: throw FloorFailure(.usage, "give check, show or explain [KEY]")
    }
  }

  /// What the boss says of the configuration that it would start with.
  struct Answer {
    let problems: [ConfigProblem]
    let config: EffectiveConfig
    let json: JSON
  }

  /// - Parameter isLive: also look at ports and servers.
  static func ask(_ instance: Instance, isLive: Bool, _ line: CommandLineWords? = nil) throws -> Answer {
    let boss = try Siblings.path("floor-boss")
    var arguments = ["--check", "--json", "--state", instance.stateDirectory, "--instance", instance.name]
    arguments += ["--run", instance.runDirectory ?? "/tmp"]
    arguments += ["--config", line?.option("config").map(Instance.absolute) ?? instance.configurationFile]
    if isLive { arguments.append("--live") }
    if let profile = line?.option("profile") { arguments += ["--profile", profile] }
    for pair in instance.settings + (line?.every("set") ?? []) { arguments += ["--set", pair] }
    let output = try Command.run(boss, arguments, environment: environment(), timeout: .seconds(60))
    let json: JSON
    do {
      json = try JSON.parse(output.text)
    } catch {
      throw FloorFailure(.broken, "floor-boss --check: \(output.status): \(output.text)")
    }
    guard let problems = json["problems"]?.array,
      let config = EffectiveConfig(schema: FloorSchema.schema, layersJSON: json["settings"] ?? .null)
    else {
      throw FloorFailure(.broken, "floor-boss is of another version than this program: scripts/run installs both")
    }
    return Answer(problems: problems.compactMap(ConfigProblem.init), config: config, json: json)
  }

  /// The environment is a layer of the configuration, so the boss is asked with ours.
  private static func environment() -> [String: String] {
    var result = ChildSpecification.allowedEnvironment()
    for name in FloorSchema.schema.keys.map(\.environmentName) + FloorSchema.schema.legacyEnvironmentNames {
      if let value = unsafe getenv(name) { result[name] = unsafe String(cString: value) }
    }
    return result
  }

  private static func check(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let answer = try ask(instance, isLive: line.has("live"), line)
    if instance.isJSON {
      print(
        (["problems": answer.json["problems"] ?? .array([]), "agents": answer.json["agents"] ?? .array([])] as JSON)
          .text)
    } else if answer.problems.isEmpty {
      let agents = (answer.json["agents"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
      print("the configuration is good: \(FloorSchema.schema.keys.count) keys, first agents: \(agents)")
    } else {
      Terminal.complain(ConfigRefusal(answer.problems).description)
    }
    for notice in answer.json["notices"]?.array ?? [] { Terminal.complain(notice.string ?? "") }
    return answer.problems.isEmpty ? .done : .configuration
  }

  private static func show(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let answer = try ask(instance, isLive: false, line)
    if instance.isJSON {
      print((answer.json["settings"] ?? .array([])).text)
    } else {
      print(answer.config.listing)
    }
    guard answer.problems.isEmpty else {
      Terminal.complain(ConfigRefusal(answer.problems).description)
      return .configuration
    }
    return .done
  }

  // MARK: Explain

  private static func explain(_ path: String?, _ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let schema = FloorSchema.schema
    guard let path, !schema.isSection(path) else {
      let keys = schema.keys.filter { key in path.map { key.path.hasPrefix($0 + ".") } ?? true }
      let width = keys.map(\.path.count).max() ?? 0
      for key in keys { print("\(key.path.padded(to: width))  \(key.meaning)") }
      return .done
    }
    guard let key = schema[path] else {
      guard let text = Explanation.elsewhere(path) else {
        throw FloorFailure(.usage, "\(path) is not a key of the floor: \(schema.remedy(forUnknown: path))")
      }
      print(text)
      // One of the floor's own keys by an old name: that key is what was asked for.
      let ours = LegacySpellings.floor.first { $0.old == path }?.targets(profile: nil)?.first
      return try ours.map { try explain($0.path, line, instance) } ?? .done
    }
    let config: EffectiveConfig
    do {
      config = try ask(instance, isLive: false, line).config
    } catch {
      // What the key means does not depend on a floor being there.
      print(([path] + key.facts).joined(separator: "\n"))
      Terminal.complain("its present value is not known: \(error)")
      return .done
    }
    print(config.explain(path) ?? path)
    for place in config.places(path) {
      guard let comment = comment(above: place) else { continue }
      print("  comment  \(comment)")
      break
    }
    return .done
  }

  /// The comment lines directly above `FILE:LINE`, as one text.
  static func comment(above place: String) -> String? {
    guard let colon = place.lastIndex(of: ":"), let number = Int(place[place.index(after: colon)...]), number > 0 else {
      return nil
    }
    let bytes: [UInt8]
    do {
      bytes = try SmallFile.read(String(place[..<colon]), bytesMax: 1 << 20)
    } catch {
      // `environment …`, or a file that is gone since: there is no comment to show.
      return nil
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    var words: [String] = []
    for line in lines.prefix(number - 1).reversed() {
      let text = line.drop { $0 == " " }
      guard text.hasPrefix("#") else { break }
      words.insert(String(text.drop { $0 == "#" || $0 == " " }), at: 0)
    }
    return words.isEmpty ? nil : words.joined(separator: " ")
  }
}

/// The floor's other programs, installed beside this one.
enum Siblings {
  static func path(_ name: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBufferPointer {
      unsafe readlink("/proc/self/exe", $0.baseAddress!, $0.count)
    }
    guard count > 0 else { throw FloorFailure(.broken, "/proc/self/exe cannot be read") }
    let own = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = own.prefix(upTo: own.lastIndex(of: "/") ?? own.endIndex) + "/" + name
    guard unsafe access(String(path), X_OK) == 0 else {
      throw FloorFailure(.unavailable, "\(name) is not beside this program (\(path))")
    }
    return String(path)
  }
}
