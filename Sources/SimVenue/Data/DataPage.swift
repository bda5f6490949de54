import Shared

/// Pages of the Data API's second version: `{"data": […], "pagination": {…}}`, where `next_cursor` is there exactly when there is more.
enum DataPage {
  /// One page of rows that stand still: the cursor is a place among them.
  /// - Parameter most: rows of a page at most; more asked for is refused.
  static func answer(_ query: DataQuery, most: Int64 = 1_000, _ rows: [WireValue]) throws(DataProblem) -> Answer {
    let limit = Int(try query.number("limit", 1...most) ?? 100)
    let start = try place(query) ?? 0
    let shown = rows.dropFirst(start).prefix(limit)
    let next = start + shown.count
    return page(Array(shown), limit: limit, offset: start, next: next < rows.count ? next : nil)
  }

  /// One page of a feed, newest first, into which new events come at the front: the cursor is the event before which to go on, counted from
  /// the beginning of time.
  static func feed(
    _ query: DataQuery, _ chain: ChainIndex, ascending: Bool = false, _ passes: (ChainEvent) -> Bool,
    _ show: (ChainEvent) -> WireValue
  ) throws(DataProblem) -> Answer {
    let limit = Int(try query.number("limit", 1...1_000) ?? 100)
    let events = chain.events
    // The event that a cursor names may have been forgotten since: then the next one on the way.
    var at = ascending ? 0 : events.count - 1
    if let number = try place(query) {
      at = chain.place(ofNumber: number)
      if !ascending, !events.indices.contains(at) || events[at].number > number { at -= 1 }
    }
    var rows: [WireValue] = []
    while events.indices.contains(at), rows.count <= limit {
      if passes(events[at]) {
        if rows.count == limit { return page(rows, limit: limit, offset: 0, next: events[at].number) }
        rows.append(show(events[at]))
      }
      at += ascending ? 1 : -1
    }
    return page(rows, limit: limit, offset: 0, next: nil)
  }

  static func single(_ value: WireValue) -> Answer { .ok(.object(("data", value))) }

  private static func place(_ query: DataQuery) throws(DataProblem) -> Int? {
    guard let cursor = query.text("cursor") else { return nil }
    guard let bytes = Base64URL.decode(cursor), let place = Int(String(decoding: bytes, as: UTF8.self)), place >= 0
    else { throw DataProblem("invalid cursor") }
    return place
  }

  private static func page(_ rows: [WireValue], limit: Int, offset: Int, next: Int?) -> Answer {
    .ok(
      .object(
        ("data", .list(rows)),
        (
          "pagination",
          .object(
            ("limit", .integer(Int64(limit))), ("offset", .integer(Int64(offset))), ("has_more", .flag(next != nil)),
            ("next_cursor", next.map { .text(Base64URL.encode(Array(String($0).utf8))) } ?? .null))
        )))
  }
}
