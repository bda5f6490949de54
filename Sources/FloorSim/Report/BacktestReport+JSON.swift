import Shared

extension BacktestReport {
  public static let version = 1

  /// The whole report for programs. Money is decimal text, statistics are numbers, times nanoseconds of market time.
  public var json: JSON {
    [
      "report": "backtest", "version": .int(BacktestReport.version), "assumptions": assumptions,
      "coverage": coverage.json,
      "agents": .array(agents.map(\.json)), "total": statistics.json,
      "equity": [
        "start_usd": .text(equity.start), "end_usd": .text(equity.last), "peak_usd": .text(equity.peak),
        "max_drawdown_usd": .text(equity.maxDrawdown),
        "points": .array(equity.points.map { [.int($0.at.nanoseconds), .text($0.worth)] }),
      ],
      "fills": .int(fills), "volume_usd": .text(volume), "fees_usd": .text(fees),
      "denied": BacktestReport.counts(denied.map { ($0.key.rawValue, $0.value) }),
      "refused": BacktestReport.counts(refused.map { ($0.key, $0.value) }),
      "modes": .array(
        modes.map {
          ["at_ns": .int($0.at.nanoseconds), "mode": .string($0.mode.rawValue), "reason": .string($0.reason)]
        }), "books_balance": .bool(booksBalance),
      "results": .array(
        results.keys.sorted().compactMap { slug in
          results[slug].map { ["market": .text(slug), "payout": .text($0.payout), "from": .string($0.from.rawValue)] }
        }), "trades": .array(trips.map(\.json)),
    ]
  }

  var assumptions: JSON {
    [
      "capital_usd": .text(settings.capital), "allocation_usd": .text(settings.allocation),
      "latency_out_ms": .int(settings.latencyOut.milliseconds),
      "latency_back_ms": .int(settings.latencyBack.milliseconds), "beat_ms": .int(settings.beat.milliseconds),
      "tick": .text(settings.terms.tick), "minimum_size": .text(settings.terms.minimumSize),
      "fee_rate": .string(Decimal6.text(settings.terms.fee.rateMicros)),
      "fee_exponent": .int(settings.terms.fee.exponent),
      "settlement_twap_s": .optional(settings.terms.settlementTWAP.map { .int($0) }),
      "stale_after_ms": .int(settings.terms.staleAfter.milliseconds),
      "quote_size": .optional(settings.terms.quoteSize.map { .text($0) }),
      "settle_after_s": .int(settings.terms.settleAfter.milliseconds / 1000),
      "results_from_table": .int(settings.terms.results.count),
      "market_cap_usd": .optional(settings.limits.perMarketUSD.map { .text($0) }),
      "streak_pause_s": .int(settings.streakPause.milliseconds / 1000), "limits": settings.limits.json,
      "series": .array(Set(agents.flatMap(\.series)).map(\.alias).sorted().map { .string($0) }),
      "events": .array(Set(agents.flatMap(\.events)).map(\.text).sorted().map { .string($0) }),
    ]
  }

  static func counts(_ pairs: [(String, Int)]) -> JSON {
    .object(pairs.sorted { $0.0 < $1.0 }.map { JSON.Member($0.0, .int($0.1)) })
  }
}

extension RiskLimits {
  var json: JSON {
    [
      "per_trade_bps": .int(perTradeBps), "per_trade_usd": .optional(perTradeUSD.map { .text($0) }),
      "per_agent_bps": .int(perAgentBps), "per_strategy_bps": .int(perStrategyBps),
      "rules": .array(rules.map { .string($0.text) }), "floor_bps": .int(floorBps),
      "daily_loss_bps": .int(dailyLossBps),
      "drawdown_bps": .int(drawdownBps), "loss_streak_count": .int(lossStreak),
      "strategy_loss_streak_count": .optional(strategyLossStreak.map { .int($0) }),
      "strategy_daily_loss_bps": .optional(strategyDailyLossBps.map { .int($0) }),
      "strategy_drawdown_bps": .optional(strategyDrawdownBps.map { .int($0) }),
      "open_positions_count": .optional(openPositions.map { .int($0) }),
      "spread_max_points": .optional(spreadMaxMicros.map { .string(Decimal6.text($0)) }),
      "collar_points": .string(Decimal6.text(collarMicros)), "book_age_max_ms": .int(bookAgeMax.milliseconds),
      "entry_cutoff_ms": .int(entryCutoff.milliseconds), "orders_per_min": .int(agentOrdersPerMinute),
      "zones": .bool(holdsZones), "late_window_s": .int(lateWindow.milliseconds / 1000),
    ]
  }
}

extension BacktestReport.Agent {
  var json: JSON {
    func counts(_ counts: [String: Int64]) -> JSON {
      .object(counts.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .int($0.value)) })
    }
    return [
      "name": .text(name), "strategy": .string(strategy), "size_usd": .text(size), "parameters": parameters,
      "evaluated": .int(evaluated), "signals": counts(tally.signals), "refusals": counts(tally.refusals),
      "decisions": .int(decisions),
      "digest": .string(Hex.text((0..<8).map { UInt8(truncatingIfNeeded: digest >> (56 - 8 * $0)) })),
      "statistics": statistics.json,
    ]
  }
}

extension TripStatistics {
  var json: JSON {
    [
      "trades": .int(summary.trades), "wins": .int(summary.wins), "pnl_usd": .text(summary.pnl),
      "fees_usd": .text(summary.fees), "at_risk_usd": .text(summary.atRisk),
      "max_drawdown_usd": .text(summary.maxDrawdown), "win_rate": .optional(summary.winRate.map { .double($0) }),
      "win_rate_low": .optional(winRateInterval.map { .double($0.lowerBound) }),
      "win_rate_high": .optional(winRateInterval.map { .double($0.upperBound) }),
      "implied_win_rate": .optional(summary.impliedWinRate.map { .double($0) }),
      "return_on_risk": .optional(summary.returnOnRisk.map { .double($0) }),
      "mean_return": .optional(summary.meanReturn.map { .double($0) }),
      "deviation": .optional(summary.deviation.map { .double($0) }),
      "score": .optional(summary.score.map { .double($0) }),
      "score_by_market": .optional(scoreByMarket.map { .double($0) }),
      "average_win_usd": .optional(averageWin.map { .double($0) }),
      "average_loss_usd": .optional(averageLoss.map { .double($0) }),
      "profit_factor": .optional(profitFactor.map { .double($0) }),
      "exits": BacktestReport.counts(exits.map { ($0.key, $0.value) }),
      "pnl_by_hour_usd": .array(hours.map { .text($0) }),
      "pnl_by_market_usd": .object(markets.map { JSON.Member($0.market.text, .text($0.pnl)) }),
    ]
  }
}

extension TapeCoverage {
  var json: JSON {
    [
      "from_ns": .int(from.nanoseconds), "to_ns": .int(to.nanoseconds), "frames": .int(frames),
      "unreadable": .int(unreadable), "markets": .int(markets), "books": .int(books), "changes": .int(changes),
      "trades": .int(trades), "quotes": .int(quotes), "assumed_books": .int(assumedBooks),
      "reference_ticks": .int(referenceTicks), "gaps": .int(gaps), "longest_gap_ms": .int(longestGap.milliseconds),
      "results": BacktestReport.counts(results.map { ($0.key.rawValue, $0.value) }), "unprovable": .int(unprovable),
      "contradicted": .int(contradicted),
    ]
  }
}

extension RoundTrip {
  var json: JSON {
    [
      "agent": .text(agent), "market": .text(market), "outcome": .string(outcome.rawValue),
      "opened_ns": .int(openedAt.nanoseconds), "closed_ns": .int(closedAt.nanoseconds), "shares": .text(shares),
      "entry_price": .text(entryPrice), "exit_price": .text(exitPrice), "cost_usd": .text(cost),
      "proceeds_usd": .text(proceeds), "fees_usd": .text(fees), "pnl_usd": .text(pnl),
      "entry_reason": .string(entryReason), "exit_reason": .string(exitReason),
      "payout": .optional(payout.map { .text($0) }), "marked": .bool(isMarked), "evidence": evidence,
    ]
  }
}
