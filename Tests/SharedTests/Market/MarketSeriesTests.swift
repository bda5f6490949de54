import Shared
import Testing

@Suite("Series of up/down contracts")
struct MarketSeriesTests {
  @Test(
    "The slug of the window that contains a moment follows from the clock",
    arguments: [
      ("BTC-5m", 1_795_180_500, "btc-updown-5m-1795180500"), ("BTC-5m", 1_795_180_799, "btc-updown-5m-1795180500"),
      ("BTC-5m", 1_795_180_800, "btc-updown-5m-1795180800"), ("ETH-15m", 1_795_180_564, "eth-updown-15m-1795180500"),
      ("SOL-4h", 1_795_180_564, "sol-updown-4h-1795176000"),
    ] as [(String, Int64, String)])
  func slugs(alias: String, second: Int64, slug: String) throws {
    let series = try #require(MarketSeries(alias: alias))
    #expect(series.alias == alias)
    let start = series.windowStart(containing: MarketTime(seconds: second).advanced(by: .nanoseconds(999_999_999)))
    #expect(series.slug(startingAt: start)?.text == slug)
  }

  @Test("A contract's slug comes apart into what made it", arguments: [UInt64(4), 5])
  func inverse(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for length in MarketSeries.Length.allCases {
      for asset in ["btc", "eth", "doge", "zec"] {
        let series = try #require(MarketSeries(asset: asset, length: length))
        let start = series.windowStart(containing: MarketTime(seconds: Int64(random.next() % 4_000_000_000)))
        let slug = try #require(series.slug(startingAt: start))
        let contract = try #require(MarketSeries.contract(slug))
        #expect(contract.series == series && contract.start == start)
      }
    }
  }

  @Test(
    "Other slugs are no contracts",
    arguments: [
      "btc-updown-5m-1795180501", "btc-updown-5m-", "btc-updown-6m-1795180500", "btc-up-5m-1795180500",
      "btc-updown-5m-0x12",
      "btc-updown-5m-1795180500-x", "b-updown-5m-300", "btc-updown-5m--300", "btc-updown-5m-00300",
    ])
  func refused(text: String) throws {
    #expect(MarketSeries.contract(try #require(MarketSlug(text))) == nil)
  }

  @Test(
    "An alias is written in one way only",
    arguments: ["btc-5m", "BTC5m", "BTC-5M", "-5m", "BTC-", "B-5m", "BTC-USD-5m"])
  func aliases(text: String) { #expect(MarketSeries(alias: text) == nil) }

  @Test("Between window starts no slug exists")
  func offGrid() throws {
    let series = try #require(MarketSeries(alias: "BTC-15m"))
    #expect(series.slug(startingAt: 300) == nil)
    #expect(series.slug(startingAt: -900) == nil)
    #expect(series.slug(startingAt: 900) != nil)
  }
}
