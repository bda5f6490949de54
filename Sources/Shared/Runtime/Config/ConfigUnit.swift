/// The unit of a number in the configuration. Its suffix ends the key's name, so that a bare number can never be misread.
public enum ConfigUnit: String, Hashable, Sendable, CaseIterable {
  case count
  case milliseconds = "ms"
  case seconds = "s"
  case minutes = "min"
  case hours = "h"
  case days
  case megabytes = "mb"
  case percent = "pct"
  case dollars = "usd"
  /// Dollars per share, 0 … 1: a token's price or a distance between prices.
  case pricePoints = "points"
  case shares
  case basisPoints = "bps"
  case standardDeviations = "sigma"
  /// Events in one second.
  case perSecond = "per_s"
  case perMinute = "per_min"
  /// A pure number.
  case ratio
  /// A TCP port; the key is named `port` or ends in `_port`.
  case port
  /// A number that is only a name, such as a seed of chance.
  case number

  /// The end of the key's name that says this unit.
  public var suffix: String { "_" + rawValue }

  /// How a sentence names it.
  public var words: String {
    switch self {
    case .count: "a count"
    case .milliseconds: "milliseconds"
    case .seconds: "seconds"
    case .minutes: "minutes"
    case .hours: "hours"
    case .days: "days"
    case .megabytes: "megabytes"
    case .percent: "per cent"
    case .dollars: "dollars"
    case .pricePoints: "dollars per share (0 to 1)"
    case .shares: "shares"
    case .basisPoints: "basis points"
    case .standardDeviations: "standard deviations"
    case .perSecond: "times a second"
    case .perMinute: "times a minute"
    case .ratio: "a ratio"
    case .port: "a TCP port"
    case .number: "a number"
    }
  }

  /// The unit that `name` ends in, the longest suffix first (`per_s` before `s`).
  public static func named(at name: String) -> ConfigUnit? {
    allCases.sorted { $0.rawValue.utf8.count > $1.rawValue.utf8.count }
      .first { name.hasSuffix($0.suffix) || name == $0.rawValue }
  }

  /// `name` without its unit suffix, as far as it has one.
  public static func stem(of name: String) -> String {
    guard let unit = named(at: name), name != unit.rawValue else { return name }
    return String(name.dropLast(unit.suffix.utf8.count))
  }
}
