/// Level-2 authentication as the protocol document, section 2.6 writes it.
enum RequestSignature {
  /// base64url with padding of HMAC-SHA256(decoded secret, timestamp + METHOD + path without query + body).
  static func expected(secret: [UInt8], timestamp: String, method: String, path: String, body: [UInt8]) -> String {
    Base64URL.encode(Digests.hmacSHA256(key: secret, Array((timestamp + method + path).utf8) + body))
  }

  /// Compares without stopping at the first difference.
  static func equal(_ a: String, _ b: String) -> Bool {
    let left = Array(a.utf8)
    let right = Array(b.utf8)
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// RFC 4648, section 5.
enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// With padding.
  static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      bits <<= UInt32(8 * (3 - group.count))
      for index in 0..<4 {
        out.append(index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// With or without padding; the standard alphabet's `+` and `/` are taken too.
  static func decode(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    var digits = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "=") { break }
      let same = byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
      guard let value = alphabet.firstIndex(of: same) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      digits += 1
      if count >= 8 {
        count -= 8
        out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return digits % 4 == 1 ? nil : out
  }
}
