public enum LogLevel: Int, Comparable, Sendable, CaseIterable {
  case debug, info, warning, error

  public var text: String {
    switch self {
    case .debug: "DEBUG"
    case .info: "INFO"
    case .warning: "WARNING"
    case .error: "ERROR"
    }
  }

  public init?(text: String) {
    guard let level = LogLevel.allCases.first(where: { $0.text == text.uppercased() }) else { return nil }
    self = level
  }

  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// One named value of a log line. Keys are literals, so that a field has one spelling; numbers carry their unit in the key.
public struct LogField: Sendable {
  public let key: String
  public let value: JSON

  public init(_ key: StaticString, _ value: JSON) {
    self.key = key.description
    self.value = value
  }

  public static func text(_ key: StaticString, _ value: some CustomStringConvertible) -> LogField {
    LogField(key, .string(value.description))
  }
  public static func int(_ key: StaticString, _ value: some BinaryInteger) -> LogField { LogField(key, .int(value)) }
  public static func bool(_ key: StaticString, _ value: Bool) -> LogField { LogField(key, .bool(value)) }
  /// A statistic, never money.
  public static func double(_ key: StaticString, _ value: Double) -> LogField { LogField(key, .double(value)) }
  public static func json(_ key: StaticString, _ value: JSON) -> LogField { LogField(key, value) }
  /// Whole milliseconds; the key should end in `_ms`.
  public static func milliseconds(_ key: StaticString, _ value: Duration) -> LogField {
    LogField(key, .int(value.milliseconds))
  }
  /// An error's own words under the key `error`.
  public static func error(_ value: any Error) -> LogField { LogField("error", .string("\(value)")) }
}

/// One event as one line of JSON: `{"ts","level","process","message",…fields}`. A line never holds a newline, and never more than
/// `bytesMax` bytes: long texts are cut with `…`, fields that do not fit are left out and `"truncated":true` says so.
public enum LogLine {
  public static let bytesMax = 8192
  public static let textBytesMax = 2048

  /// The line's bytes, newline included.
  public static func bytes(
    at time: WallTime, _ level: LogLevel, process: String, _ message: String, _ fields: [LogField]
  ) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(256)
    out.append(contentsOf: "{\"ts\":\"".utf8)
    out.append(contentsOf: time.description.utf8)
    out.append(contentsOf: "\",\"level\":\"".utf8)
    out.append(contentsOf: level.text.utf8)
    out.append(contentsOf: "\",\"process\":".utf8)
    JSON.writeString(process, to: &out)
    out.append(contentsOf: ",\"message\":".utf8)
    JSON.writeString(cut(message), to: &out)
    var dropped = false
    for field in fields {
      var piece: [UInt8] = [UInt8(ascii: ",")]
      JSON.writeString(field.key, to: &piece)
      piece.append(UInt8(ascii: ":"))
      if case .string(let text) = field.value {
        JSON.writeString(cut(text), to: &piece)
      } else {
        field.value.write(to: &piece)
      }
      if out.count + piece.count + LogLine.tail.count + 2 > bytesMax {
        dropped = true
      } else {
        out.append(contentsOf: piece)
      }
    }
    if dropped { out.append(contentsOf: LogLine.tail) }
    out.append(UInt8(ascii: "}"))
    out.append(0x0A)
    return out
  }

  private static let tail = Array(",\"truncated\":true".utf8)

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > textBytesMax else { return text }
    var kept = ""
    var bytes = 0
    for character in text.unicodeScalars {
      bytes += UTF8.width(character)
      if bytes > textBytesMax - 3 { break }
      kept.unicodeScalars.append(character)
    }
    return kept + "…"
  }
}
