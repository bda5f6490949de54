/// The venue's own JSON tree: it must not share a parser with the floor, or a mistake made twice would look like agreement.
/// Numbers and strings keep their text; both are read through `decimal` and `integer` where the protocol allows either.
enum WireValue: Hashable, Sendable {
  case null
  case flag(Bool)
  case number(String)
  case text(String)
  case list([WireValue])
  case record([Field])

  struct Field: Hashable, Sendable {
    var name: String
    var value: WireValue
  }

  static func object(_ fields: (String, WireValue)...) -> WireValue {
    .record(fields.map { Field(name: $0.0, value: $0.1) })
  }

  static func integer(_ value: Int64) -> WireValue { .number(String(value)) }
  static func texts(_ values: [String]) -> WireValue { .list(values.map { .text($0) }) }

  subscript(name: String) -> WireValue? {
    guard case .record(let fields) = self else { return nil }
    return fields.first { $0.name == name }?.value
  }

  var asText: String? {
    if case .text(let value) = self { return value }
    return nil
  }
  var asFlag: Bool? {
    if case .flag(let value) = self { return value }
    return nil
  }
  var asList: [WireValue]? {
    if case .list(let value) = self { return value }
    return nil
  }
  /// A whole number written as a JSON number.
  var asNumber: Int64? {
    if case .number(let value) = self { return Int64(value) }
    return nil
  }
  /// A whole number in either form.
  var asInteger: Int64? {
    switch self {
    case .number(let value), .text(let value): Int64(value)
    default: nil
    }
  }
  /// A decimal at 10⁻⁶ in either form.
  var asMicros: Int64? {
    switch self {
    case .number(let value), .text(let value): WireDecimal.micros(value)
    default: nil
    }
  }

  /// Appends compact text.
  func write(to out: inout [UInt8]) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .flag(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .number(let value): out.append(contentsOf: value.utf8)
    case .text(let value): WireWriter.quote(value, to: &out)
    case .list(let values):
      out.append(0x5B)
      for (index, value) in values.enumerated() {
        if index > 0 { out.append(0x2C) }
        value.write(to: &out)
      }
      out.append(0x5D)
    case .record(let fields):
      out.append(0x7B)
      for (index, field) in fields.enumerated() {
        if index > 0 { out.append(0x2C) }
        WireWriter.quote(field.name, to: &out)
        out.append(0x3A)
        field.value.write(to: &out)
      }
      out.append(0x7D)
    }
  }

  var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }
  var string: String { String(decoding: bytes, as: UTF8.self) }
}
