import FloorTestSupport
import Foundation
import Shared
import Testing

/// Books assembled from what the venue really sent (FLOOR_DATA; skipped visibly where it is absent).
@Suite(
  "Books from recorded messages",
  .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
struct RecordedBookTests {
  @Test(
    "A captured market channel ends with books that mirror each other and agree with every announced best price but a few"
  )
  func capturedChannel() throws {
    let markets = try ReferenceFiles.data.json("clob_ws_capture/markets.json").need("current")
    let yes = try #require(TokenID(try markets.needText("upTokenId")))
    let no = try #require(TokenID(try markets.needText("downTokenId")))
    let listing = try GammaMarket([
      "slug": .string(try markets.needText("slug")), "conditionId": .string(try markets.needText("conditionId")),
      "outcomes": ["Up", "Down"], "clobTokenIds": [.string(yes.text), .string(no.text)], "enableOrderBook": true,
      "orderPriceMinTickSize": .number("0.01"), "orderMinSize": 5,
    ])
    var keeper = BookKeeper(
      Market(listing), policy: BookKeeper.Policy(staleAfter: .seconds(10)), now: MarketTime(nanoseconds: 0))
    var events = 0
    var malformed = 0
    var mirrored = 0
    var compared = 0
    var notLive: [String: Int] = [:]
    var earliest: MarketTime?
    for line in try Gzip.lines("clob_ws_capture/market-ws.jsonl.gz") {
      // The frame as it came stands in the member `payload`, the last of the line.
      guard let start = line.firstRange(of: Array(#""payload":"#.utf8))?.upperBound else { continue }
      let frame = StreamFrame<MarketStreamEvent>(market: Array(line[start..<(line.count - 1)]))
      malformed += frame.malformed
      for event in frame.events {
        events += 1
        // The first stamp of the capture, until books bring later ones.
        if earliest == nil, case .priceChange(let change) = event { earliest = change.time }
        let now = max(keeper.dataTime ?? MarketTime(nanoseconds: 0), earliest ?? MarketTime(nanoseconds: 0))
        _ = keeper.apply(event, at: now)
        let state = keeper.state(at: now)
        if state.state != .live { notLive[state.reason ?? "?", default: 0] += 1 }
        guard case .priceChange = event, keeper.book(.yes).isComplete, keeper.book(.no).isComplete else { continue }
        compared += 1
        if keeper.top(.yes) == keeper.top(.no).mirrored { mirrored += 1 }
      }
    }
    #expect(events > 0 && malformed == 0)
    // Messages overtake each other for a millisecond; the rest of the time both books tell the same story.
    #expect(compared > 0 && mirrored >= compared - compared / 1000, "\(mirrored) of \(compared)")
    let doubtful = notLive.filter { !$0.key.hasPrefix("no ") }.values.reduce(0, +)
    #expect(doubtful <= events / 500, "\(notLive)")
  }

  @Test(
    "Every recorded snapshot is reproduced exactly, and none is crossed",
    arguments: try ReferenceFiles.data.files("btc5m_books/raw", suffix: ".jsonl.gz").prefix(3))
  func recordedSnapshots(file: String) throws {
    var books: [TokenID: OrderBook] = [:]
    var count = 0
    for line in try Gzip.lines("btc5m_books/raw/\(file)").prefix(250) {
      let raw = try JSON.parse(line).need("raw")
      let snapshot = try #require(VenueBook(raw))
      var book = books[snapshot.token] ?? OrderBook()
      let isNews = book.time.map { $0 <= snapshot.time } ?? true
      book.apply(snapshot)
      books[snapshot.token] = book
      if isNews {
        #expect(book.levels(.buy) == snapshot.bids && book.levels(.sell) == snapshot.asks)
        count += 1
      }
      #expect(!book.isCrossed)
    }
    #expect(count > 0)
  }
}

enum Gzip {
  /// The lines of a compressed recording.
  static func lines(_ path: String) throws -> [[UInt8]] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", ReferenceFiles.data.folder + "/" + path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = [UInt8](try pipe.fileHandleForReading.readToEnd() ?? Data())
    process.waitUntilExit()
    return bytes.split(separator: 0x0A).map(Array.init)
  }
}
