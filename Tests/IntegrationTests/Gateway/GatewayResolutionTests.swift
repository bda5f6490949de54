import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// Markets that do not end in the usual way (reliability, V20), over real parts: a venue at sixty times the pace, windows of five seconds.
@Suite(.serialized) struct GatewayResolutionTests {
  private struct Ending {
    let kind: String
    /// Market time by which the result is late.
    let late: Duration
    let slug: MarketSlug
    let ends: MarketTime
  }

  private func rule(_ kind: String, _ late: Duration, _ slug: MarketSlug) -> JSON {
    var members: [JSON.Member] = [.init("market", .text(slug)), .init("kind", .string(kind))]
    if late > .zero { members.append(.init("ms", .int(late.components.seconds * 1000))) }
    return .object(members)
  }

  /// Whether the venue says that a market is over for good, and its YES payout.
  private func shown(_ bench: GatewayBench, _ slug: MarketSlug) throws -> Price? {
    let list = try bench.get("/markets?slug=\(slug)&closed=true").array ?? []
    guard let item = list.first else { return nil }
    let market = try GammaMarket(item)
    return market.isResolved ? market.tokens[0].price : nil
  }

  @Test(
    "A result that comes late, after a dispute, turned round, in halves, or as nothing at first: capital stays bound, and the final payout is booked once"
  )
  func unusualEndings() throws {
    let bench = try GatewayBench(venueArguments: ["--speed", "60", "--settlement-delay-s", "5"])
    try bench.startGateway()
    try bench.open()
    let late = Duration.seconds(720)
    var endings: [Ending] = []
    var rules: [JSON] = []
    for (kind, late) in [
      ("late", late), ("disputed", late), ("reversed", late), ("empty", late), ("fifty_fifty", Duration.zero),
    ] {
      let slug = try bench.buyIntoWindow(otherThan: Set(endings.map(\.slug)))
      endings.append(Ending(kind: kind, late: late, slug: slug, ends: try #require(bench.market.end)))
      // The rules stand for markets whose outcome becomes known from now on.
      rules.append(rule(kind, late, slug))
      try bench.request("POST", "/sim/resolution", .array(rules))
    }
    let bound = try bench.looker.query("SELECT invested FROM allocations").one().usd("invested")
    #expect(bound > .zero)

    for ending in endings {
      try bench.until("\(ending.slug) to be paid (\(ending.kind))", within: .seconds(60)) {
        bench.events.contains { $0.event == .settled && $0.fill?.market == ending.slug }
      }
      let paid = bench.events.filter { $0.event == .settled && $0.fill?.market == ending.slug }
      #expect(paid.count == 1, "\(ending.kind)")
      let event = try #require(paid.first)
      // Not one moment before the venue's final word.
      #expect(event.envelope.time >= ending.ends.advanced(by: ending.late), "\(ending.kind)")
      let payout = try #require(event.fill?.price)
      #expect(try payout == shown(bench, ending.slug), "\(ending.kind)")
      #expect((payout == Price(micros: 500_000)) == (ending.kind == "fifty_fifty"), "\(ending.kind): \(payout)")
      let row = try bench.looker.query(
        "SELECT state, payout_yes FROM markets WHERE slug = $1", [.id(ending.slug)]
      ).one()
      #expect(try row.text("state") == "RESOLVED" && row.price("payout_yes") == payout, "\(ending.kind)")
    }
    try bench.until("ledger and venue to agree", within: .seconds(10)) {
      try bench.ledgerCash() == bench.venueBalance()
    }
    #expect(try bench.looker.query("SELECT invested + reserved AS i FROM allocations").one().usd("i") == .zero)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM trades").one().int("n") == Int64(endings.count))
    // Who holds something is told once of each result that is late.
    let told = try bench.looker.query(
      "SELECT message FROM system_events WHERE event_type = 'resolution_overdue' ORDER BY message"
    ).map { try $0.text("message") }
    let lateOnes = endings.filter { $0.late > .zero }.sorted { $0.slug < $1.slug }
    #expect(told.count == lateOnes.count, "\(told)")
    for (message, ending) in zip(told, lateOnes) {
      #expect(message.contains(ending.slug.text), "\(message)")
      if ending.kind == "disputed" || ending.kind == "reversed" { #expect(message.contains("disputed"), "\(message)") }
    }
  }
}
