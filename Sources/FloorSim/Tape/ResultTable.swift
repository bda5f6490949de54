import Shared

/// Results of markets from elsewhere: a CSV with the columns `slug` and `outcome` (Yes, No, Up, Down, any case; empty: not known).
public enum ResultTable {
  /// Dollars per YES share, by market. A market named twice with different outcomes is refused.
  public static func read(_ lines: [[UInt8]]) throws(ImportError) -> [MarketSlug: Price] {
    guard let header = lines.first else { throw ImportError(line: 0, "it is empty") }
    let table = TableRows(header: header)
    guard table.has("slug"), table.has("outcome") else {
      throw ImportError(line: 1, "the columns slug and outcome are wanted")
    }
    var results: [MarketSlug: Price] = [:]
    for (index, line) in lines.enumerated().dropFirst() {
      let cells = table.cells(line)
      guard let word = cells["outcome"] else { continue }
      guard let slug = cells["slug"].flatMap(MarketSlug.init) else {
        throw ImportError(line: index + 1, "'\(cells["slug"] ?? "")' is no market")
      }
      let payout: Price
      switch word.lowercased() {
      case "yes", "up": payout = .one
      case "no", "down": payout = .zero
      default: throw ImportError(line: index + 1, "'\(word)' is none of Yes, No, Up, Down")
      }
      if let known = results[slug], known != payout {
        throw ImportError(line: index + 1, "\(slug) has another outcome in a line above")
      }
      results[slug] = payout
    }
    return results
  }
}
