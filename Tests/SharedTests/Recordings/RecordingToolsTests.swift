import Shared
import Testing

@Suite("Looking at recordings") struct RecordingToolsTests {
  private static let condition = "0x" + String(repeating: "ab", count: 32)
  private static let other = "0x" + String(repeating: "cd", count: 32)

  private func mark(_ second: Int64, _ mark: FeedMark) -> RecordedFrame {
    RecordedFrame(receivedAt: WallTime(seconds: second), stream: FeedMark.stream, frame: mark.json.bytes)
  }

  private func market(_ second: Int64, _ text: String) -> RecordedFrame {
    RecordedFrame(receivedAt: WallTime(seconds: second), stream: "market", frame: Array(text.utf8))
  }

  private func follow(_ second: Int64, _ slug: String, _ condition: String, _ yes: String, _ no: String) throws
    -> RecordedFrame
  {
    mark(
      second,
      .following(
        try #require(MarketSlug(slug)), condition: try #require(ConditionID(condition)),
        yes: try #require(TokenID(yes)), no: try #require(TokenID(no))))
  }

  private func book(_ second: Int64, _ condition: String, _ token: String, bid: String) -> RecordedFrame {
    market(
      second,
      #"{"event_type":"book","market":"\#(condition)","asset_id":"\#(token)","timestamp":"\#(second)000","hash":"","bids":[{"price":"\#(bid)","size":"10"}],"asks":[{"price":"0.9","size":"5"}]}"#
    )
  }

  private func change(_ second: Int64, _ condition: String, _ token: String, _ price: String, _ size: String)
    -> RecordedFrame
  {
    market(
      second,
      #"{"event_type":"price_change","market":"\#(condition)","price_changes":[{"asset_id":"\#(token)","price":"\#(price)","size":"\#(size)","side":"BUY","hash":""}],"timestamp":"\#(second)000"}"#
    )
  }

  private func recording() throws -> [RecordedFrame] {
    [
      mark(100, .clock(.live)), mark(100, .opened), try follow(100, "one", Self.condition, "11", "12"),
      try follow(100, "two", Self.other, "21", "22"), book(101, Self.condition, "11", bid: "0.4"),
      book(101, Self.other, "21", bid: "0.3"), change(102, Self.condition, "11", "0.41", "7"),
      change(120, Self.condition, "11", "0.42", "8"), change(121, Self.other, "21", "0.31", "9"),
      RecordedFrame(
        receivedAt: WallTime(seconds: 122), stream: "reference",
        frame: Array(
          #"{"topic":"crypto_prices_chainlink","type":"update","timestamp":1,"payload":{"symbol":"btc/usd","timestamp":1,"value":1}}"#
            .utf8)),
    ]
  }

  @Test("A summary counts streams, events and markets, and names the silences")
  func summary() throws {
    var summary = RecordingSummary(gapAfter: .seconds(10), readsEvents: true)
    for frame in try recording() { summary.take(frame) }
    #expect(summary.frames == 10 && summary.markets.map(\.slug.text) == ["one", "two"])
    let stream = try #require(summary.streams["market"])
    #expect(stream.events == ["book": 2, "price_change": 3])
    #expect(stream.gaps.map(\.from) == [WallTime(seconds: 102)] && stream.gaps.map(\.to) == [WallTime(seconds: 120)])
    #expect(summary.gaps == 1)
    #expect(summary.firstStamp == MarketTime(seconds: 101) && summary.lastStamp == MarketTime(seconds: 121))
    #expect(summary.streams["reference"]?.events == ["crypto_prices_chainlink": 1] && summary.clock == .live)
  }

  @Test(
    "A cut stands by itself: clock, markets and books as they stood come before its frames, which are left as they are")
  func cut() throws {
    let all = try recording()
    var cut = RecordingCut(from: WallTime(seconds: 110), to: WallTime(seconds: 122), markets: [])
    let kept = all.flatMap { cut.take($0) }
    let marks = try kept.filter { $0.stream == FeedMark.stream }.map { try #require(FeedMark(JSON.parse($0.frame))) }
    #expect(kept.filter { $0.stream != FeedMark.stream } == Array(all[7...8]))
    #expect(marks.count == 4 && marks[0] == .clock(.live) && marks[1] == .opened)
    guard case .standing(let market) = marks[2], let standing = market.books.first else {
      Issue.record("\(marks)")
      return
    }
    #expect(market.slug.text == "one" && market.books.count == 1 && market.newest == MarketTime(seconds: 102))
    #expect(standing.book.token.text == "11" && standing.book.bids.map(\.price.description) == ["0.41", "0.4"])
    #expect(standing.later.map(\.time) == [MarketTime(seconds: 102)])
    // Cut again, it is the same.
    var again = RecordingCut(from: WallTime(seconds: 121), to: nil, markets: [])
    var once = RecordingCut(from: WallTime(seconds: 121), to: nil, markets: [])
    #expect(
      kept.flatMap { again.take($0) } == all.filter { $0.receivedAt < WallTime(seconds: 122) }.flatMap { once.take($0) }
    )

    var one = RecordingCut(from: nil, to: nil, markets: [try #require(MarketSlug("one"))])
    let ofOne = all.flatMap { one.take($0) }
    #expect(ofOne.filter { $0.stream == "market" } == [all[4], all[6], all[7]])
    #expect(ofOne.contains(all[9]) && !ofOne.contains(all[3]))
  }

  @Test("A check finds lines out of order, frames that do not decode, strange streams and marks that repeat")
  func check() throws {
    var whole = RecordingCheck()
    for frame in try recording() { whole.take(frame) }
    #expect(whole.problems.isEmpty && whole.untold.isEmpty)
    var check = RecordingCheck()
    let slug = try #require(MarketSlug("one"))
    check.take(market(100, "[1"))
    check.take(market(99, #"{"event_type":"book"}"#))
    check.take(RecordedFrame(receivedAt: WallTime(seconds: 99), stream: "gossip", frame: [0x7B, 0x7D]))
    check.take(mark(99, .published(slug, boot: "b", order: 5, state: .live)))
    check.take(mark(99, .published(slug, boot: "b", order: 5, state: .live)))
    #expect(check.problems.map(\.frame) == [1, 2, 2, 3, 5], "\(check.problems)")
    for _ in 0..<30 { check.take(market(99, "x")) }
    #expect(check.problems.count == 3 + RecordingCheck.toldMax && check.untold["market"] == 12)
  }

  @Test("The neutral form reads the same as CSV and as JSON lines, and is written in the venue's shapes")
  func neutral() throws {
    let csv = """
      at_ms,kind,market,yes,no,token,side,price,size,series,symbol,value,winner
      1000,market,one,11,12,,,,,,,,
      1001.5,book,,,,11,,,,,,,
      1001.5,level,,,,11,BUY,0.4,10,,,,
      1001.5,level,,,,11,SELL,0.6,20,,,,
      1002,level,,,,11,BUY,0.4,0,,,,
      1003,trade,,,,12,SELL,0.41,3,,,,
      1004,price,,,,,,,,twap60,btc/usd,91234.118200170442113024,
      1005,result,one,,,,,,,,,,12
      """
    let lines = """
      {"at_ms":1000,"kind":"market","market":"one","yes":"11","no":"12"}
      {"at_ms":1001.5,"kind":"book","token":"11"}
      {"at_ms":1001.5,"kind":"level","token":"11","side":"BUY","price":"0.4","size":10}
      {"at_ms":1001.5,"kind":"level","token":"11","side":"SELL","price":0.6,"size":20}
      {"at_ms":1002,"kind":"level","token":"11","side":"BUY","price":0.4,"size":0}
      {"at_ms":1003,"kind":"trade","token":"12","side":"SELL","price":0.41,"size":3}
      {"at_ms":1004,"kind":"price","series":"twap60","symbol":"btc/usd","value":91234.118200170442113024}
      {"at_ms":1005,"kind":"result","market":"one","winner":"12"}
      """
    func rows(_ text: String) throws -> [ImportedRow] {
      try ImportFormat.neutral.rows(
        text.split(separator: "\n").map { Array($0.utf8) }, name: "x.csv", markets: [])
    }
    let read = try rows(csv)
    #expect(try rows(lines) == read && read.count == 6)
    var frames = VenueFrames()
    let written = try read.flatMap { try frames.lines(for: $0) }
    var check = RecordingCheck()
    for frame in written { check.take(frame) }
    #expect(check.problems.isEmpty, "\(check.problems)")
    let events = written.filter { $0.stream == "market" }.flatMap { MarketFrameDecoderOnce.read($0.frame) }
    guard events.count == 4, case .book(let book) = events[0], case .priceChange(let gone) = events[1],
      case .lastTrade(let trade) = events[2], case .resolved(let result) = events[3]
    else {
      Issue.record("\(events)")
      return
    }
    let ask = try Price(parsing: "0.6")
    #expect(book.bids.map(\.size) == [Shares(whole: 10)] && book.asks.first?.price == ask)
    #expect(gone.changes.first?.level.size == .zero && trade.side == .sell && result.winner.text == "12")
    let prices = written.filter { $0.stream == "reference" }.flatMap {
      StreamFrame<ReferenceTick>(reference: $0.frame).events
    }
    #expect(prices.map(\.value.description) == ["91234.118200170442113024"])
  }

  private enum MarketFrameDecoderOnce {
    static func read(_ frame: [UInt8]) -> [MarketStreamEvent] {
      var decoder = MarketFrameDecoder()
      return decoder.decode(frame).events
    }
  }

  @Test(
    "A neutral row that is none is refused with its line, its value and what is wanted",
    arguments: [
      ("at_ms,kind,token\n1,book,", "line 2: token is missing"), ("kind,token\nbook,1", "column at_ms"),
      ("at_ms,kind\n1,dance", "line 2: kind \"dance\""),
      ("at_ms,kind,token,side,price,size\n1,level,11,HOLD,0.5,1", "line 2: side \"HOLD\""),
      ("{\"at_ms\":-4,\"kind\":\"book\"}", "line 1: at_ms \"-4\""), ("{\"kind\":", "line 1: no JSON"),
    ])
  func refused(text: String, why: String) {
    #expect {
      try ImportFormat.neutral.rows(text.split(separator: "\n").map { Array($0.utf8) }, name: "x", markets: [])
    } throws: { "\($0)".contains(why) }
  }

  @Test("A row of a token that no market row names is refused")
  func unknownToken() throws {
    var frames = VenueFrames()
    let row = ImportedRow(
      at: WallTime(seconds: 1), .top(try #require(TokenID("11")), bid: nil, ask: nil))
    #expect { try frames.lines(for: row) } throws: { "\($0)".contains("put a market row before") }
  }
}
