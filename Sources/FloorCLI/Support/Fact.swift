import FloorIOData
import Shared

/// One row of the record for telling: text by column, amounts as people write them.
struct Fact: Hashable {
  private let cells: [String: String]

  init(_ cells: [String: String]) { self.cells = cells }

  init(_ row: Rows.Row) {
    var cells: [String: String] = [:]
    for column in row.columns { cells[column] = row[column] }
    self.cells = cells
  }

  /// Empty for NULL and for a column that is not there.
  subscript(_ column: String) -> String { cells[column] ?? "" }
  func has(_ column: String) -> Bool { cells[column] != nil }
  /// `10.40`.
  func amount(_ column: String) -> String { Listing.short(self[column]) }
  /// `20`, `0.52`: the shortest exact text.
  func number(_ column: String) -> String { Fact.trimmed(self[column]) }
  /// Nanoseconds since 1970; `nil` without a time.
  func time(_ column: String) -> Int64? { CivilTime.nanoseconds(parsing: self[column]) }

  static func trimmed(_ text: String) -> String {
    do { return Decimal6.text(try Decimal6.parse(text)) } catch { return text }
  }

  /// `2026-11-30 08:10:00.123`.
  static func clock(_ nanoseconds: Int64) -> String {
    let text = CivilTime.iso8601(nanoseconds: nanoseconds / 1_000_000 * 1_000_000)
    let whole = text.contains(".") ? String(text.dropLast(4)) : String(text.dropLast()) + ".000"
    return whole.replacing("T", with: " ")
  }

  var json: JSON { .object(cells.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }) }
}
