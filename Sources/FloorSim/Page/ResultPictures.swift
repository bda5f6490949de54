import Shared

/// Net results by market and by hour of the day.
enum ResultPictures {
  /// Markets with a bar of their own.
  static let mostMarkets = 40

  static func section(_ report: BacktestReport) -> HTML {
    let statistics = report.statistics
    guard !statistics.markets.isEmpty else {
      return "<h2>Result by market and hour</h2>\n<p>Nothing was traded.</p>"
    }
    return """
      <h2>Result by market</h2>
      \(markets(statistics.markets))
      <h2>Result by hour of the day</h2>
      \(PageParts.figure(hours(report).svg(id: "hours"), "Net dollars of the trips opened in each hour (UTC), of all days together, with the number of trips.", class: "broad"))
      """
  }

  private static func markets(_ all: [TripStatistics.MarketResult]) -> HTML {
    // By size of the result, so that what is left out matters least; then from the best to the worst.
    let bySize = all.sorted { ($1.pnl.micros.magnitude, $0.market) < ($0.pnl.micros.magnitude, $1.market) }
    let shown = bySize.prefix(mostMarkets).sorted { ($1.pnl, $0.market) < ($0.pnl, $1.market) }
    let rest = bySize.dropFirst(mostMarkets)
    var bars = shown.map { bar($0.market.text, $0.trades, $0.pnl) }
    if !rest.isEmpty {
      // Without a bar: a sum of many would dwarf the single ones.
      let sum = rest.map(\.pnl).reduce(.zero, +)
      bars.append(
        PageParts.Bar(
          cells: ["\(rest.count) more together", "\(rest.map(\.trades).reduce(0, +))"], value: 0,
          shown: PageParts.signed(sum), sign: PageParts.sign(sum)))
    }
    let won = all.count { $0.pnl > .zero }
    return """
      <p>\(PageParts.count(all.count, "market")) traded, \(won) of them with a gain.\(rest.isEmpty ? "" : " The \(mostMarkets) largest results have a bar each.")</p>
      \(PageParts.bars(["market", "trips"], value: "net $", bars))
      """
  }

  private static func bar(_ name: String, _ trades: Int, _ pnl: USD) -> PageParts.Bar {
    PageParts.Bar(
      cells: [name, "\(trades)"], value: PageParts.units(pnl), shown: PageParts.signed(pnl), sign: PageParts.sign(pnl))
  }

  private static func hours(_ report: BacktestReport) -> Drawing {
    var counts = Array(repeating: 0, count: 24)
    for trip in report.trips { counts[Int(trip.openedAt.seconds / 3600 % 24)] += 1 }
    let results = report.statistics.hours.map(PageParts.units)
    let best = results.indices.max { results[$0] < results[$1] } ?? 0
    let worst = results.indices.min { results[$0] < results[$1] } ?? 0
    var drawing = Drawing(
      960, 270, name: "Result by hour of the day",
      description:
        "Best hour \(best) with \(Figures.text(results[best])) dollars, worst hour \(worst) with \(Figures.text(results[worst])) dollars."
    )
    let (left, right, top, bottom) = (92.0, 950.0, 20.0, 234.0)
    let scale = Scale(results + [0], from: bottom, to: top, margin: 0.1)
    drawing.rows(scale, 5, left: left, right: right) { Figures.text($0, decimals: $1) }
    let zero = scale.place(0) ?? bottom
    drawing.line([(left, zero), (right, zero)], class: "zero")
    let slot = (right - left) / 24
    // Three digits have no room where the drawing is small.
    let counting = counts.contains { $0 > 99 } ? "strong minor" : "strong"
    for hour in 0..<24 {
      let middle = left + (Double(hour) + 0.5) * slot
      drawing.label("\(hour)", x: middle, y: bottom + 18, .middle, class: hour % 3 == 0 ? "" : "minor")
      guard counts[hour] > 0, let y = scale.place(results[hour]) else { continue }
      let hint =
        "\(hour):00 to \(hour):59: \(PageParts.count(counts[hour], "trip")), \(Figures.text(results[hour])) $"
      drawing.bar(
        x: middle - slot * 0.36, y: min(y, zero), width: slot * 0.72, height: max(1, abs(y - zero)),
        class: results[hour] >= 0 ? "gain" : "loss", hint: hint)
      drawing.label(
        "\(counts[hour])", x: middle, y: results[hour] >= 0 ? y - 5 : y + 19, .middle, class: counting)
    }
    return drawing
  }
}
