import FloorTestSupport
import Shared
import Testing

@Suite("Journals: names, blocks and pages")
struct JournalTests {
  @Test("A name says whose file it is, and is read again")
  func names() {
    let name = JournalName(writer: "agent-momentum-btc", life: "12", part: 3)
    #expect(name.text == "agent-momentum-btc.12.000003.journal" && JournalName(name.text) == name)
    var packed = name
    packed.isPacked = true
    #expect(packed.text == name.text + ".zst" && JournalName(packed.text) == packed)
    for text in ["", "x", "a.b.c.journal", "a.1.0.journal", "A.1.1.journal", "a.1.1.log", "a.1.1.journal.zst.tmp"] {
      #expect(JournalName(text) == nil, "\(text)")
    }
  }

  @Test("A day is UTC's, and nothing else is taken for one")
  func days() {
    let midnight: Int64 = 1_796_000_400_000_000_000 / 86_400_000_000_000 * 86_400_000_000_000
    #expect(JournalName.day(of: WallTime(nanoseconds: midnight)) == "2026-11-30")
    #expect(JournalName.day(of: WallTime(nanoseconds: midnight - 1)) == "2026-11-29")
    #expect(JournalName.isDay("2026-11-30"))
    for text in ["2026-11-31", "2026-13-01", "2026-1-1", "today", "2026-11-30 "] { #expect(!JournalName.isDay(text)) }
  }

  @Test("Blocks are read again; of a file that was cut anywhere all whole blocks are, and the rest is torn")
  func cuts() {
    let payloads: [[UInt8]] = [[], [1, 2, 3], Array(repeating: 7, count: 300)]
    let blocks = payloads.map(JournalBlocks.block)
    let file = blocks.flatMap { $0 }
    let whole = JournalBlocks(file)
    #expect(whole.payloads.map(Array.init) == payloads && whole.damage == nil)
    for length in 0..<file.count {
      let read = JournalBlocks(Array(file[..<length]))
      var end = 0
      let expected = blocks.prefix { block in
        end += block.count
        return end <= length
      }
      #expect(read.payloads.count == expected.count)
      let isBoundary = expected.reduce(0) { $0 + $1.count } == length
      #expect((read.damage == nil) == isBoundary)
      if case .broken? = read.damage { Issue.record("a cut is no other damage, \(length)") }
    }
  }

  @Test("No changed bit of a file passes: what is before it is read, it and all behind it is not")
  func flips() {
    let payloads: [[UInt8]] = [Array("first".utf8), Array("second".utf8)]
    let blocks = payloads.map(JournalBlocks.block)
    let file = blocks.flatMap { $0 }
    for bit in 0..<(file.count * 8) {
      var damaged = file
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let read = JournalBlocks(damaged)
      #expect(read.damage != nil)
      #expect(read.payloads.map(Array.init) == (bit / 8 < blocks[0].count ? [] : [payloads[0]]))
    }
  }

  @Test("Entries of every kind are read again as they were", arguments: Seeds.some(20))
  func pages(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let entries = (0..<40).map { _ in JournalTests.entry(&random) }
    var page = JournalPage()
    for entry in entries { page.add(entry) }
    #expect(page.count == entries.count)
    #expect(try JournalPage.entries(page.bytes[...]) == entries)
    // A page begins anew: what stood in the one before it says nothing about this one.
    page.clear()
    #expect(page.isEmpty && page.bytes.isEmpty)
    for entry in entries.reversed() { page.add(entry) }
    #expect(try JournalPage.entries(page.bytes[...]) == entries.reversed())
  }

  @Test("A payload that ends too soon, or holds what nobody knows, is refused and never trapped on")
  func payloads() throws {
    var page = JournalPage()
    page.add(.order(JournalTests.event(cursor: 7), now: Fixture.time(3)))
    for length in 1..<page.bytes.count {
      #expect(throws: JournalError.self) { try JournalPage.entries(page.bytes[..<length]) }
    }
    #expect(throws: JournalError.unknownKind(200)) { try JournalPage.entries([200][...]) }
    let endless = [UInt8](repeating: 0xFF, count: 12)
    #expect(throws: JournalError.self) { try JournalPage.entries([11] + endless) }
    #expect(throws: JournalError.self) { try FeedPage.messages([0x7F, 1][...]) }
  }

  @Test("Ten beats and a market's message take a few bytes each")
  func size() {
    var page = JournalPage()
    page.add(.message(boot: "4f0c2ab9", order: 1_000_000, now: Fixture.time(0)))
    let start = page.bytes.count
    for beat in 1...10 { page.add(.beat(now: Fixture.time(Double(beat) * 2))) }
    page.add(.message(boot: "4f0c2ab9", order: 1_000_003, now: Fixture.time(20)))
    #expect(page.bytes.count - start <= 11 * 8)
  }

  @Test("The feed's messages are found by their order, and are what was published")
  func feed() throws {
    let market = Fixture.market(at: 1, order: 311)
    let price = Fixture.reference("90000.5", at: 2, order: 312)
    var page = FeedPage()
    page.add(market.bytes)
    page.add(price.bytes)
    let messages = try FeedPage.messages(page.bytes[...])
    #expect(messages.map { FeedMessage.order(of: $0) } == [311, 312])
    #expect(try messages.map { try FeedMessage($0) } == [.market(market), .reference(price)])
    #expect(FeedMessage.order(of: Array("{\"seq\":1}".utf8)[...]) == nil)
  }

  @Test("A snapshot is read again from its own text, an agent's birth likewise")
  func snapshot() throws {
    let snapshot = Fixture.snapshot(
      cursor: 9,
      positions: [
        Position(
          market: Fixture.slug, outcome: .no, shares: Shares(micros: 5_000_001), cost: USD(micros: 2_500_000),
          openedAt: Fixture.time(4))
      ],
      orders: [
        .init(
          intent: IntentID(agent: Fixture.agent, decision: 3_000_000_001), market: Fixture.slug, outcome: .yes,
          side: .buy, type: .fillAndKill, price: Price(micros: 510_000)!, size: Shares(whole: 7))
      ], status: "DRAINING")
    #expect(try AgentSnapshot(JSON.parse(snapshot.json.bytes)) == snapshot)
    let birth = JournalTests.birth
    #expect(try AgentBirth(JSON.parse(birth.json.bytes)) == birth)
  }

  // MARK: Random entries

  static let birth = AgentBirth(
    name: Fixture.agent, epoch: Epoch(3), strategy: "momentum", series: [Fixture.series], size: USD(dollars: 20),
    parameters: ["lookback_s": .string("300")], build: "0.1.0+1f")

  static func event(cursor: Int64) -> OrderEventMessage {
    OrderEventMessage(
      envelope: Fixture.envelope(1), cursor: cursor, agent: Fixture.agent, epoch: Epoch(3),
      intent: IntentID(agent: Fixture.agent, decision: cursor), market: Fixture.slug, outcome: .yes, event: .live)
  }

  static func entry(_ random: inout SeededGenerator) -> JournalEntry {
    let now = MarketTime(nanoseconds: Int64.random(in: 0...(1 << 62), using: &random))
    let number = Int64.random(in: 0...(1 << 40), using: &random)
    switch Int.random(in: 0...13, using: &random) {
    case 0: return .birth(birth)
    case 1: return .resume(checkpoint: nil, snapshot: Fixture.snapshot(cursor: number), missed: [event(cursor: number)])
    case 2:
      let core = Fixture.core()
      var other = core
      return .resume(checkpoint: other.checkpoint(), snapshot: nil, missed: [])
    case 3: return .reconcile(Fixture.snapshot(cursor: number), missed: [])
    case 4, 5: return .message(boot: number % 2 == 0 ? "a1" : "b2", order: number, now: now)
    case 6: return .order(event(cursor: number), now: now)
    case 7:
      return .synced(open: Set((0..<(number % 4)).map { IntentID(agent: Fixture.agent, decision: $0) }), now: now)
    case 8: return .blind(now: now)
    case 9: return .mode(.reduceOnly, now: now)
    case 10: return .drain(now: now)
    case 11: return .beat(now: now)
    case 12: return .decision(Array("{\"number\":\(number)}".utf8))
    default: return number % 2 == 0 ? .finish : .lost(Int(number))
    }
  }
}
