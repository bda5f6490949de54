import FloorIOVenue
import Glibc
import Shared

/// Opens recordings for a replay: one look at each file, and the table beside it.
enum ReplayFiles {
  /// What is wrong with a file.
  struct Problem: Error, Hashable, CustomStringConvertible {
    var description: String
  }

  /// Looks into one recording. Its market is the one its first line names.
  static func open(_ path: String) throws(Problem) -> ReplaySource.Recording {
    let first: [UInt8]?
    do {
      first = try GzipLines(path: path).next()
    } catch {
      throw Problem(description: "\(path): \(error)")
    }
    guard let line = first, let value = WireReader.read(line), let slug = value["slug"]?.asText,
      let snapshot = RecordedSnapshot(line: line)
    else { throw Problem(description: "\(path): the first line is no recorded book message") }
    guard let kind = window(slug) else {
      throw Problem(description: "\(path): \(slug) is not the name of an up/down window")
    }
    let row = try table(beside: path)?.rows[slug]
    let token = row.map(\.recordedToken).flatMap { $0.isEmpty ? nil : $0 } ?? snapshot.asset
    let side: Outcome = row?.recordedSide == "Down" ? .no : .yes
    let other = MarketSpec.complement(of: token)
    let start = MarketTime(seconds: kind.start)
    let spec = MarketSpec(
      slug: slug, kind: .upDown(asset: kind.asset, seconds: kind.seconds),
      question: "\(kind.asset.uppercased()) Up or Down - \(start), \(kind.seconds / 60) minutes",
      details: "A recorded market, played again.", labels: ["Up", "Down"],
      tokens: side == .yes ? [token, other] : [other, token], conditionID: snapshot.condition, feeRate: 70_000,
      listed: start.advanced(by: .seconds(-3600)), start: start,
      end: start.advanced(by: .seconds(kind.seconds)))
    let outcome: Outcome? = row?.outcome == "Up" ? .yes : row?.outcome == "Down" ? .no : nil
    return ReplaySource.Recording(
      path: path, spec: spec, token: token, side: side, outcome: outcome, first: snapshot.at)
  }

  /// `{asset}-updown-{n}m-{start}`
  private static func window(_ slug: String) -> (asset: String, seconds: Int64, start: Int64)? {
    let parts = slug.split(separator: "-")
    guard parts.count == 4, parts[1] == "updown", let start = Int64(parts[3]), let number = Int64(parts[2].dropLast()),
      let unit: Int64 = parts[2].last == "m" ? 60 : parts[2].last == "h" ? 3600 : nil, number > 0
    else { return nil }
    return (String(parts[0]), number * unit, start)
  }

  /// `markets.csv` in the recording's folder or in the one above it.
  private static func table(beside path: String) throws(Problem) -> MarketTable? {
    var folders = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    for _ in 0..<2 {
      let candidate = (folders.isEmpty ? "." : folders.joined(separator: "/")) + "/markets.csv"
      if unsafe access(candidate, F_OK) == 0 {
        var text: [UInt8] = []
        do {
          let reader = try GzipLines(path: candidate)
          while let line = try reader.next() { text += line + [0x0A] }
        } catch {
          throw Problem(description: "\(candidate): \(error)")
        }
        return MarketTable(String(decoding: text, as: UTF8.self))
      }
      folders = folders.dropLast()
    }
    return nil
  }
}
