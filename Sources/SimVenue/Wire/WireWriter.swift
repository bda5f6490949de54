/// Appends JSON text straight into bytes: what goes out thousands of times a second is written here and not through a tree.
struct WireWriter {
  var bytes: [UInt8] = []

  init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

  /// Text that is already JSON.
  mutating func raw(_ text: StaticString) {
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }
  mutating func raw(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  /// A quoted string that needs no escaping: ids, hex, decimals.
  mutating func plain(_ text: String) {
    bytes.append(0x22)
    bytes.append(contentsOf: text.utf8)
    bytes.append(0x22)
  }

  mutating func quoted(_ text: String) { WireWriter.quote(text, to: &bytes) }

  mutating func integer(_ value: Int64) {
    if value < 0 { bytes.append(0x2D) }
    WireWriter.digits(value.magnitude, to: &bytes)
  }

  /// A quoted whole number.
  mutating func quotedInteger(_ value: Int64) {
    bytes.append(0x22)
    integer(value)
    bytes.append(0x22)
  }

  /// A quoted decimal of an integer at 10⁻⁶, without trailing zeros.
  mutating func decimal(_ micros: Int64) {
    bytes.append(0x22)
    WireDecimal.append(micros, to: &bytes)
    bytes.append(0x22)
  }

  static func digits(_ value: UInt64, to out: inout [UInt8]) {
    if value >= 10 { digits(value / 10, to: &out) }
    out.append(48 + UInt8(value % 10))
  }

  static func quote(_ text: String, to out: inout [UInt8]) {
    out.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5C:
        out.append(0x5C)
        out.append(byte)
      case 0x0A: out.append(contentsOf: "\\n".utf8)
      case 0..<0x20:
        out.append(contentsOf: "\\u00".utf8)
        out.append(Hex.digit(byte >> 4))
        out.append(Hex.digit(byte & 15))
      default: out.append(byte)
      }
    }
    out.append(0x22)
  }
}

/// Decimals at 10⁻⁶ as the venue reads and writes them.
enum WireDecimal {
  /// `nil` for anything but `[-]digits[.digits]` on the 10⁻⁶ grid and up to 10¹².
  static func micros(_ text: String) -> Int64? {
    let limit: Int64 = 100_000_000_000_000_000  // one more digit still fits
    var value: Int64 = 0
    var decimals: Int?
    var seen = false
    var negative = false
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where index == 0: negative = true
      case UInt8(ascii: ".") where decimals == nil: decimals = 0
      case 48...57:
        seen = true
        if decimals == 6 {
          if byte != 48 { return nil }
        } else {
          guard value < limit else { return nil }
          value = value * 10 + Int64(byte - 48)
          decimals = decimals.map { $0 + 1 }
        }
      default: return nil
      }
    }
    guard seen else { return nil }
    for _ in (decimals ?? 0)..<6 {
      guard value < limit else { return nil }
      value *= 10
    }
    return negative ? -value : value
  }

  static func append(_ micros: Int64, to out: inout [UInt8]) {
    if micros < 0 { out.append(0x2D) }
    let size = micros.magnitude
    WireWriter.digits(size / 1_000_000, to: &out)
    var rest = size % 1_000_000
    guard rest > 0 else { return }
    out.append(0x2E)
    var unit: UInt64 = 100_000
    while rest > 0 {
      out.append(48 + UInt8(rest / unit))
      rest %= unit
      unit /= 10
    }
  }

  static func text(_ micros: Int64) -> String {
    var out: [UInt8] = []
    append(micros, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
