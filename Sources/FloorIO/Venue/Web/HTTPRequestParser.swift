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
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed }
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
    guard let first = lines.popFirst() else { throw .malformed }
    let words = first.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[0].utf8.allSatisfy({ $0 >= 65 && $0 <= 90 }) else {
      throw .malformed
    }
    guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      throw words[2].hasPrefix("HTTP/") ? .versionNotSupported : .malformed
    }
    guard words[1].hasPrefix("/"), words[1].utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { throw .malformed }
    var headers: [String: String] = [:]
    for line in lines {
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { throw .malformed }
      let name = line[..<colon]
      guard name.utf8.allSatisfy(isNameByte) else { throw .malformed }
      let value = trimmed(line[line.utf8.index(after: colon)...])
      guard value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else { throw .malformed }
      let key = name.lowercased()
      if let before = headers[key] {
        // Two lengths or two hosts are how requests are smuggled; other headers may repeat.
        if key == "content-length" || key == "host" { throw .malformed }
        headers[key] = before + ", " + value
      } else {
        headers[key] = String(value)
      }
    }
    if headers["transfer-encoding"] != nil { throw headers["content-length"] == nil ? .lengthRequired : .malformed }
    var length = 0
    if let text = headers["content-length"] {
      guard text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), !text.isEmpty else { throw .malformed }
      length = Int(text) ?? .max
    }
    if length > bodyLimit { throw .bodyTooLarge }
    let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = decoded(target[0]) else { throw .malformed }
    var query: [WebField] = []
    if target.count > 1 {
      for part in target[1].split(separator: "&") {
        let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = decoded(pair[0]), let value = decoded(pair.count > 1 ? pair[1] : "") else { throw .malformed }
        query.append(WebField(name, value))
      }
    }
    let isOld = words[2] == "HTTP/1.0"
    let connection = headers["connection"]?.lowercased() ?? ""
    let request = WebRequest(
      method: String(words[0]), path: path, query: query, headers: headers,
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

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.utf8.first, first == 32 || first == 9 { text = text.dropFirst() }
    while let last = text.utf8.last, last == 32 || last == 9 { text = text.dropLast() }
    return text
  }

  /// Percent-decoding; `nil` for a broken escape, a zero byte, or bytes that are no UTF-8. A plus sign stands for itself.
  private static func decoded(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var iterator = text.utf8.makeIterator()
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
