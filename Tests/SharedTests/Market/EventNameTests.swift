import Shared
import Testing

@Suite("Names of event markets")
struct EventNameTests {
  private func slug(_ text: String) throws -> MarketSlug { try #require(MarketSlug(text)) }

  @Test("a slug names one market, a beginning with a star all that begin so, and a star alone every event market")
  func matching() throws {
    let whole = try #require(EventName("mlb-cle-sf-2025-06-17"))
    let beginning = try #require(EventName("mlb-*"))
    let every = try #require(EventName("*"))
    let (game, longer) = (try slug("mlb-cle-sf-2025-06-17"), try slug("mlb-cle-sf-2025-06-17-b"))
    let other = try slug("nba-mlb-1")
    #expect([game, longer, other].map(whole.matches) == [true, false, false])
    #expect([game, longer, other].map(beginning.matches) == [true, true, false])
    #expect([game, longer, other].map(every.matches) == [true, true, true])
  }

  @Test("contracts of a series are nobody's event markets, whatever name they would fit")
  func series() throws {
    let window = try slug("btc-updown-5m-1795180500")
    for text in ["*", "btc-*", "btc-updown-5m-*"] {
      let name = try #require(EventName(text))
      #expect(!name.matches(window))
    }
    #expect(EventName(window.text) == nil)
  }

  @Test("what no slug can be or begin with is no name", arguments: ["", "Mlb-*", "mlb *", "**", "mlb-*-sf", "mlb/"])
  func strange(_ text: String) { #expect(EventName(text) == nil) }

  @Test("an agent follows its series and its event markets, and nothing else")
  func agents() throws {
    let identity = AgentCore.Identity(
      name: try #require(AgentName("a")), strategy: "momentum", epoch: Epoch(1),
      series: [try #require(MarketSeries(alias: "BTC-5m"))], events: [try #require(EventName("mlb-*"))])
    let slugs = try ["btc-updown-5m-1795180500", "mlb-cle-sf", "eth-updown-5m-1795180500", "nba-lal-bos"].map(slug)
    #expect(slugs.map { identity.follows($0) } == [true, true, false, false])
  }
}
