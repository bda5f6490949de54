import Shared

/// A table for people: columns as wide as their widest cell, numbers to the right. Pure.
struct Table {
  var columns: [String]
  var rows: [[String]] = []

  init(_ columns: [String], _ rows: [[String]] = []) {
    self.columns = columns
    self.rows = rows
  }

  /// Lines without trailing blanks; `(none)` under the heading when there is no row.
  var text: String {
    let heading = columns.map { $0.uppercased() }
    let clean = rows.map { row in row.map(Table.plain) }
    let widths = columns.indices.map { index in
      ([heading] + clean).map { index < $0.count ? $0[index].count : 0 }.max() ?? 0
    }
    let isNumber = columns.indices.map { index in
      let cells = clean.compactMap { index < $0.count && !$0[index].isEmpty && $0[index] != "-" ? $0[index] : nil }
      return !cells.isEmpty && cells.allSatisfy(Table.looksNumeric)
    }
    func line(_ cells: [String]) -> String {
      var out = ""
      for index in columns.indices {
        let cell = index < cells.count ? cells[index] : ""
        let blanks = String(repeating: " ", count: widths[index] - cell.count)
        out += (index == 0 ? "" : "  ") + (isNumber[index] ? blanks + cell : cell + blanks)
      }
      while out.last == " " { out.removeLast() }
      return out
    }
    let body = clean.isEmpty ? ["(none)"] : clean.map(line)
    return ([line(heading)] + body).joined(separator: "\n")
  }

  /// Digits with sign, point, unit signs: what reads better to the right.
  private static func looksNumeric(_ text: String) -> Bool {
    text.utf8.contains { $0 >= 48 && $0 <= 57 }
      && text.utf8.allSatisfy { ($0 >= 48 && $0 <= 57) || Array("+-.,%$".utf8).contains($0) }
  }

  /// What came from outside must not steer the terminal.
  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F || (0x80..<0xA0).contains($0.value) ? " " : $0 }))
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
