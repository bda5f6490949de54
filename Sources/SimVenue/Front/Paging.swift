import Shared

/// Pages of the CLOB's lists: cursors are the base64 of a place, `LTE=` (of -1) ends (protocol document, section 2.1).
enum Paging {
  static let size = 100

  static func page<Item>(_ call: Call, _ items: [Item], size: Int = size, _ show: (Item) -> WireValue) -> Answer {
    guard let place = place(call) else { return .refused(400, "Invalid payload") }
    // The last page's own cursor, sent again: nothing follows.
    let start = place < 0 ? items.count : place
    let shown = items.dropFirst(start).prefix(size)
    let next = start + shown.count
    return .ok(
      .object(
        ("limit", .integer(Int64(size))), ("count", .integer(Int64(shown.count))),
        ("next_cursor", .text(next < items.count ? Base64URL.encode(Array(String(next).utf8)) : "LTE=")),
        ("data", .list(shown.map(show)))))
  }

  /// How many items there are up to the page's end, if all pages are full; `nil` where its cursor does not read or asks for nothing.
  static func end(_ call: Call, size: Int = size) -> Int? {
    guard let place = place(call), place >= 0, place < Int.max - size else { return nil }
    return place + size
  }

  private static func place(_ call: Call) -> Int? {
    guard let cursor = call.first("next_cursor"), !cursor.isEmpty else { return 0 }
    return Base64URL.decode(cursor).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
  }

  static func empty(_ call: Call) -> Answer { page(call, [Int]()) { _ in .null } }
}
