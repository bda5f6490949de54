import Shared

/// Shares that were bought and held until the market was decided: they bring a dollar each, or nothing.
public struct SweepBet: Hashable, Sendable {
  public let outcome: Outcome
  public let shares: Shares
  /// What is lost when the other outcome comes: cost and fees.
  public let risked: USD

  public init(outcome: Outcome, shares: Shares, risked: USD) {
    self.outcome = outcome
    self.shares = shares
    self.risked = risked
  }

  /// `nil` for a trip that was sold, all or a part of it, or valued at the recording's end: what it could have brought is no yes or no.
  public init?(_ trip: RoundTrip) {
    guard let payout = trip.payout, trip.shares > .zero,
      let paid = try? USD(payout, times: trip.shares, rounding: .nearest), paid == trip.proceeds
    else { return nil }
    self.init(outcome: trip.outcome, shares: trip.shares, risked: trip.cost + trip.fees)
  }

  /// `["YES","10","9.5"]`: outcome, shares, dollars risked.
  public var json: JSON { [.string(outcome.rawValue), .text(shares), .text(risked)] }

  /// `nil` for what is none.
  public init?(_ json: JSON) {
    guard let parts = json.array, parts.count == 3, let outcome = parts[0].string.flatMap(Outcome.init(rawValue:)),
      let shares = parts[1].shares, shares > .zero, let risked = parts[2].usd
    else { return nil }
    self.init(outcome: outcome, shares: shares, risked: risked)
  }
}
