/// Bytes as hexadecimal text and 256-bit numbers as decimal text.
enum Hex {
  static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

  static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 97...102: byte - 87
    case 65...70: byte - 55
    default: nil
    }
  }

  /// Lower case, without `0x`.
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.underestimatedCount * 2)
    for byte in bytes {
      out.append(digit(byte >> 4))
      out.append(digit(byte & 15))
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Reads hexadecimal with or without `0x`; `nil` unless it is exactly `count` bytes.
  static func bytes(_ text: String, count: Int? = nil) -> [UInt8]? {
    var digits = Array(text.utf8)[...]
    if digits.count >= 2, digits[0] == 48, digits[1] | 0x20 == 120 { digits.removeFirst(2) }
    guard digits.count % 2 == 0, count == nil || digits.count == count! * 2 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count / 2)
    for index in stride(from: digits.startIndex, to: digits.endIndex, by: 2) {
      guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
      out.append(high << 4 | low)
    }
    return out
  }

  /// A non-negative decimal as 32 big-endian bytes; `nil` when it is none or does not fit.
  static func word(decimal: String) -> [UInt8]? {
    guard !decimal.isEmpty else { return nil }
    // Limbs of 32 bits, the lowest first: the product of one and ten fits 64.
    var limbs = InlineArray<8, UInt32>(repeating: 0)
    for byte in decimal.utf8 {
      guard (48...57).contains(byte) else { return nil }
      var carry = UInt64(byte - 48)
      for index in 0..<8 {
        let value = UInt64(limbs[index]) * 10 + carry
        limbs[index] = UInt32(truncatingIfNeeded: value)
        carry = value >> 32
      }
      if carry != 0 { return nil }
    }
    var word: [UInt8] = []
    word.reserveCapacity(32)
    for index in (0..<8).reversed() {
      for byte in 0..<4 { word.append(UInt8(truncatingIfNeeded: limbs[index] >> UInt32(24 - 8 * byte))) }
    }
    return word
  }

  /// 32 big-endian bytes as a decimal.
  static func decimal(_ word: [UInt8]) -> String {
    var rest = word
    var digits: [UInt8] = []
    while rest.contains(where: { $0 != 0 }) {
      var remainder: UInt32 = 0
      for index in rest.indices {
        let value = remainder << 8 | UInt32(rest[index])
        rest[index] = UInt8(value / 10)
        remainder = value % 10
      }
      digits.append(48 + UInt8(remainder))
    }
    return digits.isEmpty ? "0" : String(decoding: digits.reversed(), as: UTF8.self)
  }
}
