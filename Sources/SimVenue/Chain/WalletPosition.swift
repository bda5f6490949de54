import Shared

/// What a wallet holds of one token, with what it cost. Exact: money and shares at 10⁻⁶; average costs are rounded down to the micro-dollar
/// and the rest stays with what is still held.
struct WalletPosition: Hashable, Sendable {
  private(set) var shares = Shares.zero
  /// Cost of what is held, without fees.
  private(set) var cost = USD.zero
  /// Shares ever acquired, what they cost, and the fees on top.
  private(set) var acquired = Shares.zero
  private(set) var spent = USD.zero
  private(set) var fees = USD.zero
  private(set) var realized = USD.zero
  /// Market time in seconds.
  private(set) var firstAt: Int64
  private(set) var lastAt: Int64

  init(at second: Int64) {
    firstAt = second
    lastAt = second
  }

  /// Per share of what is held, or of all that was when nothing is left.
  var averagePrice: USD {
    shares > .zero ? Self.perShare(cost, shares) : Self.perShare(spent, acquired)
  }

  mutating func add(_ more: Shares, cost price: USD, fee: USD, at second: Int64) {
    shares += more
    cost += price
    acquired += more
    spent += price
    fees += fee
    lastAt = second
  }

  /// - Returns: what was won or lost.
  mutating func remove(_ less: Shares, proceeds: USD, at second: Int64) -> USD {
    // A sale may be seen before its purchase, which was retried on its way to the chain: what is not there has no cost.
    let held = min(less, max(shares, .zero))
    let part =
      held == shares || shares <= .zero
      ? cost : USD(micros: Int64(Int128(cost.micros) * Int128(held.micros) / Int128(shares.micros)))
    shares -= less
    cost -= part
    let won = proceeds - part
    realized += won
    lastAt = second
    return won
  }

  /// Value of so many shares, owed ones included, at a price in micro-dollars, rounded towards nothing.
  static func value(_ shares: Shares, at price: Int64) -> USD {
    USD(micros: Int64(Int128(shares.micros) * Int128(price) / 1_000_000))
  }

  private static func perShare(_ money: USD, _ shares: Shares) -> USD {
    guard shares > .zero else { return .zero }
    let half = Int128(shares.micros) / 2
    return USD(micros: Int64((Int128(money.micros) * 1_000_000 + half) / Int128(shares.micros)))
  }
}
