/// A checked value of the configuration.
public enum ConfigValue: Hashable, Sendable {
  case flag(Bool)
  case text(String)
  case list([String])
  case whole(Int64)
  case decimal(micros: Int64)

  /// As it would be written in a file.
  public var text: String {
    switch self {
    case .flag(let value): value ? "true" : "false"
    case .text(let value): value
    case .list(let items): items.joined(separator: ", ")
    case .whole(let value): String(value)
    case .decimal(let micros): Decimal6.text(micros)
    }
  }

  /// As `text`, with a word for what is empty.
  public var written: String { text.isEmpty ? "(empty)" : text }

  /// As it travels in a birth document: decimals are strings, so that nobody reads them through a binary fraction.
  public var json: JSON {
    switch self {
    case .flag(let value): .bool(value)
    case .text(let value): .string(value)
    case .list(let items): .array(items.map { .string($0) })
    case .whole(let value): .int(value)
    case .decimal(let micros): .string(Decimal6.text(micros))
    }
  }

  /// The number behind a whole or decimal value, on one scale, for comparing limits.
  var magnitude: Int128? {
    switch self {
    case .whole(let value): Int128(value) * 1_000_000
    case .decimal(let micros): Int128(micros)
    default: nil
    }
  }
}
