/// Uuids made from bytes or texts, so that the same venue always gives the same.
enum Identifier {
  /// - Parameter bytes: at least 16.
  static func uuid(_ bytes: [UInt8]) -> String {
    let hex = Array(Hex.text(bytes.prefix(16)))
    let parts = [hex[0..<8], hex[8..<12], ["4"] + hex[13..<16], ["8"] + hex[17..<20], hex[20..<32]]
    return parts.map { String($0) }.joined(separator: "-")
  }

  static func uuid(_ text: String) -> String { uuid(Digests.sha256(Array(text.utf8))) }
}
