import Shared

/// The results as tables for people. Times in microseconds where nothing else is said.
enum BenchTables {
  private static func cell(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }

  private static func name(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func micros(_ row: JSON, _ key: String, _ width: Int = 9) -> String {
    cell(row[key]?.int.map { String($0 / 1000) } ?? "-", width)
  }

  static func bus(_ result: JSON) -> String {
    var lines = [
      "publish to received, \(result["message_bytes"]?.text ?? "") bytes at \(result["per_second"]?.text ?? "")/s, "
        + "median of \(result["rounds"]?.text ?? "") rounds, µs",
      "peer      p50      p99    p99.9",
    ]
    for row in result["rows"]?.array ?? [] {
      lines.append(
        name(row["peer"]?.string ?? "", 5) + micros(row, "p50_ns", 8) + micros(row, "p99_ns") + micros(row, "p999_ns"))
    }
    lines.append(
      "ratio to C: p50 \(result["ratio_p50"]?.text ?? "-"), p99 \(result["ratio_p99"]?.text ?? "-")")
    return lines.joined(separator: "\n")
  }

  static func path(_ result: JSON) -> String {
    var lines = ["price to order, median of \(result["rounds"]?.text ?? "") rounds, µs"]
    for scenario in result["scenarios"]?.array ?? [] {
      lines += ["", scenario["name"]?.string ?? "", "  who           p50      p99    p99.9   orders"]
      for row in scenario["rows"]?.array ?? [] {
        lines.append(
          "  " + name(row["who"]?.string ?? "", 8) + micros(row, "p50_ns") + micros(row, "p99_ns")
            + micros(row, "p999_ns") + cell("\(row["orders"]?.text ?? "")/\(row["wanted"]?.text ?? "")", 12))
      }
      func ratio(_ key: String) -> String { scenario[key]?.double.map { String($0) } ?? "-" }
      lines.append(
        "  floor : python p50 \(ratio("p50_to_python")) p99 \(ratio("p99_to_python"));"
          + " floor : C p50 \(ratio("p50_to_c")) p99 \(ratio("p99_to_c"))")
      if let hops = scenario["hops"]?.array, !hops.isEmpty {
        lines.append("  hop to             p50      p99    p99.9")
        for hop in hops {
          lines.append(
            "  " + name(hop["to"]?.string ?? "", 16) + micros(hop, "p50_ns", 6) + micros(hop, "p99_ns")
              + micros(hop, "p999_ns"))
        }
      }
    }
    if let reason = result["python_skipped"]?.string { lines += ["", "SKIPPED python: \(reason)"] }
    return lines.joined(separator: "\n")
  }

  static func start(_ result: JSON) -> String {
    var lines = ["spawn to ready, ms             median      min      max   starts"]
    func millis(_ row: JSON, _ key: String) -> String {
      cell(row[key]?.int.map { "\($0 / 1_000_000).\($0 / 100_000 % 10)" } ?? "-", 9)
    }
    for row in result["starts"]?.array ?? [] {
      lines.append(
        "  " + name(row["name"]?.string ?? "", 26) + millis(row, "median_ns") + millis(row, "min_ns")
          + millis(row, "max_ns") + cell(row["times"]?.text ?? "", 9))
    }
    lines += ["", "memory, MB                  processes   share (PSS)   private, largest"]
    func megabytes(_ row: JSON, _ key: String, _ width: Int) -> String {
      cell(row[key]?.int.map { "\($0 / 1024).\($0 % 1024 * 10 / 1024)" } ?? "-", width)
    }
    for row in result["memory"]?.array ?? [] {
      lines.append(
        "  " + name(row["name"]?.string ?? "", 26) + cell(row["processes"]?.text ?? "", 9)
          + megabytes(row, "pss_kib", 14) + megabytes(row, "private_kib_each_max", 19))
    }
    lines.append("  " + name("together", 35) + megabytes(result, "pss_kib", 14))
    return lines.joined(separator: "\n")
  }
}
