import FloorTestSupport
import Shared
import Testing

@Suite("Trades that are news") struct TradeNewsTests {
  private func update(_ sold: Int64, last: Int64?, market: Int64 = 0) -> MarketUpdate {
    let slug = MarketSeries(configured: "btc-5m")!.slug(startingAt: 1_795_180_500 + market * 300)!
    return MarketUpdate(
      envelope: Envelope(
        source: "feed", boot: "b", sequence: 1, time: MarketTime(seconds: 1), sent: WallTime(nanoseconds: 1)), order: 1,
      slug: slug, series: nil, state: .live, bookEpoch: 1, tick: .cent, minimumSize: Shares(whole: 5),
      fee: TakerFee(rateMicros: 0, exponent: 1)!, startsAt: nil, endsAt: nil, yes: BookTop(bids: [], asks: []),
      no: BookTop(bids: [], asks: []),
      last: last.map {
        LastTrade(outcome: .yes, side: .sell, price: Price(micros: 450_000)!, size: Shares(whole: $0))
      }, flow: TakerFlow(towardYes: .zero, towardNo: Shares(whole: sold)))
  }

  @Test(
    "the trade of a market's first update is none; a later one counts once, and never for more than was moved since")
  func once() {
    var news = TradeNews()
    #expect(news.take(update(100, last: 7)) == nil)
    #expect(news.take(update(100, last: 7)) == nil, "nothing was moved")
    #expect(news.take(update(104, last: 4))?.size == Shares(whole: 4))
    #expect(news.take(update(120, last: 3))?.size == Shares(whole: 3), "the last of several")
    #expect(news.take(update(122, last: 50))?.size == Shares(whole: 2))
    #expect(news.take(update(5, last: 5)) == nil, "the feed counts anew")
    #expect(news.take(update(9, last: nil)) == nil)
  }

  @Test("what was traded while nobody looked is no news, and each market counts for itself")
  func forgotten() {
    var news = TradeNews()
    _ = news.take(update(100, last: 7))
    _ = news.take(update(100, last: 7, market: 1))
    news.forget(update(0, last: nil).slug)
    #expect(news.take(update(150, last: 50)) == nil)
    #expect(news.take(update(160, last: 10))?.size == Shares(whole: 10))
    #expect(news.take(update(101, last: 1, market: 1))?.size == Shares(whole: 1))
  }
}
