import Shared
import Testing

@Suite("Discovery: which listings are asked for, and when")
struct MarketCatalogTests {
  @Test("The open window and the next ones of every series are asked for, as many at once as allowed")
  func firstQuestions() throws {
    var world = World(try catalog(["BTC-5m", "ETH-15m"], ahead: 1))
    world.catalog = try catalog(["BTC-5m", "ETH-15m"], ahead: 1, inFlight: 3)
    let questions = world.plan().questions
    #expect(questions.count == 3)
    for slug in questions { world.answer(slug, try Samples.listing(slug: slug.text)) }
    #expect(world.plan().questions.count == 1)
    #expect(
      world.followed
        == Set([
          "btc-updown-5m-1795180500", "btc-updown-5m-1795180800", "eth-updown-15m-1795180500",
        ]))
  }

  @Test(
    "The next window is followed before it opens, for a whole hour of windows, at any speed of the clock",
    arguments: [Int64(1000), 60_000, 300_000])
  func beforeItOpens(rate: Int64) throws {
    var world = World(try catalog(["BTC-5m"], ahead: 2), rateMilli: rate)
    let series = try #require(MarketSeries(alias: "BTC-5m"))
    while world.now.seconds < Samples.start + 3600 {
      for slug in world.plan().questions { world.answer(slug, try Samples.listing(slug: slug.text)) }
      let current = series.windowStart(containing: world.now)
      for ahead in 0...Int64(2) {
        let slug = try #require(series.slug(startingAt: current + ahead * 300))
        #expect(world.followed.contains(slug.text), "at \(world.now)")
      }
      world.pass(.milliseconds(rate == 1000 ? 2000 : 100))
    }
    #expect(world.asked > 12 && world.asked < 200 + 40 * 36)
  }

  @Test("A listing that is not there yet is asked for again, ever more slowly, until its window is over, then never")
  func hydration() throws {
    var world = World(try catalog(["BTC-5m"], ahead: 0))
    var times: [Duration] = []
    let began = world.monotonic
    while world.now.seconds < Samples.start + 299 {
      for slug in world.plan().questions {
        times.append(world.monotonic.since(began))
        world.missing(slug)
      }
      world.pass(.milliseconds(50))
    }
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(times.count > 10 && times.count < 60)
    #expect(gaps.first.map { $0 < .seconds(1) } == true)
    #expect(gaps.max().map { $0 <= .milliseconds(30_100) && $0 > .seconds(20) } == true)
    world.pass(.seconds(2))
    let over = world.plan()
    #expect(over.changes == [.drop(try #require(MarketSlug("btc-updown-5m-1795180500")))])
    #expect(!over.questions.contains { $0.text == "btc-updown-5m-1795180500" })
  }

  @Test("A listing without a book is no market yet")
  func leftover() throws {
    var world = World(try catalog(["BTC-5m"], ahead: 0))
    let slug = try #require(world.plan().questions.first)
    world.answer(slug, try Samples.listing(slug: slug.text, book: false))
    #expect(world.followed.isEmpty)
    world.pass(.seconds(1))
    #expect(world.plan().questions == [slug])
  }

  @Test("A market that is over is asked for until it is resolved, lingers, and is dropped")
  func resolution() throws {
    var world = World(try catalog(["BTC-5m"], ahead: 0))
    let slug = try #require(world.plan().questions.first)
    world.answer(slug, try Samples.listing(slug: slug.text))
    world.pass(.seconds(200))
    #expect(!world.plan().questions.contains(slug), "an open contract needs no look")
    world.pass(.seconds(101))
    var looks = 0
    for _ in 0..<600 {
      if world.plan().questions.contains(slug) {
        looks += 1
        world.answer(slug, try Samples.listing(slug: slug.text, closed: true))
      }
      world.pass(.milliseconds(100))
    }
    #expect(looks >= 5 && looks <= 20)
    world.catalog.hint(slug, now: world.monotonic)
    #expect(world.plan().questions.contains(slug))
    world.answer(slug, try Samples.listing(slug: slug.text, closed: true, status: "resolved", prices: ["1", "0"]))
    #expect(world.plan().changes.isEmpty)
    world.pass(.seconds(6))
    #expect(world.plan().changes == [.drop(slug)])
    world.pass(.seconds(1))
    #expect(!world.plan().questions.contains(slug))
  }

  @Test("A market that the record owes a result is followed although its window is long over")
  func owed() throws {
    var world = World(try catalog([], ahead: 0))
    let slug = try #require(MarketSlug("btc-updown-5m-1795170000"))
    world.catalog.owe(slug, now: world.monotonic)
    #expect(world.plan().questions == [slug])
    world.answer(slug, try Samples.listing(slug: slug.text, closed: true, book: false))
    #expect(world.followed == [slug.text])
    world.pass(.seconds(3600))
    #expect(world.plan().questions == [slug])
  }

  @Test("An unanswered question is not asked twice, and a failed one is asked again")
  func inFlight() throws {
    var world = World(try catalog(["BTC-5m"], ahead: 0))
    let slug = try #require(world.plan().questions.first)
    world.pass(.seconds(60))
    #expect(world.plan().questions.isEmpty)
    world.catalog.failed(slug, market: world.now, clock: world.clock, monotonic: world.monotonic)
    #expect(world.plan().questions.isEmpty)
    world.pass(.milliseconds(300))
    #expect(world.plan().questions == [slug])
  }

  private func catalog(_ aliases: [String], ahead: Int, inFlight: Int = 100) throws -> MarketCatalog {
    var policy = MarketCatalog.Policy(
      series: try aliases.map { try #require(MarketSeries(alias: $0)) }, windowsAhead: ahead)
    policy.questionsInFlight = inFlight
    return MarketCatalog(policy: policy)
  }
}

/// A catalogue with the clocks it lives under.
private struct World {
  var catalog: MarketCatalog
  let clock: MarketClock
  var wall = WallTime(seconds: Samples.start)
  var monotonic = MonotonicTime(nanoseconds: 7)
  var followed: Set<String> = []
  var asked = 0

  init(_ catalog: MarketCatalog, rateMilli: Int64 = 1000) {
    self.catalog = catalog
    clock = MarketClock(
      anchorWall: WallTime(seconds: Samples.start), anchorMarket: MarketTime(seconds: Samples.start),
      rateMilli: rateMilli)
  }

  var now: MarketTime { clock.market(at: wall) }

  mutating func pass(_ duration: Duration) {
    wall = wall.advanced(by: duration)
    monotonic = monotonic.advanced(by: duration)
  }

  mutating func plan() -> (questions: [MarketSlug], changes: [MarketCatalog.Change]) {
    let plan = catalog.plan(market: now, clock: clock, monotonic: monotonic)
    asked += plan.questions.count
    note(plan.changes)
    return plan
  }

  mutating func answer(_ slug: MarketSlug, _ listing: GammaMarket) {
    note(catalog.found(listing, market: now, clock: clock, monotonic: monotonic))
  }

  mutating func missing(_ slug: MarketSlug) {
    note(catalog.missing(slug, market: now, clock: clock, monotonic: monotonic))
  }

  private mutating func note(_ changes: [MarketCatalog.Change]) {
    for change in changes {
      switch change {
      case .follow(let market): followed.insert(market.slug.text)
      case .drop(let slug): followed.remove(slug.text)
      case .updated: break
      }
    }
  }
}
