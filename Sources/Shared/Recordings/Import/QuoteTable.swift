/// `event_quotes_us` (its extract `multi_outcome.csv`): rows `ts (UTC), category, question, slug, bid, ask, y, label_source`: the best prices
/// of event markets, all asked for at once about every two minutes. `y` is the market's result, told in all of its rows; only an official
/// one (`label_source` api) counts, and it is told after the market's last row, so that nobody knows it before.
enum QuoteTable {
  private struct Quoted {
    let yes: TokenID
    let no: TokenID
    var last: WallTime
    var result: Outcome?
  }

  static func rows(_ lines: [[UInt8]]) throws(ImportError) -> [ImportedRow] {
    guard let header = lines.first else { throw ImportError(line: 0, "no line in it") }
    let table = TableRows(header: header)
    for name in ["ts", "slug", "bid", "ask", "y", "label_source"] where !table.has(name) {
      throw ImportError(line: 1, "a column \(name) is wanted")
    }
    var rows: [ImportedRow] = []
    var markets: [MarketSlug: Quoted] = [:]
    for (index, line) in lines.enumerated().dropFirst() {
      let cells = table.cells(line)
      guard let at = cells["ts"].flatMap({ CivilTime.nanoseconds(parsing: $0 + "Z") }).map(WallTime.init(nanoseconds:)),
        let slug = cells["slug"].flatMap({ MarketSlug($0) })
      else { throw ImportError(line: index + 1, "ts and slug are wanted") }
      func price(_ name: String) throws(ImportError) -> Price? {
        guard let text = cells[name] else { return nil }
        guard let price = JSON.string(text).price else {
          throw ImportError(line: index + 1, "\(name) \(text) is no price")
        }
        return price > .zero && price < .one ? price : nil
      }
      if markets[slug] == nil {
        guard let (yes, no) = DerivedID.tokens(of: slug), let condition = DerivedID.condition(slug) else {
          throw ImportError(line: index + 1, "no token for \(slug)")
        }
        markets[slug] = Quoted(yes: yes, no: no, last: at)
        rows.append(ImportedRow(at: at, .market(slug, condition: condition, yes: yes, no: no)))
      }
      guard let market = markets[slug] else { continue }
      markets[slug]?.last = max(market.last, at)
      if cells["label_source"] == "api", let word = cells["y"] {
        guard ["0.0", "1.0"].contains(word) else {
          throw ImportError(line: index + 1, "y \(word) is neither 0.0 nor 1.0")
        }
        markets[slug]?.result = word == "1.0" ? .yes : .no
      }
      rows.append(ImportedRow(at: at, .top(market.yes, bid: try price("bid"), ask: try price("ask"))))
    }
    for (slug, market) in markets.sorted(by: { $0.key < $1.key }) {
      guard let result = market.result else { continue }
      let told = WallTime(nanoseconds: market.last.nanoseconds + 1_000_000_000)
      rows.append(ImportedRow(at: told, .resolved(slug, winner: result == .yes ? market.yes : market.no)))
    }
    return rows
  }
}
