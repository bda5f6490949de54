import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorCLI

/// `floor replay` as a program, on journals as the processes write them.
@Suite struct ReplayCommandTests {
  private static let day = "2026-11-30"
  private static let noon = WallTime(nanoseconds: CivilTime.nanoseconds(parsing: "2026-11-30T12:00:00Z")!)
  private static let start: Int64 = 1_795_180_500
  private static let slug = MarketSeries(alias: "BTC-5m")!.slug(startingAt: start)!

  private let directory: TemporaryDirectory
  private var folder: String { directory.path + "/copy" }

  init() throws { directory = try TemporaryDirectory() }

  private func replay(_ words: [String], day: String = day) throws -> (status: Int32, text: String) {
    let output = try Command.run(
      try Siblings.path("floor"), ["replay", "--day", day, "--journal", folder] + words, timeout: .seconds(60))
    guard case .code(let code) = output.status else {
      Issue.record("floor replay ended by \(output.status)")
      return (-1, output.text)
    }
    return (code, output.text)
  }

  /// Two lives of an agent on one day: in each a rise, an entry and its fill; the second life ends without a word.
  /// - Parameter forging: changes a decision's bytes on the way into the journal.
  private func write(forging forge: (inout [UInt8]) -> Void = { _ in }) throws {
    let settings = JournalSettings(directory: folder, freeMinMicros: 0)
    let feed = DayJournal(settings, writer: ProcessNames.marketFeed, life: "f1", log: .discarding())
    var order: Int64 = 0
    for epoch in [1, 2] as [Int64] {
      let birth = AgentBirth(
        name: AgentName("momentum-1")!, epoch: Epoch(epoch), strategy: "momentum",
        series: [MarketSeries(alias: "BTC-5m")!], size: USD(dollars: 20),
        parameters: ["lookback_s": "20", "threshold_reference_pct": "0.2", "fee_cover_ratio": "0"], build: "test")
      let journal = DayJournal(settings, writer: "agent-momentum-1", life: "\(epoch)", log: .discarding())
      var core = try birth.core()
      var page = JournalPage()
      let snapshot = AgentSnapshot(
        id: 1, epoch: Epoch(epoch), status: "RUNNING", cursor: 0, positions: [], orders: [], checkpoint: nil)
      page.add(.birth(birth))
      page.add(.resume(checkpoint: nil, snapshot: snapshot, missed: []))
      core.resume(checkpoint: nil, snapshot: snapshot)
      for second in 0..<40 {
        order += 1
        let now = MarketTime(nanoseconds: (Self.start + Int64(second)) * 1_000_000_000)
        let message = Self.message(second, order, now)
        var published = FeedPage()
        let event: AgentEvent
        switch message {
        case .market(let update):
          published.add(update.bytes)
          event = .market(update)
        case .reference(let price):
          published.add(price.bytes)
          event = .reference(price)
        }
        #expect(feed.append(published.bytes, at: Self.noon))
        page.add(JournalEntry(event, now: now))
        var effects: [AgentEffect] = []
        core.handle(event, now: now, &effects)
        for case .record(let decision) in effects {
          var bytes = decision.json.bytes
          forge(&bytes)
          page.add(.decision(bytes))
        }
        if !effects.isEmpty {
          #expect(journal.append(page.bytes, at: Self.noon))
          page.clear()
        }
      }
      #expect(core.entries == 1 && core.digest.count > 2)
      #expect(journal.append(page.bytes, at: Self.noon))
    }
  }

  /// A quiet half minute with a book at its beginning, and then a rise of half a per cent.
  private static func message(_ second: Int, _ order: Int64, _ now: MarketTime) -> FeedMessage {
    let envelope = Envelope(
      source: "market-feed", boot: "f1", sequence: order, time: now, sent: WallTime(nanoseconds: now.nanoseconds))
    guard second == 0 else {
      return .reference(
        ReferencePrice(
          envelope: envelope, order: order, symbol: "btc/usd", kind: .chainlink,
          value: ReferenceValue(parsing: second < 30 ? "90000" : "90450")!))
    }
    func level(_ cents: Int64) -> BookLevel {
      BookLevel(price: Price(micros: cents * 10_000)!, size: Shares(whole: 500))
    }
    let yes = BookTop(bids: [level(50)], asks: [level(51)])
    return .market(
      MarketUpdate(
        envelope: envelope, order: order, slug: slug, series: MarketSeries(alias: "BTC-5m")!, state: .live,
        bookEpoch: 1, tick: .cent, minimumSize: Shares(whole: 5), fee: TakerFee(rateMicros: 0, exponent: 1)!,
        startsAt: now, endsAt: MarketTime(nanoseconds: now.nanoseconds + 300_000_000_000), yes: yes, no: yes.mirrored))
  }

  private func path(_ prefix: String) throws -> String {
    let names = try DirectoryListing.names(in: folder + "/" + Self.day)
    return folder + "/" + Self.day + "/" + (try #require(names.first { $0.hasPrefix(prefix) }))
  }

  @Test("A copied folder is enough: every decision of both lives is made again, packed or not, with the same hash")
  func equal() throws {
    try write()
    let first = try replay([])
    #expect(first.status == 0 && first.text.contains("momentum-1      2"), "\(first.text)")
    let plain = try JSON.parse(try replay(["--json"]).text)
    #expect(plain["equal"] == true && plain["whole"] == true)
    #expect(plain["recorded_sha256"] == plain["replayed_sha256"] && plain["replayed_sha256"]?.string?.count == 64)
    let agent = try #require(plain["agents"]?.array?.first)
    #expect(agent["equal"] == agent["recorded"] && (agent["recorded"]?.int ?? 0) > 4)

    let keeper = JournalKeeper(JournalSettings(directory: folder))
    #expect(try keeper.pass(at: Self.noon, packMax: 9).packed == 3)
    #expect(try JSON.parse(try replay(["--json"]).text) == plain)
  }

  @Test("A decision that is not the one made is shown with what differs, and the status says so")
  func different() throws {
    try write { bytes in
      if let at = bytes.firstRange(of: Array("momentum_up".utf8)) {
        bytes.replaceSubrange(at, with: Array("momentum_ab".utf8))
      }
    }
    let shown = try replay([])
    #expect(shown.status == 1)
    #expect(shown.text.contains("reason momentum_ab → momentum_up") && shown.text.contains(Self.slug.text))
    let json = try JSON.parse(try replay(["--json"]).text)
    #expect(json["equal"] == false && json["recorded_sha256"] != json["replayed_sha256"])
    #expect(json["differences"]?.array?.allSatisfy { $0["kind"] == "changed" } == true)
  }

  @Test("Another threshold takes away exactly the entries and what followed from their signals")
  func changed() throws {
    try write()
    let json = try JSON.parse(try replay(["--json", "--set", "threshold_reference_pct=0.6"]).text)
    let differences = try #require(json["differences"]?.array)
    #expect(differences.allSatisfy { $0["kind"] == "only_recorded" })
    #expect(differences.count { $0["recorded"]?["detail"]?["action"] == "enter" } == 2)
    let agent = try #require(json["agents"]?.array?.first)
    #expect(agent["with_other_parameters"] == true && agent["replayed"]?.int == agent["equal"]?.int)
    #expect(try replay(["--set", "threshold_reference_pct=0.6"]).status == 1)
    #expect(try replay(["--set", "threshold_reference_pct=0.2"]).status == 0, "that is what it had")
  }

  @Test("Holes are named: a damaged block, a part that is gone, a feed without a journal; nothing is called equal then")
  func holes() throws {
    try write()
    let agent = try path("agent-momentum-1.1.")
    var bytes = try SmallFile.read(agent, bytesMax: 1 << 20)
    let whole = bytes
    bytes[bytes.count / 2] ^= 1
    try Data(bytes).write(to: URL(filePath: agent))
    let damaged = try replay([])
    #expect(damaged.status == 69 && damaged.text.contains("is damaged: broken"), "\(damaged.text)")

    // A torn end is what a machine leaves, or a floor that writes on.
    try Data(whole.dropLast(3)).write(to: URL(filePath: agent))
    #expect(try replay([]).status == 0)

    try Data(whole).write(to: URL(filePath: agent))
    let feed = try path("market-feed.f1.")
    try FileManager.default.moveItem(atPath: feed, toPath: directory.path + "/away")
    let blind = try replay(["--json"])
    #expect(blind.status == 69)
    let holes = try #require(try JSON.parse(blind.text)["holes"]?.array)
    #expect(holes.count == 2 && holes.allSatisfy { $0["why"]?.string?.contains("lacks message") == true })
    #expect(holes.allSatisfy { ($0["decisions"]?.int ?? 0) > 2 })

    try FileManager.default.moveItem(atPath: directory.path + "/away", toPath: feed)
    let later = agent.replacing("000001", with: "000002")
    try FileManager.default.moveItem(atPath: agent, toPath: later)
    let beheaded = try replay([])
    #expect(beheaded.status == 69 && beheaded.text.contains("part 1 of the agent's journal is not there"))
  }

  @Test("What cannot be asked is refused, and the refusal says what can")
  func refusals() throws {
    try write()
    for (words, day, text) in [
      ([], "2026-11-29", "it holds 2026-11-30"), ([], "yesterday", "--day YYYY-MM-DD"),
      (["--agent", "nobody"], Self.day, "none of these agents"),
      (["--set", "treshold=1"], Self.day, "no strategy has"),
      (["--set", "threshold_reference_pct=x"], Self.day, "momentum-1:"), (["--against", "hope"], Self.day, "database"),
      (["--agents", directory.path], Self.day, "holds no agent"),
    ] as [([String], String, String)] {
      let answer = try replay(words, day: day)
      #expect(answer.status == 64 && answer.text.contains(text), "\(words): \(answer.text)")
    }
  }
}
