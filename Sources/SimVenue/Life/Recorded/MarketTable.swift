/// `markets.csv` beside recordings: what is known of each recorded market. Columns used, by name: `slug`, `recorded_token`,
/// `recorded_side` (Up or Down), `outcome` (Up, Down or empty).
struct MarketTable: Hashable, Sendable {
  struct Row: Hashable, Sendable {
    var recordedToken: String
    var recordedSide: String
    var outcome: String
  }

  private(set) var rows: [String: Row] = [:]

  init(_ text: String) {
    var names: [Substring] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      if names.isEmpty {
        names = cells
        continue
      }
      func cell(_ name: String) -> String {
        guard let index = names.firstIndex(where: { $0 == name }), index < cells.count else { return "" }
        return String(cells[index])
      }
      let slug = cell("slug")
      if !slug.isEmpty {
        rows[slug] = Row(
          recordedToken: cell("recorded_token"), recordedSide: cell("recorded_side"), outcome: cell("outcome"))
      }
    }
  }
}
