import Shared

/// One flat → flat cycle of one agent in one token: what the record keeps as a trade (`trade_records`).
public struct RoundTrip: Hashable, Sendable {
  public let agent: AgentName
  public let market: MarketSlug
  public let outcome: Outcome
  public let openedAt: MarketTime
  public internal(set) var closedAt: MarketTime
  /// Bought in all.
  public internal(set) var shares: Shares
  /// Paid for them, without fees.
  public internal(set) var cost: USD
  public internal(set) var proceeds: USD
  public internal(set) var fees: USD
  public internal(set) var entryReason: String
  public internal(set) var exitReason: String
  /// What the agent decided the entry on.
  public internal(set) var evidence: JSON
  /// Dollars a share of the outcome when the market was decided; `nil` when it was sold before.
  public internal(set) var payout: Price?
  /// It ended because the recording did: valued at the best bid, or at its cost where there was none.
  public internal(set) var isMarked = false

  public var pnl: USD { proceeds - cost - fees }

  /// Average dollars paid a share, to the nearest 10⁻⁶.
  public var entryPrice: Price { RoundTrip.average(cost, shares) }
  public var exitPrice: Price { RoundTrip.average(proceeds, shares) }

  static func average(_ dollars: USD, _ shares: Shares) -> Price {
    let micros = divide(Int128(dollars.micros) * 1_000_000, by: Int128(max(1, shares.micros)), rounding: .nearest)
    return Price(micros: min(1_000_000, max(0, Int64(clamping: micros)))) ?? .zero
  }
}
