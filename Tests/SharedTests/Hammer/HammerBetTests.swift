import Shared
import Testing

@Suite("Hammer: fee, limit, size and expected value")
struct HammerBetTests {
  private let fee = TakerFee(rateMicros: 70_000, exponent: 1)!

  private func level(_ price: Int64, _ shares: Int64) -> BookLevel {
    BookLevel(price: Price(micros: price * 10_000)!, size: Shares(whole: shares))
  }

  private func settings(_ change: (inout HammerBet.Settings) -> Void = { _ in }) -> HammerBet.Settings {
    var settings = HammerBet.Settings(
      alpha: 0.25, extraCost: 0, evMin: 0.01, evTooGood: 0.15, entryPriceMax: Price(micros: 970_000)!, slipTicks: 1,
      bankroll: USD(dollars: 1000), kellyFraction: 0.25, standardErrors: 1, calibrationCount: 500,
      perTradeMax: USD(dollars: 50), quoteSize: USD(dollars: 20), bankrollShareMax: 0.02)
    change(&settings)
    return settings
  }

  private func offer(bid: Int64?, asks: [BookLevel]) -> HammerBet.Offer {
    let up = BookTop(bids: bid.map { [level($0, 100)] } ?? [], asks: asks)
    return HammerBet.Offer(up: up, down: up.mirrored, tick: .cent, minimumSize: Shares(whole: 5), fee: fee)
  }

  @Test(
    "The price at which a bet breaks even after the fee",
    arguments: [(850_000, 0.8589), (900_000, 0.9063), (950_000, 0.9533), (970_000, 0.9720)])
  func breakEven(micros: Int64, wanted: Double) throws {
    let price = try #require(Price(micros: micros))
    let cost = Double(micros) / 1e6 + PositionSizing.fee(of: price, fee)
    #expect(abs(cost - wanted) < 5e-5)
  }

  @Test("The limit is the closed form of the quadratic, down to the grid")
  func limitClosedForm() throws {
    let offer = offer(bid: 80, asks: [level(81, 500)])
    for slip in Int64(0)...12 {
      let bet = HammerBet(
        model: 0.96, hint: nil, offer,
        settings {
          $0.alpha = 1
          $0.slipTicks = slip
        })
      let r = 0.07
      let v = 0.96 - 0.01
      let root = ((1 + r) - ((1 + r) * (1 + r) - 4 * r * v).squareRoot()) / (2 * r)
      let wanted = min(Double((root * 100).rounded(.down)), Double(81 + slip))
      #expect(bet.limit?.micros == Int64(wanted) * 10_000, "\(slip)")
    }
  }

  @Test("A walk takes level after level, each with its own fee, and all or nothing")
  func walk() throws {
    let asks = [level(90, 10), level(91, 10), level(92, 100)]
    let limit = try #require(Price(micros: 920_000))
    // 9.00 + 9.10 + 1.84 at 0.92, which is two shares.
    let walk = try #require(AskWalk(spending: USD(micros: 19_940_000), asks: asks, limit: limit, fee: fee))
    #expect(abs(walk.shares - 22) < 1e-12)
    // 10 · 0.07 · 0.09 = 0.063, 10 · 0.07 · 0.0819 = 0.05733, 2 · 0.07 · 0.0736 = 0.010304 → 0.0103
    #expect(walk.fee == USD(micros: 63_000 + 57_330 + 10_300))
    let lower = try #require(Price(micros: 910_000))
    #expect(AskWalk(spending: USD(micros: 19_940_000), asks: asks, limit: lower, fee: fee) == nil)
    #expect(AskWalk(spending: USD(micros: 18_100_000), asks: asks, limit: lower, fee: fee)?.shares == 20)
    #expect(AskWalk(spending: .zero, asks: asks, limit: limit, fee: fee) == nil)
  }

  @Test("The Kelly share is that of a binary bet at the cost, a fraction of it is staked, and the caps bind")
  func kelly() throws {
    let offer = offer(bid: 85, asks: [level(86, 5000)])
    let bet = HammerBet(
      model: 0.9, hint: nil, offer,
      settings {
        $0.alpha = 1
        $0.standardErrors = 0
        $0.perTradeMax = USD(dollars: 1000)
        $0.quoteSize = USD(dollars: 1000)
        $0.bankrollShareMax = 1
      })
    let cost = 0.86 + 0.07 * 0.86 * 0.14
    // Growth b ln(1 + f (1 − c)/c) is largest at f = (p − c)/(1 − c).
    #expect(abs(try #require(bet.kelly) - (0.9 - cost) / (1 - cost)) < 1e-12)
    #expect(abs(try #require(bet.stake) - 250 * (0.9 - cost) / (1 - cost)) < 1e-9)
    #expect(bet.refusal == nil)
    let capped = HammerBet(model: 0.9, hint: nil, offer, settings { $0.alpha = 1 })
    #expect(capped.stake == 20)
    let amount = try #require(capped.amount)
    let spent = try #require(capped.walk)
    #expect(amount + spent.fee <= USD(dollars: 20), "the stake includes the fee")
    #expect(amount.micros % 10_000 == 0)
  }

  /// E. Thorp, "The Kelly Criterion in Blackjack, Sports Betting, and the Stock Market", 2006, section 2: even money on a coin.
  @Test(
    "Without fees, at one half, the Kelly share is Thorp's 2p − 1: 6 % of the bankroll on a coin of 0.53",
    arguments: [0.53, 0.55, 0.6])
  func thorp(probability: Double) throws {
    let free = HammerBet.Offer(
      up: BookTop(bids: [level(50, 100)], asks: [level(50, 100_000)]),
      down: BookTop(bids: [level(50, 100)], asks: [level(50, 100_000)]), tick: .cent, minimumSize: Shares(whole: 5),
      fee: TakerFee(rateMicros: 0, exponent: 1)!)
    let bet = HammerBet(
      model: probability, hint: nil, free,
      settings {
        $0.alpha = 1
        $0.standardErrors = 0
        $0.kellyFraction = 1
        $0.perTradeMax = USD(dollars: 1000)
        $0.quoteSize = USD(dollars: 1000)
        $0.bankrollShareMax = 1
      })
    #expect(abs(try #require(bet.kelly) - (2 * probability - 1)) < 1e-12)
    #expect(abs(try #require(bet.stake) - 1000 * (2 * probability - 1)) < 1e-9)
  }

  @Test("Down is the mirror of Up")
  func mirror() throws {
    let up = HammerBet(model: 0.985, hint: nil, offer(bid: 91, asks: [level(92, 50)]), settings())
    let book = BookTop(bids: [level(8, 50)], asks: [level(9, 100)])
    let down = HammerBet(
      model: 0.015, hint: nil,
      HammerBet.Offer(up: book, down: book.mirrored, tick: .cent, minimumSize: Shares(whole: 5), fee: fee), settings())
    #expect(up.side == .yes && down.side == .no && up.refusal == nil && down.refusal == nil)
    #expect(up.limit == down.limit && up.amount == down.amount && up.walk == down.walk)
    #expect(abs(try #require(up.evPerShare) - #require(down.evPerShare)) < 1e-12)
  }

  @Test("A hint only ever lowers the probability of the side bought")
  func hint() throws {
    let offer = offer(bid: 91, asks: [level(92, 50)])
    let alone = try #require(HammerBet(model: 0.98, hint: nil, offer, settings()).blend)
    #expect(HammerBet(model: 0.98, hint: 0.999, offer, settings()).blend == alone)
    #expect(try #require(HammerBet(model: 0.98, hint: 0.9, offer, settings()).blend) < alone)
  }

  @Test("Each reason against a bet, in its order")
  func refusals() throws {
    func refusal(
      _ model: Double, bid: Int64?, ask: Int64?, shares: Int64 = 500,
      _ change: (inout HammerBet.Settings) -> Void = { _ in }
    ) -> RefusalReason? {
      HammerBet(model: model, hint: nil, offer(bid: bid, asks: ask.map { [level($0, shares)] } ?? []), settings(change))
        .refusal
    }
    #expect(refusal(0.985, bid: 91, ask: 92) == nil)
    #expect(refusal(0.9, bid: 40, ask: 41) == .sidesDisagree)
    #expect(refusal(0.9, bid: 90, ask: nil) == .noAsk)
    #expect(refusal(0.99, bid: 97, ask: 98) == .aboveMaxEntry)
    #expect(refusal(0.97, bid: 62, ask: 63) == .evTooGood)
    #expect(refusal(0.955, bid: 94, ask: 95) == .evBelowMin)
    #expect(
      refusal(0.93, bid: 88, ask: 89) {
        $0.evMin = 0
        $0.calibrationCount = 40
      } == .kellyZero)
    #expect(refusal(0.985, bid: 91, ask: 92) { $0.bankroll = USD(dollars: 60) } == .belowVenueMinimum)
    #expect(refusal(0.985, bid: 91, ask: 92, shares: 20) == .depth)
    // At the ask it is worth it by a hair, at the average of the walk no more.
    let thin = offer(bid: 91, asks: [level(92, 1), level(93, 500)])
    let blend = try #require(HammerBet(model: 0.985, hint: nil, thin, settings()).blend)
    let ev = blend - 0.92 - 0.07 * 0.92 * 0.08
    let walked = HammerBet(model: 0.985, hint: nil, thin, settings { $0.evMin = ev - 0.005 })
    #expect(walked.limit == Price(micros: 920_000) && walked.refusal == .depth)
  }

  @Test("The walk's rounding can cost the last of the expected value, and then the bet is off")
  func afterWalk() throws {
    let offer = offer(bid: 91, asks: [level(92, 500)])
    let atAsk = try #require(HammerBet(model: 0.985, hint: nil, offer, settings()).evAtAsk)
    var refused = 0
    for dollars in Int64(5)...20 {
      // What is met exactly at the ask is missed by as much as the fee of the fill was rounded up.
      let bet = HammerBet(
        model: 0.985, hint: nil, offer,
        settings {
          $0.quoteSize = USD(dollars: dollars)
          $0.evMin = atAsk
        })
      let isWorse = try #require(bet.evPerShare) < atAsk
      #expect((bet.refusal == .evBelowMinAfterWalk) == isWorse && (bet.refusal == nil) == !isWorse, "\(dollars)")
      if isWorse { refused += 1 }
    }
    #expect(refused > 0 && refused < 16)
  }

  @Test("The empty gate refuses everything it does not know, in the model's order")
  func emptyGate() {
    let all = HammerGate().refusals(.standard)
    #expect(
      all == [
        .settlementUnknown, .strikeMissing, .strikeUnconfirmed, .feeUnknown, .notAcceptingOrders, .outsideWindow,
        .feedStale, .gapInAverage, .sigmaNotReady, .hintMissing, .bookStale, .distanceBelowMin,
      ])
  }
}
