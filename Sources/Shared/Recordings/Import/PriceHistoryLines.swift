/// `btc15m_price_history`: `{"metadata": {"tokenId"}, "data": [{"timestamp" (ms), "price"}, …]}` a line, one window's YES token each; the
/// windows' names stand in the table (`markets.json`: `{"data": [{"slug", "conditionId", "tokenIds"}, …]}`).
///
/// Such a history is of middles. The best prices around one are made: the nearest whole cents below and above it.
enum PriceHistoryLines {
  private struct Window {
    let slug: MarketSlug
    let condition: ConditionID
    let yes: TokenID
    let no: TokenID
  }

  static func rows(_ lines: [[UInt8]], markets: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    let windows = try windows(markets)
    var rows: [ImportedRow] = []
    for (index, line) in lines.enumerated() {
      let json = try JSON.imported(line, index + 1)
      guard let token = json["metadata"]?["tokenId"]?.string.flatMap({ TokenID($0) }), let points = json["data"]?.array
      else { throw ImportError(line: index + 1, "metadata with tokenId, and data, are wanted") }
      guard let window = windows[token] else {
        throw ImportError(line: index + 1, "token \(token) stands in no market of the table (--markets)")
      }
      var isNamed = false
      for point in points {
        guard let stamp = point["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:)),
          let price = point["price"]?.price
        else { throw ImportError(line: index + 1, "a point without timestamp and price") }
        let at = WallTime(nanoseconds: stamp.nanoseconds)
        if !isNamed {
          isNamed = true
          rows.append(
            ImportedRow(at: at, .market(window.slug, condition: window.condition, yes: window.yes, no: window.no)))
        }
        let cent: Int64 = 10_000
        let below = (price.micros - 1) / cent * cent
        let above = (price.micros + cent) / cent * cent
        rows.append(
          ImportedRow(
            at: at,
            .top(
              token, bid: below > 0 ? Price(micros: below) : nil, ask: above < 1_000_000 ? Price(micros: above) : nil)))
      }
    }
    return rows
  }

  private static func windows(_ lines: [[UInt8]]) throws(ImportError) -> [TokenID: Window] {
    guard !lines.isEmpty else { throw ImportError(line: 0, "the table of windows is wanted (--markets)") }
    let json = try JSON.imported(Array(lines.joined(separator: [0x0A])), 0)
    var windows: [TokenID: Window] = [:]
    for item in json["data"]?.array ?? [] {
      guard let slug = item["slug"]?.string.flatMap({ MarketSlug($0) }),
        let condition = item["conditionId"]?.string.flatMap({ ConditionID($0) }),
        let tokens = item["tokenIds"]?.array?.compactMap({ $0.string.flatMap { TokenID($0) } }), tokens.count == 2
      else { throw ImportError(line: 0, "a market of the table lacks slug, conditionId or two tokenIds") }
      let window = Window(slug: slug, condition: condition, yes: tokens[0], no: tokens[1])
      for token in tokens { windows[token] = window }
    }
    return windows
  }
}
