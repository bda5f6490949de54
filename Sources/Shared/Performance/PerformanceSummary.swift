/// An agent's record in numbers. Everything is recomputable from its trades.
public struct PerformanceSummary: Hashable, Sendable {
  /// Of what one value of the Sharpe ratio speaks: returns per trade, not annualised, because trades are not spread evenly in time.
  public static let sharpePeriod = "trade"

  public let trades: Int
  public let wins: Int
  public let pnl: USD
  public let fees: USD
  public let atRisk: USD
  /// Largest fall of the cumulated result from its peak, ≥ 0.
  public let maxDrawdown: USD
  public let first: WallTime?
  public let last: WallTime?
  public let lastTradeID: Int64
  /// Of the trades' returns on what they risked; `nil` without trades.
  public let meanReturn: Double?
  /// Sample deviation of those returns; `nil` below two trades.
  public let deviation: Double?
  /// The win rate at which buying at the prices paid, fees included, breaks even: what was paid a share on average, each trade
  /// counted once. Exact for trades held to the outcome, where a share pays one dollar or nothing.
  public let impliedWinRate: Double?

  /// - Parameter trades: standing trades of one agent, oldest first.
  public init(_ trades: [CompletedTrade]) {
    var pnl = USD.zero
    var fees = USD.zero
    var atRisk = USD.zero
    var peak = USD.zero
    var drawdown = USD.zero
    var paid = 0.0
    var returns: [Double] = []
    for trade in trades {
      pnl += trade.pnl
      fees += trade.fees
      atRisk += trade.atRisk
      peak = max(peak, pnl)
      drawdown = max(drawdown, peak - pnl)
      if trade.shares > .zero { paid += Double(trade.atRisk.micros) / Double(trade.shares.micros) }
      if trade.atRisk > .zero { returns.append(Double(trade.pnl.micros) / Double(trade.atRisk.micros)) }
    }
    self.trades = trades.count
    wins = trades.count { $0.isWin }
    self.pnl = pnl
    self.fees = fees
    self.atRisk = atRisk
    maxDrawdown = drawdown
    first = trades.first?.executedAt
    last = trades.last?.executedAt
    lastTradeID = trades.map(\.id).max() ?? 0
    impliedWinRate = trades.isEmpty ? nil : paid / Double(trades.count)
    let count = Double(returns.count)
    let mean = returns.isEmpty ? nil : returns.reduce(0, +) / count
    meanReturn = mean
    if let mean, returns.count > 1 {
      deviation = (returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
    } else {
      deviation = nil
    }
  }

  public var winRate: Double? { trades == 0 ? nil : Double(wins) / Double(trades) }
  public var returnOnRisk: Double? { atRisk > .zero ? Double(pnl.micros) / Double(atRisk.micros) : nil }

  /// Mean return of a trade over its deviation; `nil` while there is no deviation to divide by.
  public var sharpe: Double? {
    guard let meanReturn, let deviation, deviation > 0 else { return nil }
    return meanReturn / deviation
  }

  /// How many standard errors the mean return lies from zero; infinite when all returns are the same.
  public var score: Double? {
    guard let meanReturn, let deviation, trades > 1 else { return nil }
    if deviation == 0 { return meanReturn == 0 ? 0 : meanReturn < 0 ? -.infinity : .infinity }
    return meanReturn / deviation * Double(trades).squareRoot()
  }
}
