// Numbers and texts of a journal's payload: LEB128, signed numbers in zigzag, texts with their length before them.

extension [UInt8] {
  mutating func appendCompact(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func appendCompact(signed value: Int64) {
    appendCompact(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func appendCompact(text: some Collection<UInt8>) {
    appendCompact(UInt64(text.count))
    append(contentsOf: text)
  }
}

/// Reads them again.
struct CompactReader {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() throws(JournalError) -> UInt8 {
    guard let byte = rest.popFirst() else { throw .short }
    return byte
  }

  mutating func number() throws(JournalError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try byte()
      guard shift < 63 || byte <= 1 else { throw .range }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  mutating func signed() throws(JournalError) -> Int64 {
    let value = try number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func text() throws(JournalError) -> ArraySlice<UInt8> {
    let count = try number()
    guard count <= UInt64(rest.count) else { throw .short }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }

  mutating func string() throws(JournalError) -> String { String(decoding: try text(), as: UTF8.self) }

  mutating func json() throws(JournalError) -> JSON {
    let text = try text()
    do throws(JSONError) {
      return try JSON.parse(Array(text), limits: JSONLimits(bytes: JournalBlocks.payloadMax))
    } catch {
      throw .json(error)
    }
  }
}

/// Why a payload with a good check sum is none of this program's.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
  case short
  case range
  case json(JSONError)
  case message(MessageError)
  /// Written by another version.
  case unknownKind(UInt8)

  public var description: String {
    switch self {
    case .short: "it ends in the middle of an entry"
    case .range: "a number is too large"
    case .json(let error): "\(error)"
    case .message(let error): "\(error)"
    case .unknownKind(let kind): "an entry of kind \(kind) is not known here"
    }
  }
}
