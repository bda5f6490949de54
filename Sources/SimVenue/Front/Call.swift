/// One HTTP request as the venue sees it.
struct Call: Hashable, Sendable {
  var method: String
  /// Decoded, without the query.
  var path: String
  var query: [Field] = []
  /// Names in lower case.
  var headers: [String: String] = [:]
  var body: [UInt8] = []

  struct Field: Hashable, Sendable {
    var name: String
    var value: String
  }

  func first(_ name: String) -> String? { query.first { $0.name == name }?.value }
  func all(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

  /// The rest of the path behind a prefix; `nil` when it does not begin so or nothing follows.
  func rest(_ prefix: String) -> String? {
    guard path.hasPrefix(prefix), path.utf8.count > prefix.utf8.count else { return nil }
    return String(path.dropFirst(prefix.count))
  }
}
