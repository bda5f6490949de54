import FloorTestSupport
import Shared
import Testing

@Suite("Taker fee")
struct TakerFeeTests {
  @Test(
    "One hundred shares at seven per cent cost what the venue's table says",
    arguments: [("0.5", "1.75"), ("0.3", "1.47"), ("0.1", "0.63"), ("0.05", "0.3325"), ("0.01", "0.0693")])
  func table(price: String, fee: String) throws {
    let crypto = try #require(TakerFee(rateMicros: 70_000, exponent: 1))
    #expect(crypto.fee(price: try Price(parsing: price), shares: Shares(whole: 100)) == (try USD(parsing: fee)))
  }

  @Test(
    "Every fee of the vectors is reproduced to the fifth decimal",
    .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
  func vectors() throws {
    let items = try #require(try ReferenceFiles.vectors.json("fees.json")["vectors"]?["fees"]?.array)
    #expect(!items.isEmpty)
    for item in items {
      let rate = try Decimal6.parse(item.needText("rate"))
      let schedule = try #require(TakerFee(rateMicros: rate, exponent: Int(item.needInt("exponent"))))
      let fee = schedule.fee(price: try #require(item["price"]?.price), shares: try #require(item["shares"]?.shares))
      #expect(fee == item["feeRoundedNearest5"]?.usd, "\(item["id"]?.string ?? "?")")
    }
  }

  @Test("The steep curve of exponent two is exact far beyond 128 bits")
  func exponentTwo() throws {
    let old = try #require(TakerFee(rateMicros: 250_000, exponent: 2))
    let half = try #require(Price(micros: 500_000))
    // 1 000 000 shares · 0.25 · (1/4)² = 15 625 dollars
    #expect(old.fee(price: half, shares: Shares(whole: 1_000_000)) == USD(dollars: 15_625))
    #expect(old.fee(price: half, shares: Shares(whole: 9_000_000_000)) == USD(dollars: 140_625_000))
  }

  @Test("A fee is never negative, never above the rate's quarter, nothing at the ends, the same for both outcomes")
  func bounds() throws {
    var random = SeededGenerator(seed: 3)
    let crypto = try #require(TakerFee(rateMicros: 70_000, exponent: 1))
    for _ in 0..<2000 {
      let price = try #require(Price(micros: Int64.random(in: 0...1_000_000, using: &random)))
      let shares = Shares(micros: Int64.random(in: 0...10_000_000_000, using: &random))
      let fee = crypto.fee(price: price, shares: shares)
      #expect(fee == crypto.fee(price: price.complement, shares: shares))
      #expect(fee >= .zero && fee.micros <= shares.micros * 175 / 10_000 + 10)
      #expect(fee <= crypto.worstFee(upTo: price, shares: shares))
      #expect(fee.micros % 10 == 0)
    }
    #expect(crypto.fee(price: .zero, shares: Shares(whole: 100)) == .zero)
    #expect(crypto.fee(price: .one, shares: Shares(whole: 100)) == .zero)
  }
}
