import Shared

/// What the best of many gamblers without any edge would have brought: the bar that the best of many settings has to clear.
///
/// A gambler bets what the winner bet, market by market. Shares that were held to the end bring a dollar each with the probability at which
/// the gambler's expected result *after fees* is zero, (cost + fees) / shares, and nothing otherwise: who bought at 0.95 wins 0.05 nineteen
/// times in twenty and then loses 0.95, which a coin's toss between +0.05 and -0.05 would not show. That a price is the probability of its
/// outcome is what a market without an edge means (J. Wolfers, E. Zitzewitz, "Interpreting Prediction Market Prices as Probabilities", NBER
/// Working Paper 12200, 2006). Fees are in it because the bar is meant to be the harder one: a gambler who pays them and breaks even already
/// has an edge of as much. All bets of one market hang on one draw, as they hang on one result: those on YES come together, those on NO with
/// them or against them. What was sold before has no two outcomes that are known: its result is won or lost by the toss of a coin.
///
/// The best of as many gamblers as there were settings is drawn again and again.
public struct LuckBar: Hashable, Sendable {
  /// What the winner did in one market.
  public struct Stake: Hashable, Sendable {
    /// Held until the market was decided.
    public let bets: [SweepBet]
    /// Result of all that was sold before, or valued at the recording's end.
    public let sold: USD

    public init(bets: [SweepBet] = [], sold: USD = .zero) {
      self.bets = bets
      self.sold = sold
    }
  }

  /// A bet as it is drawn; money in 10^-6 dollars.
  private struct Ticket {
    let stake: Int
    /// It wins when the market's draw, of 53 bits, is in here.
    let wins: Range<UInt64>
    let won: Int64
    let lost: Int64

    init(_ bet: SweepBet, stake: Int) {
      self.stake = stake
      let probability = min(1, max(0, Double(bet.risked.micros) / Double(bet.shares.micros)))
      let part = UInt64(probability * 0x1p53)
      wins = bet.outcome == .yes ? 0..<part : ((1 << 53) - part)..<(1 << 53)
      won = bet.shares.micros - bet.risked.micros
      lost = -bet.risked.micros
    }
  }

  public let gamblers: Int
  /// Mean of the best gambler's result, in dollars.
  public let mean: Double
  /// Only one in twenty best gamblers brings more.
  public let high: USD

  /// How often the best gambler is drawn: 400 times, and less often where `stakes` times `gamblers` are more than half a million, but never
  /// below 40. A bar of so few draws is rough, and for a large grid even they take minutes.
  public static func draws(_ stakes: Int, gamblers: Int) -> Int {
    min(400, max(40, 200_000_000 / max(1, stakes * gamblers)))
  }

  /// - Parameters:
  ///   - stakes: of the winner, one a market.
  ///   - gamblers: settings that were tried.
  public init(_ stakes: [Stake], gamblers: Int, seed: UInt64 = 1) {
    self.gamblers = gamblers
    let sold = stakes.map(\.sold.micros)
    let tickets = stakes.enumerated().flatMap { place, stake in stake.bets.map { Ticket($0, stake: place) } }
    var random = SeededGenerator(seed: seed)
    var best: [Int64] = []
    for _ in 0..<LuckBar.draws(stakes.count, gamblers: gamblers) {
      var most = Int64.min
      for _ in 0..<max(1, gamblers) { most = max(most, LuckBar.gamble(sold, tickets, &random)) }
      best.append(most)
    }
    best.sort()
    mean = best.reduce(0) { $0 + Double($1) } / Double(best.count) / 1e6
    high = USD(micros: best[Int(Double(best.count - 1) * 0.95)])
  }

  /// One gambler's result. A market's draw gives its lowest bit to the coin and the others to the bets.
  private static func gamble(_ sold: [Int64], _ tickets: [Ticket], _ random: inout SeededGenerator) -> Int64 {
    var sum: Int64 = 0
    var next = 0
    for place in sold.indices {
      let draw = random.next()
      sum += draw & 1 == 1 ? sold[place] : -sold[place]
      while next < tickets.count, tickets[next].stake == place {
        sum += tickets[next].wins.contains(draw >> 11) ? tickets[next].won : tickets[next].lost
        next += 1
      }
    }
    return sum
  }
}
