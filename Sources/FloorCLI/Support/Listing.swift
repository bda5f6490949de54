import FloorIOData
import Shared

/// The answer to a query, for people or for programs.
struct Listing {
  let columns: [String]
  let cells: [[String?]]

  init(_ rows: Rows) {
    columns = rows.columns
    cells = rows.map { row in rows.columns.map { row[$0] } }
  }

  var table: String {
    Table(columns.map { $0.replacing("_", with: " ") }, cells.map { $0.map { $0.map(Listing.short) ?? "-" } }).text
  }

  var json: JSON {
    .array(
      cells.map { row in
        .object(zip(columns, row).map { JSON.Member($0, $1.map { .string($0) } ?? .null) })
      })
  }

  /// `numeric(20,6)` and timestamps as people write them: no needless zeros, whole seconds.
  static func short(_ text: String) -> String {
    if let time = CivilTime.nanoseconds(parsing: text) {
      let whole = WallTime(nanoseconds: time / 1_000_000_000 * 1_000_000_000).description
      return whole.replacing("T", with: " ").replacing("Z", with: "")
    }
    guard let point = text.firstIndex(of: "."), text[text.index(after: point)...].allSatisfy(\.isNumber),
      text[..<point].allSatisfy({ $0.isNumber || $0 == "-" })
    else { return text }
    var trimmed = text
    while trimmed.last == "0" { trimmed.removeLast() }
    let decimals = trimmed.distance(from: trimmed.firstIndex(of: ".") ?? trimmed.endIndex, to: trimmed.endIndex) - 1
    if decimals < 2 { trimmed += String(repeating: "0", count: 2 - decimals) }
    return trimmed
  }
}
