import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// What the feed makes of the venue's faults (V6 to V11, V17, V27, V28 of the fault catalogue), each made by the simulated venue's console over
/// real sockets.
@Suite("The feed process and the venue's faults", .serialized, .hangLimit)
struct FeedFaultTests {
  /// A venue at the wall's speed, a feed, and two markets that are live.
  private func floor(
    seed: Int, staleAfter: Duration = .seconds(10), warmSecond: Bool = true
  ) throws -> (FeedProcesses, MarketUpdate, MarketUpdate) {
    let floor = try FeedProcesses(speed: 1, seed: seed)
    try floor.startVenue()
    try floor.startFeed(staleAfter: staleAfter, warmSecond: warmSecond)
    // Such as do not end while the test looks: the simulated venue's clock is the wall's here.
    let live = {
      let soon = MarketTime(nanoseconds: SystemClock.wall().nanoseconds).advanced(by: .seconds(75))
      return floor.updates.filter { $0.state == .live && $0.endsAt! > soon }.sorted { $0.endsAt! > $1.endsAt! }
    }
    try floor.wait("two live markets", within: .seconds(110)) { Set(live().map(\.slug)).count >= 2 }
    let ends = live()
    // The one that stays open longest, and another.
    let one = try #require(ends.first)
    let other = try #require(ends.first { $0.slug != one.slug })
    return (floor, one, other)
  }

  private func listing(_ floor: FeedProcesses, _ slug: MarketSlug) throws -> GammaMarket {
    try GammaMarket(try floor.get("/markets/slug/\(slug)"))
  }

  private func waitUntilLive(_ floor: FeedProcesses, _ slug: MarketSlug, within limit: Duration = .seconds(5)) throws {
    floor.forget()
    try floor.wait("\(slug) live again", within: limit) { floor.last(slug)?.state == .live }
  }

  @Test(
    "V6: a stream that stalls while pongs still come takes every market out within its deadline and is begun anew; with data it is whole again in seconds"
  )
  func wholeStall() throws {
    let (floor, one, _) = try floor(seed: 21)
    let epoch = try #require(floor.last(one.slug)?.bookEpoch)
    try floor.streamFaults([["stream": "market", "kind": "lose"]])
    let begun = SystemClock.monotonic()
    try floor.wait("a market that is not live", within: .seconds(15)) { floor.last(one.slug)?.state != .live }
    #expect(SystemClock.monotonic().since(begun) < .seconds(11))
    try floor.wait("a new beginning", within: .seconds(15)) { floor.log.contains("market stream silent") }
    // While it lasts nothing is live, however often it is tried.
    floor.forget()
    try floor.pass(.seconds(3))
    #expect(!floor.updates.contains { $0.state == .live })
    try floor.streamFaults([])
    try waitUntilLive(floor, one.slug)
    #expect(try #require(floor.last(one.slug)).bookEpoch > epoch)
  }

  @Test(
    "V7: one market silent while others flow is found by its REST witness; it alone is not tradable until its own snapshot comes"
  )
  func oneSilent() throws {
    let (floor, one, other) = try floor(seed: 22)
    let epoch = try #require(floor.last(one.slug)?.bookEpoch)
    let condition = try listing(floor, one.slug).condition
    try floor.streamFaults([["stream": "market", "kind": "lose", "containing": .text(condition)]])
    let begun = SystemClock.monotonic()
    floor.forget()
    try floor.wait("the silent market out of trade", within: .seconds(15)) { floor.last(one.slug)?.state == .stale }
    #expect(SystemClock.monotonic().since(begun) < .seconds(15))
    #expect(floor.last(one.slug)?.reason?.contains("silent") == true, "\(floor.last(one.slug)?.reason ?? "")")
    // The others never stop, and this one stays out.
    floor.forget()
    try floor.wait("news of the other market") { floor.updates.count { $0.slug == other.slug } > 5 }
    #expect(!floor.updates.contains { $0.slug == one.slug && $0.state == .live })
    #expect(floor.updates.filter { $0.slug == other.slug }.allSatisfy { $0.state == .live })
    try floor.streamFaults([])
    try waitUntilLive(floor, one.slug)
    #expect(try #require(floor.last(one.slug)).bookEpoch > epoch)
  }

  @Test(
    "V8: a lost change shows in the venue's best prices or in its book over REST; the book is dropped and comes whole from a snapshot"
  )
  func lostChange() throws {
    let (floor, one, _) = try floor(seed: 23)
    let epoch = try #require(floor.last(one.slug)?.bookEpoch)
    let condition = try listing(floor, one.slug).condition
    // Level changes of one market are lost, and the whole book after each trade, which would mend them; its best prices are still told.
    try floor.streamFaults(
      ["price_change", "book"].map { event in
        [
          "stream": "market", "kind": "lose",
          "containing": .string("{\"event_type\":\"\(event)\",\"market\":\"\(condition)"),
        ]
      })
    floor.forget()
    try floor.wait("a dropped book", within: .seconds(10)) {
      floor.updates.contains { $0.slug == one.slug && $0.state == .stale && $0.bookEpoch > epoch }
    }
    try floor.streamFaults([])
    try waitUntilLive(floor, one.slug)
    try agrees(floor, one.slug)
  }

  @Test(
    "V9: messages that come twice, in another order and again after minutes leave the same books, live, under the same epoch"
  )
  func duplicates() throws {
    let (floor, one, _) = try floor(seed: 24)
    let epoch = try #require(floor.last(one.slug)?.bookEpoch)
    let token = try listing(floor, one.slug).token(of: .yes)
    let old: JSON = [
      "event_type": "price_change", "market": .text(try listing(floor, one.slug).condition),
      "price_changes": [
        [
          "asset_id": .text(token), "price": "0.99", "size": "1000000", "side": "BUY", "best_bid": "0.99",
          "best_ask": "",
        ]
      ], "timestamp": .string(String(SystemClock.wall().milliseconds - 120_000)),
    ]
    try floor.streamFaults([
      ["stream": "market", "kind": "repeat", "probability": "0.3"],
      ["stream": "market", "kind": "insert", "text": .string(old.text), "probability": "0.2"],
      ["stream": "market", "kind": "swap", "probability": "0.3"],
    ])
    floor.forget()
    try floor.wait("many messages", within: .seconds(20)) { floor.updates.count { $0.slug == one.slug } > 40 }
    #expect(floor.updates.allSatisfy { $0.slug != one.slug || $0.yes.bestBid?.price.description != "0.99" })
    try floor.streamFaults([])
    try agrees(floor, one.slug)
    // What a swap holds back for a moment may contradict for as long; nothing was void.
    #expect(floor.updates.filter { $0.slug == one.slug }.allSatisfy { $0.bookEpoch == epoch })
  }

  @Test(
    "V10: rubbish between messages is dropped and counted, much of it makes the socket begin anew, and the feed lives")
  func malformed() throws {
    let (floor, one, _) = try floor(seed: 25)
    try floor.streamFaults([["stream": "market", "kind": "garble", "count": 30]])
    floor.forget()
    try floor.wait("counted rubbish") { floor.counter("malformed") ?? 0 >= 10 && floor.counter("unknown") ?? 0 >= 2 }
    #expect(floor.log.components(separatedBy: "events that this version does not know").count == 2)
    try floor.pass(.milliseconds(500))
    #expect(!floor.log.contains("market stream malformed") && floor.feedExit == nil)
    #expect(floor.last(one.slug)?.state == .live)
    try floor.streamFaults([["stream": "market", "kind": "garble"]])
    try floor.wait("a new beginning") { floor.log.contains("market stream malformed") }
    try floor.streamFaults([])
    try waitUntilLive(floor, one.slug)
    #expect(floor.feedExit == nil && floor.undecodable == 0)
  }

  @Test(
    "V11: a crossed, locked or empty book gives no signal and is fetched anew when it lasts; a price of 0 or 1 and a negative size are no levels",
    arguments: ["crossed", "locked", "empty", "zero", "one", "negative"])
  func implausible(kind: String) throws {
    let (floor, one, _) = try floor(seed: 26)
    let epoch = try #require(floor.last(one.slug)?.bookEpoch)
    let listing = try listing(floor, one.slug)
    func level(_ price: String, _ size: String = "10") -> JSON { ["price": .string(price), "size": .string(size)] }
    let sides: (bids: [JSON], asks: [JSON]) =
      switch kind {
      case "crossed": ([level("0.6")], [level("0.4")])
      case "locked": ([level("0.5")], [level("0.5")])
      case "empty": ([], [])
      case "zero": ([level("0")], [level("0.5")])
      case "one": ([level("0.4")], [level("1")])
      default: ([level("0.4", "-5")], [level("0.5")])
      }
    // From the future by a moment, so that it is the newest word; changes that follow are lost.
    let book: JSON = [
      "event_type": "book", "market": .text(listing.condition), "asset_id": .text(listing.token(of: .yes)),
      "timestamp": .string(String(SystemClock.wall().milliseconds + 1000)), "hash": "", "bids": .array(sides.bids),
      "asks": .array(sides.asks),
    ]
    floor.forget()
    let malformed = floor.counter("malformed") ?? 0
    try floor.streamFaults([["stream": "market", "kind": "insert", "text": .string(book.text), "count": 1]])
    if ["crossed", "locked", "empty"].contains(kind) {
      try floor.wait("no signal") {
        floor.updates.contains { $0.slug == one.slug && $0.state == .stale && $0.reason?.contains("book") == true }
      }
      try floor.wait("a book that is whole again", within: .seconds(8)) { floor.last(one.slug)?.state == .live }
    } else {
      try floor.wait("a counted message") { floor.counter("malformed") ?? 0 > malformed }
      #expect(floor.updates.allSatisfy { $0.slug != one.slug || $0.bookEpoch == epoch })
    }
    #expect(floor.feedExit == nil)
    try agrees(floor, one.slug)
  }

  @Test("V17: another tick is told with a new book epoch, once, and the market is live on the new grid")
  func tickChange() throws {
    let (floor, one, _) = try floor(seed: 27)
    #expect(one.tick == .cent)
    let epoch = try #require(floor.last(one.slug)?.bookEpoch)
    floor.forget()
    try floor.console("tick", ["slug": .text(one.slug), "tick": "0.001"])
    try floor.wait("the new grid", within: .seconds(2)) { floor.last(one.slug)?.tick.description == "0.001" }
    #expect(floor.last(one.slug)?.bookEpoch == epoch + 1)
    try floor.wait("news on the new grid") {
      floor.last(one.slug).map { $0.state == .live && $0.tick.micros == 1000 && !$0.yes.bids.isEmpty } ?? false
    }
    // No message shows the new grid under the old epoch, or the old grid under the new one.
    #expect(
      floor.updates.filter { $0.slug == one.slug }.allSatisfy { ($0.tick == .cent) == ($0.bookEpoch == epoch) })
    try agrees(floor, one.slug)
    #expect(floor.last(one.slug)?.bookEpoch == epoch + 1)
  }

  @Test("V27: a message beyond the bound ends its socket, the twin goes on, and the feed stays small")
  func flood() throws {
    let (floor, one, _) = try floor(seed: 28)
    let pid = try #require(floor.feed?.pid)
    let before = try Self.residentKilobytes(pid)
    floor.forget()
    try floor.streamFaults([["stream": "market", "kind": "flood", "bytes": 6_000_000, "socket": 1, "count": 1]])
    try floor.wait("the end of the socket", within: .seconds(10)) { floor.log.contains("message too large") }
    try floor.wait("news") { floor.updates.contains { $0.slug == one.slug } }
    #expect(floor.updates.filter { $0.slug == one.slug }.allSatisfy { $0.state == .live })
    #expect(try Self.residentKilobytes(pid) - before < 40_000)
    #expect(floor.feedExit == nil)
  }

  @Test(
    "A socket that hangs up or stalls is taken over by its twin within two seconds: the market is live all the while, under one epoch"
  )
  func takeOver() throws {
    let (floor, one, _) = try floor(seed: 29)
    try floor.wait("both sockets") { floor.counter("sockets_open") == 2 }
    let epoch = try #require(floor.last(one.slug)?.bookEpoch)
    for (kind, words) in [("hang_up", "market stream lost"), ("lose", "market stream behind its twin")] {
      floor.forget()
      try floor.streamFaults([["stream": "market", "kind": .string(kind), "socket": 1]])
      try floor.wait("the loss noticed", within: .seconds(5)) { floor.log.contains(words) }
      try floor.wait("news from the twin", within: .seconds(2)) { floor.updates.contains { $0.slug == one.slug } }
      try floor.streamFaults([])
      try floor.wait("both sockets again", within: .seconds(5)) { floor.counter("sockets_open") == 2 }
      try floor.pass(.seconds(1))
      let mine = floor.updates.filter { $0.slug == one.slug }
      #expect(mine.allSatisfy { $0.state == .live && $0.bookEpoch == epoch })
      // Longest pause between two messages of the market, by the feed's own stamps.
      let sent = mine.map(\.envelope.sent.nanoseconds)
      let longest = zip(sent, sent.dropFirst()).map { $1 - $0 }.max() ?? 0
      #expect(longest < 2_000_000_000, "\(kind): a pause of \(longest / 1_000_000) ms")
    }
  }

  @Test(
    "V28: a name that does not resolve, a port that speaks no TLS, a certificate nobody vouches for: the feed waits, says why, and lives",
    arguments: ["name", "plain", "unknown authority"])
  func unreachable(kind: String) throws {
    let floor = try FeedProcesses(speed: 1, seed: 30)
    try floor.startVenue()
    let authority = try TestAuthority()
    let stranger =
      kind == "unknown authority" ? try SimVenueProcess(["--tls", authority.certificate, authority.key]) : nil
    defer { withExtendedLifetime(stranger) {} }
    let address =
      switch kind {
      case "name": "wss://no-such-venue.invalid/ws/market"
      case "plain": "wss://127.0.0.1:\(floor.port)/ws/market"
      default: try #require(stranger).socketBase + "/ws/market"
      }
    try floor.startFeed(endpoints: ["market_ws_url": .string(address)])
    try floor.wait("the reason in the log", within: .seconds(20)) { floor.log.contains("stream not open") }
    try floor.wait("a market that is told") { !floor.updates.isEmpty }
    try floor.pass(.seconds(3))
    #expect(floor.feedExit == nil)
    #expect(try floor.key("circuit:polymarket-data:state") == Array("open".utf8))
    #expect(!floor.updates.contains { $0.state == .live })
    // Once a minute and socket, not once an attempt.
    let lines = floor.log.split(separator: "\n").filter { $0.contains("stream not open") && $0.contains("market") }
    #expect((1...6).contains(lines.count), "\(lines.joined(separator: "\n"))")
    #expect(lines.allSatisfy { $0.contains("connect failed") })
  }

  @Test(
    "RTDS and PolyBolt are one picture: when one falls silent, what settles goes on from the other without a hole or a repetition"
  )
  func twoSources() throws {
    let floor = try FeedProcesses(speed: 1, seed: 31)
    try floor.startVenue()
    try floor.startFeed(polybolt: true)
    // Only PolyBolt tells Pyth's spot price.
    try floor.wait("both sources") {
      Set(floor.prices.map(\.kind)).isSuperset(of: [.pyth, .chainlink, .twap60])
    }
    for stream in ["rtds", "price"] {
      let from = floor.prices.count
      try floor.streamFaults([["stream": .string(stream), "kind": "lose"]])
      try floor.wait("the mean goes on", within: .seconds(15)) {
        floor.prices.dropFirst(from).count { $0.kind == .twap60 && $0.symbol == "btc/usd" } >= 5
      }
      try floor.streamFaults([])
    }
    let seconds = floor.prices.filter { $0.kind == .twap60 && $0.symbol == "btc/usd" }.map(\.envelope.time)
    #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $1.since($0) == .seconds(1) })
    try floor.wait("counted roles") {
      floor.counter("settlement_ticks") ?? 0 > 0 && floor.counter("hint_ticks") ?? 0 > 0
    }
    #expect(floor.counter("settlement_contested") == 0 && floor.feedExit == nil)
    #expect(
      !floor.log.contains(
        (try JSON.parse(
          Array(String(contentsOfFile: floor.directory.path + "/venue/credentials.json", encoding: .utf8).utf8)))[
            "secret"]?.string ?? "secret"))
  }

  // MARK: Pieces

  /// The published top is the venue's own.
  private func agrees(_ floor: FeedProcesses, _ slug: MarketSlug) throws {
    let token = try listing(floor, slug).token(of: .yes)
    for _ in 0..<20 {
      let book = try #require(VenueBook(try floor.get("/book?token_id=\(token)")))
      let matches = {
        floor.updates.suffix(200).contains { update in
          update.slug == slug && update.yes.bids == Array(book.bids.prefix(5))
            && update.yes.asks == Array(book.asks.prefix(5))
        }
      }
      if try floor.loop.turn(until: matches, limit: .milliseconds(400)) { return }
    }
    Issue.record("\(slug) is not published as the venue's book says")
  }

  private static func residentKilobytes(_ pid: Int32) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.split(separator: " ", omittingEmptySubsequences: true)[1]))
  }
}
