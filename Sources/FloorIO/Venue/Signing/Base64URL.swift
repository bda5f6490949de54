/// Base64 with the URL alphabet (RFC 4648, section 5), padded as the venue writes it.
public enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  public static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = 0
      for index in 0..<3 { group = group << 8 | (index < count ? Int(bytes[start + index]) : 0) }
      for index in 0..<4 {
        out.append(index <= count ? alphabet[group >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Takes both alphabets, with or without padding; `nil` for any other character, for text after padding and for a length that no
  /// bytes have.
  public static func decode(_ text: String) -> [UInt8]? {
    var digits: [Int] = []
    var padding = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      guard padding == 0 else { return nil }
      switch byte {
      case 65...90: digits.append(Int(byte) - 65)
      case 97...122: digits.append(Int(byte) - 71)
      case 48...57: digits.append(Int(byte) + 4)
      case UInt8(ascii: "-"), UInt8(ascii: "+"): digits.append(62)
      case UInt8(ascii: "_"), UInt8(ascii: "/"): digits.append(63)
      default: return nil
      }
    }
    guard padding <= 2, digits.count % 4 != 1, padding == 0 || (digits.count + padding) % 4 == 0 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count * 3 / 4)
    var pending = 0
    var bits = 0
    for digit in digits {
      pending = pending << 6 | digit
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(pending >> bits & 255))
      }
    }
    return out
  }
}
