import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite("Stamps in recorded files") struct RecordedStampTests {
  /// No time that the venue could mean; some do not fit into nanoseconds.
  static let absurd = ["9223372036854775807", "-9223372036854775808", "9223372036854775", "7258118400000", "-1"]

  @Test("a recorded book with an absurd stamp is no book", arguments: absurd)
  func books(stamp: String) {
    func line(_ stamp: String) -> [UInt8] {
      Array(#"{"raw":{"market":"0x1","asset_id":"1","timestamp":"\#(stamp)","bids":[],"asks":[]}}"#.utf8)
    }
    #expect(RecordedSnapshot(line: line("1795180500000"))?.at == MarketTime(seconds: 1_795_180_500))
    #expect(RecordedSnapshot(line: line(stamp)) == nil)
  }

  @Test("a reference price with an absurd stamp is left out", arguments: absurd)
  func reports(stamp: String) throws {
    func frame(_ stamp: String) throws -> WireValue {
      let item = #"{"timestamp":\#(stamp),"value":1.5}"#
      let text = #"{"topic":"crypto_prices_chainlink","payload":{"symbol":"btc/usd","data":[\#(item)]}}"#
      return try #require(WireReader.read(Array(text.utf8)))
    }
    #expect(try RecordedBooks.reports(frame("1795180500000")).map(\.at) == [MarketTime(seconds: 1_795_180_500)])
    #expect(try RecordedBooks.reports(frame(stamp)).isEmpty)
  }

  @Test("a window's event with an absurd stamp is skipped, and counted", arguments: absurd)
  func windows(stamp: String) throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/window.json"
    let events = #"[1795180500.5,"s",1795180500.25,1.5],[\#(stamp),"s",1795180501,1.5],[1795180502,"s",\#(stamp),1.5]"#
    let text =
      #"{"windows":[{"cid":"btc-updown-5m-1795180500","token_up":"1","token_down":"2","events":[\#(events)]}]}"#
    try Data(text.utf8).write(to: URL(filePath: path))
    let recording = try PriceRecording(path: path).recording
    #expect(recording.first == MarketTime(nanoseconds: 1_795_180_500_500_000_000))
    var played = try recording.open()
    var times: [MarketTime] = []
    while let event = try played.next() { times.append(event.at) }
    #expect(times == [recording.first] && played.skipped == 2)
  }

  @Test("a name with an absurd start is no window", arguments: absurd.filter { !$0.hasPrefix("-") })
  func names(stamp: String) {
    #expect(RecordedWindow(slug: "btc-updown-5m-1795180500")?.start == MarketTime(seconds: 1_795_180_500))
    #expect(RecordedWindow(slug: "btc-updown-5m-\(stamp)") == nil)
  }
}
