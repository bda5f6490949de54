/// A share that pays one dollar or nothing (C-55): what it is worth to who knows its chance, and how much to stake on it. Statistics, so in
/// floating point; what is spent is exact again.
extension PositionSizing {
  /// `rate · (p (1 − p))^exponent`: the fee of one share in dollars, without the venue's rounding of a fill.
  public static func fee(of price: Price, _ schedule: TakerFee) -> Double {
    let p = Double(price.micros) / 1e6
    var fee = Double(schedule.rateMicros) / 1e6
    for _ in 0..<schedule.exponent { fee *= p * (1 - p) }
    return fee
  }

  /// Dollars per share that a buy at `price` wins on average, fee and other costs off.
  public static func expectedValue(chance: Double, price: Double, fee: Double, extra: Double = 0) -> Double {
    chance - price - fee - extra
  }

  /// The share of the bankroll at risk by Kelly: `(p − c) / (1 − c)`, the cost with the fee in it; 0 where there is nothing to win.
  public static func kelly(chance: Double, cost: Double) -> Double {
    cost < 1 ? max(0, (chance - cost) / (1 - cost)) : 0
  }

  /// Dollars to spend, fee included: a fraction of the Kelly share of the bankroll, and no more than the caps.
  public static func stake(kelly: Double, fraction: Double, bankroll: USD, shareMax: Double, caps: USD...) -> Double {
    func dollars(_ usd: USD) -> Double { Double(usd.micros) / 1e6 }
    let all = dollars(bankroll)
    return caps.reduce(min(fraction * kelly * all, shareMax * all)) { min($0, dollars($1)) }
  }
}
