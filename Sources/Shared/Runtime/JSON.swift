/// A JSON document as a tree. Numbers keep their exact text: a price never passes through a `Double`. Objects keep their order, so
/// what is written is what was built.
///
/// Why our own: the venue's numbers need exactness that `JSONDecoder` does not promise, and agents stay small without Foundation
/// (docs/decisions/0003-own-json.md).
public enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  /// The literal as it stood in the text.
  case number(String)
  case string(String)
  case array([JSON])
  case object([Member])

  public struct Member: Hashable, Sendable {
    public let key: String
    public let value: JSON
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }
}

// MARK: - Reading out

extension JSON {
  /// The member of that name, or `nil` when this is no object or has none. JSON `null` is returned as `.null`.
  public subscript(_ key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
  public var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  public var isNull: Bool { self == .null }

  /// A whole number that fits, written as a number or as a string.
  public var int: Int64? {
    switch self {
    case .number(let text), .string(let text): Int64(text)
    default: nil
    }
  }

  /// A statistic. Never money.
  public var double: Double? {
    switch self {
    case .number(let text), .string(let text): Double(text)
    default: nil
    }
  }

  /// The text of a decimal, whether the sender wrote `"0.5"` or `0.5`.
  public var decimalText: String? {
    switch self {
    case .number(let text), .string(let text): text
    default: nil
    }
  }

  public var price: Price? { decimalText.flatMap { try? Price(parsing: $0) } }
  public var shares: Shares? { decimalText.flatMap { try? Shares(parsing: $0) } }
  public var usd: USD? { decimalText.flatMap { try? USD(parsing: $0) } }
}

// MARK: - Building

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .number(String(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member($0.0, $0.1) }) }
  public init(nilLiteral: ()) { self = .null }

  public static func int(_ value: some BinaryInteger) -> JSON { .number(String(value)) }
  /// A statistic; infinities and NaN become `null`, which JSON has no other word for.
  public static func double(_ value: Double) -> JSON { value.isFinite ? .number("\(value)") : .null }
  public static func text(_ value: some CustomStringConvertible) -> JSON { .string(value.description) }
  public static func optional(_ value: JSON?) -> JSON { value ?? .null }

  /// This object with one member more (replacing one of that name). Anything else is returned unchanged.
  public func with(_ key: String, _ value: JSON) -> JSON {
    guard case .object(var members) = self else { return self }
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index] = Member(key, value)
    } else {
      members.append(Member(key, value))
    }
    return .object(members)
  }
}

// MARK: - Writing

extension JSON {
  /// Compact text (no white space), members in their order, control characters escaped: always one line.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  public func write(to out: inout [UInt8]) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let text): out.append(contentsOf: text.utf8)
    case .string(let text): JSON.writeString(text, to: &out)
    case .array(let items):
      out.append(UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        item.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSON.writeString(member.key, to: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  /// Appends a quoted, escaped string: also for writers that build hot messages by hand.
  public static func writeString(_ text: String, to out: inout [UInt8]) { writeQuoted(text.utf8, to: &out) }

  /// As `writeString(_:to:)`, of text that is at hand as bytes. What needs no escape is copied in runs.
  /// - Parameter bytes: valid UTF-8.
  public static func writeString(utf8 bytes: [UInt8], to out: inout [UInt8]) { writeQuoted(bytes, to: &out) }

  private static func writeQuoted<Bytes: Collection<UInt8>>(_ bytes: Bytes, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    var start = bytes.startIndex
    for index in bytes.indices {
      let byte = bytes[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F else { continue }
      out.append(contentsOf: bytes[start..<index])
      start = bytes.index(after: index)
      writeEscape(byte, to: &out)
    }
    out.append(contentsOf: bytes[start...])
    out.append(UInt8(ascii: "\""))
  }

  private static func writeEscape(_ byte: UInt8, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
    case 0x0A: out.append(UInt8(ascii: "n"))
    case 0x0D: out.append(UInt8(ascii: "r"))
    case 0x09: out.append(UInt8(ascii: "t"))
    default:
      let hex = Array("0123456789abcdef".utf8)
      out.append(contentsOf: "u00".utf8)
      out.append(hex[Int(byte >> 4)])
      out.append(hex[Int(byte & 15)])
    }
  }
}
