/// The checked configuration: one value for every key, and where each came from.
public struct EffectiveConfig: Hashable, Sendable {
  /// A value that some layer offered for a key.
  public struct Offer: Hashable, Sendable {
    public let value: ConfigValue
    /// Name of the layer, `built-in`, `profile floor1000`, `file`, `environment`, `command line`.
    public let layer: String
    public let place: String
  }

  private let offers: [String: [Offer]]
  private let chosen: [String: Int]
  private let keys: [ConfigKey]

  init(keys: [ConfigKey], offers: [String: [Offer]], chosen: [String: Int]) {
    self.keys = keys
    self.offers = offers
    self.chosen = chosen
  }

  /// The value that counts, with its provenance. `nil` when the key is unknown.
  public func offer(_ path: String) -> Offer? {
    guard let index = chosen[path] else { return nil }
    return offers[path]?[index]
  }

  public func value(_ path: String) -> ConfigValue? { offer(path)?.value }

  /// As nested objects, in the schema's order: the `configuration` of birth documents.
  public var json: JSON {
    var root = JSON.object([])
    for key in keys {
      guard let value = value(key.path) else { continue }
      root = root.setting(key.path.split(separator: ".").map(String.init)[...], to: value.json)
    }
    return root
  }

  public var reader: ConfigReader { ConfigReader(json) }

  /// What a person asks of one key: its value, which layer it came from, what the other layers said, what it means.
  public func explain(_ path: String) -> String? {
    guard let key = keys.first(where: { $0.path == path }), let counts = offer(path) else { return nil }
    var lines = ["\(path) = \(counts.value.text)", "  from     \(counts.layer) (\(counts.place))"]
    for (index, other) in (offers[path] ?? []).enumerated() where index != chosen[path] {
      let why = key.isLimit ? "less strict" : "overridden"
      lines.append("  \(why)  \(other.value.text) from \(other.layer) (\(other.place))")
    }
    lines.append("  takes    \(key.kind.expectation)")
    lines.append("  means    \(key.meaning)")
    return lines.joined(separator: "\n")
  }

  /// All keys as `path = value  # layer`, one a line.
  public var listing: String {
    keys.compactMap { key in offer(key.path).map { "\(key.path) = \($0.value.text)  # \($0.layer), \($0.place)" } }
      .joined(separator: "\n")
  }
}

extension JSON {
  /// This object with the value at that path, making objects on the way.
  fileprivate func setting(_ path: ArraySlice<String>, to value: JSON) -> JSON {
    guard let head = path.first else { return value }
    let below = self[head] ?? .object([])
    return with(head, below.setting(path.dropFirst(), to: value))
  }
}
