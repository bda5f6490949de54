import FloorTestSupport
import Shared
import Testing

@testable import FloorBench

@Suite("the stand-in venue's ticks")
struct TickPlanTests {
  private static func listing() throws -> Market {
    let json: JSON = [
      "id": "1", "question": "?", "conditionId": .string(TickPlan.condition), "slug": "btc-updown-4h-1700006400",
      "outcomes": "[\"Up\",\"Down\"]", "clobTokenIds": .string("[\"\(TickPlan.tokens[0])\",\"\(TickPlan.tokens[1])\"]"),
      "active": true, "acceptingOrders": true, "enableOrderBook": true, "orderPriceMinTickSize": .number("0.01"),
      "orderMinSize": .number("5"), "version": "v1",
    ]
    return Market(try GammaMarket(json))
  }

  @Test(
    "the feed's book keeper finds every tick news, whole and uncontradicted, and cheap exactly on the hits",
    arguments: [1, 3, 10])
  func followed(every: Int) throws {
    let start = MarketTime(seconds: 1_700_006_500)
    var keeper = BookKeeper(try Self.listing(), policy: .init(staleAfter: .seconds(10)), now: start)
    var plan = TickPlan()
    for token in TickPlan.tokens {
      let book = try #require(plan.book(token, stamp: start.milliseconds))
      for event in StreamFrame<MarketStreamEvent>(market: book).events { _ = keeper.apply(event, at: start) }
    }
    for number in 1...500 {
      let now = start.advanced(by: .milliseconds(Int64(number)))
      let isHit = number % every == 0
      let frame = StreamFrame<MarketStreamEvent>(
        market: plan.tick(isHit: isHit, stamp: now.milliseconds, sent: Int64(number)))
      #expect(frame.malformed == 0)
      var changed = false
      for event in frame.events { changed = keeper.apply(event, at: now) || changed }
      try #require(changed, "tick \(number) changed nothing")
      try #require(keeper.state(at: now).state == .live)
      let asks = Outcome.allCases.compactMap { keeper.top($0).bestAsk?.price.description }
      #expect(asks.sorted() == (isHit ? ["0.44", "0.58"] : ["0.58", "0.58"]))
      for token in TickPlan.tokens {
        let bytes = try #require(plan.book(token, stamp: now.milliseconds))
        let book = try #require(VenueBook(try JSON.parse(bytes)))
        let outcome: Outcome = token == TickPlan.tokens[0] ? .yes : .no
        #expect(book.asks.first?.price == keeper.top(outcome).bestAsk?.price)
        #expect(book.bids.first?.price == keeper.top(outcome).bestBid?.price)
      }
    }
  }

  @Test("the first change of a hit is the cheap offer: a bot that looks at nothing else orders on the same ticks")
  func firstChange() throws {
    var plan = TickPlan()
    for number in 1...200 {
      let isHit = number % 2 == 0
      let json = try JSON.parse(plan.tick(isHit: isHit, stamp: Int64(number), sent: 17))
      let first = try #require(json["price_changes"]?.array?.first)
      #expect(((first["best_ask"]?.price?.micros ?? 0) <= 450_000) == isHit)
      #expect(json["t"]?.int == 17)
    }
  }
}
