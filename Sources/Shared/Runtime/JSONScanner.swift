/// Reads JSON in one pass without building a tree: for the few messages that come thousands of times a second
/// (docs/decisions/0003-own-json.md). The reader pulls: enter an object, take key after key, read or skip each value.
///
/// Hostile input throws a `JSONError`; it never traps, never reads outside the bytes, and skips nesting without recursion. What is
/// skipped is checked for structure, not for every rule of the grammar, and repeated names are not noticed; where that matters, use
/// `JSON.parse`.
public struct JSONScanner: Sendable {
  private let bytes: [UInt8]
  private var index = 0
  /// No value has been read yet in the container that was entered last.
  private var fresh = true
  private static let depthLimit = 64
  private static let numberCharacters = JSONLimits().numberCharacters

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public func error(_ reason: JSONError.Reason) -> JSONError { JSONError(reason: reason, offset: index) }

  /// A member's name as it stands in the text (escapes are not decoded: none of our names has any).
  public struct Key: Hashable, Sendable {
    fileprivate let text: ArraySlice<UInt8>

    /// `switch key { case "slug": … }`
    public static func ~= (name: StaticString, key: Key) -> Bool {
      guard key.text.count == name.utf8CodeUnitCount else { return false }
      var offset = 0
      for byte in key.text {
        if unsafe name.utf8Start[offset] != byte { return false }
        offset += 1
      }
      return true
    }
  }

  // MARK: Containers

  public mutating func enterObject() throws(JSONError) {
    try expect(UInt8(ascii: "{"))
    fresh = true
  }

  /// The next member's name, or `nil` when the object has ended. Read or skip the value before asking again.
  public mutating func nextKey() throws(JSONError) -> Key? {
    if try atEnd(UInt8(ascii: "}")) { return nil }
    let range = try quoted()
    try expect(UInt8(ascii: ":"))
    return Key(text: bytes[range.lowerBound..<range.upperBound])
  }

  public mutating func enterArray() throws(JSONError) {
    try expect(UInt8(ascii: "["))
    fresh = true
  }

  /// `true` when another element follows (read or skip it), `false` when the array has ended.
  public mutating func nextElement() throws(JSONError) -> Bool { try !atEnd(UInt8(ascii: "]")) }

  /// The first byte of the value that comes next: `{`, `[`, `"`, a digit, `t`, `f`, `n`.
  public mutating func peek() throws(JSONError) -> UInt8 {
    skipSpace()
    guard index < bytes.count else { throw error(.unexpectedEnd) }
    return bytes[index]
  }

  /// Nothing but white space may follow the document.
  public mutating func end() throws(JSONError) {
    skipSpace()
    if index != bytes.count { throw error(.trailingText) }
  }

  // MARK: Values

  public mutating func string() throws(JSONError) -> String {
    let start = index
    let range = try quoted()
    fresh = false
    let content = bytes[range.lowerBound..<range.upperBound]
    if content.contains(UInt8(ascii: "\\")) {
      // Rare: let the full parser decode the escapes.
      let whole = bytes[start..<(range.upperBound + 1)]
      guard let text = try JSON.parse(whole).string else { throw error(.invalidEscape) }
      return text
    }
    guard let text = String(validating: content, as: UTF8.self) else { throw error(.invalidUTF8) }
    return text
  }

  /// The bytes of a string without its quotes, or of a number: no copy. Escapes are refused.
  public mutating func plainText() throws(JSONError) -> ArraySlice<UInt8> {
    let range = try scalarRange()
    fresh = false
    return bytes[range.lowerBound..<range.upperBound]
  }

  /// As `plainText()`, of a string only.
  public mutating func quotedText() throws(JSONError) -> ArraySlice<UInt8> {
    guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedCharacter) }
    return try plainText()
  }

  /// Takes a `""` that stands here; `false` when something else does.
  public mutating func takeEmptyText() throws(JSONError) -> Bool {
    let quote = UInt8(ascii: "\"")
    guard try peek() == quote, index + 1 < bytes.count, bytes[index + 1] == quote else { return false }
    index += 2
    fresh = false
    return true
  }

  /// Passes over one value that is no object and no array.
  public mutating func skipScalar() throws(JSONError) {
    switch try peek() {
    case UInt8(ascii: "{"), UInt8(ascii: "["): throw error(.unexpectedCharacter)
    default: try skipValue()
    }
  }

  /// A whole number, written as a number or as a string.
  public mutating func integer() throws(JSONError) -> Int64 {
    let range = try scalarRange()
    fresh = false
    var position = range.lowerBound
    let negative = position < range.upperBound && bytes[position] == UInt8(ascii: "-")
    if negative { position += 1 }
    guard position < range.upperBound else { throw error(.invalidNumber) }
    var value: Int64 = 0
    while position < range.upperBound {
      let byte = bytes[position]
      guard byte >= 48, byte <= 57 else { throw error(.invalidNumber) }
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, borrow) = shifted.subtractingReportingOverflow(Int64(byte - 48))
      if overflow || borrow { throw error(.invalidNumber) }
      value = sum
      position += 1
    }
    if negative { return value }
    guard value != .min else { throw error(.invalidNumber) }
    return -value
  }

  /// A decimal at 10⁻⁶, written as a number or as a string. Finer ones and exponents are refused.
  public mutating func decimal() throws(JSONError) -> Int64 {
    let range = try scalarRange()
    fresh = false
    if let value = shortDecimal(range.lowerBound, range.upperBound) { return value }
    var iterator = bytes[range.lowerBound..<range.upperBound].makeIterator()
    do throws(DecimalError) {
      return try Decimal6.parse(bytes: &iterator)
    } catch {
      throw self.error(.invalidNumber)
    }
  }

  /// What nearly every price and size looks like: no sign, at most six decimals, too short to overflow. `nil` for all else, which
  /// `Decimal6` judges.
  private func shortDecimal(_ start: Int, _ end: Int) -> Int64? {
    guard end > start, end - start <= 12 else { return nil }
    var value: Int64 = 0
    var decimals = -1
    var digits = 0
    for index in start..<end {
      let byte = bytes[index]
      if byte >= 48, byte <= 57 {
        value = value &* 10 &+ Int64(byte - 48)
        digits += 1
        if decimals >= 0 { decimals += 1 }
      } else if byte == UInt8(ascii: "."), decimals < 0 {
        decimals = 0
      } else {
        return nil
      }
    }
    guard digits > 0, decimals <= 6 else { return nil }
    for _ in max(decimals, 0)..<6 { value = value &* 10 }
    return value
  }

  public mutating func boolean() throws(JSONError) -> Bool {
    switch try peek() {
    case UInt8(ascii: "t"):
      try literal("true")
      return true
    case UInt8(ascii: "f"):
      try literal("false")
      return false
    default: throw error(.unexpectedCharacter)
    }
  }

  /// Takes a `null` that stands here; `false` when something else does.
  public mutating func takeNull() throws(JSONError) -> Bool {
    guard try peek() == UInt8(ascii: "n") else { return false }
    try literal("null")
    return true
  }

  /// Passes over one value of any kind.
  public mutating func skipValue() throws(JSONError) {
    var closers: [UInt8] = []
    repeat {
      switch try peek() {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        closers.append(bytes[index] == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        guard closers.count <= JSONScanner.depthLimit else { throw error(.tooDeep) }
        index += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard let closer = closers.popLast(), closer == bytes[index] else { throw error(.unexpectedCharacter) }
        index += 1
      case UInt8(ascii: "\""): _ = try quoted()
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard !closers.isEmpty else { throw error(.unexpectedCharacter) }
        index += 1
      case UInt8(ascii: "t"): try literal("true")
      case UInt8(ascii: "f"): try literal("false")
      case UInt8(ascii: "n"): try literal("null")
      default: _ = try numberRange()
      }
    } while !closers.isEmpty
    fresh = false
  }

  // MARK: Pieces

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    skipSpace()
    guard index < bytes.count else { throw error(.unexpectedEnd) }
    guard bytes[index] == byte else { throw error(.unexpectedCharacter) }
    index += 1
  }

  private mutating func literal(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard index < bytes.count else { throw error(.unexpectedEnd) }
      guard unsafe bytes[index] == word.utf8Start[offset] else { throw error(.unexpectedCharacter) }
      index += 1
    }
    fresh = false
  }

  /// Takes the container's end if it stands here, else the comma that must stand before every value but the first.
  private mutating func atEnd(_ closer: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    guard index < bytes.count else { throw error(.unexpectedEnd) }
    if bytes[index] == closer {
      index += 1
      fresh = false
      return true
    }
    if fresh {
      fresh = false
      return false
    }
    try expect(UInt8(ascii: ","))
    skipSpace()
    return false
  }

  /// The range between the quotes.
  private mutating func quoted() throws(JSONError) -> (lowerBound: Int, upperBound: Int) {
    try expect(UInt8(ascii: "\""))
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return (start, index - 1)
      }
      if byte < 0x20 { throw error(.unexpectedCharacter) }
      index += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    index = bytes.count
    throw error(.unexpectedEnd)
  }

  private mutating func scalarRange() throws(JSONError) -> (lowerBound: Int, upperBound: Int) {
    guard try peek() == UInt8(ascii: "\"") else { return try numberRange() }
    let range = try quoted()
    guard !bytes[range.lowerBound..<range.upperBound].contains(UInt8(ascii: "\\")) else { throw error(.invalidEscape) }
    return range
  }

  /// The grammar of RFC 8259, section 6.
  private mutating func numberRange() throws(JSONError) -> (lowerBound: Int, upperBound: Int) {
    let start = index
    guard index < bytes.count else { throw error(.unexpectedEnd) }
    if bytes[index] == UInt8(ascii: "-") { index += 1 }
    guard isDigit else { throw error(start == index ? .unexpectedCharacter : .invalidNumber) }
    if bytes[index] == UInt8(ascii: "0") { index += 1 } else { skipDigits() }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      index += 1
      guard isDigit else { throw error(.invalidNumber) }
      skipDigits()
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
      guard isDigit else { throw error(.invalidNumber) }
      skipDigits()
    }
    guard index - start <= JSONScanner.numberCharacters else { throw error(.tooLong) }
    return (start, index)
  }

  private var isDigit: Bool { index < bytes.count && bytes[index] >= 48 && bytes[index] <= 57 }
  private mutating func skipDigits() { while isDigit { index += 1 } }
}
