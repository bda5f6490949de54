import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite("Recorded frames as a source of life") struct FrameRecordingTests {
  private static let start: Int64 = 1_795_180_500
  private let slug = "btc-updown-5m-1795180500"
  private let condition = "0x" + String(repeating: "ab", count: 32)

  private func write(_ lines: [(milliseconds: Int64, stream: String, text: String)], to path: String) throws {
    let writer = try RecordingFileWriter(path: path)
    for line in lines {
      try writer.append(
        RecordedFrame(
          receivedAt: WallTime(milliseconds: Self.start * 1000 + line.milliseconds), stream: line.stream,
          frame: Array(line.text.utf8)))
    }
    try writer.close()
  }

  private var lines: [(milliseconds: Int64, stream: String, text: String)] {
    [
      (0, "feed", #"{"event":"opened"}"#),
      // Ten market seconds a second, from a minute before the window.
      (
        1, "feed",
        #"{"event":"clock","anchor_wall_ns":\#(Self.start * 1_000_000_000),"anchor_market_ns":\#((Self.start - 60) * 1_000_000_000),"rate_milli":10000}"#
      ),
      (2, "feed", #"{"event":"following","market":"\#(slug)","condition":"\#(condition)","yes":"11","no":"22"}"#),
      (
        10, "market",
        #"[{"event_type":"book","market":"\#(condition)","asset_id":"11","timestamp":"1","hash":"","bids":[{"price":"0.4","size":"10"}],"asks":[{"price":"0.6","size":"20"}],"tick_size":"0.01"}]"#
      ),
      (
        20, "market",
        #"{"event_type":"price_change","market":"\#(condition)","price_changes":[{"asset_id":"22","price":"0.5","size":"7","side":"SELL","hash":"h"}],"timestamp":"2"}"#
      ),
      (
        30, "market",
        #"{"event_type":"last_trade_price","market":"\#(condition)","asset_id":"22","price":"0.45","size":"3","side":"BUY","timestamp":"3"}"#
      ),
      (40, "market", "nothing that anybody can read"),
      (
        36_000, "reference",
        #"{"topic":"crypto_prices_twap_sixty","type":"update","timestamp":9,"payload":{"symbol":"btc/usd","timestamp":\#((Self.start + 300) * 1000),"value":91234.5,"window_s":60,"full_accuracy_value":"91234500000000000000001"}}"#
      ),
      (
        36_100, "market",
        #"{"event_type":"market_resolved","market":"\#(condition)","assets_ids":["11","22"],"winning_asset_id":"22","winning_outcome":"Down","timestamp":"4"}"#
      ),
    ]
  }

  @Test("Frames come at their market time, as they are; books, prints and results follow from them")
  func plays() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/frames-1.jsonl.zst"
    try write(lines, to: path)
    var life = ReplaySource(
      recordings: [try FrameRecording(paths: [path]).recording], cutGaps: false, speaksVerbatim: true)
    var state = VenueState(
      rules: VenueRules(), now: Now(wall: WallTime(seconds: 1), market: life.origin(wall: WallTime(seconds: 1))))
    life.begin(&state)
    let market = try #require(state.clients.marketIndex[slug])
    var told: [(MarketTime, VerbatimFrame)] = []
    var bids: [Int64] = []
    while let due = life.next {
      state.advance(to: Now(wall: state.now.wall, market: due))
      try life.run(&state)
      for frame in life.takeFrames() { told.append((due, frame)) }
      if let bid = state.live[market].book.bestBid(.yes)?.micros, bids.last != bid { bids.append(bid) }
    }
    let wanted = lines.filter { $0.stream != "feed" }
    #expect(told.map { $0.1.stream.rawValue } == wanted.map(\.stream))
    #expect(told.map { String(decoding: $0.1.text, as: UTF8.self) } == wanted.map(\.text))
    // Ten milliseconds of the wall are a hundred of the market.
    #expect(told.map { $0.0.milliseconds } == wanted.map { (Self.start - 60) * 1000 + $0.milliseconds * 10 })
    // An offer of the second token is a bid for the first.
    #expect(bids == [400_000, 500_000])
    #expect(state.live[market].lastPrice?.micros == 450_000 && state.live[market].lastOutcome == .no)
    let result = try #require(state.clients.decisions[slug])
    #expect(result.winner == .no && !result.inferred && result.closing == 91_234_500_000_000_000_000_001)
    #expect(life.history("btc/usd").count == 1)
  }

  @Test(
    "A file that begins with a market as it stands has it followed, its books told, and the next change builds on that"
  )
  func begins() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/frames-2.jsonl.zst"
    let book =
      #"{"market":"\#(condition)","asset_id":"11","timestamp":"5","hash":"","bids":[{"price":"0.401","size":"10"}],"asks":[{"price":"0.6","size":"20"}],"tick_size":"0.001"}"#
    try write(
      [
        (0, "feed", #"{"event":"opened"}"#),
        (
          0, "feed",
          #"{"event":"standing","market":"\#(slug)","condition":"\#(condition)","yes":"11","no":"22","newest":"7","books":[{"book":\#(book),"later":[]}]}"#
        ),
        (
          10, "market",
          #"{"event_type":"price_change","market":"\#(condition)","price_changes":[{"asset_id":"11","price":"0.599","size":"7","side":"SELL","hash":"h"}],"timestamp":"8"}"#
        ),
      ], to: path)
    var life = ReplaySource(
      recordings: [try FrameRecording(paths: [path]).recording], cutGaps: false, speaksVerbatim: true)
    var state = VenueState(
      rules: VenueRules(), now: Now(wall: WallTime(seconds: 1), market: life.origin(wall: WallTime(seconds: 1))))
    life.begin(&state)
    let market = try #require(state.clients.marketIndex[slug])
    var told: [String] = []
    while let due = life.next, state.clients.decisions[slug] == nil {
      state.advance(to: Now(wall: state.now.wall, market: due))
      try life.run(&state)
      told += life.takeFrames().map { String(decoding: $0.text, as: UTF8.self) }
      guard told.count == 3 else { continue }
      for (book, (token, bid)) in Swift.zip(told, [("11", "0.401"), ("22", "0.4")]) {
        let event = try JSON.parse(book)
        #expect(event["event_type"]?.string == "book" && event["asset_id"]?.string == token)
        #expect(event["bids"]?.array?.first?["price"]?.string == bid && event["tick_size"]?.string == "0.001")
      }
      #expect(state.live[market].book.bestBid(.yes)?.micros == 401_000)
      #expect(state.live[market].book.bestAsk(.yes)?.micros == 599_000)
      #expect(state.live[market].tick.micros == 1000)
      return
    }
    Issue.record("the frame was not played, but: \(told)")
  }

  @Test(
    "The streams say nothing of the venue's own but the books as they stand, once, to a new listener; a keep-alive is answered"
  )
  func channel() throws {
    var channel = RecordedChannel<Int>()
    var sent: [String] = []
    func note(_ peer: Int, _ text: [UInt8]) { sent.append("\(peer) " + String(decoding: text, as: UTF8.self)) }
    channel.opened(1)
    channel.opened(2)
    channel.heard(Array("PING".utf8), from: 2, note)
    for _ in 1...2 {
      channel.heard(
        Array(#"{"type":"market","assets_ids":[]}"#.utf8), from: 1, standing: { [Array("book".utf8)] }, note)
    }
    channel.tell(Array("frame".utf8), note)
    channel.closed(1)
    channel.tell(Array("frame".utf8), note)
    #expect(sent == ["2 PONG", "1 book", "1 frame"])
  }

  @Test("What is no recording is refused with its place and reason")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/frames-1.jsonl.zst"
    try Data("not compressed at all".utf8).write(to: URL(filePath: path))
    #expect { try FrameRecording(paths: [path]) } throws: { "\($0)".hasPrefix(path) }
    #expect { try FrameRecording(paths: [directory.path + "/none"]) } throws: { "\($0)".contains("none") }
    #expect { try ReplayFiles.open(path) } throws: { "\($0)".contains("is wanted") || "\($0)".contains("JSON") }
  }
}
