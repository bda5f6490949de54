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
  /// Old spellings that were read, and as what: one sentence each.
  public let notices: [String]

  init(keys: [ConfigKey], offers: [String: [Offer]], chosen: [String: Int], notices: [String] = []) {
    self.keys = keys
    self.notices = notices
    self.offers = offers
    self.chosen = chosen
  }

  /// The value that counts, with its provenance. `nil` when the key is unknown.
  public func offer(_ path: String) -> Offer? {
    guard let index = chosen[path] else { return nil }
    return offers[path]?[index]
  }

  /// Where the key was written, the place that counts first.
  public func places(_ path: String) -> [String] {
    let all = offers[path] ?? []
    return [chosen[path]].compactMap { $0 }.map { all[$0].place } + all.map(\.place)
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

  /// The reverse of `layersJSON`: `nil` when it does not fit this schema.
  public init?(schema: ConfigSchema, layersJSON: JSON) {
    guard let entries = layersJSON.array else { return nil }
    var offers: [String: [Offer]] = [:]
    var chosen: [String: Int] = [:]
    for entry in entries {
      guard let path = entry["key"]?.string, let key = schema[path], let index = entry["chosen"]?.int,
        let list = entry["offers"]?.array, list.indices.contains(Int(index))
      else { return nil }
      for offer in list {
        guard let text = offer["text"]?.string, let layer = offer["layer"]?.string,
          let place = offer["place"]?.string,
          case .success(let value) = key.kind.read(.scalar(text))
        else { return nil }
        offers[path, default: []].append(Offer(value: value, layer: layer, place: place))
      }
      chosen[path] = Int(index)
    }
    self.init(keys: schema.keys, offers: offers, chosen: chosen)
  }

  /// Every key with the value that counts and everything that was offered for it, for other programs.
  public var layersJSON: JSON {
    .array(
      keys.compactMap { key in
        guard let counts = chosen[key.path] else { return nil }
        let all = offers[key.path] ?? []
        return [
          "key": .string(key.path), "value": all[counts].value.json, "chosen": .int(Int64(counts)),
          "offers": .array(
            all.map { offer in
              ["text": .string(offer.value.text), "layer": .string(offer.layer), "place": .string(offer.place)]
            }),
        ]
      })
  }

  /// What a person asks of one key: its value, which layer it came from, what the other layers said, what it means, how to set it.
  public func explain(_ path: String) -> String? {
    guard let key = keys.first(where: { $0.path == path }) else { return nil }
    var lines = [path]
    if let counts = offer(path) {
      lines = ["\(path) = \(counts.value.written)", "  from     \(counts.layer) (\(counts.place))"]
      for (index, other) in (offers[path] ?? []).enumerated() where index != chosen[path] {
        let why = key.combination == .allBind ? "part of it" : key.isLimit ? "less strict" : "overridden"
        lines.append("  \(why)  \(other.value.written) from \(other.layer) (\(other.place))")
      }
    }
    return (lines + key.facts).joined(separator: "\n")
  }

  /// All keys as `path = value  # layer`, one a line.
  public var listing: String {
    keys.compactMap { key in offer(key.path).map { "\(key.path) = \($0.value.written)  # \($0.layer), \($0.place)" } }
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
