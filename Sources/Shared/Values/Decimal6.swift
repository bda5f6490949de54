/// Why a decimal text was refused.
public enum DecimalError: Error, Hashable, Sendable {
  /// Empty, a lone sign or point, a character that is not a digit, an exponent.
  case malformed
  /// More than six decimals that are not zero: the value does not stand on the 10⁻⁶ grid.
  case tooPrecise
  /// Outside the range of the type.
  case outOfRange
}

/// The one codec between decimal text and integers at 10⁻⁶. Digits only: no exponent, no locale, no grouping, no white space.
public enum Decimal6 {
  public static let unit: Int64 = 1_000_000

  /// Reads `[+-]digits[.digits]`; decimals after the sixth must be zero.
  public static func parse(_ text: some StringProtocol) throws(DecimalError) -> Int64 {
    var iterator = text.utf8.makeIterator()
    return try parse(bytes: &iterator)
  }

  /// As `parse(_:)`, over UTF-8 bytes.
  public static func parse(bytes iterator: inout some IteratorProtocol<UInt8>) throws(DecimalError) -> Int64 {
    var negative = false
    var next = iterator.next()
    if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") {
      negative = next == UInt8(ascii: "-")
      next = iterator.next()
    }
    var magnitude: Int64 = 0  // kept negative on the way so that Int64.min can be read
    var digits = 0
    var decimals = -1
    while let byte = next {
      if byte == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        digits += 1
        if decimals >= 6 {
          if byte != UInt8(ascii: "0") { throw .tooPrecise }
        } else {
          if decimals >= 0 { decimals += 1 }
          magnitude = try appended(Int64(byte - UInt8(ascii: "0")), to: magnitude)
        }
      } else {
        throw .malformed
      }
      next = iterator.next()
    }
    if digits == 0 { throw .malformed }
    var missing = 6 - max(decimals, 0)
    while missing > 0 {
      magnitude = try appended(0, to: magnitude)
      missing -= 1
    }
    if negative { return magnitude }
    if magnitude == .min { throw .outOfRange }
    return -magnitude
  }

  private static func appended(_ digit: Int64, to negated: Int64) throws(DecimalError) -> Int64 {
    let (shifted, overflow) = negated.multipliedReportingOverflow(by: 10)
    if overflow { throw .outOfRange }
    let (result, borrow) = shifted.subtractingReportingOverflow(digit)
    if borrow { throw .outOfRange }
    return result
  }

  /// The shortest exact text: no trailing zeros, no point for whole numbers (the venue's own form, `"0.5"`, `"1200"`).
  public static func text(_ micros: Int64) -> String {
    text(micros, minimumDecimals: 0)
  }

  /// Exact text with at least `minimumDecimals` (0…6) decimals.
  public static func text(_ micros: Int64, minimumDecimals: Int) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20)
    append(micros, minimumDecimals: minimumDecimals, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text form without making a `String`: for the hot messages.
  public static func append(_ micros: Int64, minimumDecimals: Int = 0, to bytes: inout [UInt8]) {
    let size = micros.magnitude
    if micros < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDigits(size / 1_000_000, to: &bytes)
    var fraction = size % 1_000_000
    if fraction == 0, minimumDecimals == 0 { return }
    bytes.append(UInt8(ascii: "."))
    var divisor: UInt64 = 100_000
    var written = 0
    while fraction > 0 || written < minimumDecimals {
      bytes.append(UInt8(ascii: "0") + UInt8(fraction / divisor))
      fraction %= divisor
      written += 1
      if written == 6 { break }
      divisor /= 10
    }
  }

  /// Appends a whole number in decimal.
  public static func appendDigits(_ value: UInt64, to bytes: inout [UInt8]) {
    if value >= 10 { appendDigits(value / 10, to: &bytes) }
    bytes.append(UInt8(ascii: "0") + UInt8(value % 10))
  }
}
