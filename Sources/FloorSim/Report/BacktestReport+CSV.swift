import Shared

extension BacktestReport {
  /// The round trips, a line each, oldest first. No cell holds a comma: names, codes and numbers only.
  public var tradesCSV: String {
    let head =
      "agent,strategy,market,outcome,opened_at,closed_at,shares,entry_price,exit_price,cost_usd,proceeds_usd,fees_usd,pnl_usd,entry_reason,exit_reason,payout,marked"
    let strategies = Dictionary(agents.map { ($0.name, $0.strategy) }) { first, _ in first }
    let lines = trips.map { trip in
      [
        trip.agent.text, strategies[trip.agent] ?? "", trip.market.text, trip.outcome.rawValue, "\(trip.openedAt)",
        "\(trip.closedAt)", "\(trip.shares)", "\(trip.entryPrice)", "\(trip.exitPrice)", "\(trip.cost)",
        "\(trip.proceeds)", "\(trip.fees)", "\(trip.pnl)", trip.entryReason, trip.exitReason,
        trip.payout.map { "\($0)" } ?? "", trip.isMarked ? "true" : "false",
      ].joined(separator: ",")
    }
    return ([head] + lines).joined(separator: "\n") + "\n"
  }
}
