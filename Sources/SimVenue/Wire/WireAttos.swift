/// Reference prices at 10⁻¹⁸ dollars, as the oracle reports them: decimals as the venue reads and writes them.
enum WireAttos {
  static let perMicro: Int128 = 1_000_000_000_000
  private static let unit: Int128 = 1_000_000_000_000_000_000

  /// `nil` for anything but `digits[.digits]` below 10¹²; digits after the eighteenth are dropped.
  static func read(_ text: String) -> Int128? {
    var value: Int128 = 0
    var decimals: Int?
    var seen = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "."), decimals == nil {
        decimals = 0
      } else if (48...57).contains(byte) {
        seen = true
        if decimals == 18 { continue }
        guard decimals != nil || value < 100_000_000_000 else { return nil }
        value = value * 10 + Int128(byte - 48)
        decimals = decimals.map { $0 + 1 }
      } else {
        return nil
      }
    }
    guard seen else { return nil }
    for _ in (decimals ?? 0)..<18 { value *= 10 }
    return value
  }

  /// Shortest exact decimal text of a price that is not negative.
  static func text(_ attos: Int128) -> String {
    let rest = attos % unit
    guard rest > 0 else { return String(attos / unit) }
    let digits = String(rest)
    var fraction = String(repeating: "0", count: 18 - digits.utf8.count) + digits
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(attos / unit).\(fraction)"
  }
}
