import Shared

/// Results of markets from elsewhere, in one of these shapes:
///
///     slug, outcome                       CSV; Yes, No, Up, Down, any case; empty: not known
///     window_id, resolved_up              CSV; 1 or 0 (updown5m_outcomes)
///     slug, token_won                     CSV; 1 or 0 of the recorded token, which imports take as YES (sports_books_mlb)
///     {"slug", "outcome_prices": ["1", "0"]}   a JSON object a line, YES first; other prices: not known (chainlink_btc_1hz)
///     {"slug", "winner": "UP"}                 a JSON object a line (btc5m_ladder)
public enum ResultTable {
  /// Dollars per YES share, by market. A market named twice with different outcomes is refused.
  public static func read(_ lines: [[UInt8]]) throws(ImportError) -> [MarketSlug: Price] {
    guard let header = lines.first else { throw ImportError(line: 0, "it is empty") }
    var results: [MarketSlug: Price] = [:]
    func note(_ market: String?, _ payout: Price, line: Int) throws(ImportError) {
      guard let slug = market.flatMap({ MarketSlug($0) }) else {
        throw ImportError(line: line, "'\(market ?? "")' is no market")
      }
      if let known = results[slug], known != payout {
        throw ImportError(line: line, "\(slug) has another outcome in a line above")
      }
      results[slug] = payout
    }
    if header.first == UInt8(ascii: "{") {
      for (index, line) in lines.enumerated() {
        let json = try JSON.imported(line, index + 1)
        guard let payout = try payout(json, line: index + 1) else { continue }
        try note(json["slug"]?.string, payout, line: index + 1)
      }
      return results
    }
    let table = TableRows(header: header)
    let (market, result) =
      table.has("window_id") ? ("window_id", "resolved_up") : ("slug", table.has("token_won") ? "token_won" : "outcome")
    guard table.has(market), table.has(result) else {
      throw ImportError(line: 1, "the columns slug and outcome are wanted")
    }
    for (index, line) in lines.enumerated().dropFirst() {
      let cells = table.cells(line)
      guard let word = cells[result] else { continue }
      try note(cells[market], try payout(word, line: index + 1), line: index + 1)
    }
    return results
  }

  private static func payout(_ word: String, line: Int) throws(ImportError) -> Price {
    switch word.lowercased() {
    case "yes", "up", "1": .one
    case "no", "down", "0": .zero
    default: throw ImportError(line: line, "'\(word)' is none of Yes, No, Up, Down")
    }
  }

  private static func payout(_ json: JSON, line: Int) throws(ImportError) -> Price? {
    if let winner = json["winner"]?.string { return try payout(winner, line: line) }
    guard let prices = json["outcome_prices"]?.array, prices.count == 2 else {
      throw ImportError(
        line: line, "slug and outcome in a CSV, or winner or two outcome_prices in a JSON line, are wanted")
    }
    return switch (prices[0].decimalText, prices[1].decimalText) {
    case ("1", "0"): .one
    case ("0", "1"): .zero
    default: nil
    }
  }
}
