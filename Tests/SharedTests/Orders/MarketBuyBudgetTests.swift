import FloorTestSupport
import Shared
import Testing

@Suite("What a market buy may spend, its fee included")
struct MarketBuyBudgetTests {
  @Test(
    "Every adjusted amount of the vectors is reproduced: the present client's to its twelfth decimal, the older one's to its float's error",
    .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
  func vectors() throws {
    let items = try #require(
      try ReferenceFiles.vectors.json("fees.json")["vectors"]?["buyAmountAdjustedForFees"]?.array)
    #expect(!items.isEmpty)
    for item in items {
      let id = item["id"]?.string ?? "?"
      let fee = try #require(
        TakerFee(rateMicros: Decimal6.parse(item.needText("rate")), exponent: Int(item.needInt("exponent"))))
      let budget = try #require(
        MarketBuyBudget(
          available: try USD(parsing: item.needText("available")), price: try Price(parsing: item.needText("price")),
          fee: fee, builderRateMicros: try Decimal6.parse(item.needText("builderRate"))))
      let wanted = try USD(parsing: item.needText("amount"))
      // Both sides at 10⁻¹⁸.
      let present = try #require(ReferenceValue(parsing: item.needText("polymarketClient"))).attos
      #expect(budget.affordablePicodollars(wanted) * 1_000_000 == present, "\(id)")
      #expect(budget.affordable(wanted).micros == Int64(present / 1_000_000_000_000), "\(id)")
      let older = try #require(ReferenceValue(parsing: item.needText("pyClobClientV2"))).attos
      let ours = budget.affordablePicodollars(wanted, by: .feeOfAllTakenOff) * 1_000_000
      #expect((ours - older).magnitude <= 1_000_000_000, "\(id): \(ours) and \(older)")
    }
  }

  @Test(
    "What is ordered never costs more than there is, a millionth more would, and what fits is left as it is",
    arguments: Seeds.some(4))
  func bounds(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<1000 {
      let fee = try #require(
        TakerFee(
          rateMicros: Int64.random(in: 0...300_000, using: &random), exponent: Int.random(in: 0...2, using: &random)))
      let price = try #require(Price(micros: Int64.random(in: 1...999_999, using: &random)))
      let builder = Int64.random(in: 0...10_000, using: &random)
      let available = USD(micros: Int64.random(in: 0...1_000_000_000_000, using: &random))
      let wanted = USD(micros: Int64.random(in: 0...1_500_000_000_000, using: &random))
      let budget = try #require(
        MarketBuyBudget(available: available, price: price, fee: fee, builderRateMicros: builder))
      /// The whole cost of an amount at 10⁻⁶, in binary floats: close enough to tell a millionth from two.
      func cost(_ amount: USD) -> Double {
        let p = Double(price.micros) / 1e6
        var f = Double(fee.rateMicros) / 1e6
        for _ in 0..<fee.exponent { f *= p * (1 - p) }
        return Double(amount.micros) * (1 + f / p + Double(builder) / 1e6)
      }
      let amount = budget.affordable(wanted)
      #expect(amount <= wanted && cost(amount) <= Double(available.micros) * (1 + 1e-12))
      if amount < wanted {
        #expect(cost(amount + USD(micros: 1)) >= Double(available.micros) * (1 - 1e-12))
      }
      #expect(budget.affordable(wanted, by: .feeOfAllTakenOff) <= amount)
    }
  }

  @Test("Nothing is bought at a price of nothing or one, or with less than nothing; without fees all of it is spent")
  func refusals() throws {
    let half = try #require(Price(micros: 500_000))
    #expect(MarketBuyBudget(available: USD(dollars: 1), price: .zero, fee: .none) == nil)
    #expect(MarketBuyBudget(available: USD(dollars: 1), price: .one, fee: .none) == nil)
    #expect(MarketBuyBudget(available: USD(micros: -1), price: half, fee: .none) == nil)
    #expect(MarketBuyBudget(available: USD(dollars: 1), price: half, fee: .none, builderRateMicros: -1) == nil)
    let free = try #require(MarketBuyBudget(available: USD(dollars: 7), price: half, fee: .none))
    #expect(free.affordable(USD(dollars: 9)) == USD(dollars: 7) && free.affordable(USD(dollars: 6)) == USD(dollars: 6))
    for rule in MarketBuyBudget.Rule.allCases {
      let empty = try #require(MarketBuyBudget(available: .zero, price: half, fee: .none))
      #expect(empty.affordable(USD(dollars: 1), by: rule) == .zero)
    }
  }
}
