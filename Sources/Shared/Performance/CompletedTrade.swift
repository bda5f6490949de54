/// One round trip as the judge sees it.
public struct CompletedTrade: Hashable, Sendable {
  public let id: Int64
  public let executedAt: WallTime
  public let shares: Shares
  /// Paid for the shares, without fees.
  public let cost: USD
  /// Of buying and selling together.
  public let fees: USD
  /// Net of fees.
  public let pnl: USD

  public init(id: Int64, executedAt: WallTime, shares: Shares, cost: USD, fees: USD, pnl: USD) {
    self.id = id
    self.executedAt = executedAt
    self.shares = shares
    self.cost = cost
    self.fees = fees
    self.pnl = pnl
  }

  /// What could be lost: the cost and the fees.
  public var atRisk: USD { cost + fees }
  public var isWin: Bool { pnl > .zero }
}
