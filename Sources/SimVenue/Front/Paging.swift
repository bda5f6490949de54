import Shared

/// Pages of the CLOB's lists: cursors are the base64 of a place, `LTE=` (of -1) ends (protocol document, section 2.1).
enum Paging {
  static let size = 100

  static func page<Item>(_ call: Call, _ items: [Item], size: Int = size, _ show: (Item) -> WireValue) -> Answer {
    var start = 0
    if let cursor = call.first("next_cursor"), !cursor.isEmpty {
      guard let bytes = Base64URL.decode(cursor), let place = Int(String(decoding: bytes, as: UTF8.self)) else {
        return .refused(400, "Invalid payload")
      }
      // The last page's own cursor, sent again: nothing follows.
      start = place < 0 ? items.count : place
    }
    let shown = items.dropFirst(start).prefix(size)
    let next = start + shown.count
    return .ok(
      .object(
        ("limit", .integer(Int64(size))), ("count", .integer(Int64(shown.count))),
        ("next_cursor", .text(next < items.count ? Base64URL.encode(Array(String(next).utf8)) : "LTE=")),
        ("data", .list(shown.map(show)))))
  }

  static func empty(_ call: Call) -> Answer { page(call, [Int]()) { _ in .null } }
}
