import Shared

extension AllocationBench {
  static func table(_ result: JSON) -> String {
    func text(_ row: JSON?, _ key: String) -> String { row?[key]?.string ?? row?[key]?.text ?? "-" }
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(1, width - text.utf8.count)) + text
    }
    func name(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
    func line(_ row: JSON) -> String {
      let form = row["form"]?.string.flatMap(AllocationForm.init(rawValue:))
      let numbers = [
        text(row, "per_s"), text(row, "floor_to_it"), String((row["p50_ns"]?.int ?? 0) / 1000),
        String((row["p99_ns"]?.int ?? 0) / 1000), text(row, "attempts"), text(row, "granted"), text(row, "retries"),
        text(row, "seen_over"), text(row, "exceeded"), text(row, "most"),
      ]
      return name(text(row, "scope"), 7) + cell(text(row, "sessions"), 3) + "  " + name(form?.words ?? "-", 31)
        + zip(numbers, widths).map { cell($0, $1) }.joined()
    }
    let widths = [7, 9, 9, 9, 9, 9, 9, 10, 10, 7]
    let heads = [
      "per s", "floor to", "p50 µs", "p99 µs", "attempts", "granted", "retries", "seen over", "exceeded", "most",
    ]
    let head =
      name("shared by", 12) + name("how", 31)
      + zip(heads, widths).map { title, width in
        String(repeating: " ", count: max(1, width - title.count)) + title
      }.joined()
    let server = result["server"]
    var lines = [
      "racing for one dollar: PostgreSQL \(text(server, "version")), fsync \(text(server, "fsync")), synchronous_commit "
        + "\(text(server, "synchronous_commit")), full_page_writes \(text(server, "full_page_writes"))",
      "rows before: \(text(result, "rows_before")), after: \(text(result, "rows_after")); seed \(text(result, "seed"))",
      "", "in turns, median of \(text(result, "rounds")) rounds of \(text(result, "seconds")) s (counts: sums)", head,
    ]
    lines += (result["compared"]?.array ?? []).map(line)
    lines += ["", "the floor's form alone", head] + (result["long"]?.array ?? []).map(line)
    let broken = result["broken_invariants"]?.array ?? []
    lines += [
      "",
      broken.isEmpty ? "no invariant of the record is broken" : "BROKEN: " + broken.map(\.text).joined(separator: "; "),
      result["exceeded"]?.int == 0 ? "the dollar was never exceeded" : "THE DOLLAR WAS EXCEEDED",
    ]
    return lines.joined(separator: "\n")
  }
}
