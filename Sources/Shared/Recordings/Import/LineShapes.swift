/// `btc5m_books`: `{"recv_ts", "slug", "asset_id", "raw": <book message>}`. The message goes into the recording as it stands.
enum BookLines {
  static func rows(_ lines: [[UInt8]], markets: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    var rows: [ImportedRow] = []
    var slug: MarketSlug?
    var condition: ConditionID?
    var tokens: [TokenID] = []
    for (index, line) in lines.enumerated() {
      let json = try JSON.imported(line, index + 1)
      guard let at = json["recv_ts"]?.decimalText.flatMap(WallTime.init(seconds:)), let raw = json["raw"],
        let own = json["slug"]?.string.flatMap(MarketSlug.init),
        let token = raw["asset_id"]?.string.flatMap(TokenID.init),
        let market = raw["market"]?.string.flatMap(ConditionID.init),
        let start = line.firstRange(of: Array("\"raw\":".utf8))
      else { throw ImportError(line: index + 1, "recv_ts, slug and raw with market and asset_id are wanted") }
      slug = slug ?? own
      condition = condition ?? market
      // A recorder that moves on to the next market may still name this one.
      guard own == slug, market == condition else { continue }
      if !tokens.contains(token) { tokens.append(token) }
      // From behind its name to the brace that closes the line.
      let frame = line[start.upperBound...].drop { $0 == 0x20 }.dropLast()
      rows.append(ImportedRow(at: at, .frame(stream: "market", Array(frame))))
    }
    guard let slug, let condition, let recorded = tokens.first, let first = rows.first else {
      throw ImportError(line: 0, "no line in it")
    }
    guard let other = tokens.dropFirst().first ?? DerivedID.complement(of: recorded) else {
      throw ImportError(line: 0, "no second token")
    }
    var isDown = false
    if let header = markets.first {
      let table = TableRows(header: header)
      let row = markets.dropFirst().map(table.cells).first { $0["slug"] == slug.text }
      isDown =
        (row?["recorded_side"] == "Down") == (row?["recorded_token"] == nil || row?["recorded_token"] == recorded.text)
    }
    return [
      ImportedRow(
        at: first.at, .market(slug, condition: condition, yes: isDown ? other : recorded, no: isDown ? recorded : other)
      )
    ] + rows
  }
}

/// `clob_ws_capture`: `{"capturedAt", "payload": <message>}`, captured to the second; the message's own stamp orders what came within it.
enum CaptureLines {
  static func rows(_ lines: [[UInt8]], markets: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    var rows: [ImportedRow] = []
    var last: WallTime?
    for (index, line) in lines.enumerated() {
      let json = try JSON.imported(line, index + 1)
      guard json["capturedAt"]?.int != nil, let payload = json["payload"],
        let stamp = payload["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:)),
        let start = line.firstRange(of: Array("\"payload\":".utf8))
      else { throw ImportError(line: index + 1, "capturedAt and payload with timestamp are wanted") }
      // The order of the lines is that of arrival; stamps that step back do not move a line.
      let at = max(last ?? WallTime(nanoseconds: 0), WallTime(nanoseconds: stamp.nanoseconds))
      last = at
      rows.append(
        ImportedRow(at: at, .frame(stream: "market", Array(line[start.upperBound...].drop { $0 == 0x20 }.dropLast()))))
    }
    guard let first = rows.first else { throw ImportError(line: 0, "no line in it") }
    return try listed(markets, at: first.at) + rows
  }

  /// `{"current": {"slug", "conditionId", "upTokenId", "downTokenId"}, "next": …}`
  private static func listed(_ lines: [[UInt8]], at time: WallTime) throws(ImportError) -> [ImportedRow] {
    guard !lines.isEmpty else { return [] }
    let json: JSON
    do { json = try JSON.parse(Array(lines.joined(separator: [0x0A]))) } catch {
      throw ImportError(line: 0, "the table of markets is no JSON: \(error)")
    }
    var rows: [ImportedRow] = []
    for member in json.members ?? [] {
      guard let slug = member.value["slug"]?.string.flatMap(MarketSlug.init),
        let condition = member.value["conditionId"]?.string.flatMap(ConditionID.init),
        let yes = member.value["upTokenId"]?.string.flatMap(TokenID.init),
        let no = member.value["downTokenId"]?.string.flatMap(TokenID.init)
      else { throw ImportError(line: 0, "the table's \(member.key) lacks slug, conditionId, upTokenId or downTokenId") }
      rows.append(ImportedRow(at: time, .market(slug, condition: condition, yes: yes, no: no)))
    }
    return rows
  }
}

/// `sports_books_mlb`: `{"asks", "bids" (JSON in a string), "timestamp" (ISO), "token_id", "condition_id"}`, newest first. The market's
/// name stands in the table (`games.csv`) or before `__` in the file's name; the recorded token is taken as YES. The books end when the game begins (`first_pitch_utc`
/// of the table), and so does the market, for whoever trades it: the game itself was not recorded.
enum SnapshotLines {
  static func rows(_ lines: [[UInt8]], name: String, markets: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    var rows: [ImportedRow] = []
    var market: (token: TokenID, condition: ConditionID)?
    for (index, line) in lines.enumerated() {
      let json = try JSON.imported(line, index + 1)
      guard let token = json["token_id"]?.string.flatMap(TokenID.init),
        let condition = json["condition_id"]?.string.flatMap(ConditionID.init),
        let at = json["timestamp"]?.string.flatMap({ CivilTime.nanoseconds(parsing: $0) })
      else { throw ImportError(line: index + 1, "token_id, condition_id and timestamp are wanted") }
      market = market ?? (token, condition)
      guard market?.token == token else { throw ImportError(line: index + 1, "a second token: a file holds one") }
      rows.append(
        ImportedRow(
          at: WallTime(nanoseconds: at),
          .book(token, bids: try levels(json["bids"], index + 1), asks: try levels(json["asks"], index + 1), hash: "")))
    }
    guard let market, let earliest = rows.map(\.at).min() else { throw ImportError(line: 0, "no line in it") }
    var slug: String?
    var ends: MarketTime?
    if let header = markets.first {
      let table = TableRows(header: header)
      let game = markets.dropFirst().map(table.cells).first { $0["token_id"] == market.token.text }
      slug = game?["slug"]
      if let text = game?["first_pitch_utc"] {
        guard let begin = CivilTime.nanoseconds(parsing: text) else {
          throw ImportError(line: 0, "the table's first_pitch_utc \(text) is no time")
        }
        ends = MarketTime(nanoseconds: begin)
      }
    }
    let text =
      slug
      ?? name.split(separator: ".").first.flatMap {
        $0.firstRange(of: "__").map { range in String(name[..<range.lowerBound]) }
      }
    guard let named = text.flatMap({ MarketSlug($0) }) else {
      throw ImportError(
        line: 0, "the market's name is wanted: in the table (--markets), or before __ in the file's name")
    }
    guard let other = DerivedID.complement(of: market.token) else { throw ImportError(line: 0, "no second token") }
    return [
      ImportedRow(at: earliest, .market(named, condition: market.condition, yes: market.token, no: other, ends: ends))
    ] + rows
  }

  private static func levels(_ text: JSON?, _ line: Int) throws(ImportError) -> [BookLevel] {
    let items = try JSON.imported(Array((text?.string ?? "").utf8), line).array ?? []
    var levels: [BookLevel] = []
    for item in items {
      guard let price = item["price"]?.price, let size = item["size"]?.shares else {
        throw ImportError(line: line, "a level without price and size")
      }
      levels.append(BookLevel(price: price, size: size))
    }
    return levels
  }
}
