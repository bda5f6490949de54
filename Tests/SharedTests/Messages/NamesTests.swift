import Shared
import Testing

@Suite("Names on the bus")
struct NamesTests {
  @Test("The default instance has no prefix, any other has its own")
  func prefixes() {
    #expect(Names.prefix(instance: "floor") == "")
    #expect(Names.prefix(instance: "night") == "night:")
  }

  @Test("The names are those of the contract")
  func spelling() throws {
    let slug = try #require(MarketSlug("btc-updown-5m-1795180500"))
    let series = try #require(MarketSeries(alias: "BTC-5m"))
    let agent = try #require(AgentName("momentum-1"))
    #expect(Names.marketUpdates(slug) == "md:btc-updown-5m-1795180500")
    #expect(Names.market(slug) == "market:btc-updown-5m-1795180500")
    #expect(Names.market(openIn: series) == "market:BTC-5m")
    #expect(Names.referencePrices("btc/usd") == "ref:btc/usd")
    #expect(Names.orderEvents(agent) == "orders:events:momentum-1")
    #expect(Names.agentState(agent) == "agent:momentum-1:state")
    #expect(Names.heartbeat("market-feed") == "heartbeat:market-feed")
  }

  @Test("A channel's name gives back what it is about, and only its own kind")
  func readingBack() throws {
    let slug = try #require(MarketSlug("a-b"))
    #expect(Names.slug(ofMarketUpdates: Names.marketUpdates(slug)) == slug)
    #expect(Names.slug(ofMarketUpdates: "ref:btc/usd") == nil)
    #expect(Names.slug(ofMarketUpdates: "md:") == nil)
    #expect(Names.symbol(ofReferencePrices: "ref:btc/usd") == "btc/usd")
    #expect(Names.symbol(ofReferencePrices: "ref:") == nil)
    #expect(Names.symbol(ofReferencePrices: "md:x") == nil)
  }
}
