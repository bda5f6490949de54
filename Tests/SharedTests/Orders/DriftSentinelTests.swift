import Shared
import Testing

@Suite struct DriftSentinelTests {
  private func terms(
    _ slug: String = "a", tick: Int64 = 10_000, minimum: Int64 = 5_000_000, rate: Int64 = 70_000
  ) -> MarketTerms {
    MarketTerms(
      slug: MarketSlug(slug)!, condition: ConditionID("0x" + String(repeating: "1", count: 64))!, yes: TokenID("1")!,
      no: TokenID("2")!, tick: PriceTick(micros: tick)!, minimumSize: Shares(micros: minimum),
      fee: TakerFee(rateMicros: rate, exponent: 1)!)
  }

  @Test("Another version, or none, closes entries everywhere, is told once, and is over when the known one is back")
  func version() {
    var sentinel = DriftSentinel()
    #expect(sentinel.heard(version: ["version": 2]) == nil && sentinel.venueObstacle == nil)
    #expect(sentinel.heard(version: ["version": 3])?.description == "the venue: version 3")
    #expect(sentinel.heard(version: ["version": 3]) == nil && sentinel.venueObstacle == "version 3")
    #expect(sentinel.heard(version: ["release": "x"])?.what == "version ?")
    #expect(sentinel.heard(version: ["version": 2]) == nil && sentinel.venueObstacle == nil)
  }

  @Test(
    "A tick, minimum or fee that no rule covers closes its market alone",
    arguments: [
      (20_000, 5_000_000, 70_000, "tick 0.02"), (50_000, 5_000_000, 0, "tick 0.05"),
      (10_000, 0, 70_000, "minimum size 0"), (10_000, 5_001_000, 70_000, "minimum size 5.001"),
      (10_000, 5_000_000, 250_001, "fee rate 0.250001"),
    ] as [(Int64, Int64, Int64, String)])
  func market(tick: Int64, minimum: Int64, rate: Int64, what: String) throws {
    var sentinel = DriftSentinel()
    let slug = try #require(MarketSlug("a"))
    #expect(sentinel.heard(terms()) == nil && sentinel.obstacle(slug) == nil)
    let finding = sentinel.heard(terms(tick: tick, minimum: minimum, rate: rate))
    #expect(finding?.what == what && finding?.market == slug)
    #expect(sentinel.heard(terms(tick: tick, minimum: minimum, rate: rate)) == nil)
    #expect(sentinel.obstacle(slug) == what && sentinel.venueObstacle == nil)
    #expect(sentinel.obstacle(try #require(MarketSlug("b"))) == nil)
    _ = sentinel.heard(terms())
    #expect(sentinel.obstacle(slug) == nil)
  }

  @Test("Every tick of the document is known, and makes orders", arguments: [100_000, 10_000, 5000, 2500, 1000, 100])
  func ticks(micros: Int64) throws {
    let tick = try #require(PriceTick(micros: micros))
    #expect(OrderAmounts.knows(tick))
    _ = try OrderAmounts.limit(
      .buy, price: tick.rounded(Price(micros: 500_000)!, .down), size: Shares(whole: 10), tick: tick)
    var sentinel = DriftSentinel()
    #expect(sentinel.heard(terms(tick: micros)) == nil)
  }

  @Test("A list that does not read three times in a row has changed its shape; once is a torn answer")
  func shapes() {
    var sentinel = DriftSentinel()
    for _ in 0..<5 {
      #expect(sentinel.heard("the trades", reads: false) == nil && sentinel.heard("the trades", reads: false) == nil)
      #expect(sentinel.heard("the trades", reads: true) == nil && sentinel.venueObstacle == nil)
    }
    let findings = (0..<6).compactMap { _ in sentinel.heard("the trades", reads: false) }
    #expect(findings.map(\.what) == ["the trades does not read"])
    #expect(sentinel.venueObstacle == "the trades does not read")
    _ = sentinel.heard("the trades", reads: true)
    #expect(sentinel.venueObstacle == nil)
  }

  @Test("A word that we do not know is told once and stays a reason; a flood of new ones is not told for ever")
  func words() {
    var sentinel = DriftSentinel()
    #expect(sentinel.heard(unknown: "FROZEN", in: "order status")?.what == "order status FROZEN")
    #expect(sentinel.heard(unknown: "FROZEN", in: "order status") == nil)
    #expect(sentinel.venueObstacle == "order status FROZEN")
    let told = (0..<1000).compactMap { sentinel.heard(unknown: "W\($0)", in: "order status") }
    #expect(told.count == 19)
  }

  @Test("News of a kind that we do not know is told once, a flood of kinds is not, and neither closes anything")
  func news() {
    var sentinel = DriftSentinel()
    #expect(sentinel.heard(news: "surprise")?.description == "the venue: event surprise")
    #expect(sentinel.heard(news: "surprise") == nil && sentinel.venueObstacle == nil)
    #expect((0..<1000).compactMap { sentinel.heard(news: "W\($0)") }.count == 19 && sentinel.venueObstacle == nil)
  }
}
