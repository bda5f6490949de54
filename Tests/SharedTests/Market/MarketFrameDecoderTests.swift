import FloorTestSupport
import Shared
import Testing

/// The quick reader against the tree: whatever comes in, both must say the same.
@Suite("Market frames without a tree")
struct MarketFrameDecoderTests {
  static let condition = "0x" + String(repeating: "ab", count: 32)
  static let tokens = ["865201210888818621824234371", "459363754227939259196050923"]

  /// Frames in the venue's shape, members in either of the orders that are in use.
  static func madeUp(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var random = SeededGenerator(seed: seed)
    func price() -> String { "0.\(Int.random(in: 1...99, using: &random))" }
    func size() -> String { "\(Int.random(in: 0...9999, using: &random)).\(Int.random(in: 0...99, using: &random))" }
    func levels() -> String {
      // No price comes twice in a side.
      let prices = (10...99).shuffled(using: &random).prefix(Int.random(in: 0...30, using: &random))
      let items = prices.map { "{\"price\":\"0.\($0)\",\"size\":\"\(size())\"}" }
      return "[\(items.joined(separator: ","))]"
    }
    func event() -> String {
      let token = tokens[Int.random(in: 0...1, using: &random)]
      let stamp = String(1_776_808_414_000 + Int64.random(in: 0...99_999, using: &random))
      var members = ["\"market\":\"\(condition)\"", "\"timestamp\":\"\(stamp)\""]
      let kind: String
      switch Int.random(in: 0...4, using: &random) {
      case 0:
        kind = "book"
        members += [
          "\"asset_id\":\"\(token)\"", "\"hash\":\"0c1f\"", "\"bids\":\(levels())", "\"asks\":\(levels())",
          "\"min_order_size\":\"5\"", "\"tick_size\":\"0.01\"", "\"neg_risk\":false", "\"last_trade_price\":\"\"",
        ]
      case 1:
        kind = "price_change"
        let items = tokens.map {
          "{\"asset_id\":\"\($0)\",\"price\":\"\(price())\",\"size\":\"\(size())\",\"side\":\"BUY\",\"hash\":\"aa\","
            + "\"best_bid\":\"\(price())\",\"best_ask\":\"\"}"
        }
        members.append("\"price_changes\":[\(items.joined(separator: ","))]")
      case 2:
        kind = "last_trade_price"
        members += [
          "\"asset_id\":\"\(token)\"", "\"price\":\(price())", "\"size\":\"1\(size())\"", "\"side\":\"SELL\"",
          "\"fee_rate_bps\":\"0\"", "\"transaction_hash\":\"0xab\"",
        ]
      case 3:
        kind = "best_bid_ask"
        members += [
          "\"asset_id\":\"\(token)\"", "\"best_bid\":\"\(price())\"", "\"best_ask\":\"1\"", "\"spread\":\"0.01\"",
        ]
      default:
        kind = "tick_size_change"
        members += ["\"asset_id\":\"\(token)\"", "\"new_tick_size\":\"0.001\""]
      }
      let word = "\"event_type\":\"\(kind)\""
      members = Bool.random(using: &random) ? [word] + members : members + [word]
      return "{\(members.joined(separator: Bool.random(using: &random) ? "," : " , "))}"
    }
    return (0..<count).map { _ in
      Bool.random(using: &random)
        ? Array(event().utf8)
        : Array("[\((0..<Int.random(in: 0...3, using: &random)).map { _ in event() }.joined(separator: ","))]".utf8)
    }
  }

  static let scraps: [String] = [
    "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "0", "-", "+", ".", "e5", "00", "1e400", "é", "\u{1}",
    " ", "\\u0041", "\"price\":\"0.5\",", "\"size\":1,", "\"timestamp\":9223372036854775807,", "\"timestamp\":\"-1\",",
    "\"event_type\":\"book\",", "\"asset_id\":71,", "\"new\":{\"a\":[1,2]},", "\"x\":\"y\",", "\"bids\":null,",
    "\"side\":\"HOLD\",", "\"best_bid\":null,", "\"neg_risk\":\"no\",", "\"tick_size\":0,", "\"hash\":7,",
  ]

  /// One to three changes anywhere: a byte, a scrap, a piece left out or doubled, the end cut off.
  static func mutated(_ frame: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = frame
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !bytes.isEmpty else { return bytes }
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let length = min(bytes.count - at, Int.random(in: 1...40, using: &random))
      switch Int.random(in: 0...5, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.insert(contentsOf: scraps[Int.random(in: 0..<scraps.count, using: &random)].utf8, at: at)
      case 2:
        // Where a member may stand, so that the grammar holds and the members are what is wrong.
        let open = bytes[at...].firstIndex(of: UInt8(ascii: "{")).map { $0 + 1 } ?? at
        bytes.insert(contentsOf: scraps[Int.random(in: 0..<scraps.count, using: &random)].utf8, at: open)
      case 3: bytes.removeSubrange(at..<(at + length))
      case 4: bytes.insert(contentsOf: bytes[at..<(at + length)], at: at)
      default: bytes.removeLast(length)
      }
    }
    return bytes
  }

  static func compare(_ frames: [[UInt8]], mutations: Int, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var decoder = MarketFrameDecoder()
    for frame in frames {
      #expect(decoder.decode(frame) == StreamFrame(market: frame), "\(String(decoding: frame, as: UTF8.self))")
      for _ in 0..<mutations {
        let changed = mutated(frame, &random)
        #expect(decoder.decode(changed) == StreamFrame(market: changed), "\(String(decoding: changed, as: UTF8.self))")
      }
    }
  }

  @Test("Both readers agree on made-up frames and on damaged ones", arguments: Seeds.some(3))
  func agreeOnMadeUp(seed: UInt64) {
    Self.compare(Self.madeUp(300, seed: seed), mutations: 12, seed: seed &+ 1)
  }

  @Test("Frequent events never take the way by the tree; others always do")
  func quickWay() {
    var decoder = MarketFrameDecoder()
    var others = 0
    for frame in Self.madeUp(400, seed: 7) {
      let isRare = frame.firstRange(of: Array("tick_size_change".utf8)) != nil
      if isRare { others += 1 }
      #expect(!decoder.decode(frame).events.isEmpty || frame.count == 2)
      #expect(decoder.byTree == others, "\(String(decoding: frame, as: UTF8.self))")
    }
    #expect(others > 20)
  }

  @Test("A name that comes twice costs the frame, as it does by the tree")
  func doubledName() {
    let frame = Array(
      """
      {"event_type":"last_trade_price","market":"\(Self.condition)","asset_id":"71","price":"0.53","size":"1",\
      "side":"BUY","timestamp":"5","x":1,"x":1}
      """.utf8)
    var decoder = MarketFrameDecoder()
    #expect(decoder.decode(frame).malformed == 1)
    let once = Array(String(decoding: frame, as: UTF8.self).replacing(",\"x\":1}", with: "}").utf8)
    #expect(decoder.decode(once).events.count == 1)
  }

  @Test("A book that tells one price twice is refused by both", arguments: ["bids", "asks"])
  func doubledPrice(side: String) {
    func frame(_ second: String) -> [UInt8] {
      Array(
        """
        {"event_type":"book","market":"\(Self.condition)","asset_id":"71","timestamp":"5",\
        "\(side)":[{"price":"0.5","size":"1"},{"price":"0.4","size":"3"},{"price":"\(second)","size":"2"}]}
        """.utf8)
    }
    var decoder = MarketFrameDecoder()
    #expect(decoder.decode(frame("0.50")).malformed == 1 && StreamFrame(market: frame("0.50")).malformed == 1)
    #expect(decoder.decode(frame("0.51")).events.count == 1 && decoder.byTree == 1)
  }

  @Test("A stamp beyond all calendars is refused by both and stops nothing")
  func hostileStamp() {
    for stamp in ["9223372036854775807", "-1", "7258118400000", "99999999999999999999"] {
      let frame = Array(
        """
        {"event_type":"best_bid_ask","market":"\(Self.condition)","asset_id":"71","best_bid":"0.5","best_ask":"0.6",\
        "timestamp":"\(stamp)"}
        """.utf8)
      var decoder = MarketFrameDecoder()
      #expect(decoder.decode(frame).malformed == 1 && StreamFrame(market: frame).malformed == 1)
    }
  }

  @Test(
    "Both readers agree on every frame of a real capture, damaged and whole, and the tree is needed for none",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
  func agreeOnCaptured() throws {
    let frames = try Gzip.lines("clob_ws_capture/market-ws.jsonl.gz").compactMap { line in
      line.firstRange(of: Array(#""payload":"#.utf8)).map { Array(line[$0.upperBound..<(line.count - 1)]) }
    }
    #expect(frames.count > 1000)
    var decoder = MarketFrameDecoder()
    for frame in frames { #expect(decoder.decode(frame).malformed == 0) }
    let rare = frames.count { StreamFrame(market: $0).events.contains(where: MarketFrameDecoderTests.isRare) }
    #expect(decoder.byTree == rare && rare < frames.count / 20)
    Self.compare(frames.enumerated().filter { $0.offset % 9 == 0 }.map(\.element), mutations: 4, seed: 11)
  }

  @Test(
    "Both readers agree on recorded snapshots of whole books",
    .enabled(if: ReferenceFiles.data.isPresent, Comment(rawValue: ReferenceFiles.data.absence)))
  func agreeOnRecordedBooks() throws {
    let files = try ReferenceFiles.data.files("btc5m_books/raw", suffix: ".jsonl.gz")
    let file = try #require(files.first)
    let frames = try Gzip.lines("btc5m_books/raw/" + file).prefix(120).compactMap { line -> [UInt8]? in
      guard let raw = line.firstRange(of: Array(#""raw":"#.utf8)) else { return nil }
      return Array(line[raw.upperBound..<(line.count - 1)])
    }
    var decoder = MarketFrameDecoder()
    #expect(frames.count > 100 && frames.allSatisfy { decoder.decode($0).events.count == 1 } && decoder.byTree == 0)
    Self.compare(frames, mutations: 4, seed: 12)
  }

  private static func isRare(_ event: MarketStreamEvent) -> Bool {
    switch event {
    case .book, .priceChange, .lastTrade, .bestBidAsk: false
    case .tickSizeChange, .newMarket, .resolved: true
    }
  }
}
