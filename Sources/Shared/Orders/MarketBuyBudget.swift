/// How much a market buy may spend when the taker's fee comes on top of it (protocol document, section 3.3). Exact: the amount wanted, its fee
/// and its builder's fee are compared and divided as whole numbers.
public struct MarketBuyBudget: Hashable, Sendable {
  /// The two official clients do not agree; see each.
  public enum Rule: Hashable, Sendable, CaseIterable {
    /// The present client: the largest amount that fits, `available / (1 + f/p + b)`.
    case largestThatFits
    /// The older client: what the whole budget would cost in fees is taken off it, so a little of it is never spent.
    case feeOfAllTakenOff
  }

  /// What the buyer can pay in all.
  public let available: USD
  /// The worst price at which the order may trade.
  public let price: Price
  public let fee: TakerFee
  /// A builder's share of the amount, at 10⁻⁶ (25 basis points are 2500).
  public let builderRateMicros: Int64

  /// `nil` for a price of 0 or 1, at which nothing is bought, for a negative budget, and for a rate outside 0…1.
  public init?(available: USD, price: Price, fee: TakerFee, builderRateMicros: Int64 = 0) {
    guard price > .zero, price < .one, available >= .zero, (0...1_000_000).contains(builderRateMicros) else {
      return nil
    }
    self.available = available
    self.price = price
    self.fee = fee
    self.builderRateMicros = builderRateMicros
  }

  /// The amount to order: `wanted` where it and its fees are within the budget, less where they are not. Cut, never rounded up, to
  /// 10⁻⁶ dollars: what is signed must not cost more than there is.
  /// - Precondition: `wanted` is not negative.
  public func affordable(_ wanted: USD, by rule: Rule = .largestThatFits) -> USD {
    USD(micros: Int64(amount(wanted, by: rule, nearest: false) / 1_000_000))
  }

  /// As `affordable`, to the nearest 10⁻¹² dollars: the twelve digits that the present client calculates with.
  /// - Precondition: `wanted` is not negative.
  public func affordablePicodollars(_ wanted: USD, by rule: Rule = .largestThatFits) -> Int128 {
    Int128(amount(wanted, by: rule, nearest: true))
  }

  /// At 10⁻¹² dollars.
  private func amount(_ wanted: USD, by rule: Rule, nearest: Bool) -> UInt128 {
    precondition(wanted >= .zero, "an amount to spend")
    let (unit, total) = costOfOne
    let wantedPico = UInt128(wanted.micros) * 1_000_000
    let budget = UInt128(available.micros) * 1_000_000
    switch rule {
    case .largestThatFits:
      let cost = total.multipliedFullWidth(by: wantedPico)
      let means = unit.multipliedFullWidth(by: budget)
      // The client compares with ≤, at which both answers are the same.
      if (cost.high, cost.low) <= (means.high, means.low) { return wantedPico }
      return quotient(means, by: total, nearest: nearest)
    case .feeOfAllTakenOff:
      let spent = min(wantedPico, budget)
      // A part of 10⁻¹² of the fees counts as a whole one where the answer is cut.
      let product = (total - unit).multipliedFullWidth(by: spent)
      var fees = quotient(product, by: unit, nearest: nearest)
      if !nearest, unit.dividingFullWidth(product).remainder > 0 { fees += 1 }
      if budget > wantedPico + fees { return wantedPico }
      return budget > fees ? budget - fees : 0
    }
  }

  private func quotient(_ value: (high: UInt128, low: UInt128), by divisor: UInt128, nearest: Bool) -> UInt128 {
    let (quotient, remainder) = divisor.dividingFullWidth(value)
    return nearest && remainder >= divisor - remainder ? quotient + 1 : quotient
  }

  /// `1` and `1 + f/p + b` over one denominator, `f` being `rate · (p · (1 − p))^exponent`: all in 10⁻⁶, so f/p is `rate · (1 − p)` for
  /// exponent 1, `rate · p · (1 − p)²` for 2 and `rate / p` for 0.
  private var costOfOne: (unit: UInt128, total: UInt128) {
    let one: UInt128 = 1_000_000
    let p = UInt128(price.micros)
    let q = UInt128(price.complement.micros)
    let rate = UInt128(fee.rateMicros)
    let builder = UInt128(builderRateMicros)
    switch fee.exponent {
    case 0: return (p * one, p * one + rate * one + builder * p)
    case 1: return (one * one, one * one + rate * q + builder * one)
    default:
      let unit = one * one * one * one
      return (unit, unit + rate * p * q * q + builder * one * one * one)
    }
  }
}
