/// Why a byte stream is no request we serve. The status is what the client is told before the connection ends.
public enum HTTPRequestError: Error, Hashable, Sendable {
  case malformed
  case headTooLarge
  case bodyTooLarge
  /// A body without a length; we want to know before we read.
  case lengthRequired
  case versionNotSupported

  var status: Int {
    switch self {
    case .malformed: 400
    case .headTooLarge: 431
    case .bodyTooLarge: 413
    case .lengthRequired: 411
    case .versionNotSupported: 505
    }
  }
}

/// Cuts a byte stream into HTTP/1.1 requests (RFC 9112), strictly: what is ambiguous is refused, never guessed. Pure.
public struct HTTPRequestParser: Sendable {
  private var buffer: [UInt8] = []
  private var start = 0
  private var searched = 0
  private var head: (request: WebRequest, end: Int, length: Int)?
  private let headLimit: Int
  private let bodyLimit: Int

  public init(headLimit: Int = 16 << 10, bodyLimit: Int) {
    self.headLimit = headLimit
    self.bodyLimit = bodyLimit
  }

  /// Bytes that wait for the rest of their request, or for their turn.
  public var pendingBytes: Int { buffer.count - start }

  public mutating func append(_ bytes: some Collection<UInt8>) { buffer.append(contentsOf: bytes) }

  /// Hands over what has not been cut yet: after an upgrade the bytes belong to another protocol.
  public mutating func takeRest() -> [UInt8] {
    defer {
      buffer = []
      start = 0
      searched = 0
    }
    return Array(buffer[start...])
  }

  /// The next whole request, or `nil` until more bytes have come.
  public mutating func next() throws(HTTPRequestError) -> WebRequest? {
    if head == nil {
      // A client may send an empty line between requests.
      while start + 1 < buffer.count, buffer[start] == 13, buffer[start + 1] == 10 { start += 2 }
      guard let end = endOfHead() else {
        if buffer.count - start > headLimit { throw .headTooLarge }
        return nil
      }
      if end - start > headLimit { throw .headTooLarge }
      head = try HTTPRequestParser.parse(buffer[start..<(end - 4)], end: end, bodyLimit: bodyLimit)
    }
    guard let head, buffer.count - head.end >= head.length else { return nil }
    var request = head.request
    request.body = Array(buffer[head.end..<(head.end + head.length)])
    start = head.end + head.length
    self.head = nil
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: start <= 64 << 10)
      start = 0
    } else if start > 64 << 10 {
      buffer.removeFirst(start)
      start = 0
    }
    searched = start
    return request
  }

  /// The index behind the empty line. Every byte is looked at once, however slowly they come.
  private mutating func endOfHead() -> Int? {
    var index = max(searched, start + 3)
    while index < buffer.count {
      if buffer[index] == 10, buffer[index - 1] == 13, buffer[index - 2] == 10, buffer[index - 3] == 13 {
        return index + 1
      }
      index += 1
    }
    searched = index
    return nil
  }

  private static func parse(
    _ bytes: ArraySlice<UInt8>, end: Int, bodyLimit: Int
  ) throws(HTTPRequestError) -> (WebRequest, Int, Int) {
    // Bytes outside ASCII are allowed in values, if they are UTF-8.
    guard isText(bytes) else { throw .malformed }
    var lines = Lines(rest: bytes)
    guard let first = lines.next() else { throw .malformed }
    let words = first.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy({ $0 >= 65 && $0 <= 90 }) else {
      throw .malformed
    }
    guard words[2].elementsEqual("HTTP/1.1".utf8) || words[2].elementsEqual("HTTP/1.0".utf8) else {
      throw words[2].starts(with: "HTTP/".utf8) ? .versionNotSupported : .malformed
    }
    // A target is ASCII (RFC 9112, section 3.2): what is not comes escaped.
    guard words[1].first == UInt8(ascii: "/"), words[1].allSatisfy({ $0 > 32 && $0 < 127 }) else { throw .malformed }
    var headers: [String: String] = [:]
    headers.reserveCapacity(16)
    while let line = lines.next() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
        let key = name(line[..<colon])
      else { throw .malformed }
      let value = trimmed(line[(colon + 1)...])
      guard value.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else { throw .malformed }
      let text = String(decoding: value, as: UTF8.self)
      if let before = headers[key] {
        // Two lengths or two hosts are how requests are smuggled; other headers may repeat.
        if key == "content-length" || key == "host" { throw .malformed }
        headers[key] = before + ", " + text
      } else {
        headers[key] = text
      }
    }
    if headers["transfer-encoding"] != nil { throw headers["content-length"] == nil ? .lengthRequired : .malformed }
    var length = 0
    if let text = headers["content-length"] {
      guard text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), !text.isEmpty else { throw .malformed }
      length = Int(text) ?? .max
    }
    if length > bodyLimit { throw .bodyTooLarge }
    let target = words[1].split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = decoded(target[0]) else { throw .malformed }
    var query: [WebField] = []
    if target.count > 1 {
      for part in target[1].split(separator: UInt8(ascii: "&")) {
        let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = decoded(pair[0]), let value = decoded(pair.count > 1 ? pair[1] : []) else { throw .malformed }
        query.append(WebField(name, value))
      }
    }
    let isOld = words[2].last == UInt8(ascii: "0")
    let connection = headers["connection"]?.lowercased() ?? ""
    let request = WebRequest(
      method: String(decoding: words[0], as: UTF8.self), path: path, query: query, headers: headers,
      keepsAlive: isOld ? connection.contains("keep-alive") : !connection.contains("close"))
    return (request, end, length)
  }

  /// `token` of RFC 9110: letters, digits and some punctuation, the underscore of `POLY_ADDRESS` included.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122: true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"),
      UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// The lines of a head, without their ends. A lone CR or LF ends nothing: it makes its line malformed.
  private struct Lines {
    var rest: ArraySlice<UInt8>?

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    mutating func next() -> ArraySlice<UInt8>? {
      guard let bytes = rest else { return nil }
      var index = bytes.startIndex
      while index + 1 < bytes.endIndex {
        if bytes[index] == 13, bytes[index + 1] == 10 {
          rest = bytes[(index + 2)...]
          return bytes[..<index]
        }
        index += 1
      }
      rest = nil
      return bytes
    }
  }

  /// ASCII, as nearly every head is, or else UTF-8.
  private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { $0 < 128 } || String(validating: bytes, as: UTF8.self) != nil
  }

  /// A header's name in lower case; `nil` when a byte has no place in one.
  private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
    var lower: [UInt8] = []
    lower.reserveCapacity(bytes.count)
    for byte in bytes {
      guard isNameByte(byte) else { return nil }
      lower.append((65...90).contains(byte) ? byte | 0x20 : byte)
    }
    return String(decoding: lower, as: UTF8.self)
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text
    while let first = text.first, first == 32 || first == 9 { text = text.dropFirst() }
    while let last = text.last, last == 32 || last == 9 { text = text.dropLast() }
    return text
  }

  /// Percent-decoding; `nil` for a broken escape, a zero byte, or bytes that are no UTF-8. A plus sign stands for itself.
  private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
    guard text.contains(UInt8(ascii: "%")) else { return String(decoding: text, as: UTF8.self) }
    var bytes: [UInt8] = []
    var iterator = text.makeIterator()
    func digit(_ byte: UInt8?) -> UInt8? {
      switch byte {
      case .some(let b) where b >= 48 && b <= 57: b - 48
      case .some(let b) where b >= 65 && b <= 70: b - 55
      case .some(let b) where b >= 97 && b <= 102: b - 87
      default: nil
      }
    }
    while let byte = iterator.next() {
      if byte == UInt8(ascii: "%") {
        guard let high = digit(iterator.next()), let low = digit(iterator.next()) else { return nil }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte)
      }
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }
}
