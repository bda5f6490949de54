import FloorTestSupport
import Shared
import Testing

@Suite("Order amounts")
struct OrderAmountsTests {
  @Test(
    "Every case of the rounding vectors is reproduced; off-grid prices are refused",
    .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
  func vectors() throws {
    let items = try #require(try ReferenceFiles.vectors.json("rounding.json")["vectors"]?.array)
    #expect(!items.isEmpty)
    for item in items {
      let tick = try #require(PriceTick(venue: item.need("tickSize")))
      let side = try #require(item["side"]?.string.flatMap(Side.init(rawValue:)))
      func amounts(_ price: Price) throws -> OrderAmounts {
        if item["kind"]?.string == "limit" {
          return try .limit(side, price: price, size: try #require(item["size"]?.shares), tick: tick)
        }
        if side == .buy {
          return try .marketBuy(spending: try #require(item["amount"]?.usd), price: price, tick: tick)
        }
        return try .marketSell(of: try #require(item["amount"]?.shares), price: price, tick: tick)
      }
      let expected = OrderAmounts(
        maker: try #require(item["makerAmount"]?.int), taker: try #require(item["takerAmount"]?.int))
      #expect(try amounts(try #require(item["effectivePrice"]?.price)) == expected, "\(item["id"]?.string ?? "?")")
      if item["priceOnGrid"]?.bool == false {
        #expect(throws: OrderAmountsError.priceOffGrid) { try amounts(try #require(item["price"]?.price)) }
      }
    }
  }

  @Test("A limit order's price is the exact quotient of its amounts, for every tick")
  func quotient() throws {
    var random = SeededGenerator(seed: 5)
    for micros in [100_000, 10_000, 5_000, 2_500, 1_000, 100] as [Int64] {
      let tick = try #require(PriceTick(micros: micros))
      for _ in 0..<300 {
        let price = try #require(Price(micros: Int64.random(in: 1..<(1_000_000 / micros), using: &random) * micros))
        let size = Shares(micros: Int64.random(in: 10_000...100_000_000_000, using: &random))
        let buy = try OrderAmounts.limit(.buy, price: price, size: size, tick: tick)
        let sell = try OrderAmounts.limit(.sell, price: price, size: size, tick: tick)
        #expect(buy.maker == sell.taker && buy.taker == sell.maker)
        #expect(Int128(buy.maker) * 1_000_000 == Int128(buy.taker) * Int128(price.micros))
        #expect(buy.taker % 10_000 == 0 && buy.taker <= size.micros && size.micros - buy.taker < 10_000)
      }
    }
  }

  @Test(
    "A market buy wants as many shares as its dollars pay, cut to the table's decimals and never rounded up",
    arguments: Seeds.some(2))
  func marketBuyIsCut(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for (micros, decimals) in [(100_000, 3), (10_000, 4), (5_000, 5), (2_500, 6), (1_000, 5), (100, 6)]
      as [(Int64, Int)]
    {
      let tick = try #require(PriceTick(micros: micros))
      let unit = (decimals..<6).reduce(Int128(1)) { unit, _ in unit * 10 }
      for _ in 0..<300 {
        let price = try #require(Price(micros: Int64.random(in: 1..<(1_000_000 / micros), using: &random) * micros))
        let dollars = USD(micros: Int64.random(in: 1_000_000...10_000_000_000, using: &random))
        let buy = try OrderAmounts.marketBuy(spending: dollars, price: price, tick: tick)
        #expect(buy.maker % 10_000 == 0 && buy.maker <= dollars.micros && dollars.micros - buy.maker < 10_000)
        #expect(Int128(buy.taker) % unit == 0)
        let excess = Int128(buy.taker) * Int128(price.micros) - Int128(buy.maker) * 1_000_000
        // A ten-thousandth of the last decimal is healed.
        #expect(
          excess > -unit * Int128(price.micros) && excess * 10_000 <= unit * Int128(price.micros), "\(buy) at \(price)")
      }
    }
  }

  @Test("Nothing is signed for nothing, off the grid, or on an unknown grid")
  func refusals() throws {
    let half = try #require(Price(micros: 500_000))
    #expect(throws: OrderAmountsError.sizeTooSmall) {
      try OrderAmounts.limit(.buy, price: half, size: Shares(micros: 9_999), tick: .cent)
    }
    #expect(throws: OrderAmountsError.priceOffGrid) {
      try OrderAmounts.limit(.buy, price: .one, size: Shares(whole: 5), tick: .cent)
    }
    #expect(throws: OrderAmountsError.tickUnknown) {
      try OrderAmounts.limit(.buy, price: half, size: Shares(whole: 5), tick: #require(PriceTick(micros: 250_000)))
    }
    #expect(throws: OrderAmountsError.overflow) {
      try OrderAmounts.marketBuy(
        spending: USD(micros: .max), price: #require(Price(micros: 10_000)), tick: .cent)
    }
  }
}
