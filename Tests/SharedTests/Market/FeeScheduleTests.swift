import Shared
import Testing

@Suite("The taker fee")
struct FeeScheduleTests {
  @Test(
    "A hundred shares at rate 0.07 cost what the venue's document says",
    arguments: [
      ("0.5", "1.75"), ("0.3", "1.47"), ("0.1", "0.63"), ("0.05", "0.3325"), ("0.01", "0.0693"), ("0", "0"), ("1", "0"),
    ])
  func documented(price: String, fee: String) throws {
    let schedule = try #require(FeeSchedule(rateMicros: 70_000, exponent: 1))
    let result = try schedule.fee(price: Price(parsing: price), shares: Shares(whole: 100), rounding: .nearest)
    #expect(result == (try USD(parsing: fee)))
  }

  @Test("The grid is a hundred-thousandth, and the direction is the caller's")
  func rounding() throws {
    let schedule = try #require(FeeSchedule(rateMicros: 70_000, exponent: 1))
    // 0.37 × 0.07 × 0.52 × 0.48 = 0.006464…
    let shares = try Shares(parsing: "0.37")
    let price = try Price(parsing: "0.52")
    #expect(try schedule.fee(price: price, shares: shares, rounding: .down) == USD(micros: 6460))
    #expect(try schedule.fee(price: price, shares: shares, rounding: .up) == USD(micros: 6470))
    #expect(try schedule.fee(price: price, shares: shares, rounding: .nearest) == USD(micros: 6460))
  }

  @Test("Both neighbours enclose the exact value, and the fee is symmetric around one half", arguments: [UInt64(8), 9])
  func property(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let exponent = 1 + Int(random.next() % 2)
      let schedule = try #require(FeeSchedule(rateMicros: Int64(random.next() % 1_000_001), exponent: exponent))
      let price = try #require(Price(micros: Int64(random.next() % 1_000_001)))
      let shares = Shares(micros: Int64(random.next() % 50_000_000_000))
      let down = try schedule.fee(price: price, shares: shares, rounding: .down)
      let up = try schedule.fee(price: price, shares: shares, rounding: .up)
      let nearest = try schedule.fee(price: price, shares: shares, rounding: .nearest)
      #expect(nearest == down || nearest == up)
      #expect(up.micros - down.micros == 0 || up.micros - down.micros == 10)
      #expect(try schedule.fee(price: price.complement, shares: shares, rounding: .up) == up)
      let p = Double(price.micros) / 1e6
      var expected = Double(shares.micros) * Double(schedule.rateMicros) / 1e6 * p * (1 - p)
      if exponent == 2 { expected *= p * (1 - p) }
      #expect(abs(Double(nearest.micros) - expected) <= 5.01 + expected * 1e-9)
    }
  }

  @Test("Rates and exponents outside the venue's world are refused")
  func ranges() {
    #expect(FeeSchedule(rateMicros: -1, exponent: 1) == nil)
    #expect(FeeSchedule(rateMicros: 1_000_001, exponent: 1) == nil)
    #expect(FeeSchedule(rateMicros: 1, exponent: 0) == nil)
    #expect(FeeSchedule(rateMicros: 1, exponent: 5) == nil)
  }
}
