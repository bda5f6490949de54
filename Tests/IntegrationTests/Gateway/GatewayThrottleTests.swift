import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// A whole gateway at a venue that lets it do only a few per cent of what it allows (reliability, V1; protocol 2.16).
@Suite(.serialized, .hangLimit) struct GatewayThrottleTests {
  /// What the venue heard of orders: the ids of its own records, and how each request ended.
  private func posts(_ bench: GatewayBench) throws -> (taken: Int, refused: Int) {
    let requests = try bench.truth().filter { $0["method"] == "POST" && $0["path"] == "/order" }
    return (requests.count { $0["status"]?.int == 200 }, requests.count { $0["status"]?.int == 429 })
  }

  @Test(
    "A burst of wishes under a few per cent of the limits: each ends or rests by a typed word, none is doubled or lost, cancels come through, and with the limits gone trading goes on"
  )
  func burst() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    // One that does not end while the wishes wait for their turn, and with room under its bid: there nobody sells to them.
    let least = try bench.marketNow().advanced(by: .seconds(180))
    bench.slugWanted = { market in
      let price = market.tokens[0].price?.micros ?? 0
      return market.windowStart == nil && market.end.map { $0 > least } ?? true && (250_000...750_000).contains(price)
    }
    try bench.open()
    let price = try bench.restingPrice()
    // Two orders a second and three at once; four cancels and six.
    try bench.request("POST", "/sim/throttle", ["percent": 5])
    let begun = SystemClock.monotonic()
    var wishes: [IntentMessage] = []
    for step in 0..<12 as Range<Int64> {
      // Each at a price of its own: a twin within moments would be refused before anything is sent.
      let own = try #require(Price(micros: price.micros - step * bench.market.tick.micros))
      let wish = try bench.wish(price: own, size: Shares(whole: 5), type: .goodTillCancelled, useful: .seconds(3600))
      wishes.append(wish)
      try bench.send(wish)
    }
    func last(_ wish: IntentMessage) -> OrderEventMessage? { bench.events(of: wish.terms.intent).last }
    try bench.until("a word about each wish", within: .seconds(60)) {
      wishes.allSatisfy { last($0).map { $0.final || $0.event == .live } ?? false }
    }
    let seconds = Int64(SystemClock.monotonic().since(begun).nanoseconds / 1_000_000_000) + 1
    let resting = wishes.filter { last($0)?.final == false }
    let ended = wishes.filter { last($0)?.final == true }
    #expect(resting.count >= 3, "the venue's burst passes")
    #expect(ended.allSatisfy { last($0)?.reason == "venue_throttled" }, "\(ended.map { last($0)?.reason })")
    let (taken, refused) = try posts(bench)
    #expect(taken == resting.count, "\(taken) taken, \(refused) refused")
    // Who stopped them, the venue or our own budget, hangs on when its first answers came; that they were stopped does not.
    #expect(Int64(taken) <= 3 + 2 * seconds, "\(taken) taken in \(seconds) s")
    // Each is sent four times at most, and what the budget holds back is not sent at all: all of it, when an answer came in time.
    #expect(refused < 12 * 2, "\(refused) requests in vain")
    #expect(try bench.venueOpenOrders() == resting.count)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM orders").one().int("n") == Int64(wishes.count))

    for wish in resting {
      try bench.send(
        try bench.wish(price: wish.terms.price, size: wish.terms.size, cancels: wish.terms.intent))
    }
    try bench.until("the cancels", within: .seconds(60)) { resting.allSatisfy { last($0)?.final == true } }
    #expect(resting.allSatisfy { last($0)?.reason == "agent_cancel" }, "\(resting.map { last($0)?.reason })")
    #expect(try bench.venueOpenOrders() == 0)
    #expect(try bench.looker.query("SELECT coalesce(sum(reserved), 0) AS r FROM allocations").one().usd("r") == .zero)

    try bench.request("POST", "/sim/throttle", ["percent": 0])
    var reasons: [String] = []
    try bench.until("an order that trades", within: .seconds(30)) {
      let wish = try bench.wish(price: try bench.touch(.buy).price, size: Shares(whole: 5))
      try bench.send(wish)
      let end = try bench.final(of: wish.terms.intent)
      reasons.append(end.reason)
      return end.position > .zero
    }
    try bench.until("the books to agree") { (try? bench.compareWithVenue()) != nil }
    try bench.compareWithVenue()
    #expect(bench.control?.progress?.mode == "ACTIVE")
  }

  @Test(
    "A tier's name that nobody knows is one warning on record, and orders go on as under the lowest; a known one is taken over"
  )
  func strangeTier() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    // One that does not end while the wishes wait for their turn, and with room under its bid: there nobody sells to them.
    let least = try bench.marketNow().advanced(by: .seconds(180))
    bench.slugWanted = { market in
      let price = market.tokens[0].price?.micros ?? 0
      return market.windowStart == nil && market.end.map { $0 > least } ?? true && (250_000...750_000).contains(price)
    }
    try bench.open()
    func rest() throws {
      let wish = try bench.wish(
        price: try bench.restingPrice(), size: Shares(whole: 5), type: .goodTillCancelled, useful: .seconds(3600))
      try bench.send(wish)
      try bench.until("the order to rest") { bench.events(of: wish.terms.intent).contains { $0.event == .live } }
    }
    func told() throws -> [String] {
      try bench.looker.query("SELECT message FROM system_events WHERE event_type = 'venue_tier'").map {
        try $0.text("message")
      }
    }
    try bench.request("POST", "/sim/throttle", ["percent": 100, "tier": "elite", "called": "mythril"])
    for _ in 0..<3 { try rest() }
    try bench.until("the warning") { try !told().isEmpty }
    #expect(try told().count == 1 && told()[0].contains("mythril"))
    try bench.request("POST", "/sim/throttle", ["percent": 100, "tier": "elite"])
    for _ in 0..<2 { try rest() }
    let log = try String(contentsOfFile: bench.directory.path + "/state/log/order-gateway.log", encoding: .utf8)
    let lines = log.split(separator: "\n").filter { $0.contains("\"message\":\"venue tier\"") }
    #expect(lines.count == 1 && lines[0].contains("elite"), "\(lines)")
    #expect(try told().count == 1)
  }
}
