/// The header lines of an answer as libcurl hands them over, one by one. A new status line (after a `100 Continue`) begins anew. Pure.
struct HTTPAnswerHead {
  /// Names in lower case; of repeated ones the last.
  private(set) var fields: [String: String] = [:]
  private var bytes = 0

  /// Bytes of all lines together that we take from a stranger.
  static let limit = 64 << 10

  /// - Parameter line: with its line break. What is no `name: value` is passed over.
  /// - Returns: `false` when there are more bytes than we take; the answer is then given up.
  mutating func take(_ line: some Collection<UInt8>) -> Bool {
    bytes += line.count
    guard bytes <= HTTPAnswerHead.limit else { return false }
    if line.starts(with: "HTTP/".utf8) {
      fields = [:]
      return true
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return true }
    let value = line[line.index(after: colon)...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    fields[String(decoding: line[..<colon], as: UTF8.self).lowercased()] = String(
      decoding: value.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    return true
  }
}
