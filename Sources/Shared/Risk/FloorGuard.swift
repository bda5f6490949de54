/// The two limits of the whole floor, on two bases, so that they answer different questions: *realised* loss since 00:00 UTC ends
/// entries; the fall of *equity* from the day's peak, open positions included, halts.
public struct FloorGuard: Sendable {
  public let limits: RiskLimits

  public init(limits: RiskLimits) { self.limits = limits }

  /// The stricter breach, or `nil`.
  public func breach(_ floor: FloorStanding) -> Refusal? {
    let fall = floor.peakEquity - floor.equity
    let fallLimit = limits.drawdownRule.limit(of: floor.peakEquity)
    if floor.peakEquity > .zero, fall >= fallLimit {
      return Refusal(
        .drawdown, .init("equity_usd", floor.equity), .init("peak_usd", floor.peakEquity), .init("limit_usd", fallLimit)
      )
    }
    let loss = -floor.realisedToday
    let lossLimit = limits.dailyLossRule.limit(of: floor.capital)
    if loss > .zero, loss >= lossLimit {
      return Refusal(.dailyLoss, .init("loss_usd", loss), .init("limit_usd", lossLimit))
    }
    return nil
  }

  /// The mode that the floor's standing demands.
  public func mode(_ floor: FloorStanding) -> FloorMode {
    guard let breach = breach(floor) else { return .active }
    return breach.code == .drawdown ? .halted : .reduceOnly
  }
}
