/// One value as somebody wrote it, and where.
public struct ConfigSetting: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    case empty
    case scalar(String)
    case list([String])

    public var text: String {
      switch self {
      case .empty: ""
      case .scalar(let text): text
      case .list(let items): "[" + items.joined(separator: ", ") + "]"
      }
    }
  }

  public let path: String
  public let content: Content
  /// `config/floor.yaml:12`, `environment FLOOR_…`, `command line`.
  public let place: String

  public init(_ path: String, _ content: Content, place: String) {
    self.path = path
    self.content = content
    self.place = place
  }
}

/// One layer of the configuration; later layers win over earlier ones, except in limits.
public struct ConfigLayer: Hashable, Sendable {
  /// `profile floor1000`, `file`, `environment`, `command line`.
  public let name: String
  public let settings: [ConfigSetting]
  /// What was wrong already in the form of the layer.
  public let problems: [ConfigProblem]

  public init(name: String, settings: [ConfigSetting], problems: [ConfigProblem] = []) {
    self.name = name
    self.settings = settings
    self.problems = problems
  }
}

extension ConfigLayer {
  /// A file's tree, its mappings flattened to dotted paths.
  public init(name: String, file: String, tree: ConfigNode) {
    var settings: [ConfigSetting] = []
    var problems: [ConfigProblem] = []
    ConfigLayer.flatten(tree, at: "", file: file, &settings, &problems)
    self.init(name: name, settings: settings, problems: problems)
  }

  private static func flatten(
    _ node: ConfigNode, at path: String, file: String, _ settings: inout [ConfigSetting],
    _ problems: inout [ConfigProblem]
  ) {
    let place = "\(file):\(node.line)"
    switch node.content {
    case .empty:
      if !path.isEmpty { settings.append(ConfigSetting(path, .empty, place: place)) }
    case .scalar(let text):
      if path.isEmpty {
        problems.append(
          ConfigProblem(place, key: nil, value: text, "is not a list of keys", remedy: "write `key: value` lines"))
      } else {
        settings.append(ConfigSetting(path, .scalar(text), place: place))
      }
    case .sequence(let items):
      var words: [String] = []
      for item in items {
        guard let text = ConfigLayer.line(item) else {
          problems.append(
            ConfigProblem(
              "\(file):\(item.line)", key: path, value: nil, "has something other than a word in its list",
              remedy: "write one plain word a line"))
          return
        }
        words.append(text)
      }
      settings.append(ConfigSetting(path, .list(words), place: place))
    case .mapping(let entries):
      var first: [String: Int] = [:]
      for entry in entries {
        let below = path.isEmpty ? entry.key : path + "." + entry.key
        if let line = first[entry.key] {
          problems.append(
            ConfigProblem(
              "\(file):\(entry.line)", key: below, value: nil, "stands twice in one file (first on line \(line))",
              remedy: "keep one of the two"))
          continue
        }
        first[entry.key] = entry.line
        let value = ConfigNode(entry.value.content, line: entry.line)
        flatten(value, at: below, file: file, &settings, &problems)
      }
    }
  }

  /// An item of a list on one line: a word, or of an item with members of one word each `scope=category pct=20`, as on the command line.
  private static func line(_ item: ConfigNode) -> String? {
    switch item.content {
    case .scalar(let text): return text
    case .mapping(let entries):
      var parts: [String] = []
      for entry in entries {
        guard case .scalar(let text) = entry.value.content, !text.isEmpty,
          !text.utf8.contains(where: { $0 <= 32 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "=") })
        else { return nil }
        parts.append("\(entry.key)=\(text)")
      }
      return parts.joined(separator: " ")
    case .empty, .sequence: return nil
    }
  }

  /// The variables of the environment that begin with `FLOOR_`, and those that the founding texts named. A `FLOOR_` name that stands for no key is a problem: it was meant to do
  /// something. `ignoring` lists names that other programs of the project read.
  public init(environment: [(name: String, value: String)], schema: ConfigSchema, ignoring: Set<String>) {
    var settings: [ConfigSetting] = []
    var problems: [ConfigProblem] = []
    for (name, value) in environment.sorted(by: { $0.name < $1.name })
    where (name.hasPrefix("FLOOR_") || schema.legacyEnvironmentNames.contains(name)) && !ignoring.contains(name) {
      if schema.legacyEnvironmentNames.contains(name) {
        settings.append(ConfigSetting(name, .scalar(value), place: "environment \(name)"))
      } else if let key = schema.keys.first(where: { $0.environmentName == name }) {
        settings.append(ConfigSetting(key.path, .scalar(value), place: "environment \(name)"))
      } else {
        let near = Spelling.nearest(to: name, of: schema.keys.map(\.environmentName))
        problems.append(
          ConfigProblem(
            "environment \(name)", key: nil, value: nil, "stands for no key of the configuration",
            remedy: near.map { "did you mean \($0)?" } ?? "unset it"))
      }
    }
    self.init(name: "environment", settings: settings, problems: problems)
  }

  /// Pairs `path=value` of the command line.
  public init(commandLine pairs: [String]) {
    var settings: [ConfigSetting] = []
    var problems: [ConfigProblem] = []
    for pair in pairs {
      guard let split = pair.firstIndex(of: "="), split != pair.startIndex else {
        problems.append(
          ConfigProblem(
            "command line", key: nil, value: pair, "is not of the form key=value",
            remedy: "write --set limits.per_trade_pct=1"))
        continue
      }
      let value = String(pair[pair.index(after: split)...])
      settings.append(ConfigSetting(String(pair[..<split]), .scalar(value), place: "command line"))
    }
    self.init(name: "command line", settings: settings, problems: problems)
  }
}
