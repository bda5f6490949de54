import FloorIOVenue
import Glibc
import Shared

/// One market's recorded `book` messages, a line each: `{"slug",…,"raw":{…}}`. Its stamps are the market's time; the other token is the
/// mirror of the recorded one. `markets.csv` beside the file, or in the folder above, tells sides and outcomes.
struct BookRecording: Hashable, Sendable {
  let path: String
  /// The recorded token, and which outcome it is.
  let token: String
  let side: Outcome
  let market: RecordedMarket
  let first: MarketTime

  /// Looks into the file. Its market is the one its first line names.
  init(path: String) throws(ReplayFiles.Problem) {
    let line = try ReplayFiles.firstLine(path)
    guard let slug = WireReader.read(line)?["slug"]?.asText, let snapshot = RecordedSnapshot(line: line) else {
      throw ReplayFiles.Problem(description: "\(path): the first line is no recorded book message")
    }
    guard let window = RecordedWindow(slug: slug) else {
      throw ReplayFiles.Problem(description: "\(path): \(slug) is not the name of an up/down window")
    }
    let row = try Self.table(beside: path)?.rows[slug]
    let token = row.map(\.recordedToken).flatMap { $0.isEmpty ? nil : $0 } ?? snapshot.asset
    self.path = path
    self.token = token
    side = row?.recordedSide == "Down" ? .no : .yes
    let other = MarketSpec.complement(of: token)
    market = RecordedMarket(
      spec: window.spec(
        slug: slug, tokens: side == .yes ? [token, other] : [other, token], conditionID: snapshot.condition),
      outcome: row?.outcome == "Up" ? .yes : row?.outcome == "Down" ? .no : nil)
    first = snapshot.at
  }

  var recording: Recording {
    Recording(markets: [market], first: min(first, market.spec.start)) {
      Events(lines: try GzipLines(path: path), token: token, side: side, end: market.spec.end)
    }
  }

  private struct Events: RecordedEvents {
    let lines: GzipLines
    let token: String
    let side: Outcome
    let end: MarketTime
    private(set) var skipped = 0
    private var last: MarketTime?

    init(lines: GzipLines, token: String, side: Outcome, end: MarketTime) {
      self.lines = lines
      self.token = token
      self.side = side
      self.end = end
    }

    mutating func next() throws -> RecordedEvent? {
      while let line = try lines.next() {
        guard let snapshot = RecordedSnapshot(line: line) else {
          skipped += 1
          continue
        }
        // A recorder that moves to the next market may still hear the old one, or the other token: its book is the mirror of ours.
        guard snapshot.asset == token else { continue }
        // Stamps never run back.
        let at = max(snapshot.at, last ?? snapshot.at)
        guard at < end else { return nil }
        last = at
        let book = side == .yes ? snapshot.book : RecordedSnapshot.mirrored(snapshot.book)
        return RecordedEvent(at: at, changes: [.book(market: 0, book)])
      }
      return nil
    }
  }

  private static func table(beside path: String) throws(ReplayFiles.Problem) -> MarketTable? {
    var folders = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    for _ in 0..<2 {
      let candidate = (folders.isEmpty ? "." : folders.joined(separator: "/")) + "/markets.csv"
      if unsafe access(candidate, F_OK) == 0 {
        return MarketTable(String(decoding: try ReplayFiles.content(candidate), as: UTF8.self))
      }
      folders = folders.dropLast()
    }
    return nil
  }
}
