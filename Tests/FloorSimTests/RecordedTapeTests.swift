import FloorSim
import Shared
import Testing

/// A recording as the feed would tell it.
@Suite("Recorded tape")
struct RecordedTapeTests {
  private func tell(_ fixture: TapeFixture, _ terms: TapeTerms = TapeTerms(), until end: Double? = nil) -> (
    events: [TapeEvent], tape: RecordedTape
  ) {
    var tape = RecordedTape(terms: terms)
    var events: [TapeEvent] = []
    for frame in fixture.frames {
      let time = tape.time(of: frame)
      tape.take(frame, at: time, &events)
    }
    if let end { tape.tick(at: MarketTime(nanoseconds: fixture.time(end).nanoseconds), &events) }
    return (events, tape)
  }

  private func updates(_ events: [TapeEvent]) -> [MarketUpdate] {
    events.compactMap { if case .market(let update) = $0 { update } else { nil } }
  }

  private func results(_ events: [TapeEvent]) -> [TapeResult] {
    events.compactMap { if case .settled(_, _, let how) = $0 { how } else { nil } }
  }

  @Test("A market is told after every change of its book, in one order, and not when nothing changed")
  func changes() {
    var fixture = TapeFixture()
    fixture.book(1, bid: "0.50", ask: "0.52")
    fixture.book(2, bid: "0.50", ask: "0.52")
    fixture.book(3, bid: "0.51", ask: "0.53")
    let told = updates(tell(fixture).events)
    #expect(told.map(\.yes.bestBid?.price.description) == [nil, "0.5", "0.51"])
    #expect(told.map(\.order) == [1, 2, 3])
    #expect(told.last?.state == .live)
    #expect(told.last?.endsAt == MarketTime(seconds: TapeFixture.start + 300))
  }

  @Test("A frame that brings both books is told once, with both of them, as the feed tells it")
  func wholeFrame() {
    var fixture = TapeFixture()
    func book(_ token: TokenID, _ bid: String, _ ask: String) -> JSON {
      let level = { (price: String) -> JSON in .array([["price": .string(price), "size": "100"]]) }
      return [
        "event_type": "book", "market": .text(fixture.condition), "asset_id": .text(token),
        "timestamp": .string("\(fixture.time(1).milliseconds)"), "hash": "", "bids": level(bid), "asks": level(ask),
      ]
    }
    let frame = JSON.array([book(fixture.yes, "0.50", "0.52"), book(fixture.no, "0.48", "0.50")])
    fixture.raw(1, frame.bytes)
    let told = updates(tell(fixture).events)
    #expect(told.map(\.yes.bestBid?.price.description) == [nil, "0.5"])
    #expect(told.last?.no.bestBid?.price.description == "0.48")
  }

  @Test("An update tells how much takers have moved so far, and the messages of a market are numbered without a gap")
  func flow() {
    var fixture = TapeFixture()
    fixture.book(1, bid: "0.50", ask: "0.52")
    fixture.trade(2, "0.52", "30")
    fixture.trade(3, "0.50", "12", side: .sell)
    fixture.price(4, "90000", .oracleSpot)
    fixture.book(5, bid: "0.51", ask: "0.53")
    let told = updates(tell(fixture).events)
    #expect(told.last?.flow == TakerFlow(towardYes: Shares(whole: 30), towardNo: Shares(whole: 12)))
    #expect(told.map(\.envelope.sequence) == Array(1...Int64(told.count)) && told.count >= 4)
  }

  @Test("A trade is told before the update that includes it, once however often it comes")
  func trades() {
    var fixture = TapeFixture()
    fixture.book(1, bid: "0.50", ask: "0.52")
    fixture.trade(2, "0.52", "30")
    fixture.trade(2, "0.52", "30")
    let events = tell(fixture).events
    let trades = events.indices.filter { if case .trade = events[$0] { true } else { false } }
    #expect(trades.count == 1)
    guard case .trade(_, let trade) = events[trades[0]], case .market(let update) = events[trades[0] + 1] else {
      Issue.record("no update follows the trade")
      return
    }
    #expect(update.last == trade && trade.size == Shares(whole: 30) && trade.side == .buy && trade.outcome == .yes)
  }

  @Test("A book that nobody speaks of grows old, and the market says so")
  func stale() {
    var fixture = TapeFixture()
    fixture.book(1, bid: "0.50", ask: "0.52")
    #expect(updates(tell(fixture, until: 15).events).last?.state == .live)
    #expect(updates(tell(fixture, until: 17).events).last?.state == .stale)
  }

  @Test("A window is decided by the venue's word, else a table's, else the settling series', else its last middle")
  func results() {
    var told = TapeFixture()
    told.book(290, bid: "0.90", ask: "0.92")
    told.resolved(330, .no)
    #expect(results(tell(told, until: 430).events) == [.told])

    var silent = TapeFixture()
    silent.book(290, bid: "0.90", ask: "0.92")
    var terms = TapeTerms()
    terms.results = [silent.slug: .zero]
    #expect(results(tell(silent, terms, until: 430).events) == [.table])
    #expect(results(tell(silent, until: 430).events) == [.inferred])
    #expect(results(tell(silent, until: 330).events) == [])

    var priced = silent
    priced.price(0, "90000.5")
    priced.price(300, "90000.4")
    let (events, _) = tell(priced, until: 430)
    #expect(results(events) == [.recomputed])
    #expect(updates(events).last?.payout == .zero)
  }

  @Test("A book with one side tells the result where that side says which it is, and nothing where it does not")
  func oneSided() {
    func inferred(bid: String?, ask: String?) -> [Price?] {
      var fixture = TapeFixture()
      fixture.top(250, bid: "0.50", ask: "0.52")
      fixture.top(290, bid: bid, ask: ask)
      var terms = TapeTerms()
      terms.quoteSize = Shares(micros: 50_000_000)
      return tell(fixture, terms, until: 430).events.compactMap {
        if case .settled(_, let payout, .inferred) = $0 { payout } else { nil }
      }
    }
    #expect(inferred(bid: "0.99", ask: nil) == [.one])
    #expect(inferred(bid: nil, ask: "0.01") == [.zero])
    // What is bid below one half with nobody to sell says neither.
    #expect(inferred(bid: "0.30", ask: nil) == [])
    #expect(inferred(bid: nil, ask: "0.70") == [])
  }

  @Test("Equal values settle Up; a settling series of another mean decides nothing")
  func tie() {
    var fixture = TapeFixture()
    fixture.book(290, bid: "0.10", ask: "0.12")
    fixture.price(0, "90000")
    fixture.price(300, "90000")
    #expect(updates(tell(fixture, until: 430).events).last?.payout == .one)
    var terms = TapeTerms()
    terms.settlementTWAP = 30
    #expect(results(tell(fixture, terms, until: 430).events) == [.inferred])
  }

  @Test("Without a fresh middle at its end a window is unprovable, and counted once")
  func unprovable() {
    var fixture = TapeFixture()
    fixture.book(200, bid: "0.90", ask: "0.92")
    var (events, tape) = tell(fixture, until: 430)
    #expect(results(events) == [] && tape.coverage.unprovable == 1)
    #expect(events.contains(.unprovable(fixture.slug)))
    tape.tick(at: MarketTime(nanoseconds: fixture.time(500).nanoseconds), &events)
    #expect(tape.coverage.unprovable == 1)
  }

  @Test("A word that comes after another was assumed is counted, and changes nothing")
  func late() {
    var fixture = TapeFixture()
    fixture.book(290, bid: "0.90", ask: "0.92")
    var tape = RecordedTape(terms: TapeTerms())
    var events: [TapeEvent] = []
    for frame in fixture.frames { tape.take(frame, at: tape.time(of: frame), &events) }
    tape.tick(at: MarketTime(nanoseconds: fixture.time(430).nanoseconds), &events)
    fixture.resolved(440, .no)
    let word = fixture.frames.last!
    tape.take(word, at: tape.time(of: word), &events)
    #expect(results(events) == [.inferred] && tape.coverage.contradicted == 1)
    #expect(updates(events).last?.payout == .one)
  }

  @Test("A silence between two frames is a gap, however often time was looked at in it")
  func gaps() {
    var fixture = TapeFixture()
    for second in [1.0, 2, 22, 23, 123] { fixture.book(second, bid: "0.50", ask: "0.52", size: "\(second + 10)") }
    var tape = RecordedTape(terms: TapeTerms())
    var events: [TapeEvent] = []
    for frame in fixture.frames {
      let time = tape.time(of: frame)
      while tape.now.advanced(by: .seconds(1)) < time, tape.coverage.frames > 0 {
        tape.tick(at: tape.now.advanced(by: .seconds(1)), &events)
      }
      tape.take(frame, at: time, &events)
    }
    #expect(tape.coverage.gaps == 2 && tape.coverage.longestGap == .seconds(100))
  }

  @Test("Nothing can be matched with a book that is old")
  func oldBook() {
    var fixture = TapeFixture()
    fixture.book(1, bid: "0.50", ask: "0.52")
    #expect(tell(fixture, until: 15).tape.book(of: fixture.yes) != nil)
    #expect(tell(fixture, until: 17).tape.book(of: fixture.yes) == nil)
  }

  @Test("A stamp or a clock beyond all calendars is unreadable and moves no time")
  func hostileClock() {
    var tape = RecordedTape(terms: TapeTerms())
    let plain = RecordedFrame(receivedAt: WallTime(seconds: 1_795_180_500), stream: "market", frame: Array("[]".utf8))
    #expect(tape.time(of: plain) == MarketTime(seconds: 1_795_180_500))
    for stamp in [Int64.max, Int64.min, -1] {
      let frame = RecordedFrame(receivedAt: WallTime(nanoseconds: stamp), stream: "market", frame: Array("[]".utf8))
      #expect(tape.time(of: frame) == tape.now)
    }
    let clock: JSON = [
      "event": "clock", "anchor_wall_ns": .int(Int64.min), "anchor_market_ns": .int(Int64.max),
      "rate_milli": .int(Int64.max),
    ]
    let mark = RecordedFrame(receivedAt: WallTime(seconds: 1_795_180_501), stream: FeedMark.stream, frame: clock.bytes)
    #expect(tape.time(of: mark) == tape.now)
    #expect(tape.coverage.unreadable >= 3)
  }

  @Test("A real book ends what was assumed from best prices")
  func realBook() {
    var fixture = TapeFixture()
    fixture.top(1, bid: "0.40", ask: "0.42")
    fixture.book(2, bid: "0.40", ask: "0.42", size: "900")
    fixture.top(3, bid: "0.40", ask: "0.42")
    var terms = TapeTerms()
    terms.quoteSize = Shares(whole: 7)
    let (events, tape) = tell(fixture, terms)
    #expect(tape.coverage.assumedBooks == 1)
    #expect(updates(events).last?.yes.bestBid?.size == Shares(whole: 900))
  }

  @Test("Best prices alone make a book only where a size is stated, and are counted as assumed")
  func assumed() {
    var fixture = TapeFixture()
    fixture.top(1, bid: "0.40", ask: "0.42")
    fixture.top(2, bid: nil, ask: "0.43")
    #expect(tell(fixture).tape.coverage.assumedBooks == 0)
    #expect(updates(tell(fixture).events).last?.yes == .empty)
    var terms = TapeTerms()
    terms.quoteSize = Shares(whole: 7)
    let (events, tape) = tell(fixture, terms)
    #expect(tape.coverage.assumedBooks == 2)
    let told = updates(events)
    #expect(told[1].yes.bestBid == BookLevel(price: Price(micros: 400_000)!, size: Shares(whole: 7)))
    #expect(told.last?.yes.bestBid == nil && told.last?.yes.bestAsk?.price == Price(micros: 430_000))
  }

  @Test("The other token's book is the mirror while only one is known")
  func mirrored() throws {
    var fixture = TapeFixture()
    fixture.book(1, bid: "0.40", ask: "0.45", size: "12")
    let (_, tape) = tell(fixture)
    let book = try #require(tape.book(of: fixture.no))
    #expect(book.bids == [BookLevel(price: Price(micros: 550_000)!, size: Shares(whole: 12))])
    #expect(book.asks == [BookLevel(price: Price(micros: 600_000)!, size: Shares(whole: 12))])
    #expect(tape.book(of: TokenID("77")!) == nil)
  }

  @Test("What cannot be read is counted")
  func unreadable() {
    var tape = RecordedTape(terms: TapeTerms())
    var events: [TapeEvent] = []
    for stream in ["market", "reference", "polybolt", FeedMark.stream, "smoke signals"] {
      let frame = RecordedFrame(receivedAt: WallTime(seconds: 1), stream: stream, frame: Array("{".utf8))
      tape.take(frame, at: MarketTime(seconds: 1), &events)
    }
    #expect(tape.coverage.unreadable == 5 && events.isEmpty)
  }
}
