import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@Suite("The feed process on a real venue, Redis and PostgreSQL", .serialized)
struct FeedProcessTests {
  @Test("It follows markets before they open, tells them live, moves the short name, records rows, and tells results")
  func wholeLife() throws {
    // A venue of full life at more than this would keep an unoptimised feed from keeping up.
    let floor = try FeedProcesses(speed: 30)
    try floor.startVenue()
    try floor.startFeed()
    try floor.wait("live market") { floor.updates.contains { $0.state == .live } }
    try floor.wait("resolved market", within: .seconds(75)) { floor.updates.contains { $0.state == .resolved } }
    #expect(floor.undecodable == 0)

    // A market that goes live while we watch is told pending, with both books, before it opens. Those that the feed met first when they
    // were live already do not count; a busy machine may make several such.
    try floor.wait("a market that was told pending before it went live", within: .seconds(75)) {
      let seenPending = Set(floor.updates.filter { $0.state == .pending && !$0.yes.bids.isEmpty }.map(\.slug))
      let first = Dictionary(grouping: floor.updates, by: \.slug).values.compactMap(\.first)
      return first.contains { first in
        first.state == .pending && seenPending.contains(first.slug)
          && floor.updates.contains { $0.slug == first.slug && $0.state == .live }
      }
    }

    // One order, no gaps.
    let orders = (floor.updates.map(\.order) + floor.prices.map(\.order)).sorted()
    #expect(Set(orders).count == orders.count)
    var tracker = SequenceTracker()
    for update in floor.updates {
      let verdict = tracker.receive(update.envelope, on: update.slug.text)
      #expect(verdict == .first || verdict == .next)
    }
    #expect(Set(floor.prices.map(\.symbol)) == ["btc/usd", "eth/usd"])
    #expect(floor.updates.allSatisfy { $0.settlement?.twapSeconds == 60 && $0.settlement?.symbol == $0.series?.symbol })

    // Keys a person looks at.
    let open = try MarketUpdate(decoding: try #require(try floor.key("market:BTC-5m")))
    #expect(open.series?.alias == "BTC-5m")
    let clock = try ClockMessage(decoding: try #require(try floor.key("floor:clock"))).clock
    #expect(clock.rateMilli == 30_000)
    #expect(try floor.key("circuit:polymarket-data:state") == Array("closed".utf8))

    // The record.
    let sql = try floor.database.openAsAdministrator()
    let markets = try sql.query("select slug, state from markets", [])
    #expect(markets.count >= 6)
    #expect(try sql.query("select count(*)::bigint as n from tokens", [])[0].int("n") == Int64(markets.count * 2))
    try floor.wait("best prices in the record") {
      ((try? sql.query("select count(*)::bigint as n from market_ticks", [])[0].int("n")) ?? 0) > 0
    }
    let resolved = try #require(floor.updates.last { $0.state == .resolved })
    #expect(resolved.payout == .one || resolved.payout == .zero)
    let truth = try GammaMarket(try floor.get("/markets/slug/\(resolved.slug)"))
    #expect(truth.resolvedPayout == resolved.payout)

    #expect(try floor.stopFeed() == .code(0))
    let recordings = try FileManager.default.contentsOfDirectory(atPath: floor.directory.path + "/recordings")
    let recording = try #require(recordings.first { $0.hasSuffix(".zst") })
    var streams: Set<String> = []
    let reading = try RecordingReader.read(floor.directory.path + "/recordings/" + recording) {
      streams.insert($0.stream)
    }
    #expect(reading.isWhole, "\(reading)")
    #expect(streams == ["market", "reference", FeedMark.stream])
  }

  @Test("What it tells is what the venue's REST book says")
  func equalsTheVenuesBook() throws {
    let floor = try FeedProcesses(speed: 1, seed: 11)
    try floor.startVenue()
    try floor.startFeed()
    try floor.wait("live market") { floor.updates.contains { $0.state == .live } }
    let slug = try #require(floor.updates.first { $0.state == .live }?.slug)
    let listing = try GammaMarket(try floor.get("/markets/slug/\(slug)"))
    var agreements = 0
    for round in 0..<60 where agreements < 10 {
      let outcome: Outcome = round % 2 == 0 ? .yes : .no
      let book = try #require(VenueBook(try floor.get("/book?token_id=\(listing.token(of: outcome))")))
      // The same moment on both roads: an update whose top is that of the answer, before or shortly after it.
      let matches = {
        floor.updates.suffix(200).contains { $0.slug == slug && FeedProcessTests.same($0.top(outcome), book) }
      }
      _ = try floor.loop.turn(until: matches, limit: .milliseconds(300))
      if matches() { agreements += 1 }
      try floor.pass(.milliseconds(50))
    }
    #expect(agreements >= 10)
  }

  @Test(
    "Event markets that the configuration names are followed beside the series, with their end, and are nobody's short name"
  )
  func eventMarkets() throws {
    let floor = try FeedProcesses(speed: 1, seed: 11)
    try floor.startVenue()
    let markets = try floor.get("/markets?limit=100").array ?? []
    let slug = try #require(
      markets.compactMap { $0["slug"]?.string }.first { $0.hasPrefix("ferry-") }.flatMap { MarketSlug($0) })
    try floor.startFeed(events: [slug.text])
    try floor.wait("the event market live") { floor.last(slug)?.state == .live }
    let update = try #require(floor.last(slug))
    #expect(update.series == nil && update.settlement == nil)
    #expect(update.endsAt == (try GammaMarket(try floor.get("/markets/slug/\(slug)"))).end)
    #expect(!update.yes.bids.isEmpty && !update.no.asks.isEmpty)
    #expect(try MarketUpdate(decoding: try #require(try floor.key("market:\(slug)"))).slug == slug)
    #expect(try floor.stopFeed() == .code(0))
    // The recording tells the end, too: a replay has no listing to ask.
    let recordings = try FileManager.default.contentsOfDirectory(atPath: floor.directory.path + "/recordings")
    var told: MarketTime?
    _ = try RecordingReader.read(
      floor.directory.path + "/recordings/" + (try #require(recordings.first { $0.hasSuffix(".zst") }))
    ) {
      guard $0.stream == FeedMark.stream, let json = try? JSON.parse($0.frame),
        case .following(slug, _, _, _, let ends)? = FeedMark(json)
      else { return }
      told = ends
    }
    #expect(told == update.endsAt && told != nil)
  }

  @Test("A venue that is killed takes the books away; restarted, it is followed again under new epochs, in seconds")
  func venueRestart() throws {
    let floor = try FeedProcesses(speed: 1, seed: 5)
    try floor.startVenue()
    try floor.startFeed()
    try floor.wait("live market") { floor.updates.contains { $0.state == .live } }
    let slug = try #require(floor.updates.last { $0.state == .live }?.slug)
    let epoch = try #require(floor.last(slug)?.bookEpoch)
    floor.forget()
    var reports: [ControlProgress] = []
    let control = ControlClient(loop: floor.loop, path: floor.directory.path + "/market-feed.sock")
    defer { control.close() }
    control.onProgress = { reports.append($0) }
    // What was read is told: work grows, and no report after another finds the same work waiting.
    try floor.wait("reports of growing work") { reports.count > 3 && reports.last!.progress > reports.first!.progress }
    #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.waiting == 0 || $1.progress > $0.progress })
    reports = []
    let killed = SystemClock.monotonic()
    try floor.killVenue()
    try floor.wait("message that the market is not live", within: .seconds(5)) {
      floor.last(slug).map { $0.state != .live && $0.yes == .empty } ?? false
    }
    #expect(SystemClock.monotonic().since(killed) < .seconds(2))
    #expect(try floor.key("circuit:polymarket-data:state") == Array("open".utf8))
    // Waiting for the venue is not work of the feed's.
    try floor.wait("reports without the venue") { reports.count > 4 }
    #expect(reports.last?.waiting == 0 && reports.last?.isReady == false)
    floor.forget()
    try floor.startVenue()
    try floor.wait("live market after the restart", within: .seconds(20)) {
      floor.updates.contains { $0.state == .live && $0.bookEpoch > epoch }
    }
    #expect(floor.undecodable == 0)
  }

  @Test("When Redis is restarted empty, its keys and messages come back")
  func redisRestart() throws {
    let floor = try FeedProcesses(speed: 1, seed: 6)
    try floor.startVenue()
    try floor.startFeed()
    try floor.wait("live market") { floor.updates.contains { $0.state == .live } }
    try floor.killRedis()
    try floor.pass(.milliseconds(300))
    floor.forget()
    try floor.startRedis()
    try floor.wait("messages after the restart", within: .seconds(20)) {
      floor.bus.isConnected && floor.updates.contains { $0.state == .live }
    }
    // Each key is written by its own beat.
    for key in ["floor:clock", "market:BTC-5m", "markets:known"] {
      try eventuallyTrue("\(key) is back", within: .seconds(20)) { try floor.key(key) != nil }
    }
  }

  private static func same(_ top: BookTop, _ book: VenueBook) -> Bool {
    top.bids == Array(book.bids.prefix(5)) && top.asks == Array(book.asks.prefix(5))
  }
}
