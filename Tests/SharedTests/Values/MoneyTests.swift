import Shared
import Testing

@Suite("Prices, shares and dollars")
struct MoneyTests {
  @Test("A price outside 0 … 1 does not exist")
  func priceRange() {
    #expect(Price(micros: -1) == nil)
    #expect(Price(micros: 1_000_001) == nil)
    #expect(throws: DecimalError.outOfRange) { try Price(parsing: "1.01") }
    #expect(throws: DecimalError.outOfRange) { try Price(parsing: "-0.01") }
    #expect(Price.zero.micros == 0 && Price.one.micros == 1_000_000)
  }

  @Test("A price and its complement make one dollar, for every micro-price tried", arguments: [5, 6] as [UInt64])
  func complements(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      let price = try #require(Price(micros: Int64.random(in: 0...1_000_000, using: &generator)))
      #expect(price.adding(price.complement) == .one)
      #expect(price.complement.complement == price)
    }
  }

  @Test("Sums of prices that leave the range are nil, not wrong")
  func priceSums() throws {
    let a = try Price(parsing: "0.6")
    #expect(a.adding(a) == nil)
    #expect(a.subtracting(Price.one) == nil)
    #expect(a.subtracting(a) == .zero)
  }

  @Test("Cost is the exact product, rounded only where the micro-dollar ends")
  func cost() throws {
    let price = try Price(parsing: "0.333333")
    let shares = try Shares(parsing: "10.000001")
    #expect(try USD(price, times: shares, rounding: .down) == USD(parsing: "3.33333"))
    // exact: 3.333330333333
    #expect(try USD(price, times: shares, rounding: .up) == USD(parsing: "3.333331"))
  }

  @Test("Ten million shares at a micro-dollar price do not overflow on the way")
  func largeProducts() throws {
    let shares = Shares(whole: 9_000_000_000_000)
    #expect(try USD(.one, times: shares, rounding: .down) == USD(dollars: 9_000_000_000_000))
    #expect(throws: OverflowError.self) {
      try USD(dollars: 9_000_000_000_000).shares(at: Price(parsing: "0.000001"), rounding: .down)
    }
    #expect(throws: OverflowError.self) { try Shares(micros: .max).adding(Shares(micros: 1)) }
    #expect(throws: OverflowError.self) { try USD(micros: .min).adding(USD(micros: -1)) }
    #expect(throws: OverflowError.self) { try USD(micros: .max).scaled(by: 2, over: 1, rounding: .down) }
  }

  @Test("Buying with a sum and paying for what it buys never costs more than the sum", arguments: [21, 22] as [UInt64])
  func buyingStaysWithinTheSum(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      let budget = USD(micros: Int64.random(in: 0...10_000_000_000, using: &generator))
      let price = try #require(Price(micros: Int64.random(in: 1...1_000_000, using: &generator)))
      let shares = try budget.shares(at: price, rounding: .down)
      let cost = try USD(price, times: shares, rounding: .up)
      #expect(cost <= budget)
      let oneMore = try USD(price, times: shares.adding(Shares(micros: 1)), rounding: .up)
      #expect(oneMore >= cost)
    }
  }

  @Test("Percentages of capital name their rounding")
  func percentages() throws {
    #expect(try USD(parsing: "1000").scaled(by: 2, over: 100, rounding: .down) == USD(dollars: 20))
    #expect(try USD(parsing: "0.000001").scaled(by: 1, over: 2, rounding: .up) == USD(micros: 1))
    #expect(try USD(parsing: "-0.000001").scaled(by: 1, over: 2, rounding: .down) == USD(micros: -1))
  }

  @Test("Shares are cut toward zero at the asked decimals")
  func cutsShares() throws {
    let shares = try Shares(parsing: "19.239999")
    #expect(shares.cut(decimals: 2) == (try Shares(parsing: "19.23")))
    #expect(shares.cut(decimals: 0) == Shares(whole: 19))
    #expect(shares.cut(decimals: 6) == shares)
    #expect((-shares).cut(decimals: 2) == -(try Shares(parsing: "19.23")))
  }

  @Test("A tick allows its grid inside the ends and rounds onto it")
  func ticks() throws {
    let tick = try PriceTick(parsing: "0.01")
    #expect(tick.allows(try Price(parsing: "0.52")))
    #expect(!tick.allows(try Price(parsing: "0.525")))
    #expect(!tick.allows(.zero) && !tick.allows(.one))
    #expect(tick.rounded(try Price(parsing: "0.525"), .down) == (try Price(parsing: "0.52")))
    #expect(tick.rounded(try Price(parsing: "0.525"), .up) == (try Price(parsing: "0.53")))
    #expect(tick.rounded(.zero, .down) == (try Price(parsing: "0.01")))
    #expect(tick.rounded(.one, .up) == (try Price(parsing: "0.99")))
    #expect(PriceTick(micros: 30_000) == nil)
    #expect(PriceTick(micros: 2_500) != nil)
  }
}
