import FloorTestSupport
import Shared
import Testing

@Suite("Market rules read from listings")
struct DiscoveryRuleTests {
  private static func listing(_ changes: [String: JSON?] = [:]) -> JSON {
    var members: [String: JSON] = [
      "slug": "btc-updown-5m-1795180500", "conditionId": .string("0x" + String(repeating: "ab", count: 32)),
      "outcomes": "[\"Up\", \"Down\"]", "clobTokenIds": "[\"71\", \"72\"]", "orderPriceMinTickSize": .number("0.01"),
      "orderMinSize": 5, "enableOrderBook": true, "feesEnabled": true,
      "feeSchedule": ["rate": .number("0.07"), "exponent": 1, "takerOnly": true, "rebateRate": .number("0.2")],
      "resolutionSource": "https://data.chain.link/streams/btc-usd-twap-60s-streams",
      "cryptoMarketConfig": [
        "id": "btc-5m-twap-60", "asset": "btc", "duration": "5m", "twapEnabled": true, "twapLookbackSeconds": 60,
      ],
    ]
    for (key, value) in changes { members[key] = value }
    return .object(members.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value) })
  }

  @Test(
    "What a market has in common with others is its series', its event's and its category's, as far as the listing says"
  )
  func groups() throws {
    func groups(_ changes: [String: JSON?]) throws -> MarketGroups {
      try Market(GammaMarket(Self.listing(changes))).groups
    }
    #expect(try groups([:]) == MarketGroups(category: "crypto", event: "btc-5m"))
    let game: [String: JSON?] = [
      "slug": "mlb-nyy-bos-2026-11-20", "cryptoMarketConfig": .some(nil), "resolutionSource": .some(nil),
      "feeType": "sports_fees_v3", "events": [["slug": "mlb-nyy-bos"]],
    ]
    #expect(try groups(game) == MarketGroups(category: "sports", event: "mlb-nyy-bos"))
    #expect(
      try groups(game.merging(["events": [["slug": "e", "category": "US-current affairs"]]]) { $1 })
        == MarketGroups(category: "us-current-affairs", event: "e"))
    #expect(
      try groups(game.merging(["events": .some(nil), "feeType": .some(nil)]) { $1 })
        == MarketGroups(category: "other", event: "mlb-nyy-bos-2026-11-20"))
  }

  @Test("What settles a window is read from its configuration or from its source, whichever is there")
  func settlement() throws {
    #expect(try GammaMarket(Self.listing()).cryptoRule == .init(asset: "btc", duration: "5m", twapSeconds: 60))
    #expect(
      try GammaMarket(Self.listing(["cryptoMarketConfig": .some(nil)])).cryptoRule
        == .init(asset: "btc", duration: nil, twapSeconds: 60))
    let single = Self.listing([
      "cryptoMarketConfig": .some(nil), "resolutionSource": "https://data.chain.link/streams/eth-usd",
    ])
    #expect(try Market(GammaMarket(single)).settlement == .init(symbol: "eth/usd", twapSeconds: nil))
    let elsewhere = Self.listing(["cryptoMarketConfig": .some(nil), "resolutionSource": "https://www.weather.gov/"])
    #expect(try GammaMarket(elsewhere).cryptoRule == nil)
    for odd in [
      "https://data.chain.link/streams/btc-eur", "https://data.chain.link/streams/btc-usd-twap-0s-streams", "",
    ] {
      #expect(SettlementSource(url: odd) == nil, "\(odd)")
    }
  }

  @Test("A listing whose two words on its settlement differ, or whose fee is not the taker's alone, is refused by name")
  func contradictions() throws {
    for url in ["https://data.chain.link/streams/btc-usd", "https://data.chain.link/streams/eth-usd-twap-60s-streams"] {
      #expect(throws: GammaMarket.Refusal.field("resolutionSource")) {
        try GammaMarket(Self.listing(["resolutionSource": .string(url)]))
      }
    }
    #expect(throws: GammaMarket.Refusal.field("cryptoMarketConfig")) {
      try GammaMarket(Self.listing(["cryptoMarketConfig": ["asset": "btc", "duration": "5m", "twapEnabled": true]]))
    }
    #expect(throws: GammaMarket.Refusal.field("feeSchedule")) {
      try GammaMarket(
        Self.listing(["feeSchedule": ["rate": .number("0.07"), "exponent": 1, "takerOnly": false]]))
    }
  }

  @Test("Tokens of the later protocol are a plain list, and win over the old ones")
  func generations() throws {
    let later = try GammaMarket(Self.listing(["positionIds": ["81", "82"], "version": "v2"]))
    #expect(later.tokens.map(\.token.text) == ["81", "82"] && later.version == "v2")
    #expect(throws: GammaMarket.Refusal.notDeployed) { try GammaMarket(Self.listing(["clobTokenIds": "[\"\", \"\"]"])) }
    #expect(throws: GammaMarket.Refusal.notDeployed) { try GammaMarket(Self.listing(["clobTokenIds": .some(nil)])) }
  }

  @Test("Only a closed list of answers is a set in which exactly one pays")
  func exclusiveSets() throws {
    func market(_ slug: String, _ other: [String: JSON?] = [:]) -> JSON {
      Self.listing(
        ["slug": .string(slug), "negRisk": true, "negRiskMarketID": "0xaa", "groupItemTitle": .string(slug)].merging(
          other
        ) { $1 })
    }
    func event(_ markets: [JSON], _ other: [JSON.Member] = []) throws -> GammaEvent {
      try #require(
        GammaEvent(
          .object(
            [
              .init("slug", "which"), .init("negRisk", true), .init("negRiskMarketID", "0xaa"),
              .init("markets", .array(markets)),
            ] + other)))
    }
    let whole = try event([market("a"), market("b"), market("c")])
    #expect(whole.exclusiveSet.map(\.groupTitle) == ["a", "b", "c"])
    #expect(try event([market("a"), market("b")], [.init("negRiskAugmented", true)]).exclusiveSet.isEmpty)
    #expect(try event([market("a"), market("b", ["negRiskOther": true])]).exclusiveSet.isEmpty)
    #expect(try event([market("a"), market("b", ["negRiskMarketID": "0xbb"])]).exclusiveSet.isEmpty)
    #expect(try event([market("a"), market("b", ["orderMinSize": .some(nil)])]).exclusiveSet.isEmpty)
    #expect(try event([market("a")]).exclusiveSet.isEmpty)
  }

  @Test("A market that is listed but not made yet cannot be traded: its tokens have no ids")
  func hydration() throws {
    func info(_ first: String) throws -> VenueMarketInfo {
      try #require(
        VenueMarketInfo(compact: [
          "c": .string("0x" + String(repeating: "ab", count: 32)), "mts": .number("0.01"), "mos": 5, "ao": true,
          "t": [["t": .string(first), "o": "Up"], ["t": .string(first), "o": "Down"]],
          "fd": ["r": .number("0.07"), "e": 1, "to": true],
        ]))
    }
    #expect(try !info("").isTradable)
    #expect(try info("71").isTradable)
    #expect(try info("71").fee == TakerFee(rateMicros: 70_000, exponent: 1))
  }

  @Test("Numbers that somebody calculated are read to the nearest millionth")
  func nearest() {
    let cases: [(String, Int64?)] = [
      ("0.060781994161929635", 60_782), ("1e-05", 10), ("1.5E3", 1_500_000_000), ("-0.0000005", -1), ("0.0000004", 0),
      ("12", 12_000_000), ("", nil), ("-", nil), (".", nil), ("x", nil), ("1e400", nil), ("1e", nil),
      ("99999999999999999999", nil), ("9e-30", 0), ("0.30000000000000004", 300_000), ("+7.", 7_000_000),
      ("123456.7890123456789012345678901234567890", 123_456_789_012), ("NaN", nil), ("1.2.3", nil),
    ]
    for (text, expected) in cases { #expect(Decimal6.nearest(text) == expected, "\(text)") }
  }
}
