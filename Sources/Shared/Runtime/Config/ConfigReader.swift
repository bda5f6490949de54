/// A key that a process needs was not in its configuration, or was of another kind: a broken birth document.
public struct ConfigReadError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  public let wanted: String
  public var description: String { "the configuration has no \(wanted) at \(path)" }
}

/// Typed reading of a resolved configuration, as it arrives in a birth document. Values were checked when it was made, so a miss is an
/// error of the floor, not of its operator.
public struct ConfigReader: Hashable, Sendable {
  public let json: JSON
  public init(_ json: JSON) { self.json = json }

  public func has(_ path: String) -> Bool { node(path) != nil }

  /// It is there and holds something.
  public func isSet(_ path: String) -> Bool { node(path).map { !$0.isNull } ?? false }

  public func flag(_ path: String) throws(ConfigReadError) -> Bool {
    guard let value = node(path)?.bool else { throw ConfigReadError(path: path, wanted: "flag") }
    return value
  }

  public func text(_ path: String) throws(ConfigReadError) -> String {
    guard let value = node(path)?.string else { throw ConfigReadError(path: path, wanted: "text") }
    return value
  }

  public func list(_ path: String) throws(ConfigReadError) -> [String] {
    guard let items = node(path)?.array else { throw ConfigReadError(path: path, wanted: "list") }
    var words: [String] = []
    for item in items {
      guard let word = item.string else { throw ConfigReadError(path: path, wanted: "list of words") }
      words.append(word)
    }
    return words
  }

  public func whole(_ path: String) throws(ConfigReadError) -> Int64 {
    guard let value = node(path)?.int else { throw ConfigReadError(path: path, wanted: "whole number") }
    return value
  }

  /// Millionths of the key's unit.
  public func micros(_ path: String) throws(ConfigReadError) -> Int64 {
    guard let text = node(path)?.decimalText, let micros = try? Decimal6.parse(text) else {
      throw ConfigReadError(path: path, wanted: "decimal")
    }
    return micros
  }

  public func usd(_ path: String) throws(ConfigReadError) -> USD { USD(micros: try micros(path)) }

  /// A percentage as a fraction, for statistics and indicators. Money uses `share(of:_:)`.
  public func fraction(percent path: String) throws(ConfigReadError) -> Double {
    Double(try micros(path)) / 100_000_000
  }

  /// That percentage of an amount, rounded down.
  public func share(of amount: USD, _ path: String) throws(ConfigReadError) -> USD {
    let percent = try micros(path)
    guard let share = try? amount.scaled(by: percent, over: 100_000_000, rounding: .down) else {
      throw ConfigReadError(path: path, wanted: "percentage that fits")
    }
    return share
  }

  /// A length of time, its unit read from the key's name.
  public func duration(_ path: String) throws(ConfigReadError) -> Duration {
    let number = try whole(path)
    let name = path.split(separator: ".").last.map(String.init) ?? path
    switch ConfigUnit.named(at: name) {
    case .milliseconds: return .milliseconds(number)
    case .seconds: return .seconds(number)
    case .minutes: return .seconds(number * 60)
    case .hours: return .seconds(number * 3600)
    case .days: return .seconds(number * 86_400)
    default: throw ConfigReadError(path: path, wanted: "length of time")
    }
  }

  /// The part of the configuration below `path`.
  public func section(_ path: String) -> ConfigReader { ConfigReader(node(path) ?? .object([])) }

  private func node(_ path: String) -> JSON? {
    var here = json
    for part in path.split(separator: ".") {
      guard let below = here[String(part)] else { return nil }
      here = below
    }
    return here
  }
}
