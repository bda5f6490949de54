extension Decimal6 {
  /// Reads a number that somebody calculated in binary floats, to the nearest 10⁻⁶ (ties away from zero): `0.060781994161929635`, `1e-05`.
  /// For figures about others that are no money of ours; what is signed or booked goes through `parse`. `nil` for anything that is no
  /// number or does not fit.
  public static func nearest(_ text: some StringProtocol) -> Int64? {
    var bytes = Array(text.utf8)[...]
    let negative = bytes.first == UInt8(ascii: "-")
    if negative || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
    var exponent = 0
    if let mark = bytes.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
      guard let value = Int(String(decoding: bytes[(mark + 1)...], as: UTF8.self)), abs(value) <= 40 else { return nil }
      exponent = value
      bytes = bytes[..<mark]
    }
    // All digits as one whole number; `exponent` says where its point is. Digits that cannot matter any more only move the point.
    var whole: Int128 = 0
    var digits = 0
    var afterPoint = false
    for byte in bytes {
      if byte == UInt8(ascii: "."), !afterPoint {
        afterPoint = true
        continue
      }
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      digits += 1
      if whole < 1_000_000_000_000_000_000_000_000_000_000 {
        whole = whole * 10 + Int128(byte - UInt8(ascii: "0"))
        if afterPoint { exponent -= 1 }
      } else if !afterPoint {
        exponent += 1
      }
    }
    guard digits > 0 else { return nil }
    var shift = exponent + 6
    while shift > 0, whole != 0 {
      let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      whole = product
      shift -= 1
    }
    if shift < 0 {
      guard shift >= -37 else { return 0 }
      var divisor: Int128 = 1
      for _ in 0..<(-shift) { divisor *= 10 }
      whole = divide(whole, by: divisor, rounding: .nearest)
    }
    guard let magnitude = Int64(exactly: whole) else { return nil }
    return negative ? -magnitude : magnitude
  }
}
