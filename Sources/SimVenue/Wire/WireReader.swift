/// Reads one JSON document into a `WireValue`. `nil` for anything that is not JSON, is deeper than 24 levels, or has text behind it.
struct WireReader {
  private let bytes: [UInt8]
  private var at = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func read(_ bytes: [UInt8]) -> WireValue? {
    var reader = WireReader(bytes)
    guard let value = reader.value(24) else { return nil }
    reader.blanks()
    return reader.at == bytes.count ? value : nil
  }

  static func read(_ text: String) -> WireValue? { read(Array(text.utf8)) }

  private mutating func blanks() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let letters = Array(word.description.utf8)
    guard bytes.count - at >= letters.count, bytes[at..<(at + letters.count)].elementsEqual(letters) else {
      return false
    }
    at += letters.count
    return true
  }

  private mutating func value(_ depth: Int) -> WireValue? {
    blanks()
    guard depth > 0, at < bytes.count else { return nil }
    switch bytes[at] {
    case UInt8(ascii: "{"): return record(depth - 1)
    case UInt8(ascii: "["): return list(depth - 1)
    case UInt8(ascii: "\""): return text().map { .text($0) }
    case UInt8(ascii: "t"): return take(word: "true") ? .flag(true) : nil
    case UInt8(ascii: "f"): return take(word: "false") ? .flag(false) : nil
    case UInt8(ascii: "n"): return take(word: "null") ? .null : nil
    default: return number()
    }
  }

  private mutating func record(_ depth: Int) -> WireValue? {
    at += 1
    var fields: [WireValue.Field] = []
    blanks()
    if take(UInt8(ascii: "}")) { return .record(fields) }
    repeat {
      blanks()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\""), let name = text() else { return nil }
      blanks()
      guard take(UInt8(ascii: ":")), let value = value(depth) else { return nil }
      fields.append(.init(name: name, value: value))
      blanks()
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}")) ? .record(fields) : nil
  }

  private mutating func list(_ depth: Int) -> WireValue? {
    at += 1
    var values: [WireValue] = []
    blanks()
    if take(UInt8(ascii: "]")) { return .list(values) }
    repeat {
      guard let value = value(depth) else { return nil }
      values.append(value)
      blanks()
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "]")) ? .list(values) : nil
  }

  private mutating func number() -> WireValue? {
    let start = at
    func digits() -> Int {
      var count = 0
      while at + count < bytes.count, (48...57).contains(bytes[at + count]) { count += 1 }
      return count
    }
    _ = take(UInt8(ascii: "-"))
    let whole = digits()
    guard whole > 0, whole == 1 || bytes[at] != 48 else { return nil }
    at += whole
    if take(UInt8(ascii: ".")) {
      let count = digits()
      guard count > 0 else { return nil }
      at += count
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      let count = digits()
      guard count > 0 else { return nil }
      at += count
    }
    return .number(String(decoding: bytes[start..<at], as: UTF8.self))
  }

  private mutating func text() -> String? {
    at += 1
    let start = at
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        defer { at += 1 }
        guard let span = try? UTF8Span(validating: bytes.span.extracting(start..<at)) else { return nil }
        return String(copying: span)
      case 0..<0x20: return nil
      case UInt8(ascii: "\\"): return escaped(Array(bytes[start..<at]))
      default: at += 1
      }
    }
    return nil
  }

  /// The rest of a text from its first escape on, behind what was read of it.
  private mutating func escaped(_ beginning: [UInt8]) -> String? {
    var out = beginning
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: out, as: UTF8.self)
      case 0..<0x20: return nil
      case UInt8(ascii: "\\"):
        guard let scalar = escape() else { return nil }
        out.append(contentsOf: String(Character(scalar)).utf8)
      default: out.append(byte)
      }
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard at < bytes.count else { return nil }
    let letter = bytes[at]
    at += 1
    switch letter {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "u"):
      guard let high = code() else { return nil }
      guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) }
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = code(), (0xDC00..<0xE000).contains(low) else {
        return nil
      }
      return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    default: return nil
    }
  }

  private mutating func code() -> UInt32? {
    guard bytes.count - at >= 4 else { return nil }
    let digits = String(decoding: bytes[at..<(at + 4)], as: UTF8.self)
    guard digits.utf8.allSatisfy({ Hex.nibble($0) != nil }) else { return nil }
    at += 4
    return UInt32(digits, radix: 16)
  }
}
