import FloorTestSupport
import Shared
import Testing

@testable import FloorSim

@Suite("A life is decided once more")
struct LifeReplayTests {
  /// The journal as files hold it, cut into pages at random; an input and its decisions stand in one.
  static func written(_ entries: [JournalEntry], _ random: inout SeededGenerator) -> [UInt8] {
    var file: [UInt8] = []
    var page = JournalPage()
    for (index, entry) in entries.enumerated() {
      page.add(entry)
      let next: JournalEntry? = index + 1 < entries.count ? entries[index + 1] : nil
      if case .decision? = next { continue }
      if Int.random(in: 0...9, using: &random) == 0 {
        file += JournalBlocks.block(page.bytes)
        page.clear()
      }
    }
    return file + JournalBlocks.block(page.bytes)
  }

  static func read(_ file: [UInt8]) throws -> [JournalEntry] {
    try JournalBlocks(file).payloads.flatMap { try JournalPage.entries($0) }
  }

  @Test(
    "Whatever happened to an agent, its journal gives the same decisions, bit for bit", arguments: Seeds.some(8),
    ["momentum", "reversion"])
  func equal(seed: UInt64, strategy: String) throws {
    let parameters: JSON = strategy == "momentum" ? ReplayWorld.parameters : .object([])
    var world = try ReplayWorld(seed: seed, strategy: strategy, parameters: parameters)
    for _ in 0..<3000 { world.step() }
    world.finish()
    if strategy == "momentum" {
      #expect(world.core.entries > 3 && world.core.exits > 0, "seed \(seed) shows too little")
    }
    let replay = try world.replay(
      ReplayChange(), LifeReplayTests.read(LifeReplayTests.written(world.entries, &world.random)))
    #expect(replay.hole == nil && replay.result.differences.isEmpty)
    #expect(replay.core.digest == world.core.digest && replay.result.equal == world.decisions.count)
    #expect(replay.result.replayed.text == replay.result.recorded.text && replay.result.replayed.count > 0)
  }

  @Test(
    "A decision does not change when all that came later is taken away, whatever the strategy",
    arguments: StrategyRegistry.kinds.map(\.name), Seeds.some(2))
  func truncated(strategy: String, seed: UInt64) throws {
    let parameters: JSON = strategy == "momentum" ? ReplayWorld.parameters : .object([])
    var world = try ReplayWorld(seed: seed, strategy: strategy, parameters: parameters)
    for _ in 0..<1500 { world.step() }
    #expect(!world.decisions.isEmpty)
    let file = LifeReplayTests.written(world.entries, &world.random)
    for _ in 0..<20 {
      let length = Int.random(in: 1000..<file.count, using: &world.random)
      let entries = try LifeReplayTests.read(Array(file[..<length]))
      guard !entries.isEmpty else { continue }
      let replay = try world.replay(ReplayChange(), entries)
      #expect(replay.result.differences.isEmpty && replay.hole == nil)
      #expect(replay.result.equal == entries.count { if case .decision = $0 { true } else { false } })
    }
  }

  @Test("One input that is not the recorded one shows itself by the decisions that hang on it")
  func altered() throws {
    var world = try ReplayWorld(seed: 5)
    for _ in 0..<2000 { world.step() }
    // The price on which the first entry was decided, a millionth of a dollar off.
    let entry = try #require(world.decisions.first { $0.detail["action"]?.string == "enter" })
    var replay = try LifeReplay(world.birth, as: world.birth)
    for item in world.entries.dropFirst() {
      replay.take(item, isCounted: true) { _, order in
        guard order == entry.feedOrder else { return world.feed[order] }
        switch world.feed[order] {
        case .reference(var price)?:
          let micros = price.value.micros ?? 0
          price.value = ReferenceValue(parsing: Decimal6.text(micros + 1))!
          return .reference(price)
        case .market(var update)?:
          update.tick = PriceTick(micros: 1000)!
          return .market(update)
        case nil: return nil
        }
      }
    }
    replay.end()
    #expect(!replay.result.differences.isEmpty)
    #expect(replay.result.recorded.text != replay.result.replayed.text)
  }

  @Test(
    "What the feed's journal lacks, and what the agent's lost, ends the proof and is named; nothing behind it is judged"
  )
  func holes() throws {
    var world = try ReplayWorld(seed: 11)
    for _ in 0..<2000 { world.step() }
    let middle = world.decisions[world.decisions.count / 2]
    var replay = try LifeReplay(world.birth, as: world.birth)
    for entry in world.entries.dropFirst() {
      replay.take(entry, isCounted: true) { _, order in order == middle.feedOrder ? nil : world.feed[order] }
    }
    replay.end()
    #expect(replay.hole == "the feed's journal lacks message \(middle.feedOrder) of boot f1")
    #expect(replay.result.differences.isEmpty && replay.result.unjudged > 0)
    #expect(replay.result.equal + replay.result.unjudged == world.decisions.count)

    let index = world.entries.count / 2
    let lost = Array(world.entries[..<index]) + [.lost(3)] + Array(world.entries[(index + 3)...])
    let partly = try world.replay(ReplayChange(), lost)
    #expect(partly.hole?.hasPrefix("3 entries") == true && partly.result.differences.isEmpty)
    #expect(partly.result.equal > 0 && partly.result.unjudged > 0)
  }

  // MARK: Other parameters

  /// Three rises of 0.3, 0.6 and 0.4 per cent, each in a window of its own: an entry and, when the book has followed, an exit.
  static func threeRises() throws -> ReplayWorld {
    var world = try ReplayWorld(seed: 1, parameters: ReplayWorld.parameters.with("entries_max_count", .string("1")))
    var base: Int64 = 90_000_000_000
    for rise in [300, 600, 400] as [Int64] {
      for _ in 0..<30 {
        world.wait(.seconds(1))
        world.price(base)
      }
      world.book(middle: 50, spread: 1)
      world.wait(.seconds(1))
      base += base / 100_000 * rise
      world.price(base)
      world.fillAll()
      for _ in 0..<30 {
        world.wait(.seconds(1))
        world.price(base)
        world.book(middle: 60, spread: 1)
        world.fillAll()
      }
      world.wait(.seconds(239))
      world.beat()
    }
    world.finish()
    return world
  }

  @Test(
    "With a higher threshold exactly the entries below it are gone; the others keep all but the figure of the threshold"
  )
  func threshold() throws {
    let world = try LifeReplayTests.threeRises()
    let entries = world.decisions.filter { $0.detail["action"]?.string == "enter" }
    #expect(entries.count == 3 && world.core.exits == 3)
    let change = ReplayChange(settings: [.init("threshold_reference_pct", .string("0.35"))])
    let replay = try world.replay(change)
    #expect(replay.isChanged && replay.hole == nil)
    let gone = replay.result.differences.filter { $0.kind == .onlyRecorded }
    #expect(gone.contains { $0.recorded?["intent_id"] == .text(entries[0].intent!) })
    #expect(gone.allSatisfy { ($0.recorded?["market"]?.string).flatMap { MarketSlug($0) } == entries[0].market })
    let figures = replay.result.differences.filter { $0.kind == .figures }
    #expect(
      figures.count == 2
        && figures.allSatisfy { $0.fields.filter { $0.hasPrefix("detail") } == ["detail.threshold_pct"] })
    #expect(replay.result.differences.count == gone.count + figures.count)
    // The shares that the record bought are sold as recorded.
    let exits = world.decisions.filter { $0.detail["action"]?.string == "exit" }
    #expect(replay.result.equal >= exits.count && replay.core.exits == 3 && replay.core.entries == 2)
    #expect(replay.core.context.positions.all.isEmpty)
  }

  @Test("A setting of the same value, and one that the strategy does not have, change nothing")
  func noChange() throws {
    let world = try LifeReplayTests.threeRises()
    for settings in [
      [JSON.Member("threshold_reference_pct", .string("0.20"))], [JSON.Member("half_life_s", .string("9"))], [],
    ] {
      let replay = try world.replay(ReplayChange(settings: settings))
      #expect(!replay.isChanged && replay.result.differences.isEmpty)
    }
    #expect(ReplayChange.isKnown("threshold_reference_pct") && !ReplayChange.isKnown("treshold"))
  }

  @Test("Settings out of range and another strategy are refused")
  func refused() throws {
    let birth = try ReplayWorld(seed: 1).birth
    let wild = ReplayChange(settings: [.init("threshold_reference_pct", .string("-1"))])
    #expect(throws: StrategyParameters.Refusal.self) { try wild.applied(to: birth) }
    let other = ReplayChange(agents: [birth.name: .init(strategy: "reversion", parameters: .object([]))])
    #expect(throws: StrategyParameters.Refusal.self) { try other.applied(to: birth) }
  }

  @Test(
    "Whatever is changed, the world stays as it was: positions at the end are the record's", arguments: Seeds.some(6))
  func world(seed: UInt64) throws {
    var world = try ReplayWorld(seed: seed)
    for _ in 0..<2500 { world.step() }
    for (key, value) in [("threshold_reference_pct", "0.3"), ("threshold_reference_pct", "0.1"), ("cooldown_s", "60")] {
      let replay = try world.replay(ReplayChange(settings: [.init(key, .string(value))]))
      #expect(replay.hole == nil)
      #expect(replay.core.context.positions.all.map(\.shares) == world.core.context.positions.all.map(\.shares))
      let result = replay.result
      let paired = result.differences.count { $0.kind == .changed || $0.kind == .figures }
      let onlyRecorded = result.differences.count { $0.kind == .onlyRecorded }
      #expect(result.equal + paired + onlyRecorded == world.decisions.count)
      // No decision is laid on an input that the other side decided nothing about.
      #expect(result.replayed.count == result.equal + paired + result.differences.count { $0.kind == .onlyReplayed })
    }
  }
}
