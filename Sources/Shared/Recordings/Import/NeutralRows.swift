/// The neutral form (docs/recordings.md): a CSV with names in its first line, or a JSON object a line with the same names. Every row has
/// `at_ms` (receipt, milliseconds since 1970, decimals allowed) and `kind`:
///
///     market   market, condition (optional), yes, no, ends_ms (optional, of event markets)
///     book     token: its book is empty now; the `level` rows of the same token and time that follow make it up
///     level    token, side (BUY, SELL), price, size: the level's new total, 0 removes it
///     trade    token, side (the taker's), price, size
///     top      token, bid, ask (either may be missing)
///     price    series (exchange, oracle, twap30, twap60), symbol, stamp_ms, value
///     result   market, winner (a token)
///
/// `stamp_ms`, the venue's own stamp, may stand in any row.
enum NeutralRows {
  private typealias Cells = [String: String]

  static func rows(_ lines: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    guard let first = lines.first else { throw ImportError(line: 0, "no line in it") }
    let isCSV = first.first { $0 != 0x20 } != UInt8(ascii: "{")
    let table = isCSV ? TableRows(header: first) : nil
    for name in ["at_ms", "kind"] where table?.has(name) == false {
      throw ImportError(line: 1, "a column \(name) is wanted")
    }
    var rows: [ImportedRow] = []
    var index = isCSV ? 1 : 0
    while index < lines.count {
      let cells = try cells(lines[index], table, index + 1)
      var row = try row(cells, index + 1)
      index += 1
      if case .book(let token, _, _, let hash) = row.fact {
        var levels: [ImportedRow.Level] = []
        while index < lines.count {
          let next = try self.cells(lines[index], table, index + 1)
          guard next["kind"] == "level", next["token"] == token.text, next["at_ms"] == cells["at_ms"] else { break }
          guard case .levels(_, let own, _) = try self.row(next, index + 1).fact else { break }
          levels += own
          index += 1
        }
        func side(_ side: Side) -> [BookLevel] { levels.filter { $0.side == side }.map(\.level) }
        row = ImportedRow(
          at: row.at, stamp: row.stamp, .book(token, bids: side(.buy), asks: side(.sell), hash: hash))
      }
      rows.append(row)
    }
    return rows
  }

  private static func cells(_ line: [UInt8], _ table: TableRows?, _ number: Int) throws(ImportError) -> Cells {
    if let table { return table.cells(line) }
    guard let members = try JSON.imported(line, number).members else {
      throw ImportError(line: number, "no JSON object")
    }
    var cells: Cells = [:]
    for member in members { cells[member.key] = member.value.decimalText }
    return cells
  }

  private static func row(_ cells: Cells, _ line: Int) throws(ImportError) -> ImportedRow {
    func need<Value>(_ name: String, _ what: String, _ read: (String) -> Value?) throws(ImportError) -> Value {
      guard let text = cells[name] else { throw ImportError(line: line, "\(name) is missing (\(what))") }
      guard let value = read(text) else { throw ImportError(line: line, "\(name) \"\(text)\" is no \(what)") }
      return value
    }
    let at = try need("at_ms", "time in milliseconds") { milliseconds($0) }
    var stamp: MarketTime?
    if cells["stamp_ms"] != nil {
      stamp = try need("stamp_ms", "time in milliseconds") {
        MarketTime(nanoseconds: milliseconds($0)?.nanoseconds ?? -1)
      }
    }
    func level() throws(ImportError) -> (TokenID, Side, BookLevel) {
      (
        try need("token", "token id", TokenID.init), try need("side", "side: BUY or SELL", Side.init(rawValue:)),
        BookLevel(
          price: try need("price", "price from 0 to 1") { JSON.string($0).price },
          size: try need("size", "number of shares") { JSON.string($0).shares })
      )
    }
    let kind = try need("kind", "kind of row") { $0 }
    switch kind {
    case "market":
      let slug = try need("market", "market's name", MarketSlug.init)
      let condition =
        cells["condition"] == nil
        ? DerivedID.condition(slug) : try need("condition", "condition id", ConditionID.init)
      guard let condition else { throw ImportError(line: line, "no condition id") }
      return ImportedRow(
        at: at, stamp: stamp,
        .market(
          slug, condition: condition, yes: try need("yes", "token id", TokenID.init),
          no: try need("no", "token id", TokenID.init),
          ends: cells["ends_ms"] == nil
            ? nil : MarketTime(nanoseconds: try need("ends_ms", "time in milliseconds", milliseconds).nanoseconds)))
    case "book":
      return ImportedRow(
        at: at, stamp: stamp,
        .book(try need("token", "token id", TokenID.init), bids: [], asks: [], hash: cells["hash"] ?? ""))
    case "level":
      let (token, side, level) = try level()
      return ImportedRow(at: at, stamp: stamp, .levels(token, [.init(side, level)], hash: cells["hash"] ?? ""))
    case "trade":
      let (token, side, level) = try level()
      return ImportedRow(at: at, stamp: stamp, .trade(token, side, level))
    case "top":
      func price(_ name: String) throws(ImportError) -> Price? {
        cells[name] == nil ? nil : try need(name, "price from 0 to 1") { JSON.string($0).price }
      }
      return ImportedRow(
        at: at, stamp: stamp,
        .top(try need("token", "token id", TokenID.init), bid: try price("bid"), ask: try price("ask")))
    case "price":
      let series = try need("series", "series: exchange, oracle, twap30 or twap60") { names[$0] }
      return ImportedRow(
        at: at, stamp: stamp,
        .price(
          ReferenceTick(
            series: series, symbol: try need("symbol", "symbol") { $0 },
            observedAt: stamp ?? MarketTime(nanoseconds: at.nanoseconds),
            value: try need("value", "price in dollars") { ReferenceValue(parsing: $0) })))
    case "result":
      return ImportedRow(
        at: at, stamp: stamp,
        .resolved(
          try need("market", "market's name", MarketSlug.init), winner: try need("winner", "token id", TokenID.init)))
    default:
      throw ImportError(line: line, "kind \"\(kind)\": market, book, level, trade, top, price or result is wanted")
    }
  }

  private static let names: [String: ReferenceTick.Series] = [
    "exchange": .exchangeSpot, "oracle": .oracleSpot, "twap30": .oracleTWAP(seconds: 30),
    "twap60": .oracleTWAP(seconds: 60),
  ]

  private static func milliseconds(_ text: String) -> WallTime? {
    guard let micros = JSON.string(text).usd?.micros, (0...7_258_118_400_000_000_000).contains(micros) else {
      return nil
    }
    return WallTime(nanoseconds: micros)
  }
}
