import FloorTestSupport
import Shared
import Testing

@Suite("The limit price of a market order") struct MarketPriceWalkTests {
  private func level(_ price: String, _ size: String) throws -> BookLevel {
    BookLevel(price: try Price(parsing: price), size: try Shares(parsing: size))
  }

  @Test(
    "Every walk of the vectors ends at the official client's price",
    .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
  func vectors() throws {
    let items = try #require(try ReferenceFiles.vectors.json("market_price_walk.json")["vectors"]?.array)
    for item in items {
      // Listed with the best level last.
      func levels(_ name: String) throws -> [BookLevel] {
        try #require(item[name]?.array).reversed().map { try level($0.needText("price"), $0.needText("size")) }
      }
      for (name, whole) in [("FOK", true), ("FAK", false)] {
        let price: Price? =
          if item["side"]?.string == "BUY" {
            try MarketPriceWalk.buy(
              spending: try USD(parsing: item.needText("amountUsd")), asks: levels("asks"), whole: whole)
          } else {
            try MarketPriceWalk.sell(
              try Shares(parsing: item.needText("amountShares")), bids: levels("bids"), whole: whole)
          }
        let expected = try item.need("limitPrice").needText(name)
        #expect(price?.description ?? "error: no match" == expected, "\(item["id"]?.string ?? "") \(name)")
      }
    }
    #expect(!items.isEmpty)
  }

  @Test("The level that covers the amount to the last millionth is the limit; a millionth more needs the next")
  func edges() throws {
    let asks = [try level("0.5", "10"), try level("0.6", "10")]
    #expect(MarketPriceWalk.buy(spending: try USD(parsing: "5"), asks: asks, whole: true) == asks[0].price)
    #expect(MarketPriceWalk.buy(spending: try USD(parsing: "5.000001"), asks: asks, whole: true) == asks[1].price)
    #expect(MarketPriceWalk.buy(spending: try USD(parsing: "11.000001"), asks: asks, whole: true) == nil)
    #expect(MarketPriceWalk.buy(spending: try USD(parsing: "11.000001"), asks: asks, whole: false) == asks[1].price)
    #expect(MarketPriceWalk.sell(try Shares(parsing: "10"), bids: asks, whole: true) == asks[0].price)
    #expect(MarketPriceWalk.sell(try Shares(parsing: "1"), bids: [], whole: false) == nil)
  }
}
