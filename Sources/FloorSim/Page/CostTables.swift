import Shared

/// What trading cost, and how positions ended.
enum CostTables {
  static func section(_ report: BacktestReport) -> HTML {
    guard !report.trips.isEmpty else { return "<h2>Fees and exits</h2>\n<p>Nothing was traded.</p>" }
    return """
      <h2>Fees</h2>
      \(fees(report))
      <h2>Exits</h2>
      \(exits(report.trips))
      """
  }

  private static func fees(_ report: BacktestReport) -> HTML {
    func rows(_ name: String, _ statistics: TripStatistics) -> [PageParts.Bar] {
      let summary = statistics.summary
      return [("gross", summary.pnl + summary.fees), ("fees", -summary.fees), ("net", summary.pnl)].map {
        what, amount in
        PageParts.Bar(
          cells: [what == "gross" ? name : "", what], value: PageParts.units(amount), shown: PageParts.signed(amount),
          sign: PageParts.sign(amount))
      }
    }
    var bars = report.agents.flatMap { rows($0.name.text, $0.statistics) }
    if report.agents.count > 1 { bars += rows("all", report.statistics) }
    let share = report.volume > .zero ? PageParts.units(report.fees) / PageParts.units(report.volume) : nil
    return """
      <p>\(PageParts.count(report.fills, "fill")), \(PageParts.dollars(report.volume)) $ traded, \(PageParts.dollars(report.fees)) $ of fees: \(Figures.percent(share, decimals: 2)) % of what was traded.</p>
      \(PageParts.bars(["agent", ""], value: "$", bars))
      """
  }

  private static func exits(_ trips: [RoundTrip]) -> HTML {
    var exits: [String: (trips: Int, pnl: USD)] = [:]
    for trip in trips {
      exits[trip.exitReason, default: (0, .zero)].trips += 1
      exits[trip.exitReason, default: (0, .zero)].pnl += trip.pnl
    }
    let bars = exits.sorted { ($1.value.trips, $0.key) < ($0.value.trips, $1.key) }.map { reason, sum in
      PageParts.Bar(
        cells: [reason, "\(sum.trips)"], value: PageParts.units(sum.pnl), shown: PageParts.signed(sum.pnl),
        sign: PageParts.sign(sum.pnl))
    }
    return PageParts.bars(["exit", "trips"], value: "net $", bars)
  }
}
