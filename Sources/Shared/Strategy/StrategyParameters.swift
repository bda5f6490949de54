/// One setting of a strategy: its key (type, unit in the name, range, default, meaning), and how far a clone may move it.
public struct StrategyParameter: Hashable, Sendable {
  public let key: ConfigKey
  /// The range inside which a clone's value stays, in the key's own scale (whole numbers, or millionths of a decimal). `nil`: clones
  /// inherit the value unchanged.
  public let mutation: ClosedRange<Int64>?

  public init(_ key: ConfigKey, mutation: ClosedRange<Int64>? = nil) {
    self.key = key
    self.mutation = mutation
  }

  /// A decimal that clones may move between these two, written as decimals.
  /// - Precondition: both are decimals, in order.
  public init(_ key: ConfigKey, mutableFrom low: String, to high: String) {
    guard let low = try? Decimal6.parse(low), let high = try? Decimal6.parse(high), low <= high else {
      preconditionFailure("the bounds of a mutation are decimals in order")
    }
    self.init(key, mutation: low...high)
  }
}

/// A strategy as the registry and the documents know it.
public struct StrategyKind: Hashable, Sendable {
  /// `momentum`; what `strategy:` says in an agent's file.
  public let name: String
  /// One sentence.
  public let summary: String
  public let parameters: [StrategyParameter]
  /// It is made to exercise the floor, not to win: a floor of real money refuses it.
  public let playMoneyOnly: Bool
  /// What it lives from: the zones of price in which it may enter (`PriceZone`).
  public let strategyClass: StrategyClass

  public init(
    name: String, summary: String, parameters: [StrategyParameter], playMoneyOnly: Bool = false,
    strategyClass: StrategyClass = .directional
  ) {
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.playMoneyOnly = playMoneyOnly
    self.strategyClass = strategyClass
  }
}

/// The settings of one agent's strategy, complete and checked against its kind.
public struct StrategyParameters: Hashable, Sendable {
  /// What is wrong with the settings: every problem, one sentence each.
  public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let problems: [String]
    public init(problems: [String]) { self.problems = problems }
    public var description: String { problems.joined(separator: "; ") }
  }

  /// Dollars to spend on one entry, fees included.
  public let size: USD
  private let values: [String: ConfigValue]

  /// - Parameters:
  ///   - json: an object of settings; what is absent has its default, what is unknown or out of range is refused.
  ///   - size: > 0.
  public init(_ kind: StrategyKind, _ json: JSON, size: USD) throws(Refusal) {
    var problems: [String] = []
    var values: [String: ConfigValue] = [:]
    for parameter in kind.parameters { values[parameter.key.path] = parameter.key.builtIn }
    for member in json.members ?? [] {
      guard let parameter = kind.parameters.first(where: { $0.key.path == member.key }) else {
        problems.append("\(kind.name) has no parameter \(member.key)")
        continue
      }
      switch parameter.key.kind.read(StrategyParameters.setting(member.value)) {
      case .success(let value): values[member.key] = value
      case .failure(let fault):
        problems.append("\(member.key) \(fault.reason); it takes \(parameter.key.kind.expectation)")
      }
    }
    if json.members == nil { problems.append("the parameters are no object") }
    for parameter in kind.parameters where values[parameter.key.path] == nil {
      problems.append("\(parameter.key.path) is missing")
    }
    if size <= .zero { problems.append("the size of an entry must be more than nothing") }
    guard problems.isEmpty else { throw Refusal(problems: problems) }
    self.size = size
    self.values = values
  }

  private static func setting(_ json: JSON) -> ConfigSetting.Content {
    switch json {
    case .string(let text), .number(let text): .scalar(text)
    case .bool(let value): .scalar(value ? "true" : "false")
    case .array(let items): .list(items.compactMap { $0.decimalText })
    case .null, .object: .empty
    }
  }

  /// Does the kind declare this key?
  public func has(_ key: String) -> Bool { values[key] != nil }

  // A key that the kind does not declare is a mistake in the strategy's source, found by its first test.

  public func word(_ key: String) -> String {
    guard case .text(let word) = value(key) else { preconditionFailure("a word parameter") }
    return word
  }

  public func words(_ key: String) -> [String] {
    guard case .list(let words) = value(key) else { preconditionFailure("a parameter of words") }
    return words
  }

  public func flag(_ key: String) -> Bool {
    guard case .flag(let flag) = value(key) else { preconditionFailure("a flag parameter") }
    return flag
  }

  public func whole(_ key: String) -> Int64 {
    guard case .whole(let number) = value(key) else { preconditionFailure("a whole parameter") }
    return number
  }

  /// Millionths of the key's unit.
  public func micros(_ key: String) -> Int64 {
    guard case .decimal(let micros) = value(key) else { preconditionFailure("a decimal parameter") }
    return micros
  }

  /// A whole number of seconds or milliseconds, by the key's ending.
  public func duration(_ key: String) -> Duration {
    ConfigUnit.named(at: key) == .milliseconds ? .milliseconds(whole(key)) : .seconds(whole(key))
  }

  private func value(_ key: String) -> ConfigValue {
    guard let value = values[key] else { preconditionFailure("a parameter that the strategy declares") }
    return value
  }

  /// The complete settings, as an object.
  public func json(of kind: StrategyKind) -> JSON {
    .object(
      kind.parameters.compactMap { parameter in values[parameter.key.path].map { .init(parameter.key.path, $0.json) } })
  }
}
