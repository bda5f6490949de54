import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// Books put together from captured changes against the snapshots that the venue sent next, and its check sums made anew.
@Suite(
  "Books rebuilt from captures",
  .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
struct RebuiltBookTests {
  /// One event of a capture, as sent and as decoded.
  private struct Captured {
    let json: JSON
    let event: MarketStreamEvent
    let time: MarketTime

    var isBook: Bool { if case .book = event { true } else { false } }
  }

  private static func capture(_ path: String) throws -> [Captured] {
    var decoder = MarketFrameDecoder()
    var events: [Captured] = []
    for line in try Payloads.lines(path) {
      for json in Payloads.single(try Payloads.parse(line).need("payload")) {
        let frame = decoder.decode(json.bytes)
        let event = try #require(frame.events.first, "\(json.text.prefix(200))")
        #expect(frame.events.count == 1 && frame.malformed == 0 && frame.strangers.isEmpty)
        let stamp = MarketTime(milliseconds: try json.needInt("timestamp"))
        events.append(Captured(json: json, event: event, time: stamp))
      }
    }
    return events
  }

  @Test(
    "In the venue's order every book rebuilt from changes equals the next snapshot to the last level, and its check sum is that of the change before it"
  )
  func snapshots() throws {
    for path in try Payloads.files("clob_ws_capture", suffix: ".jsonl.gz") {
      let events = try Self.capture(path)
      // Messages overtake each other on the way; by the venue's stamps a snapshot comes after the changes of its millisecond.
      let order = events.indices.sorted {
        (events[$0].time, events[$0].isBook ? 1 : 0, $0) < (events[$1].time, events[$1].isBook ? 1 : 0, $1)
      }
      var books: [TokenID: OrderBook] = [:]
      var hashes: [TokenID: String] = [:]
      var compared = 0
      var lost = 0
      for index in order {
        switch events[index].event {
        case .book(let snapshot):
          if let book = books[snapshot.token] {
            // Another check sum than the last change's: something between them was not recorded.
            if hashes[snapshot.token] == snapshot.hash {
              compared += 1
              #expect(book.levels(.buy) == snapshot.bids && book.levels(.sell) == snapshot.asks, "at \(snapshot.time)")
            } else {
              lost += 1
            }
          }
          books[snapshot.token] = OrderBook()
          books[snapshot.token]?.apply(snapshot)
          hashes[snapshot.token] = snapshot.hash
        case .priceChange(let change):
          for (item, raw) in zip(change.changes, try #require(events[index].json["price_changes"]?.array)) {
            books[item.token]?.set(item.level, side: item.side, at: change.time)
            hashes[item.token] = try raw.needText("hash")
          }
        case .lastTrade, .tickSizeChange, .bestBidAsk, .newMarket, .resolved: break
        }
      }
      #expect(
        compared > 0 && lost * 20 <= compared, "\(path): \(compared) compared, before \(lost) something is missing")
      // 140 of 140 in the shared capture.
    }
  }

  @Test(
    "In the order of arrival the books come to the same: wherever nothing is still on its way, they equal those in the venue's order"
  )
  func arrival() throws {
    for path in try Payloads.files("clob_ws_capture", suffix: ".jsonl.gz") {
      let events = try Self.capture(path)
      // After which events all that was sent before has arrived: there both orders have seen the same.
      var earliestAfter = [MarketTime](repeating: MarketTime(nanoseconds: .max), count: events.count + 1)
      for index in events.indices.reversed() {
        earliestAfter[index] = min(earliestAfter[index + 1], events[index].time)
      }
      var arrived: [TokenID: OrderBook] = [:]
      var latest = MarketTime(nanoseconds: .min)
      var pending: [Captured] = []
      var sorted: [TokenID: OrderBook] = [:]
      var compared = 0
      for index in events.indices {
        Self.apply(events[index].event, to: &arrived)
        pending.append(events[index])
        latest = max(latest, events[index].time)
        guard latest < earliestAfter[index + 1] else { continue }
        for one in pending.enumerated().sorted(by: {
          ($0.element.time, $0.element.isBook ? 1 : 0, $0.offset) < (
            $1.element.time, $1.element.isBook ? 1 : 0, $1.offset
          )
        }) {
          Self.apply(one.element.event, to: &sorted)
        }
        pending = []
        for (token, book) in sorted where book.isComplete {
          compared += 1
          let same = arrived[token].map {
            $0.levels(.buy) == book.levels(.buy) && $0.levels(.sell) == book.levels(.sell)
          }
          #expect(same == true, "\(path) after event \(index)")
        }
      }
      #expect(compared > 0)
    }
  }

  private static func apply(_ event: MarketStreamEvent, to books: inout [TokenID: OrderBook]) {
    switch event {
    case .book(let snapshot): books[snapshot.token, default: OrderBook()].apply(snapshot)
    case .priceChange(let change):
      for item in change.changes {
        books[item.token, default: OrderBook()].set(item.level, side: item.side, at: change.time)
      }
    case .lastTrade, .tickSizeChange, .bestBidAsk, .newMarket, .resolved: break
    }
  }

  // MARK: Check sums

  @Test("Every book that came with all its ten members has the check sum that we compute")
  func checkSums() throws {
    var checked = 0
    for path in try Payloads.files("api_fixtures", suffix: ".json") {
      for json in Payloads.single(try Payloads.parse(ReferenceFiles.data.bytes(path))) {
        // Shortened by hand, some carry an invented one.
        guard Payloads.kind(json) == .decoded("book"), let told = json["hash"]?.string, told.utf8.count == 40,
          let ours = Digests.bookHash(json)
        else { continue }
        #expect(ours == told, "\(path)")
        checked += 1
      }
    }
    #expect(checked > 0)
  }
}
