import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Recordings of whole books, message by message: no level is lost on the way into ours.
@Suite(
  "Recorded books, message by message",
  .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
struct RecordedFrameTests {
  /// As many of the recordings.
  static func files(_ folder: String, _ suffix: String) throws -> [String] {
    try ReferenceFiles.data.files(folder, suffix: suffix).enumerated().filter {
      $0.offset % (Payloads.stride == 1 ? 1 : 8) == 0
    }
    .map(\.element)
  }

  /// Levels as the payload has them, by price, read without our decoders.
  private static func levels(_ json: JSON?) throws -> [String: String] {
    var levels: [String: String] = [:]
    for item in json?.array ?? [] {
      levels[try Price(parsing: item.needText("price")).description] = try Shares(parsing: item.needText("size"))
        .description
    }
    return levels.filter { $0.value != "0" }
  }

  private static func levels(_ levels: [BookLevel]) -> [String: String] {
    Dictionary(levels.map { ($0.price.description, $0.size.description) }) { first, _ in first }
  }

  @Test(
    "Every recorded book message comes out with every level it had",
    arguments: try RecordedFrameTests.files("btc5m_books/raw", ".jsonl.gz"))
  func books(file: String) throws {
    var decoder = MarketFrameDecoder()
    var count = 0
    for (number, line) in try Payloads.lines("btc5m_books/raw/" + file).enumerated() where number % Payloads.stride == 0
    {
      let raw = try Payloads.parse(line).need("raw")
      let frame = decoder.decode(raw.bytes)
      guard case .book(let book) = try #require(frame.events.first, "\(file) line \(number + 1)") else {
        Issue.record("\(file) line \(number + 1): no book")
        continue
      }
      count += 1
      let told = (bids: try Self.levels(raw["bids"]), asks: try Self.levels(raw["asks"]))
      try #require(
        Self.levels(book.bids) == told.bids && Self.levels(book.asks) == told.asks
          && book.token.text == raw["asset_id"]?.string && book.market.text == raw["market"]?.string
          && book.time.milliseconds == raw["timestamp"]?.int && book.hash == raw["hash"]?.string,
        "\(file) line \(number + 1)")
    }
    #expect(count > 0 && decoder.byTree == 0)
  }

  @Test("Every polled book of the games comes out with every level it had, uncrossed")
  func games() throws {
    var count = 0
    for path in try Self.files("sports_books_mlb/raw", ".jsonl.gz").map({ "sports_books_mlb/raw/" + $0 }) {
      for (number, line) in try Payloads.lines(path).enumerated() where number % Payloads.stride == 0 {
        let row = try Payloads.parse(line)
        // The sides are texts of JSON inside the JSON, and the stamp is the collector's own.
        let bids = try Payloads.parse(Array(row.needText("bids").utf8))
        let asks = try Payloads.parse(Array(row.needText("asks").utf8))
        let book = try #require(
          VenueBook([
            "market": .string("0x" + String(repeating: "0", count: 64)), "asset_id": "1",
            "timestamp": "1", "bids": bids, "asks": asks,
          ]), "\(path) line \(number + 1)")
        let told = (bids: try Self.levels(bids), asks: try Self.levels(asks))
        try #require(
          Self.levels(book.bids) == told.bids && Self.levels(book.asks) == told.asks, "\(path) line \(number + 1)")
        if let bid = book.bids.first, let ask = book.asks.first {
          #expect(bid.price < ask.price, "\(path) \(number + 1)")
        }
        count += 1
      }
    }
    #expect(count > 0)
  }

  /// The channel of 2025 told a match by a snapshot alone, without changes before it: what differs from the book rebuilt so far is what
  /// matched, and what happened in the same moment.
  @Test(
    "The games' channel: no row is lost, both tokens' books mirror each other, and snapshots differ from the rebuilt book by what matched"
  )
  func events() throws {
    var all = GameTally()
    for file in try Self.files("sports_ws_events_mlb", ".csv.gz") { try replay(file, &all) }
    // Some games have few moments and snapshots; together they tell. A row that the collector missed shows until the book's next
    // telling, so what counts is how often they part and not for how long.
    #expect(all.moments > 0 && all.partings * 200 <= all.moments, "\(all)")
    #expect(all.levels > 0 && all.equal * 100 >= all.levels * 85, "\(all)")
  }

  private struct GameTally {
    /// Moments in which both tokens' books were known, and how often they then ceased to mirror each other.
    var moments = 0
    var partings = 0
    /// Levels of snapshots of a book already known, and those that we had.
    var levels = 0
    var equal = 0
  }

  private func replay(_ file: String, _ tally: inout GameTally) throws {
    let lines = try Payloads.lines("sports_ws_events_mlb/" + file).map { String(decoding: $0, as: UTF8.self) }
    let names = try #require(lines.first).split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    func column(_ name: String) throws -> Int { try #require(names.firstIndex(of: name), "\(file): no column \(name)") }
    let (kind, token, price) = (try column("event_type"), try column("asset_id"), try column("price"))
    let (side, size, hash, time) = (try column("side"), try column("size"), try column("hash"), try column("timestamp"))
    let rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }

    // Rows of one message stand together and share kind, token, check sum and stamp.
    var messages: [[[String]]] = []
    for row in rows {
      if let last = messages.last?.last, [kind, token, hash, time].allSatisfy({ last[$0] == row[$0] }) {
        messages[messages.count - 1].append(row)
      } else {
        messages.append([row])
      }
    }
    let market = JSON.string("0x" + String(repeating: "0", count: 64))
    func frame(_ message: [[String]]) -> [UInt8] {
      let first = message[0]
      var members = [
        JSON.Member("event_type", .string(first[kind])), JSON.Member("market", market),
        JSON.Member("timestamp", .string(first[time])),
      ]
      if first[kind] == "book" {
        func levels(_ word: String) -> JSON {
          .array(message.filter { $0[side] == word }.map { ["price": .string($0[price]), "size": .string($0[size])] })
        }
        members += [
          JSON.Member("asset_id", .string(first[token])), JSON.Member("hash", .string(first[hash])),
          JSON.Member("bids", levels("bid")), JSON.Member("asks", levels("ask")),
        ]
      } else {
        let changes = message.map {
          JSON.object([
            .init("asset_id", .string($0[token])), .init("price", .string($0[price])), .init("size", .string($0[size])),
            .init("side", $0[side] == "bid" ? "BUY" : "SELL"), .init("hash", .string($0[hash])),
          ])
        }
        members.append(JSON.Member("price_changes", .array(changes)))
      }
      return JSON.object(members).bytes
    }

    var decoder = MarketFrameDecoder()
    var books: [TokenID: OrderBook] = [:]
    var taken = 0
    var isMirrored = true
    for (number, message) in messages.enumerated() {
      let frame = decoder.decode(frame(message))
      switch try #require(frame.events.first, "\(file): \(message[0])") {
      case .book(let snapshot):
        taken += snapshot.bids.count + snapshot.asks.count + message.filter { Double($0[size]) == 0 }.count
        if let book = books[snapshot.token], book.isComplete {
          for (side, told) in [(Side.buy, snapshot.bids), (.sell, snapshot.asks)] {
            let known = Set(book.levels(side))
            tally.levels += told.count
            tally.equal += told.count { known.contains($0) }
          }
        }
        books[snapshot.token, default: OrderBook()].apply(snapshot)
        #expect(
          books[snapshot.token]?.levels(.buy) == snapshot.bids && books[snapshot.token]?.levels(.sell) == snapshot.asks)
      case .priceChange(let change):
        taken += change.changes.count
        for item in change.changes {
          books[item.token, default: OrderBook()].set(item.level, side: item.side, at: change.time)
        }
      case .lastTrade, .tickSizeChange, .bestBidAsk, .newMarket, .resolved: Issue.record("\(file): \(message[0])")
      }
      // What happens in a millisecond comes in several messages; between milliseconds both tokens tell the same.
      let isBetween = number + 1 == messages.count || messages[number + 1][0][time] != message[0][time]
      let pair = books.values.filter(\.isComplete)
      if isBetween, pair.count == 2 {
        tally.moments += 1
        let wasMirrored = isMirrored
        isMirrored = pair[0].top == pair[1].top.mirrored
        if wasMirrored, !isMirrored { tally.partings += 1 }
      }
    }
    #expect(taken == rows.count, "\(file): \(taken) levels from \(rows.count) rows")
  }
}
