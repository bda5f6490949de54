import Shared

/// A parameter of a statement. Values travel apart from the statement's text, always.
public enum SQLValue: Hashable, Sendable {
  case null
  case text(String)
  case integer(Int64)
  case bool(Bool)
  case bytes([UInt8])
  case json(JSON)
  case double(Double)
  /// A one-dimensional array, for `unnest($1::bigint[], …)`.
  case array([SQLValue])

  public static func int(_ value: some BinaryInteger) -> SQLValue { .integer(Int64(value)) }
  /// Exact decimal text, for `numeric(20,6)`.
  public static func price(_ value: Price) -> SQLValue { .text(value.description) }
  public static func shares(_ value: Shares) -> SQLValue { .text(value.description) }
  public static func usd(_ value: USD) -> SQLValue { .text(value.description) }
  public static func epoch(_ value: Epoch) -> SQLValue { .integer(value.number) }
  public static func id(_ value: some Identifier) -> SQLValue { .text(value.text) }
  /// `timestamptz`, to the microsecond.
  public static func time(_ value: some TimePoint & CustomStringConvertible) -> SQLValue { .text(value.description) }
  /// `.null` for `nil`.
  public static func optional<Value>(_ value: Value?, _ make: (Value) -> SQLValue) -> SQLValue {
    value.map(make) ?? .null
  }

  /// The text form that PostgreSQL parses; `nil` is SQL NULL. A NUL character cannot be stored in text; it is left out.
  var wireText: String? {
    switch self {
    case .null: nil
    case .text(let value):
      value.utf8.contains(0) ? String(decoding: value.utf8.filter { $0 != 0 }, as: UTF8.self) : value
    case .integer(let value): String(value)
    case .bool(let value): value ? "t" : "f"
    case .double(let value):
      value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)"
    case .json(let value): value.text
    case .bytes(let value): SQLValue.hex(value)
    case .array(let items): SQLValue.arrayText(items)
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = [UInt8(ascii: "\\"), UInt8(ascii: "x")]
    out.reserveCapacity(2 + 2 * bytes.count)
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// `{"a","b\"c",NULL}` (PostgreSQL manual, section 8.15.6).
  private static func arrayText(_ items: [SQLValue]) -> String {
    var out: [UInt8] = [UInt8(ascii: "{")]
    for (index, item) in items.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      guard let text = item.wireText else {
        out.append(contentsOf: "NULL".utf8)
        continue
      }
      out.append(UInt8(ascii: "\""))
      for byte in text.utf8 {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { out.append(UInt8(ascii: "\\")) }
        out.append(byte)
      }
      out.append(UInt8(ascii: "\""))
    }
    out.append(UInt8(ascii: "}"))
    return String(decoding: out, as: UTF8.self)
  }
}
