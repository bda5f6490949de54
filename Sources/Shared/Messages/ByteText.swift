// Appending to a message by hand: what the hot writers are made of.

extension [UInt8] {
  /// Appends a literal of ASCII characters as it stands.
  mutating func appendASCII(_ text: StaticString) {
    unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a whole number in decimal.
  mutating func appendInteger(_ value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    Decimal6.appendDigits(value.magnitude, to: &self)
  }

  /// Appends a decimal as a JSON string, `"0.52"`.
  mutating func appendQuoted(micros: Int64) {
    append(UInt8(ascii: "\""))
    Decimal6.append(micros, to: &self)
    append(UInt8(ascii: "\""))
  }
}
