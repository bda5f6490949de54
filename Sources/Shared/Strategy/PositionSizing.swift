/// How much of its money an agent puts into one entry, and how many shares that is. Whatever the method, `size_usd` and the floor's limits cap
/// it, and nothing is bought that could not be sold again.
public struct PositionSizing: Hashable, Sendable {
  public enum Method: String, Hashable, Sendable, CaseIterable {
    /// `size_usd`.
    case fixed
    /// A share of the agent's allocation.
    case percent
    /// What the strategy's own estimate is worth: a fraction of the Kelly share of the bankroll. Only where a strategy states a chance.
    case kelly
  }

  /// Whoever states a chance bets a share of Kelly's, all others dollars; the first is what counts where nothing is said.
  public static func methods(statesChance: Bool) -> [Method] { statesChance ? [.kelly] : [.fixed, .percent] }

  /// A strategy states a chance when it has this parameter.
  public static let chanceKey = "kelly_fraction_ratio"

  public let method: Method
  /// Of `percent`: of the allocation, in millionths of a per cent.
  public let percentMicros: Int64

  public init(_ method: Method, percentMicros: Int64 = 0) {
    self.method = method
    self.percentMicros = percentMicros
  }

  /// Of an agent's row: `{"method":"percent","pct":"10"}`. Rows without one are of fixed dollars, or the strategy's own business.
  /// - Returns: `nil` when it does not read.
  public init?(_ json: JSON?) {
    guard let json, !json.isNull else {
      self.init(.fixed)
      return
    }
    guard let method = json["method"]?.string.flatMap(Method.init(rawValue:)) else { return nil }
    let percent = json["pct"]?.decimalText.flatMap { try? Decimal6.parse($0) }
    if method == .percent, percent.map({ !(10_000...100_000_000).contains($0) }) ?? true { return nil }
    self.init(method, percentMicros: percent ?? 0)
  }

  public var json: JSON {
    let own: JSON = ["method": .string(method.rawValue)]
    return method == .percent ? own.with("pct", .string(Decimal6.text(percentMicros))) : own
  }

  /// The most that one entry of an agent may spend that is born with this allocation.
  /// - Parameter size: what it wants at most, `size_usd`.
  public func most(size: USD, allocation: USD) -> USD {
    guard method == .percent else { return size }
    let share = divide(Int128(allocation.micros) * Int128(percentMicros), by: 100_000_000, rounding: .down)
    // Less than the venue takes at all would only be refused again and again by another name.
    return min(size, max(Self.marketableMinimum, USD(micros: Int64(clamping: share))))
  }

  // MARK: Shares

  /// The venue's least value of an order that takes at once.
  public static let marketableMinimum = USD(dollars: 1)

  /// Shares of an entry that takes at once and never costs more than `budget`, fee included; `nil` where there is none with a legal way out.
  /// The venue takes the fee of a purchase in dollars, so what is bought is what can be sold: as many shares as may rest (N-18), worth at
  /// least a dollar at `ask`, because a better price than the limit makes the order worth less.
  /// - Parameter atMost: shares beyond which nothing is wanted.
  public static func entry(
    budget: USD, limit: Price, ask: Price, fee: TakerFee, minimum: Shares, atMost: Shares? = nil
  ) -> Shares? {
    let affordable = shares(budget: budget, limit: limit, fee: fee)
    let size = atMost.map { min($0, affordable) } ?? affordable
    return meetsMinimums(size, at: ask, minimum: minimum) ? size : nil
  }

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
