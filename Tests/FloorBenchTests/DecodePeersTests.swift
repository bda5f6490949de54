import Shared
import Testing

@testable import FloorBench

@Suite("frames that readers are compared on")
struct DecodePeersTests {
  @Test("a line of the capture gives its frame to the byte, another line none")
  func payload() {
    func read(_ text: String) -> String? {
      MarketFrames.payload(of: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(read(#"{"capturedAt":5,"payload":{"a":[{"b":1}]}}"#) == #"{"a":[{"b":1}]}"#)
    #expect(read(#"{"capturedAt":5,"payload":[]}"#) == "[]")
    #expect(read(#"{"capturedAt":5}"#) == nil && read(#"{"payload":{}"#) == "{" && read("") == nil)
  }

  @Test("every price, size and best price counts once in the sum; an empty side counts nothing")
  func sum() {
    let market = "0x" + String(repeating: "5c", count: 32)
    let frame = """
      [{"event_type":"price_change","market":"\(market)","timestamp":"5","price_changes":[
      {"asset_id":"7","price":"0.5","size":"2","side":"BUY","best_bid":"0.5","best_ask":"1"}]},
      {"event_type":"book","market":"\(market)","asset_id":"7","timestamp":"5","bids":[{"price":"0.1","size":"3"}],"asks":[]},
      {"event_type":"last_trade_price","market":"\(market)","asset_id":"7","price":"0.2","size":"4","side":"BUY","timestamp":"5"},
      {"event_type":"best_bid_ask","market":"\(market)","asset_id":"7","best_bid":"","best_ask":"0.3","timestamp":"5"}]
      """
    var decoder = MarketFrameDecoder()
    #expect(MarketFrames.sum(decoder.decode(Array(frame.utf8)).events) == 3_000_000 + 3_100_000 + 4_200_000 + 300_000)
  }

  @Test("made-up frames read without a tree and tell both tokens of their market")
  func madeUp() throws {
    let frames = try MarketFrames.load(folder: "/nowhere")
    #expect(frames.name.contains("/nowhere") && frames.market.yesToken != frames.market.noToken)
    let changes = try frames.changesOnly()
    #expect(changes.frames.count == 2000 && frames.frames.count == 2060 && changes.market == frames.market)
    var decoder = MarketFrameDecoder()
    #expect(frames.frames.allSatisfy { decoder.decode($0).events.count == 1 } && decoder.byTree == 0)
  }

  @Test("a table names what was left out, and only then")
  func skipped() {
    func table(_ missing: JSON) -> String {
      DecodePeers.table([
        "frames": "f", "count": 1, "entries": 2, "rounds": 3, "python_missing": missing,
        "rows": [
          [
            "reader": "floor", "unit": "message", "ns": 700, "median_ns": 800, "worst_ns": 900, "per_second": 1,
            "floor_is": .double(2.5),
          ]
        ],
      ])
    }
    #expect(table(.null).contains("2.5 ×") && !table(.null).contains("SKIPPED"))
    #expect(table("no orjson").contains("SKIPPED Python: no orjson"))
  }
}
