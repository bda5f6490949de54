/// One key of the configuration: everything a loader, a help text and a person need to know about it.
public struct ConfigKey: Hashable, Sendable {
  /// How the layers' values become one.
  public enum Combination: Hashable, Sendable {
    /// The last layer that has the key wins.
    case lastWins
    /// A limit: the smallest value of all layers binds. A layer can tighten it and never loosen it.
    case smallestBinds
    /// A limit of the other kind, tighter when larger (a pause after losses).
    case largestBinds
    /// Limits: those of all layers hold together.
    case allBind
  }

  /// Dotted path, `limits.per_trade_pct`.
  public let path: String
  public let kind: ConfigKind
  /// The built-in value; `nil` when the operator has to say it.
  public let builtIn: ConfigValue?
  public let combination: Combination
  /// What it does, in plain English, one sentence.
  public let meaning: String

  /// - Precondition: a given built-in text is legal for the kind.
  public init(
    _ path: String, _ kind: ConfigKind, builtIn: String?, _ combination: Combination, _ meaning: String
  ) {
    self.path = path
    self.kind = kind
    self.combination = combination
    self.meaning = meaning
    if let builtIn {
      guard case .success(let value) = kind.read(.scalar(builtIn)) else {
        preconditionFailure("the built-in value of a key fits its kind")
      }
      self.builtIn = value
    } else {
      self.builtIn = nil
    }
  }

  /// A key of which the last layer wins.
  public init(_ path: String, _ kind: ConfigKind, builtIn: String?, _ meaning: String) {
    self.init(path, kind, builtIn: builtIn, .lastWins, meaning)
  }

  /// The last part of the path.
  public var name: String { path.split(separator: ".").last.map(String.init) ?? path }

  /// The environment variable that sets it: `FLOOR_LIMITS_PER_TRADE_PCT`.
  public var environmentName: String {
    "FLOOR_" + path.uppercased().split(separator: ".").joined(separator: "_")
  }

  /// What is known of the key itself, whatever its value: lines of a help text.
  public var facts: [String] {
    var lines = [
      "  takes    \(kind.expectation)", "  default  \(builtIn?.written ?? "none: it has to be given")",
      "  means    \(meaning)",
    ]
    switch combination {
    case .lastWins: break
    case .smallestBinds:
      lines.append("  limit    of all layers the smallest counts: a layer can tighten it, none can loosen it")
    case .largestBinds:
      lines.append("  limit    of all layers the largest counts: a layer can tighten it, none can loosen it")
    case .allBind:
      lines.append("  limit    those of all layers hold together: a layer can add to them, none can take one away")
    }
    return lines + ["  set by   \(path) in floor.yaml or a profile, \(environmentName)=…, --set \(path)=…"]
  }

  /// No layer can loosen what another says.
  public var isLimit: Bool { combination != .lastWins }
}
