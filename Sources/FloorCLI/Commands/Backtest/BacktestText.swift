import FloorSim
import Shared

/// A backtest's report for the terminal.
enum BacktestText {
  static func text(_ report: BacktestReport) -> String {
    [coverage(report.coverage), agents(report), reasons(report), exits(report), end(report)]
      .filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func coverage(_ coverage: TapeCoverage) -> String {
    let results = TapeResult.allCases.compactMap { how in coverage.results[how].map { "\($0) \(how.rawValue)" } }
    var lines = [
      "\(coverage.markets) markets, \(coverage.from) to \(coverage.to)",
      "\(coverage.frames) frames (\(coverage.unreadable) not readable): \(coverage.books) books, \(coverage.changes) changes, \(coverage.trades) trades, \(coverage.quotes) best prices, \(coverage.referenceTicks) reference prices",
      "results: \(results.isEmpty ? "none" : results.joined(separator: ", "))"
        + (coverage.unprovable > 0 ? ", \(coverage.unprovable) unprovable" : "")
        + (coverage.contradicted > 0 ? "; \(coverage.contradicted) told otherwise afterwards, or too late" : ""),
    ]
    if coverage.assumedBooks > 0 {
      lines.append("\(coverage.assumedBooks) books were made of best prices with a stated size")
    }
    if coverage.gaps > 0 {
      lines.append(
        "\(coverage.gaps) times without a frame for more than \(TapeCoverage.gapLimit.components.seconds) s, at most \(Figures.text(Double(coverage.longestGap.milliseconds) / 1000, decimals: 0)) s"
      )
    }
    return lines.joined(separator: "\n")
  }

  private static func agents(_ report: BacktestReport) -> String {
    var table = Table([
      "agent", "strategy", "trades", "won %", "95 %", "price-implied %", "net $", "fees $", "on risk %", "t",
      "t by market",
      "drawdown $",
    ])
    func row(_ name: String, _ strategy: String, _ statistics: TripStatistics) -> [String] {
      let summary = statistics.summary
      let interval = statistics.winRateInterval.map {
        "\(Figures.percent($0.lowerBound, decimals: 0))-\(Figures.percent($0.upperBound, decimals: 0))"
      }
      return [
        name, strategy, "\(summary.trades)", Figures.percent(summary.winRate), interval ?? "-",
        Figures.percent(summary.impliedWinRate), dollars(summary.pnl), dollars(summary.fees),
        Figures.percent(summary.returnOnRisk, decimals: 2), Figures.text(summary.score),
        Figures.text(statistics.scoreByMarket),
        dollars(summary.maxDrawdown),
      ]
    }
    for agent in report.agents { table.rows.append(row(agent.name.text, agent.strategy, agent.statistics)) }
    if report.agents.count > 1 { table.rows.append(row("all", "", report.statistics)) }
    return table.text
  }

  /// What kept the agents from trading, the most frequent first.
  private static func reasons(_ report: BacktestReport) -> String {
    var table = Table(["why not", "who", "times"])
    for agent in report.agents {
      for (reason, count) in agent.tally.refusals.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(8) {
        table.rows.append([reason, agent.name.text, "\(count)"])
      }
    }
    for (code, count) in report.denied.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      table.rows.append([code.rawValue, "risk gate", "\(count)"])
    }
    for (code, count) in report.refused.sorted(by: { $0.key < $1.key }) {
      table.rows.append([code, "record, venue", "\(count)"])
    }
    return table.rows.isEmpty ? "" : table.text
  }

  private static func exits(_ report: BacktestReport) -> String {
    let exits = report.statistics.exits
    guard !exits.isEmpty else { return "" }
    return Table(["exit", "trades"], exits.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value)"] }).text
  }

  private static func end(_ report: BacktestReport) -> String {
    let equity = report.equity
    var lines = [
      "equity \(dollars(equity.start)) -> \(dollars(equity.last)) $, most drawdown \(dollars(equity.maxDrawdown)) $; \(report.fills) fills, \(dollars(report.volume)) $ traded",
      "decisions: "
        + report.agents.map { "\($0.name) \(String($0.digest, radix: 16)) (\($0.decisions))" }.joined(separator: ", "),
    ]
    for change in report.modes {
      lines.append("\(change.at): the floor went \(change.mode.rawValue): \(change.reason)")
    }
    if report.trips.contains(where: \.isMarked) {
      lines.append(
        "\(report.trips.count(where: \.isMarked)) positions were open when the recording ended, valued at the best bid")
    }
    return lines.joined(separator: "\n")
  }

  /// To the cent, for people; exact in report.json.
  static func dollars(_ amount: USD) -> String { Figures.text(Double(amount.micros) / 1e6) }
}
