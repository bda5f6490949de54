/// What the monitor advises about one agent.
public struct Advice: Hashable, Sendable {
  public enum Action: String, Sendable {
    case retire = "RETIRE"
    case clone = "CLONE"
  }

  public let action: Action
  /// Everything the rule looked at, so that the advice can be recomputed from the record.
  public let evidence: JSON
}

/// The first, simple rule: with enough trades, an agent that loses more than a threshold on what it risked, and whose mean return lies
/// so far below zero that chance is a poor excuse, should retire; the same above for cloning. It looks again only after further trades,
/// because looking often finds chance.
public struct AdviceRule: Hashable, Sendable {
  public static let name = "mean-return"

  /// Fewest trades for a judgement.
  public let sampleMin: Int
  /// Retire below this net return on risk, in per cent.
  public let retireBelowPercent: Double
  /// Clone above this one.
  public let cloneAbovePercent: Double
  /// Further trades before the same agent is judged again after advice.
  public let recheckTrades: Int

  /// Standard errors from zero that the mean return must lie at: about one in twenty below, one in forty above, by chance.
  public static let retireScore = -1.645
  public static let cloneScore = 1.96

  public init(sampleMin: Int = 30, retireBelowPercent: Double = -5, cloneAbovePercent: Double = 5) {
    self.sampleMin = sampleMin
    self.retireBelowPercent = retireBelowPercent
    self.cloneAbovePercent = cloneAbovePercent
    recheckTrades = max(5, sampleMin / 2)
  }

  /// - Parameters:
  ///   - summary: of the most recent trades, at least as many as any bound here asks for.
  ///   - tradesInRecord: how many there are in all; `nil` when the summary is of all of them.
  ///   - tradesAtLastAdvice: how many there were in all at the last advice on this agent; `nil` when there was none.
  public func advice(on summary: PerformanceSummary, tradesInRecord: Int? = nil, tradesAtLastAdvice: Int?) -> Advice? {
    let inRecord = max(tradesInRecord ?? summary.trades, summary.trades)
    guard summary.trades >= sampleMin, let score = summary.score, let ratio = summary.returnOnRisk else { return nil }
    let percent = ratio * 100
    if let tradesAtLastAdvice, inRecord < tradesAtLastAdvice + recheckTrades { return nil }
    let action: Advice.Action
    if score <= AdviceRule.retireScore, percent < retireBelowPercent {
      action = .retire
    } else if score >= AdviceRule.cloneScore, percent > cloneAbovePercent {
      action = .clone
    } else {
      return nil
    }
    return Advice(action: action, evidence: evidence(summary, inRecord, score))
  }

  private func evidence(_ summary: PerformanceSummary, _ inRecord: Int, _ score: Double) -> JSON {
    [
      "trades": .int(summary.trades), "trades_in_record": .int(inRecord), "wins": .int(summary.wins),
      "pnl_usd": .text(summary.pnl),
      "fees_usd": .text(summary.fees),
      "at_risk_usd": .text(summary.atRisk), "max_drawdown_usd": .text(summary.maxDrawdown),
      "return_on_risk": .optional(summary.returnOnRisk.map { .double($0) }),
      "mean_return": .optional(summary.meanReturn.map { .double($0) }),
      "deviation": .optional(summary.deviation.map { .double($0) }),
      "score": score.isFinite ? .double(score) : .string(score < 0 ? "-infinity" : "infinity"),
      "win_rate": .optional(summary.winRate.map { .double($0) }),
      "implied_win_rate": .optional(summary.impliedWinRate.map { .double($0) }),
      "first_trade": .optional(summary.first.map { .text($0) }),
      "last_trade": .optional(summary.last.map { .text($0) }),
      "last_trade_id": .int(summary.lastTradeID),
      "rule": [
        "name": .string(AdviceRule.name), "trades_min_count": .int(sampleMin),
        "retire_below_pct": .double(retireBelowPercent), "clone_above_pct": .double(cloneAbovePercent),
        "retire_score": .double(AdviceRule.retireScore), "clone_score": .double(AdviceRule.cloneScore),
      ],
    ]
  }
}
