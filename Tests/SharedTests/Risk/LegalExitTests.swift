import Shared
import Testing

/// What may be bought may be sold: no entry is let in whose way out the gate, or the venue's own rules, would close.
@Suite("The way out of an entry")
struct LegalExitTests {
  @Test(
    "Over random wishes: whatever is let in can be sold whole at once, and rests on the grid, in every mode that lets exits pass"
  )
  func everyEntryHasAnExit() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    var approved = 0
    for round in 0..<20_000 {
      var sample = try RiskSample()
      let tick = Bool.random(using: &random) ? PriceTick.cent : .tenthOfCent
      let ticks = 1_000_000 / tick.micros
      let market = try #require(sample.picture.terms)
      sample.picture.terms = MarketTerms(
        slug: market.slug, condition: market.condition, yes: market.yes, no: market.no, tick: tick,
        minimumSize: Shares(whole: Int64.random(in: 1...15, using: &random)), fee: market.fee, closes: market.closes)
      let ask = Int64.random(in: 2..<ticks, using: &random)
      let bid = max(1, ask - Int64.random(in: 1...5, using: &random))
      sample.picture.book = TopOfBook(
        bid: Price(micros: bid * tick.micros), ask: Price(micros: ask * tick.micros),
        at: sample.picture.now.advanced(by: .milliseconds(-Int64.random(in: 0...20_000, using: &random))))
      sample.terms.type = [.fillAndKill, .fillOrKill, .goodTillCancelled].randomElement(using: &random) ?? .fillAndKill
      sample.terms.price = try #require(
        Price(micros: min(ticks - 1, ask + Int64.random(in: -2...3, using: &random)) * tick.micros))
      sample.terms.size = Shares(micros: Int64.random(in: 1...6000, using: &random) * 10_000)
      guard sample.refusal == nil else { continue }
      approved += 1
      var exit = sample
      exit.terms.action = .exit
      exit.terms.side = .sell
      exit.terms.usefulUntil = sample.picture.now.advanced(by: .seconds(3))
      exit.picture.freeShares = sample.terms.size
      exit.terms.price = try #require(Price(micros: bid * tick.micros))
      for type in [TimeInForce.fillAndKill, .goodTillCancelled] {
        for mode in [FloorMode.active, .reduceOnly] {
          exit.terms.type = type
          exit.picture.mode = mode
          #expect(exit.refusal == nil, "seed \(seed), round \(round): \(sample.terms.size), \(type), \(mode)")
        }
      }
    }
    #expect(approved > 1000)
  }

  @Test(
    "An entry of fewer shares than can rest is refused, also when it would be taken at once; a sale of so few is not")
  func dust() throws {
    var sample = try RiskSample(price: "0.5", size: "4.99")
    sample.terms.type = .fillAndKill
    #expect(sample.refusal?.code == .belowVenueMinimum)
    sample.terms.size = Shares(whole: 5)
    #expect(sample.refusal == nil)
    var sale = try RiskSample(action: .exit, side: .sell, price: "0.49", size: "1.5")
    sale.picture.freeShares = Shares(whole: 2)
    #expect(sale.refusal == nil)
  }
}
