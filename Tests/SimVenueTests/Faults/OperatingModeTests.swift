import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite("Operating modes of the venue", .serialized, .hangLimit) struct OperatingModeTests {
  private func set(_ venue: RunningVenue, _ path: String, _ body: String) throws {
    let reply = try venue.ask("POST", path, body: Array(body.utf8))
    #expect(reply.status == 200, "\(reply.body)")
  }

  @Test("a blocked region may read and cancel, and is told where it seems to be")
  func geoblock() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    #expect(try venue.get("/api/geoblock")["blocked"] == .flag(false))
    let token = try venue.question().token
    let resting = try venue.order(token, .buy, "0.02", "100")
    #expect(try venue.post(resting.body).status == 200)
    try set(venue, "/sim/geoblock", #"{"blocked":true,"country":"US","region":"NY"}"#)
    #expect(try venue.get("/sim/geoblock")["country"]?.asText == "US")
    let place = try venue.get("/api/geoblock")
    #expect(place["blocked"] == .flag(true) && place["region"]?.asText == "NY")
    let refused = try venue.post(venue.order(token, .buy, "0.02", "100").body)
    #expect(refused.status == 403)
    #expect(refused["error"]?.asText?.hasPrefix("Trading restricted in your region") == true)
    #expect(try venue.get("/book", "token_id=\(token)").status == 200)
    let gone = try venue.signed("DELETE", "/order", body: Array(#"{"orderID":"\#(resting.id)"}"#.utf8))
    #expect(gone["canceled"]?.asList == [.text(resting.id)])
  }

  @Test("requests above the documented limits are refused with a wait, class by class")
  func throttle() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    for _ in 0..<8 { #expect(try venue.get("/tick-size").status == 400) }
    // Three per cent of 200 requests in ten seconds are six.
    try set(venue, "/sim/throttle", #"{"percent":3}"#)
    let statuses = try (0..<8).map { _ in try venue.get("/tick-size").status }
    #expect(statuses.prefix(6).allSatisfy { $0 == 400 })
    #expect(statuses.contains(429))
    #expect(try venue.get("/time").status == 200)
    #expect(try #require(venue.get("/sim/throttle")["refused"]?.asNumber) >= 1)
    try set(venue, "/sim/throttle", #"{"percent":0}"#)
    #expect(try venue.get("/tick-size").status == 400)
  }

  @Test("the windows slide: what was refused is let through ten seconds later")
  func windows() {
    var limits = RateLimits()
    limits.percent = 100
    let start = WallTime(seconds: 1_800_000_000)
    for _ in 0..<100 { #expect(limits.refusal("GET", "/ok", at: start) == nil) }
    let refused = limits.refusal("GET", "/ok", at: start.advanced(by: .seconds(4)))
    #expect(refused?.status == 429 && refused?.retryAfter == 6)
    #expect(limits.refusal("GET", "/ok", at: start.advanced(by: .seconds(9)))?.retryAfter == 1)
    #expect(limits.refusal("GET", "/ok", at: start.advanced(by: .seconds(10))) == nil)
    #expect(limits.refused == 2)
  }

  @Test("a new market is not tradable until the CLOB knows its tokens")
  func hydration() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    let question = try venue.question()
    try set(venue, "/sim/hydration", #"{"ms":86400000}"#)
    let market = try venue.get("/clob-markets/\(question.condition)")
    #expect(market["t"]?.asList?.map { $0["t"]?.asText } == ["", ""])
    #expect(market["t"]?.asList?.map { $0["o"]?.asText } == ["Yes", "No"])
    #expect(try venue.get("/markets-by-token/\(question.token)").status == 404)
    let early = try venue.post(venue.order(question.token, .buy, "0.02", "100").body)
    #expect(early["error"]?.asText == "the market is not yet ready to process new orders")
    try set(venue, "/sim/hydration", #"{"ms":0}"#)
    #expect(try venue.post(venue.order(question.token, .buy, "0.02", "100").body).status == 200)
  }

  @Test("a delayed order is answered at once and matched later: its money is committed, it cannot be cancelled")
  func delayed() throws {
    var bench = Bench()
    let rules = try #require(WireReader.read(#"[{"market":"btc-*","ms":3000,"count":1}]"#))
    try bench.state.delayedTakers.set(rules, at: bench.state.now.wall)
    _ = bench.quote(.sell, .yes, "0.6", "100")
    let id = bench.nextOrder
    let posted = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    #expect(bench.body(posted)?["status"]?.asText == "delayed")
    #expect(bench.body(posted)?["success"] == .flag(true))
    #expect(bench.state.available(0, "USD") < 940_000_000)
    let cancel = bench.cancel([id], account: 0)
    #expect(bench.body(cancel)?["not_canceled"]?[id]?.asText == "matched orders can't be canceled")
    bench.wait(wall: .milliseconds(2_999))
    #expect(bench.state.clients.orders[id] == nil)
    bench.wait(wall: .milliseconds(1))
    #expect(bench.state.clients.orders[id]?.status == .matched)
    #expect(bench.tokens(0, .yes) == "100")
    // The rule is used up: the next one goes the usual way.
    _ = bench.quote(.sell, .yes, "0.6", "100")
    let next = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    bench.wait(wall: .milliseconds(150))
    #expect(bench.body(next)?["status"]?.asText == "matched")
  }

  /// What may become of a delayed order before it is matched.
  enum Obstacle: CaseIterable { case nothingToMatch, closedMarket, noTokens }

  @Test(
    "a delayed order that finds nothing, no market or no cover any more is killed, and its owner hears of it on the user stream",
    arguments: Obstacle.allCases)
  func delayedInVain(_ obstacle: Obstacle) throws {
    var bench = Bench(rules: VenueRules(takerHold: .zero), feeRate: 0)
    let sale = bench.quote(.sell, .yes, "0.6", "100")
    _ = try #require(sale)
    let standing = bench.quote(.buy, .yes, "0.4", "100")
    let key = try #require(standing)
    try bench.state.settlementFaults.set(
      #require(WireReader.read(#"[{"kind":"fail","count":1}]"#)), at: bench.state.now.wall)
    if obstacle != .noTokens { try bench.state.settlementFaults.set(.list([]), at: bench.state.now.wall) }
    _ = bench.post(0, .buy, .yes, "0.6", "100", .fillOrKill)
    let before = bench.effects.count
    try bench.state.delayedTakers.set(#require(WireReader.read(#"[{"ms":3000}]"#)), at: bench.state.now.wall)
    let id = bench.nextOrder
    let posted = bench.post(0, .sell, .yes, "0.4", "100", .fillOrKill)
    #expect(bench.body(posted)?["status"]?.asText == "delayed")
    switch obstacle {
    case .nothingToMatch: bench.state.withdraw(key, market: bench.market)
    case .closedMarket: bench.wait(market: .seconds(300))
    case .noTokens: for _ in 0..<2 { bench.wait(wall: .milliseconds(1_000)) }
    }
    bench.wait(wall: .seconds(4))
    #expect(bench.state.clients.orders[id]?.status == .canceled)
    #expect(bench.cash(0) == (obstacle == .noTokens ? "1000" : "940"))
    #expect(bench.wealth == 2_000_000_000)
    let told = bench.effects.dropFirst(before).contains { effect in
      if case .user(_, _, .order(let order, .cancellation)) = effect { return order.terms.id == id }
      return false
    }
    #expect(told)
    let back = VenueState.restored(from: bench.records, rules: bench.state.rules, now: bench.state.now)
    #expect(back.clients == bench.state.clients)
  }
}
