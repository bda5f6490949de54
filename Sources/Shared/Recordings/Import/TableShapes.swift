/// `sports_ws_events_mlb`: rows `market_slug, asset_id, event_type, price, side (bid, ask), size, hash, timestamp (ms)`. The rows of one
/// message follow each other with the same token, hash and stamp; a `book` message replaces the whole book. The first token is taken as YES.
/// Changes of the price grid were not recorded: a first price between whole cents shows that it has become a tenth of a cent.
enum EventTable {
  private struct Message {
    var token: TokenID
    var isBook: Bool
    var hash: String
    var stamp: MarketTime
    var levels: [ImportedRow.Level]

    var row: ImportedRow {
      func side(_ side: Side) -> [BookLevel] { levels.filter { $0.side == side }.map(\.level) }
      return ImportedRow(
        at: WallTime(nanoseconds: stamp.nanoseconds),
        isBook
          ? .book(token, bids: side(.buy), asks: side(.sell), hash: hash) : .levels(token, levels, hash: hash))
    }
  }

  static func rows(_ lines: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    guard let header = lines.first else { throw ImportError(line: 0, "no line in it") }
    let table = TableRows(header: header)
    for name in ["market_slug", "asset_id", "event_type", "price", "side", "size", "timestamp"] where !table.has(name) {
      throw ImportError(line: 1, "a column \(name) is wanted")
    }
    var rows: [ImportedRow] = []
    var open: Message?
    var slug: MarketSlug?
    var tokens: [TokenID] = []
    for (index, line) in lines.enumerated().dropFirst() {
      let cells = table.cells(line)
      guard let own = cells["market_slug"].flatMap(MarketSlug.init),
        let token = cells["asset_id"].flatMap(TokenID.init),
        let kind = cells["event_type"], let price = cells["price"].flatMap({ JSON.string($0).price }),
        let size = cells["size"].flatMap({ JSON.string($0).shares }), let word = cells["side"],
        ["bid", "ask"].contains(word),
        let stamp = cells["timestamp"].flatMap({ Int64($0) }).flatMap(MarketTime.init(venueMilliseconds:))
      else { throw ImportError(line: index + 1, "slug, token, price, size, side (bid or ask) and stamp are wanted") }
      guard ["book", "price_change"].contains(kind) else {
        throw ImportError(line: index + 1, "event_type \(kind): book or price_change is wanted")
      }
      guard own == slug ?? own else { throw ImportError(line: index + 1, "a second market, \(own): a file holds one") }
      slug = own
      if !tokens.contains(token) { tokens.append(token) }
      let level = ImportedRow.Level(word == "bid" ? .buy : .sell, BookLevel(price: price, size: size))
      let hash = cells["hash"] ?? ""
      if let known = open, known.token == token, known.hash == hash, known.stamp == stamp,
        known.isBook == (kind == "book")
      {
        open?.levels.append(level)
      } else {
        if let open { rows.append(open.row) }
        open = Message(token: token, isBook: kind == "book", hash: hash, stamp: stamp, levels: [level])
      }
    }
    if let open { rows.append(open.row) }
    if let finer = rows.firstIndex(where: \.isBetweenCents) {
      let change = tokens.map { ImportedRow(at: rows[finer].at, .grid($0, .tenthOfCent)) }
      rows.insert(contentsOf: change, at: finer)
    }
    guard let slug, let yes = tokens.first, let no = tokens.dropFirst().first ?? DerivedID.complement(of: yes),
      let condition = DerivedID.condition(slug), let earliest = rows.map(\.at).min()
    else { throw ImportError(line: 0, "no row in it") }
    return [ImportedRow(at: earliest, .market(slug, condition: condition, yes: yes, no: no))] + rows
  }
}

/// `chainlink_btc_1hz`: rows `feed_ts_ms, value, full_accuracy_value (10⁻¹⁸), server_ts_ms, recv_ms`.
enum OracleTable {
  static func rows(_ lines: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    guard let header = lines.first else { throw ImportError(line: 0, "no line in it") }
    let table = TableRows(header: header)
    for name in ["feed_ts_ms", "full_accuracy_value", "recv_ms"] where !table.has(name) {
      throw ImportError(line: 1, "a column \(name) is wanted")
    }
    var rows: [ImportedRow] = []
    for (index, line) in lines.enumerated().dropFirst() {
      let cells = table.cells(line)
      guard let stamp = cells["feed_ts_ms"].flatMap({ Int64($0) }).flatMap(MarketTime.init(venueMilliseconds:)),
        let attos = cells["full_accuracy_value"].flatMap({ Int128($0) }), attos > 0,
        let received = cells["recv_ms"].flatMap({ Int64($0) })
      else { throw ImportError(line: index + 1, "feed_ts_ms, full_accuracy_value and recv_ms are wanted") }
      rows.append(
        ImportedRow(
          at: WallTime(nanoseconds: received * 1_000_000),
          .price(
            ReferenceTick(
              series: .oracleSpot, symbol: "btc/usd", observedAt: stamp, value: ReferenceValue(attos: attos)))))
    }
    return rows
  }
}
