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
  public struct Key: Equatable, Sendable {
    /// Its first 32 bytes, the first of all lowest: a name is compared without being kept. Of longer ones, of which we know none, those that
    /// begin alike and are as long are taken for the same.
    private let words: (UInt64, UInt64, UInt64, UInt64)
    private let count: Int

    @inline(__always) fileprivate init(_ bytes: [UInt8], _ start: Int, _ end: Int) {
      func word(_ number: Int) -> UInt64 { Words.load(bytes, start + 8 * number, min(end, start + 8 * number + 8)) }
      words = end - start > 16 ? (word(0), word(1), word(2), word(3)) : (word(0), word(1), 0, 0)
      count = end - start
    }

    public static func == (a: Key, b: Key) -> Bool { a.count == b.count && a.words == b.words }

    /// `switch key { case "slug": … }`, with names of 32 bytes at most.
    @inline(__always) public static func ~= (name: StaticString, key: Key) -> Bool {
      key.count == name.utf8CodeUnitCount && key.says(name)
    }

    /// A name of as many bytes.
    private func says(_ name: StaticString) -> Bool {
      precondition(count <= 32, "a longer name would be known by its beginning")
      let head = unsafe Words.head(name.utf8Start, count)
      guard words.0 == head.low, words.1 == head.high else { return false }
      guard count > 16 else { return true }
      let rest = unsafe Words.head(name.utf8Start + 16, count - 16)
      return words.2 == rest.low && words.3 == rest.high
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
    let name = try quoted()
    try expect(UInt8(ascii: ":"))
    return Key(bytes, name.start, name.end)
  }

  public mutating func enterArray() throws(JSONError) {
    try expect(UInt8(ascii: "["))
    fresh = true
  }

  /// `true` when another element follows (read or skip it), `false` when the array has ended.
  public mutating func nextElement() throws(JSONError) -> Bool { try !atEnd(UInt8(ascii: "]")) }

  /// The first byte of the value that comes next: `{`, `[`, `"`, a digit, `t`, `f`, `n`.
  @inline(__always) public mutating func peek() throws(JSONError) -> UInt8 {
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
    let text = try quoted()
    fresh = false
    if text.isEscaped {
      // Rare: let the full parser decode the escapes.
      guard let decoded = try JSON.parse(bytes[start...text.end]).string else { throw error(.invalidEscape) }
      return decoded
    }
    let content = bytes[text.start..<text.end]
    if text.isASCII { return String(decoding: content, as: UTF8.self) }
    guard let valid = String(validating: content, as: UTF8.self) else { throw error(.invalidUTF8) }
    return valid
  }

  /// Where a string that comes next stands in the text, without its quotes. Escapes are refused.
  public mutating func quotedText() throws(JSONError) -> Text {
    let text = try quoted()
    fresh = false
    if text.isEscaped { throw error(.invalidEscape) }
    return Text(start: text.start, end: text.end)
  }

  /// A string that comes next, to be compared as names are. Escapes are refused.
  public mutating func word() throws(JSONError) -> Key {
    let text = try quotedText()
    return Key(bytes, text.start, text.end)
  }

  /// A place in the text of the scanner that told it.
  public struct Text: Sendable {
    fileprivate let start: Int
    fileprivate let end: Int
    public var count: Int { end - start }
  }

  public func bytes(of text: Text) -> ArraySlice<UInt8> { bytes[text.start..<text.end] }

  /// Does it say the same as these bytes from `start` on?
  public func says(_ text: Text, _ other: [UInt8], from start: Int) -> Bool {
    Words.areEqual(bytes, text.start, other, start, text.count)
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
    let text = try scalar()
    fresh = false
    var position = text.start
    let negative = position < text.end && bytes[position] == UInt8(ascii: "-")
    if negative { position += 1 }
    guard position < text.end else { throw error(.invalidNumber) }
    var value: Int64 = 0
    while position < text.end {
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
    let text = try scalar()
    fresh = false
    if let value = shortDecimal(text.start, text.end) { return value }
    var iterator = bytes[text.start..<text.end].makeIterator()
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

  @inline(__always) private mutating func skipSpace() {
    // The venue and the bus send none.
    if index < bytes.count, bytes[index] > 0x20 { return }
    skipSpaces()
  }

  private mutating func skipSpaces() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  @inline(__always) private mutating func expect(_ byte: UInt8) throws(JSONError) {
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
  @inline(__always) private mutating func atEnd(_ closer: UInt8) throws(JSONError) -> Bool {
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

  /// What stands between two quotes.
  private struct Quoted {
    let start: Int
    let end: Int
    var isEscaped = false
    /// For certain.
    var isASCII = true
  }

  private mutating func quoted() throws(JSONError) -> Quoted {
    try expect(UInt8(ascii: "\""))
    let start = index
    var isEscaped = false
    var all: UInt64 = 0
    while true {
      // Eight plain bytes at a time, then the one that is not.
      while index + 8 <= bytes.count {
        let word = Words.load(bytes, index)
        all |= word
        let special = Words.firstSpecial(word)
        index += special
        if special < 8 { break }
      }
      guard index < bytes.count else { break }
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        index += 1
        return Quoted(start: start, end: index - 1, isEscaped: isEscaped, isASCII: all & Words.highBits == 0)
      }
      if byte < 0x20 { throw error(.unexpectedCharacter) }
      all |= UInt64(byte)
      let escapes = byte == UInt8(ascii: "\\")
      isEscaped = isEscaped || escapes
      index += escapes ? 2 : 1
    }
    index = bytes.count
    throw error(.unexpectedEnd)
  }

  /// A string without its quotes, or a number.
  private mutating func scalar() throws(JSONError) -> Quoted {
    guard try peek() == UInt8(ascii: "\"") else {
      let number = try numberRange()
      return Quoted(start: number.lowerBound, end: number.upperBound)
    }
    let text = try quoted()
    if text.isEscaped { throw error(.invalidEscape) }
    return text
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
