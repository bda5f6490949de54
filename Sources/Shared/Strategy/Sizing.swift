/// How many shares an amount of dollars buys at worst, and whether the venue takes that few.
public enum Sizing {
  /// The venue's least value of an order that takes at once.
  public static let marketableMinimum = USD(dollars: 1)

  /// Shares, on the venue's grid of 0.01, such that price × shares plus the highest fee of any execution at or below `limit` does not
  /// exceed `budget`. Zero when not even a hundredth fits.
  public static func shares(budget: USD, limit: Price, fee: TakerFee) -> Shares {
    guard budget > .zero, limit > .zero else { return .zero }
    var low: Int64 = 0
    // Without a fee this is the answer; no fee makes it larger.
    var high = Int64(clamping: Int128(budget.micros) * 1_000_000 / Int128(limit.micros) / 10_000)
    while low < high {
      let middle = low + (high - low + 1) / 2
      if let cost = worstCost(Shares(micros: middle * 10_000), limit: limit, fee: fee), cost <= budget {
        low = middle
      } else {
        high = middle - 1
      }
    }
    return Shares(micros: low * 10_000)
  }

  /// What a buy of that many shares at or below `limit` can cost at most, fee included, as the risk gate counts it; `nil` when it leaves
  /// all range.
  public static func worstCost(_ shares: Shares, limit: Price, fee: TakerFee) -> USD? {
    do throws(OverflowError) {
      let worst = fee.worstFee(upTo: limit, shares: shares)
      return try USD(limit, times: shares, rounding: .up).adding(worst).adding(TakerFee.rounding(over: worst))
    } catch {
      return nil
    }
  }

  /// The fee of one share at `price`, in 10⁻⁶ dollars.
  public static func feePerShare(_ fee: TakerFee, at price: Price) -> Int64 {
    // Of a million shares, so that the venue's grid of 10⁻⁵ dollars does not show.
    fee.fee(price: price, shares: Shares(whole: 1_000_000)).micros / 1_000_000
  }

  /// Does the venue take an order of this size that executes at once at `price` or better?
  public static func meetsMinimums(_ shares: Shares, at price: Price, minimum: Shares) -> Bool {
    shares >= minimum && Int128(shares.micros) * Int128(price.micros) >= Int128(marketableMinimum.micros) * 1_000_000
  }
}
