import Shared
import Testing

@Suite("What one entry spends")
struct PositionSizingTests {
  @Test(
    "Fixed dollars are what is wanted; a share of the allocation is cut at them, rounded down, and never below the venue's dollar"
  )
  func most() {
    let size = USD(dollars: 20)
    #expect(PositionSizing(.fixed).most(size: size, allocation: USD(dollars: 3)) == size)
    #expect(PositionSizing(.kelly).most(size: size, allocation: USD(dollars: 3)) == size)
    let tenth = PositionSizing(.percent, percentMicros: 10_000_000)
    for (allocation, most) in [
      (80_000_000, 8_000_000), (500_000_000, 20_000_000), (12_345_678, 1_234_567), (5_000_000, 1_000_000),
      (0, 1_000_000),
    ] as [(Int64, Int64)] {
      #expect(tenth.most(size: size, allocation: USD(micros: allocation)) == USD(micros: most))
    }
  }

  @Test(
    "Over random budgets and books: what is bought fits its budget, cannot be more, and has a legal way out; else nothing is"
  )
  func legalExit() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    var bought = 0
    var none = 0
    for round in 0..<20_000 {
      let tick: Int64 = Bool.random(using: &random) ? 10_000 : 1_000
      let ask = Int64.random(in: 1..<(1_000_000 / tick - 5), using: &random) * tick
      let limit = ask + Int64.random(in: 0...4, using: &random) * tick
      let rate = Int64.random(in: 0...100_000, using: &random)
      let fee = try #require(TakerFee(rateMicros: rate, exponent: 1))
      let budget = Int64.random(in: 1...30_000_000, using: &random)
      let minimum = Int64.random(in: 1...15, using: &random) * 1_000_000
      // Independently: price × shares up, the fee at its highest on the way, half up to 10⁻⁵, and a hundredth of a cent.
      func worst(_ shares: Int64) -> Int128 {
        let top = Int128(min(limit, 500_000))
        let scaled = Int128(shares) * Int128(rate) * top * (1_000_000 - top)
        let unit = Int128(10_000_000) * 1_000_000_000_000
        let whole = scaled / unit + (scaled % unit * 2 >= unit ? 1 : 0)
        let cost = (Int128(shares) * Int128(limit) + 999_999) / 1_000_000
        return cost + whole * 10 + (whole > 0 ? 100 : 0)
      }
      func isLegal(_ shares: Int64) -> Bool {
        shares >= minimum && Int128(shares) * Int128(ask) >= 1_000_000_000_000
      }
      let size = PositionSizing.entry(
        budget: USD(micros: budget), limit: try #require(Price(micros: limit)), ask: try #require(Price(micros: ask)),
        fee: fee, minimum: Shares(micros: minimum))
      let place = "seed \(seed), round \(round)"
      if let size {
        bought += 1
        #expect(worst(size.micros) <= Int128(budget), "\(place)")
        #expect(worst(size.micros + 10_000) > Int128(budget), "\(place)")
        #expect(isLegal(size.micros) && size.micros % 10_000 == 0, "\(place)")
      } else {
        none += 1
        let most = PositionSizing.shares(budget: USD(micros: budget), limit: Price(micros: limit)!, fee: fee)
        #expect(!isLegal(most.micros), "\(place)")
      }
      // Less is wanted than could be paid: the same floor holds.
      let half = PositionSizing.entry(
        budget: USD(micros: budget), limit: Price(micros: limit)!, ask: Price(micros: ask)!, fee: fee,
        minimum: Shares(micros: minimum), atMost: size.map { Shares(micros: $0.micros / 20_000 * 10_000) })
      if let half { #expect(isLegal(half.micros), "\(place)") }
    }
    #expect(bought > 1000 && none > 1000, "\(bought) \(none)")
  }

  @Test("Expected value, Kelly share and stake are those of whole numbers, to the micro-dollar")
  func recomputed() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    for round in 0..<20_000 {
      let chance = Int64.random(in: 1..<1_000_000, using: &random)
      let price = Int64.random(in: 1..<100, using: &random) * 10_000
      let rate = Int64.random(in: 0...100_000, using: &random)
      let fee = PositionSizing.fee(of: Price(micros: price)!, TakerFee(rateMicros: rate, exponent: 1)!)
      // All at 10⁻¹⁸ dollars.
      let one = Int128(1_000_000) * 1_000_000_000_000
      let cost = Int128(price) * 1_000_000_000_000 + Int128(rate) * Int128(price) * Int128(1_000_000 - price)
      let won = Int128(chance) * 1_000_000_000_000 - cost
      let place = "seed \(seed), round \(round)"
      let told = PositionSizing.expectedValue(chance: Double(chance) / 1e6, price: Double(price) / 1e6, fee: fee)
      #expect(abs(told * 1e6 - Double(won) / 1e12) < 0.001, "\(place)")
      let kelly = PositionSizing.kelly(chance: Double(chance) / 1e6, cost: Double(price) / 1e6 + fee)
      #expect((kelly > 0) == (won > 0) || abs(Double(won)) < 1e6, "\(place)")
      let bankroll = Int64.random(in: 1_000_000...1_000_000_000, using: &random)
      let fraction = Int64.random(in: 1...1_000_000, using: &random)
      let stake = PositionSizing.stake(
        kelly: kelly, fraction: Double(fraction) / 1e6, bankroll: USD(micros: bankroll), shareMax: 1,
        caps: USD(micros: bankroll))
      // Part by part, so that no product leaves its range: bankroll · fraction, then · won / (1 − cost).
      let part = Int128(bankroll) * Int128(fraction) / 1_000_000
      let exact = won > 0 ? part * won / (one - cost) : 0
      #expect(abs(Int128((stake * 1e6).rounded(.down)) - exact) <= 1, "\(place): \(stake), \(exact)")
    }
    #expect(PositionSizing.kelly(chance: 0.99, cost: 1.01) == 0, "dearer than a dollar nothing is won")
    #expect(
      PositionSizing.stake(
        kelly: 0.5, fraction: 0.5, bankroll: USD(dollars: 100), shareMax: 0.2, caps: USD(dollars: 30), USD(dollars: 15))
        == 15)
  }
}
