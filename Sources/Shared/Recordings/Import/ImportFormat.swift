/// Shapes of other people's recordings that can be imported (docs/recordings.md). All of a file is taken at once: a token's other half, or
/// the order in time, may only show at its end.
public enum ImportFormat: String, CaseIterable, Sendable {
  /// A line per `book` message, untouched under `raw`.
  case books = "btc5m_books"
  /// A line per message of the market channel, untouched under `payload`.
  case capture = "clob_ws_capture"
  /// One document around one window: prices, prints, best prices.
  case multifeed = "btc5m_multifeed"
  /// CSV of `book` and `price_change` rows.
  case sportsEvents = "sports_ws_events_mlb"
  /// A line per whole book, newest first.
  case sportsBooks = "sports_books_mlb"
  /// CSV of the oracle's observations.
  case oraclePrices = "chainlink_btc_1hz"
  /// A line per five-minute window: both tokens' best prices at a few moments before its end, and who won.
  case ladder = "btc5m_ladder"
  /// A line per fifteen-minute window: a price a minute.
  case priceHistory = "btc15m_price_history"
  /// CSV of the best prices of many event markets, asked for every two minutes.
  case eventQuotes = "event_quotes_us"
  /// The neutral form, CSV or a JSON object a line.
  case neutral

  public var summary: String {
    switch self {
    case .books: "book messages a line, one market (--markets markets.csv tells which side was recorded)"
    case .capture: "messages of the market channel a line (--markets markets.json names the markets)"
    case .multifeed: "one window's prices, prints and best prices in one document"
    case .sportsEvents: "book and price_change rows as CSV, one market"
    case .sportsBooks: "whole books a line, newest first, one token (--markets games.csv names the market)"
    case .oraclePrices: "the oracle's BTC/USD observations as CSV"
    case .ladder: "best prices at a few moments before a window's end, a window a line"
    case .priceHistory: "a price a minute, a window a line (--markets markets.json names the windows)"
    case .eventQuotes: "best prices of event markets as CSV"
    case .neutral: "the neutral form, CSV or a JSON object a line"
    }
  }

  /// A file's lines come in the order of their receipt, so that its first lines hold its first row.
  public var isInOrder: Bool {
    switch self {
    case .books, .capture, .sportsEvents, .oraclePrices: true
    case .multifeed, .sportsBooks, .ladder, .priceHistory, .eventQuotes, .neutral: false
    }
  }

  /// - Parameters:
  ///   - lines: of the file, without their ends.
  ///   - name: of the file, without its folder: some shapes carry the market in it.
  ///   - markets: lines of the table that goes with the data; empty where there is none.
  /// - Returns: rows in the order of their receipt.
  public func rows(
    _ lines: [[UInt8]], name: String, markets: [[UInt8]]
  ) throws(ImportError) -> [ImportedRow] {
    let rows: [ImportedRow]
    switch self {
    case .books: rows = try BookLines.rows(lines, markets: markets)
    case .capture: rows = try CaptureLines.rows(lines, markets: markets)
    case .multifeed: rows = try WindowDocument.rows(lines)
    case .sportsEvents: rows = try EventTable.rows(lines)
    case .sportsBooks: rows = try SnapshotLines.rows(lines, name: name, markets: markets)
    case .oraclePrices: rows = try OracleTable.rows(lines)
    case .ladder: rows = try LadderLines.rows(lines)
    case .priceHistory: rows = try PriceHistoryLines.rows(lines, markets: markets)
    case .eventQuotes: rows = try QuoteTable.rows(lines)
    case .neutral: rows = try NeutralRows.rows(lines)
    }
    // Equal times keep their order.
    return rows.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
}

extension WallTime {
  /// Seconds since 1970 as decimal text, to the nanosecond; further digits are dropped.
  public init?(seconds text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = Int64(parts[0]), (0...9_000_000_000).contains(whole) else { return nil }
    var nanoseconds: Int64 = 0
    if parts.count == 2 {
      guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
      let digits = String(parts[1].prefix(9))
      guard let number = Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count)) else { return nil }
      nanoseconds = number
    }
    self.init(nanoseconds: whole * 1_000_000_000 + nanoseconds)
  }
}

/// Ids that a recording does not name: derived from what it does name, always the same, the venue's own they are not.
enum DerivedID {
  static func condition(_ slug: MarketSlug) -> ConditionID? {
    ConditionID("0x" + Hex.text(SHA256.digest("condition:\(slug)".utf8)))
  }

  /// The token of the other outcome.
  static func complement(of token: TokenID) -> TokenID? { number(named: "complement:\(token)") }

  /// The tokens of a market of which only the name was recorded.
  static func tokens(of slug: MarketSlug) -> (yes: TokenID, no: TokenID)? {
    guard let yes = number(named: "yes:\(slug)"), let no = number(named: "no:\(slug)") else { return nil }
    return (yes, no)
  }

  private static func number(named name: String) -> TokenID? {
    var digits: [UInt8] = [0]
    for byte in SHA256.digest(name.utf8) {
      var carry = Int(byte)
      for index in digits.indices {
        carry += Int(digits[index]) * 256
        digits[index] = UInt8(carry % 10)
        carry /= 10
      }
      while carry > 0 {
        digits.append(UInt8(carry % 10))
        carry /= 10
      }
    }
    return TokenID(String(decoding: digits.reversed().map { $0 + 48 }, as: UTF8.self))
  }
}

/// Comma-separated lines with their names in the first. No cell is quoted.
public struct TableRows {
  private let names: [Substring]

  public init(header: [UInt8]) {
    names = String(decoding: header, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false)
  }

  public func has(_ name: String) -> Bool { names.contains { $0 == name } }

  /// The cells of a line by name; empty ones are left out.
  public func cells(_ line: [UInt8]) -> [String: String] {
    let values = String(decoding: line, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false)
    var cells: [String: String] = [:]
    for (name, value) in zip(names, values) where !value.isEmpty { cells[String(name)] = String(value) }
    return cells
  }
}

extension JSON {
  /// A line of somebody else's file.
  public static func imported(_ line: [UInt8], _ number: Int) throws(ImportError) -> JSON {
    do { return try JSON.parse(line, limits: JSONLimits(bytes: 256 << 20)) } catch {
      throw ImportError(line: number, "no JSON: \(error)")
    }
  }
}
