import FloorTestSupport
import Shared
import Testing

@testable import MarketFeed

/// What the feed publishes and what can be told from its recording must be the same figures.
@Suite("Figures taken anew from the feed's recording")
struct RecordedFiguresTests {
  private static let slug = MarketSlug("btc-updown-5m-1795180500")!

  /// A feed's core beside the recording it would write.
  private struct Recorded {
    var harness: FeedHarness
    var lines: [(stream: String, frame: [UInt8])] = []
    var written = 0

    init(twins: Int = 1) throws {
      harness = try FeedHarness.running(twins: twins)
      harness.pass(.seconds(30))
      note()
    }

    mutating func note() {
      lines += harness.marks.map { (FeedMark.stream, $0.json.bytes) }
      harness.marks = []
    }

    mutating func hear(_ event: JSON) {
      let frame = event.bytes
      lines.append(("market", frame))
      harness.core.frame(StreamFrame(market: frame), at: harness.now)
    }

    /// Recorded is what is taken in.
    mutating func hear(_ event: JSON, from id: MarketSocketID) {
      let frame = event.bytes
      if harness.core.hear(frame, from: id, at: harness.now) { lines.append(("market", frame)) }
    }

    mutating func flush() throws {
      try harness.turn()
      note()
    }

    func figures() -> RecordedFigures {
      var figures = RecordedFigures()
      for line in lines { figures.take(stream: line.stream, frame: line.frame) }
      return figures
    }

    /// As the strategies observe it.
    var published: [RollingWindow.Sample] {
      harness.updates.filter { $0.slug == RecordedFiguresTests.slug && $0.state == .live }.compactMap { update in
        (update.yes.mid ?? update.no.mid?.complement).map { .init(time: update.envelope.time, value: $0.micros) }
      }
    }
  }

  private static func members(_ kind: String, _ recorded: Recorded, late: Int64 = 0) -> JSON {
    [
      "event_type": .string(kind), "market": .text(FeedHarness.condition(slug)),
      "timestamp": .string(String(recorded.harness.market.milliseconds - late)),
    ]
  }

  private static func book(_ outcome: Outcome, _ recorded: Recorded, _ random: inout SeededGenerator) -> JSON {
    let middle = Int.random(in: 45...55, using: &random)
    func side(_ prices: [Int]) -> JSON {
      .array(
        prices.map {
          [
            "price": .string(Decimal6.text(Int64($0) * 10_000)), "size": .int(Int.random(in: 1...500, using: &random)),
          ]
        })
    }
    return members("book", recorded, late: Int64.random(in: 0...30, using: &random))
      .with("asset_id", .text(FeedHarness.token(slug, outcome))).with("hash", "h")
      .with("bids", side([middle - 1, middle - 2, middle - 4])).with("asks", side([middle + 1, middle + 3]))
  }

  private static func change(_ recorded: Recorded, _ random: inout SeededGenerator) -> JSON {
    // Near the middle from below and from above: now and then a book is crossed for a while.
    let items: [JSON] = Outcome.allCases.map { outcome in
      let isBid = Bool.random(using: &random)
      let price = isBid ? Int64.random(in: 30...49, using: &random) : Int64.random(in: 51...70, using: &random)
      return [
        "asset_id": .text(FeedHarness.token(slug, outcome)), "side": isBid ? "BUY" : "SELL",
        "price": .string(Decimal6.text(price * 10_000)), "size": .int(Int.random(in: 0...300, using: &random)),
      ]
    }
    return members("price_change", recorded).with("price_changes", .array(items))
  }

  /// Books, changes, witnesses and breaks of the stream at random.
  private static func life(_ random: inout SeededGenerator) throws -> Recorded {
    var recorded = try Recorded()
    for _ in 0..<150 {
      recorded.harness.pass(.milliseconds(Int64.random(in: 1...400, using: &random)))
      switch Int.random(in: 0...19, using: &random) {
      case 0...4: recorded.hear(Self.book(.yes, recorded, &random))
      case 5...9: recorded.hear(Self.book(.no, recorded, &random))
      case 10...17: recorded.hear(Self.change(recorded, &random))
      case 18:
        let book = try #require(VenueBook(Self.book(.yes, recorded, &random)))
        recorded.harness.core.witness(book.token, book, at: recorded.harness.now)
        try recorded.harness.collect()
        recorded.note()
      default:
        guard Int.random(in: 0...3, using: &random) == 0 else { continue }
        recorded.harness.core.socketClosed(FeedHarness.only, at: recorded.harness.now)
        recorded.harness.core.socketOpened(FeedHarness.only, at: recorded.harness.now)
        try recorded.harness.collect()
        recorded.note()
      }
      if Bool.random(using: &random) { try recorded.flush() }
    }
    try recorded.flush()
    return recorded
  }

  @Test(
    "Every middle price that was published is told by the recording, breaks of the stream included",
    arguments: Seeds.some(4))
  func middles(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var recorded = try Self.life(&random)
    let figures = recorded.figures()
    #expect(recorded.published.count > 5 && figures.lastUnreadable == nil)
    #expect(figures.middles(Self.slug) == recorded.published)
    // And the comparison can fail: a missing message is noticed (not each one matters: one book covers the other).
    let lines = recorded.lines
    let messages = lines.indices.filter { lines[$0].stream == "market" }
    let missed = stride(from: 3, to: messages.count, by: 7).map { messages[$0] }.count { index in
      recorded.lines = lines
      recorded.lines.remove(at: index)
      return recorded.figures().middles(Self.slug) != recorded.published
    }
    #expect(missed > 0)
  }

  /// A recording in several files, each with what stands at its head.
  private struct Parts {
    var together = RecordedFigures()
    private var alone = RecordedFigures()
    private var headless = RecordedFigures()
    private var told = 0
    private var standing = StandingMarkets(isOpen: false)
    private(set) var count = 0
    /// Middles that a later part alone told, and would have told without its head.
    private(set) var tellsAlone = 0
    private(set) var tellsHeadless = 0

    mutating func begin() {
      end()
      count += 1
      alone = RecordedFigures()
      headless = RecordedFigures()
      told = together.middles(RecordedFiguresTests.slug).count
      for mark in standing.marks(at: WallTime(seconds: 1)) {
        together.take(stream: mark.stream, frame: mark.frame)
        alone.take(stream: mark.stream, frame: mark.frame)
      }
    }

    mutating func take(_ stream: String, _ frame: [UInt8]) {
      together.take(stream: stream, frame: frame)
      alone.take(stream: stream, frame: frame)
      headless.take(stream: stream, frame: frame)
      standing.note(RecordedFrame(receivedAt: WallTime(seconds: 1), stream: stream, frame: frame))
    }

    func end() {
      let middles = Array(together.middles(RecordedFiguresTests.slug).dropFirst(told))
      #expect(alone.middles(RecordedFiguresTests.slug) == middles && alone.lastUnreadable == nil)
    }

    mutating func finish() {
      end()
      tellsAlone = alone.middles(RecordedFiguresTests.slug).count
      tellsHeadless = headless.middles(RecordedFiguresTests.slug).count
    }
  }

  @Test(
    "Files that begin with what stands tell the same middles together as one, and each alone its own",
    arguments: Seeds.some(4))
  func parts(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let recorded = try Self.life(&random)
    var parts = Parts()
    for line in recorded.lines {
      if Int.random(in: 0..<15, using: &random) == 0 { parts.begin() }
      parts.take(line.stream, line.frame)
    }
    parts.end()
    #expect(parts.count > 5 && parts.together.middles(Self.slug) == recorded.published)
    // And without the head it would not be so.
    var late = Parts()
    for (number, line) in recorded.lines.enumerated() {
      if number == recorded.lines.count / 2 { late.begin() }
      late.take(line.stream, line.frame)
    }
    late.finish()
    #expect(late.tellsAlone > 0 && late.tellsHeadless == 0)
  }

  @Test(
    "With twins that lag behind each other and close in turn, the recording holds what either said first and tells the same prices",
    arguments: Seeds.some(4))
  func twins(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var recorded = try Recorded(twins: 2)
    let sockets = recorded.harness.core.sockets.all
    // What each socket still has to bring.
    var waiting: [[JSON]] = [[], []]
    for step in 0..<300 {
      recorded.harness.pass(.milliseconds(Int64.random(in: 1...100, using: &random)))
      let said =
        switch Int.random(in: 0...9, using: &random) {
        case 0...1: Self.book(.yes, recorded, &random)
        case 2...3: Self.book(.no, recorded, &random)
        default: Self.change(recorded, &random)
        }
      for twin in sockets.indices { waiting[twin].append(said) }
      if step % 40 == 39 {
        let twin = Int.random(in: 0...1, using: &random)
        recorded.harness.core.socketClosed(sockets[twin], at: recorded.harness.now)
        recorded.harness.core.socketOpened(sockets[twin], at: recorded.harness.now)
        try recorded.harness.collect()
        recorded.note()
        waiting[twin] = Outcome.allCases.map { Self.book($0, recorded, &random) }
      }
      for twin in sockets.indices {
        for _ in 0..<min(waiting[twin].count, Int.random(in: 0...3, using: &random)) {
          recorded.hear(waiting[twin].removeFirst(), from: sockets[twin])
        }
      }
      if Bool.random(using: &random) { try recorded.flush() }
    }
    try recorded.flush()
    let figures = recorded.figures()
    #expect(recorded.published.count > 5 && figures.lastUnreadable == nil)
    #expect(figures.middles(Self.slug) == recorded.published)
    #expect(recorded.harness.core.counters.repeated > 100)
  }

  @Test("A mark reads back as it was written")
  func marks() throws {
    var random = SeededGenerator(seed: 5)
    let recorded = try Recorded()
    let book = try #require(VenueBook(Self.book(.no, recorded, &random)))
    let marks: [FeedMark] = [
      .opened, .lost, .dropped(Self.slug), .witness(book),
      .voided(FeedHarness.token(Self.slug, .no), of: FeedHarness.condition(Self.slug)),
      .published(Self.slug, boot: "b1", order: 71, state: .stale),
      .following(
        Self.slug, condition: FeedHarness.condition(Self.slug), yes: FeedHarness.token(Self.slug, .yes),
        no: FeedHarness.token(Self.slug, .no)),
    ]
    for mark in marks { #expect(FeedMark(try JSON.parse(mark.json.bytes)) == mark) }
    var silent = StandingMarkets()
    silent.note(RecordedFrame(receivedAt: WallTime(seconds: 1), stream: FeedMark.stream, frame: marks[6].json.bytes))
    let told = try #require(silent.marks(at: WallTime(seconds: 2)).first)
    guard case .standing(let market) = FeedMark(try JSON.parse(told.frame)) else {
      Issue.record("\(told)")
      return
    }
    #expect(market.slug == Self.slug && market.newest == nil && market.books.isEmpty)
    #expect(FeedMark(["event": "published", "market": "no such slug!"]) == nil)
  }
}
