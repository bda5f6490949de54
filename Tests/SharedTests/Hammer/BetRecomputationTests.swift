import Foundation
import Shared
import Testing

/// Fee, expected value, Kelly share and stake of random bets, computed once more in decimals from their definitions.
@Suite("A bet computed twice")
struct BetRecomputationTests {
  private func decimal(_ value: Double) -> Decimal { Decimal(string: String(value)) ?? .nan }
  private func micros(_ value: Decimal) -> Int64 {
    var (scaled, whole) = (value * 1_000_000, Decimal())
    unsafe NSDecimalRound(&whole, &scaled, 0, .plain)
    return Int64("\(whole)") ?? .min
  }
  private func micros(_ value: Double) -> Int64 { Int64((value * 1e6).rounded()) }

  @Test("fee, expected value, Kelly share and stake agree to the micro-dollar over random books, chances and settings")
  func random() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    var sized = 0
    for round in 0..<5000 {
      let ask = Int64.random(in: 52...96, using: &random)
      let bid = ask - Int64.random(in: 1...3, using: &random)
      func level(_ cents: Int64, _ shares: Int64) throws -> BookLevel {
        BookLevel(price: try #require(Price(micros: cents * 10_000)), size: Shares(whole: shares))
      }
      let asks = try (0..<4).map { try level(min(99, ask + $0), Int64.random(in: 5...400, using: &random)) }
      let up = BookTop(bids: [try level(bid, 100)], asks: asks)
      let fee = try #require(
        TakerFee(
          rateMicros: Int64.random(in: 0...80_000, using: &random), exponent: Int.random(in: 1...2, using: &random)))
      let offer = HammerBet.Offer(up: up, down: up.mirrored, tick: .cent, minimumSize: Shares(whole: 5), fee: fee)
      let settings = HammerBet.Settings(
        alpha: 1, extraCost: Double(Int.random(in: 0...3, using: &random)) / 1000, evMin: 0.005, evTooGood: 0.5,
        entryPriceMax: try #require(Price(micros: 970_000)), slipTicks: Int64.random(in: 0...3, using: &random),
        bankroll: USD(dollars: Int64.random(in: 100...5000, using: &random)),
        kellyFraction: Double(Int.random(in: 1...10, using: &random)) / 10,
        standardErrors: Double(Int.random(in: 0...2, using: &random)), calibrationCount: 500,
        perTradeMax: USD(dollars: 60), quoteSize: USD(dollars: 45), bankrollShareMax: 0.05)
      let bet = HammerBet(model: Double.random(in: 0.5...0.999, using: &random), hint: nil, offer, settings)
      guard let blend = bet.blend, let told = bet.evAtAsk, let toldFee = bet.feePerShare else { continue }
      let place = "seed \(seed), round \(round)"
      // rate · (p (1 − p))^exponent
      let price = Decimal(ask) / 100
      let spread = price * (1 - price)
      let feePerShare = Decimal(fee.rateMicros) / 1_000_000 * (fee.exponent == 1 ? spread : spread * spread)
      #expect(abs(micros(toldFee) - micros(feePerShare)) <= 1, "\(place)")
      let cost = price + feePerShare + decimal(settings.extraCost)
      #expect(abs(micros(told) - micros(decimal(blend) - cost)) <= 1, "\(place)")
      guard let kelly = bet.kelly, let stake = bet.stake, let cautious = bet.sizingProbability else { continue }
      sized += 1
      #expect(cautious <= blend)
      // Of a bet that pays one for a cost of c: f = (p − c) / (1 − c) (Kelly 1956, with b = (1 − c) / c to one).
      let share = (decimal(cautious) - cost) / (1 - cost)
      #expect(abs(micros(kelly) - micros(share)) <= 1, "\(place)")
      let bankroll = Decimal(settings.bankroll.micros) / 1_000_000
      let wanted = min(
        decimal(settings.kellyFraction) * share * bankroll, 60, 45, decimal(settings.bankrollShareMax) * bankroll)
      #expect(abs(micros(stake) - micros(wanted)) <= 1, "\(place): \(stake), \(wanted)")
      // What is sent costs no more than the stake, whatever it meets up to its limit.
      if let shares = bet.shares(fee: fee, minimum: offer.minimumSize), let limit = bet.limit {
        #expect(shares >= offer.minimumSize, "\(place): what is bought can rest on its way out")
        let most = try #require(PositionSizing.worstCost(shares, limit: limit, fee: fee))
        #expect(most.micros <= micros(stake) + 1, "\(place)")
      }
    }
    #expect(sized > 500)
  }
}
