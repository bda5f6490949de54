/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Sendable {
    case unexpectedEnd = "unexpected end"
    case unexpectedCharacter = "unexpected character"
    case invalidNumber = "invalid number"
    case invalidEscape = "invalid escape"
    case invalidUTF8 = "invalid UTF-8"
    case duplicateKey = "duplicate key"
    case tooDeep = "nested too deep"
    case tooLong = "too long"
    case trailingText = "text after the document"
  }
  public let reason: Reason
  /// Bytes from the start.
  public let offset: Int
  public var description: String { "\(reason.rawValue) at byte \(offset)" }
}

/// How much a parser takes from a stranger (reliability document, section 8, rule 10).
public struct JSONLimits: Hashable, Sendable {
  public var bytes: Int
  public var depth: Int
  public var numberCharacters: Int
  public init(bytes: Int = 1 << 20, depth: Int = 32, numberCharacters: Int = 100) {
    self.bytes = bytes
    self.depth = depth
    self.numberCharacters = numberCharacters
  }
}

extension JSON {
  /// Reads one whole document. Hostile input throws; it never traps, and never recurses deeper than the limit.
  public static func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
    try parse(Array(text.utf8), limits: limits)
  }

  public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
    try parse(bytes[...], limits: limits)
  }

  public static func parse(_ bytes: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
    guard bytes.count <= limits.bytes else { throw JSONError(reason: .tooLong, offset: limits.bytes) }
    var parser = Parser(bytes: bytes, limits: limits)
    parser.skipSpace()
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    if parser.index != bytes.endIndex { throw parser.error(.trailingText) }
    return value
  }
}

private struct Parser {
  let bytes: ArraySlice<UInt8>
  let limits: JSONLimits
  var index: Int

  init(bytes: ArraySlice<UInt8>, limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
    index = bytes.startIndex
  }

  func error(_ reason: JSONError.Reason) -> JSONError { JSONError(reason: reason, offset: index - bytes.startIndex) }

  mutating func skipSpace() {
    while index < bytes.endIndex {
      switch bytes[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      default: return
      }
    }
  }

  mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard depth < limits.depth else { throw error(.tooDeep) }
    guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
    switch bytes[index] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return .number(try number())
    }
  }

  mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for byte in word.description.utf8 {
      guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
      guard bytes[index] == byte else { throw error(.unexpectedCharacter) }
      index += 1
    }
    return value
  }

  mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
    guard bytes[index] == byte else { throw error(.unexpectedCharacter) }
    index += 1
  }

  mutating func object(depth: Int) throws(JSONError) -> JSON {
    try expect(UInt8(ascii: "{"))
    var members: [JSON.Member] = []
    skipSpace()
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: "}") {
      index += 1
      return .object(members)
    }
    var seen = Set<String>()
    while true {
      skipSpace()
      let key = try string()
      guard isNew(key, members, &seen) else { throw error(.duplicateKey) }
      skipSpace()
      try expect(UInt8(ascii: ":"))
      skipSpace()
      members.append(JSON.Member(key, try value(depth: depth + 1)))
      skipSpace()
      guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
      if bytes[index] == UInt8(ascii: "}") {
        index += 1
        return .object(members)
      }
      try expect(UInt8(ascii: ","))
    }
  }

  /// Few members are looked through faster than their keys are hashed; many are not, and a stranger may send as many as it likes.
  private func isNew(_ key: String, _ members: [JSON.Member], _ seen: inout Set<String>) -> Bool {
    guard members.count >= Self.membersLookedThrough else { return !members.contains { $0.key == key } }
    if seen.isEmpty { seen = Set(members.map(\.key)) }
    return seen.insert(key).inserted
  }

  private static let membersLookedThrough = 16

  mutating func array(depth: Int) throws(JSONError) -> JSON {
    try expect(UInt8(ascii: "["))
    var items: [JSON] = []
    skipSpace()
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: "]") {
      index += 1
      return .array(items)
    }
    while true {
      skipSpace()
      items.append(try value(depth: depth + 1))
      skipSpace()
      guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
      if bytes[index] == UInt8(ascii: "]") {
        index += 1
        return .array(items)
      }
      try expect(UInt8(ascii: ","))
    }
  }

  /// The grammar of RFC 8259, section 6; the text is kept, so `1e400` is legal here and refused by whoever wants a number.
  mutating func number() throws(JSONError) -> String {
    let start = index
    func isDigit(_ at: Int) -> Bool { at < bytes.endIndex && bytes[at] >= 48 && bytes[at] <= 57 }
    if bytes[index] == UInt8(ascii: "-") { index += 1 }
    guard isDigit(index) else { throw error(start == index ? .unexpectedCharacter : .invalidNumber) }
    if bytes[index] == UInt8(ascii: "0") {
      index += 1
    } else {
      while isDigit(index) { index += 1 }
    }
    if index < bytes.endIndex, bytes[index] == UInt8(ascii: ".") {
      index += 1
      guard isDigit(index) else { throw error(.invalidNumber) }
      while isDigit(index) { index += 1 }
    }
    if index < bytes.endIndex, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < bytes.endIndex, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
      guard isDigit(index) else { throw error(.invalidNumber) }
      while isDigit(index) { index += 1 }
    }
    guard index - start <= limits.numberCharacters else { throw error(.tooLong) }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  mutating func string() throws(JSONError) -> String {
    try expect(UInt8(ascii: "\""))
    let start = index
    while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
      if bytes[index] < 0x20 { throw error(.unexpectedCharacter) }
      index += 1
    }
    guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
    if bytes[index] == UInt8(ascii: "\"") {
      let text = try checked(bytes[start..<index])
      index += 1
      return text
    }
    return try escapedString(prefix: Array(bytes[start..<index]))
  }

  mutating func escapedString(prefix: [UInt8]) throws(JSONError) -> String {
    var out = prefix
    while index < bytes.endIndex {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        let text = try checked(out[...])
        index += 1
        return text
      }
      if byte < 0x20 { throw error(.unexpectedCharacter) }
      index += 1
      if byte != UInt8(ascii: "\\") {
        out.append(byte)
        continue
      }
      guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
      let escape = bytes[index]
      index += 1
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escape)
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "f"): out.append(0x0C)
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "u"): out.append(contentsOf: String(Character(try unicodeEscape())).utf8)
      default: throw error(.invalidEscape)
      }
    }
    throw error(.unexpectedEnd)
  }

  mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let first = try hex4()
    var code = UInt32(first)
    if (0xD800...0xDBFF).contains(first) {
      try expect(UInt8(ascii: "\\"))
      try expect(UInt8(ascii: "u"))
      let second = try hex4()
      guard (0xDC00...0xDFFF).contains(second) else { throw error(.invalidEscape) }
      code = 0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw error(.invalidEscape) }
    return scalar
  }

  mutating func hex4() throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard index < bytes.endIndex else { throw error(.unexpectedEnd) }
      switch bytes[index] {
      case let b where b >= 48 && b <= 57: value = value << 4 | UInt16(b - 48)
      case let b where b >= 97 && b <= 102: value = value << 4 | UInt16(b - 87)
      case let b where b >= 65 && b <= 70: value = value << 4 | UInt16(b - 55)
      default: throw error(.invalidEscape)
      }
      index += 1
    }
    return value
  }

  func checked(_ slice: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let span = try? UTF8Span(validating: slice.span) else { throw error(.invalidUTF8) }
    return String(copying: span)
  }
}
