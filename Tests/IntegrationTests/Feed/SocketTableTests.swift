import FloorTestSupport
import Shared
import Testing

@testable import MarketFeed

@Suite("The feed's market sockets, without sockets")
struct SocketTableTests {
  private let first = MarketSlug("btc-updown-5m-1795180500")!
  private let a = MarketSocketID(shard: 0, twin: 0)
  private let b = MarketSocketID(shard: 0, twin: 1)

  /// Two twins, a live market whose books came over both.
  private func twins() throws -> FeedHarness {
    var harness = try FeedHarness.running(twins: 2)
    harness.pass(.seconds(30))
    for id in [a, b] {
      for outcome in Outcome.allCases { harness.hear(harness.text(first, outcome, serial: id.twin), id) }
    }
    try harness.turn()
    #expect(try harness.last(first).state == .live)
    return harness
  }

  @Test("What both twins say is taken in once, and told once")
  func duplicates() throws {
    var harness = try twins()
    let published = harness.updates.count
    let frames = harness.core.counters.frames
    for size in 1...20 {
      harness.pass(.milliseconds(10))
      let text = harness.changeText(first, bid: "0.5", size: "\(size)")
      harness.hear(text, size % 2 == 0 ? a : b)
      try harness.flush()
      harness.hear(text, size % 2 == 0 ? b : a)
      try harness.flush()
    }
    #expect(harness.updates.count == published + 20)
    #expect(harness.core.counters.frames == frames + 20 && harness.core.counters.repeated == 20)
    #expect(try harness.last(first).yes.bids[1].size == Shares(whole: 20))
  }

  @Test(
    "A price that goes and comes back within one stamp is told three times, though the third message is the first again"
  )
  func thereAndBack() throws {
    var harness = try twins()
    harness.pass(.milliseconds(10))
    let said = ["5", "6", "5"].map { harness.changeText(first, bid: "0.5", size: $0) }
    for text in said { harness.hear(text, a) }
    for text in said { harness.hear(text, b) }
    try harness.flush()
    #expect(try harness.last(first).yes.bids[1].size == Shares(whole: 5))
    #expect(harness.core.counters.repeated == 3)
  }

  @Test("When one twin closes, the other goes on without a break: same epoch, live, nothing subscribed again")
  func takeOver() throws {
    var harness = try twins()
    let epoch = try harness.last(first).bookEpoch
    harness.core.socketClosed(a, at: harness.now)
    try harness.turn()
    #expect(try harness.last(first).state == .live && harness.word == "closed")
    harness.pass(.milliseconds(20))
    harness.hear(harness.changeText(first, bid: "0.51", size: "9"), b)
    try harness.flush()
    #expect(try harness.last(first).yes.bids[1].size == Shares(whole: 9))
    #expect(try harness.last(first).bookEpoch == epoch && harness.resubscribed.isEmpty)
    // The last one's end is the stream's end.
    harness.core.socketClosed(b, at: harness.now)
    try harness.turn()
    #expect(try harness.last(first).yes == .empty && harness.word == "open")
    #expect(try harness.last(first).bookEpoch == epoch + 1)
  }

  @Test("A twin that has not had a token's book yet takes nothing over: the book is void until its snapshot")
  func unsynced() throws {
    var harness = try twins()
    harness.core.socketClosed(b, at: harness.now)
    harness.core.socketOpened(b, at: harness.now)
    let epoch = try harness.last(first).bookEpoch
    harness.pass(.milliseconds(5))
    harness.hear(harness.text(first, .yes, serial: 7), b)
    harness.core.socketClosed(a, at: harness.now)
    try harness.turn()
    #expect(try harness.last(first).state == .stale && harness.last(first).bookEpoch == epoch + 1)
    // The very text that came before counts again now.
    harness.hear(harness.text(first, .no, serial: 0), b)
    try harness.turn()
    #expect(try harness.last(first).state == .live)
  }

  @Test(
    "What came while a book was void counts when it comes again after the new book; what was said of other markets stays known"
  )
  func changeBeforeTheBook() throws {
    var harness = try twins()
    let second = MarketSlug("btc-updown-5m-1795180800")!
    let token = FeedHarness.token(first, .yes)
    let other = harness.text(second, .yes)
    harness.hear(other, a)
    let market = harness.market
    harness.core.followers[first]?.keeper.void(token, .differs, at: market)
    harness.core.take(.resubscribe(token, reason: .differs), of: first, at: harness.now)
    harness.pass(.milliseconds(5))
    let book = harness.text(first, .yes, serial: 3)
    harness.pass(.milliseconds(5))
    let change = harness.changeText(first, bid: "0.5", size: "77")
    // The twin is ahead, and its new book is still to come.
    harness.hear(change, b)
    harness.hear(book, a)
    harness.hear(change, a)
    try harness.turn()
    #expect(try harness.last(first).state == .live)
    #expect(try harness.last(first).yes.bids[1].size == Shares(whole: 77))
    let repeated = harness.core.counters.repeated
    harness.hear(change, b)
    harness.hear(other, b)
    #expect(harness.core.counters.repeated == repeated + 2)
  }

  @Test(
    "A twin that is silent while the other has news is begun anew within two seconds, and the market never stops being live"
  )
  func stalledTwin() throws {
    var harness = try twins()
    var at: Int64?
    for step in 1...40 {
      harness.pass(.milliseconds(50))
      harness.hear(harness.changeText(first, bid: "0.5", size: "\(step)"), b)
      try harness.turn()
      #expect(try harness.last(first).state == .live)
      if at == nil, !harness.reconnects.isEmpty { at = Int64(step * 50) }
    }
    #expect(harness.reconnects == [a])
    #expect(at.map { $0 <= 2000 } == true)
  }

  @Test("Twins that say the same at different speeds, with long pauses, are both well", arguments: Seeds.some(3))
  func pauses(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var harness = try twins()
    for step in 1...60 {
      harness.pass(.milliseconds(Int64.random(in: 1...4000, using: &random)))
      let text = harness.changeText(first, bid: "0.5", size: "\(step)")
      let isAFirst = Bool.random(using: &random)
      harness.hear(text, isAFirst ? a : b)
      try harness.turn()
      harness.pass(.milliseconds(Int64.random(in: 0...900, using: &random)))
      harness.hear(text, isAFirst ? b : a)
      try harness.turn()
    }
    #expect(harness.reconnects.isEmpty)
  }

  @Test(
    "Tokens are spread over shards of a bounded size, the two of a market together, and each change goes to its own shard"
  )
  func sharding() throws {
    var table = SocketTable(assetsMax: 5, twins: 2)
    let tokens = (0..<8).map { [TokenID("\(2 * $0 + 100)")!, TokenID("\(2 * $0 + 101)")!] }
    let places = tokens.map { table.add($0) }
    #expect(places.map(\.shard) == [0, 0, 1, 1, 2, 2, 3, 3])
    #expect(places.map(\.isNew) == [false, false, true, false, true, false, true, false])
    #expect(table.shards.allSatisfy { $0.tokens.count <= 5 })
    #expect(table.remove(tokens[3]) == 1 && table.shard(of: tokens[3][0]) == nil)
    // Room that has become free is used again.
    #expect(table.add([TokenID("900")!, TokenID("901")!]) == (1, false))
    var harness = try FeedHarness.running(series: ["BTC-5m", "ETH-5m", "ETH-15m"], ahead: 2, twins: 2, assetsMax: 4)
    // Four listings are asked for at a time.
    for _ in 0..<3 {
      try harness.answerAll()
      try harness.turn()
    }
    #expect(harness.core.followers.count == 9 && harness.core.sockets.shards.count == 5)
    #expect(harness.opened == [1, 2, 3, 4])
    for (token, shard) in harness.shardOf { #expect(harness.core.sockets.shard(of: token) == shard) }
    // One shard's end leaves the others alone.
    for shard in 1...4 {
      for twin in 0...1 { harness.core.socketOpened(MarketSocketID(shard: shard, twin: twin), at: harness.now) }
    }
    let slugs = harness.core.followers.keys.sorted()
    for slug in slugs { try harness.receiveBooks(slug) }
    let epochs = harness.core.followers.mapValues(\.keeper.bookEpoch)
    harness.core.socketClosed(MarketSocketID(shard: 2, twin: 0), at: harness.now)
    harness.core.socketClosed(MarketSocketID(shard: 2, twin: 1), at: harness.now)
    for (slug, follower) in harness.core.followers {
      let isHit = harness.shardOf[FeedHarness.token(slug, .yes)] == 2
      #expect(isHit ? follower.keeper.bookEpoch > epochs[slug]! : follower.keeper.bookEpoch == epochs[slug]!)
    }
    #expect(!harness.core.sockets.isComplete && harness.core.sockets.isAnyOpen)
  }

  @Test(
    "A market that is silent on a stream that talks is subscribed again alone; on a silent stream everything is begun anew"
  )
  func silenceOfOne() throws {
    for othersTalk in [true, false] {
      var harness = try FeedHarness.running(series: ["BTC-5m", "ETH-5m"])
      harness.pass(.seconds(30))
      let other = MarketSlug("eth-updown-5m-1795180500")!
      for slug in [first, other] { try harness.receiveBooks(slug) }
      for step in 1...50 {
        harness.pass(.milliseconds(100))
        if othersTalk { harness.receive([try harness.change(other, .yes, .buy, "0.5", "\(step)")]) }
        try harness.turn()
      }
      #expect(harness.fetches.contains(FeedHarness.token(first, .yes)))
      guard case .book(let moved) = try harness.book(first, .yes, bid: "0.4", ask: "0.41") else { return }
      harness.core.witness(moved.token, moved, at: harness.now)
      #expect(harness.resubscribed.isEmpty && harness.reconnects.isEmpty)
      // A stream that has said nothing since may only be behind.
      harness.pass(.seconds(othersTalk ? 1 : 3))
      if othersTalk { harness.receive([try harness.change(other, .yes, .buy, "0.5", "99")]) }
      try harness.turn()
      #expect(try harness.last(first).state == .stale && harness.last(first).yes != .empty)
      #expect(harness.resubscribed == (othersTalk ? [moved.token] : []))
      #expect(harness.reconnects == (othersTalk ? [] : [FeedHarness.only]))
      #expect(try harness.last(other).state == .live)
    }
  }

  @Test("Every open market's token is looked at over REST in turn, one a second, whether it is silent or not")
  func rotation() throws {
    var harness = try FeedHarness.running(series: ["BTC-5m", "ETH-5m"])
    harness.pass(.seconds(30))
    let slugs = [first, MarketSlug("eth-updown-5m-1795180500")!]
    for slug in slugs { try harness.receiveBooks(slug) }
    harness.fetches = []
    for step in 1...80 {
      harness.pass(.milliseconds(100))
      // Nobody is silent.
      for slug in slugs {
        for outcome in Outcome.allCases { harness.receive([try harness.change(slug, outcome, .buy, "0.3", "\(step)")]) }
      }
      try harness.turn()
    }
    #expect(harness.fetches.count == 8)
    #expect(Set(harness.fetches) == Set(slugs.flatMap { [FeedHarness.token($0, .yes), FeedHarness.token($0, .no)] }))
  }

  @Test("A quiet stream whose books the venue confirms is left alone")
  func quiet() throws {
    var harness = try FeedHarness.running()
    harness.pass(.seconds(30))
    try harness.receiveBooks(first)
    for _ in 0..<600 {
      harness.pass(.milliseconds(100))
      try harness.turn()
      for token in harness.fetches where harness.core.slugOfToken[token] == first {
        let outcome: Outcome = token == FeedHarness.token(first, .yes) ? .yes : .no
        guard case .book(let book) = try harness.book(first, outcome) else { continue }
        harness.core.witness(token, book, at: harness.now)
      }
      harness.fetches = []
    }
    #expect(harness.reconnects.isEmpty && harness.resubscribed.isEmpty)
    #expect(try harness.last(first).state == .live)
  }

  @Test("A book whose check sum is wrong is never shown, counted, and asked for again; one without a check sum passes")
  func checkSums() throws {
    var harness = try FeedHarness.running()
    harness.core.bookHash = { book in book["tick_size"] == nil ? nil : "right" }
    harness.pass(.seconds(30))
    harness.hear(harness.text(first, .no, hash: "right"), FeedHarness.only)
    harness.hear(harness.text(first, .yes, hash: "wrong"), FeedHarness.only)
    try harness.turn()
    #expect(harness.core.counters.hashesChecked == 2 && harness.core.counters.hashesWrong == 1)
    #expect(try harness.last(first).state == .stale && harness.last(first).reason?.contains("check sum") == true)
    #expect(harness.resubscribed == [FeedHarness.token(first, .yes)])
    harness.pass(.milliseconds(100))
    harness.hear(harness.text(first, .yes, hash: "whatever", tick: nil), FeedHarness.only)
    try harness.turn()
    #expect(try harness.last(first).state == .live && harness.core.counters.hashesChecked == 2)
  }
}

extension FeedHarness {
  mutating func hear(_ text: [UInt8], _ id: MarketSocketID) { _ = core.hear(text, from: id, at: now) }

  /// A snapshot as text; `serial` makes it another text with the same book.
  func text(_ slug: MarketSlug, _ outcome: Outcome, serial: Int = 0, hash: String = "", tick: String? = "0.01")
    -> [UInt8]
  {
    let prices = outcome == .yes ? ("0.52", "0.53") : ("0.47", "0.48")
    let book: JSON = [
      "event_type": "book", "market": .text(FeedHarness.condition(slug)),
      "asset_id": .text(FeedHarness.token(slug, outcome)),
      "timestamp": .string(String(market.milliseconds)), "hash": .string(hash), "serial": .int(Int64(serial)),
      "bids": [["price": .string(prices.0), "size": "100"]], "asks": [["price": .string(prices.1), "size": "100"]],
    ]
    return (tick.map { book.with("tick_size", .string($0)) } ?? book).bytes
  }

  func changeText(_ slug: MarketSlug, bid: String, size: String) -> [UInt8] {
    let change: JSON = [
      "event_type": "price_change", "market": .text(FeedHarness.condition(slug)),
      "price_changes": [
        [
          "asset_id": .text(FeedHarness.token(slug, .yes)), "price": .string(bid), "size": .string(size), "side": "BUY",
          "hash": "", "best_bid": "0.52", "best_ask": "0.53",
        ]
      ], "timestamp": .string(String(market.milliseconds)),
    ]
    return change.bytes
  }
}
