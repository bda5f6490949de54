import Shared

/// What the floor was worth over time, and below it how far it lay under its peak.
enum EquityPicture {
  static func section(_ report: BacktestReport) -> HTML {
    let curve = report.equity
    guard let first = curve.points.first else {
      return "<h2>Equity</h2>\n<p>Nothing was recorded: there is no time to draw along.</p>"
    }
    // The curve is thinned: its end is not.
    let end = max(report.coverage.to, curve.points.last?.at ?? first.at)
    let points = curve.points + [EquityCurve.Point(at: end, worth: curve.last)]
    return """
      <h2>Equity</h2>
      \(PageParts.figure(drawing(points, report).svg(id: "equity"), caption(report), class: "broad"))
      """
  }

  private static func caption(_ report: BacktestReport) -> HTML {
    let curve = report.equity
    var said: HTML =
      "Dollars, cash and what is held at the best bid; time in UTC from \(PageParts.time(report.coverage.from)). \(PageParts.dollars(curve.start)) at first, \(PageParts.dollars(curve.last)) at last; the largest fall, shaded below, was \(PageParts.dollars(curve.maxDrawdown)) from \(PageParts.dollars(curve.drawdownPeak))."
    for change in report.modes {
      said = "\(said) At \(PageParts.time(change.at)) the floor went \(change.mode.rawValue): \(change.reason)."
    }
    return said
  }

  private static func drawing(_ points: [EquityCurve.Point], _ report: BacktestReport) -> Drawing {
    let curve = report.equity
    var drawing = Drawing(
      960, 408, name: "Equity and drawdown",
      description:
        "Equity went from \(PageParts.dollars(curve.start)) to \(PageParts.dollars(curve.last)) dollars; the largest fall was \(PageParts.dollars(curve.maxDrawdown)) dollars."
    )
    let (left, right) = (92.0, 950.0)
    let time = TimeScale(points[0].at, points[points.count - 1].at, start: left, end: right)
    let worth = points.map { PageParts.units($0.worth) }
    let scale = Scale(worth + [PageParts.units(curve.start)], from: 250, to: 28, margin: 0.06)
    var peak = -Double.infinity
    let falls = worth.map { value in
      peak = max(peak, value)
      return peak - value
    }
    let deep = Scale(falls + [0, PageParts.units(curve.maxDrawdown)], from: 294, to: 376)
    drawing.times(time, 8, top: 28, bottom: 376)
    drawing.rows(scale, 5, left: left, right: right) { Figures.text($0, decimals: $1) }
    drawing.rows(deep, 2, left: left, right: right) { $0 == 0 ? "0" : "-" + Figures.text($0, decimals: $1) }
    if let start = scale.place(PageParts.units(curve.start)) {
      drawing.line([(left, start), (right, start)], class: "base")
    }
    let places = points.map { time.place($0.at) }
    drawing.line(steps(places, worth.map { scale.place($0) ?? scale.start }), class: "curve")
    let zero = deep.place(0) ?? deep.start
    let fall = steps(places, falls.map { deep.place($0) ?? deep.start })
    drawing.area([(places[0], zero)] + fall + [(places[places.count - 1], zero)], class: "fall")
    drawing.line([(left, zero), (right, zero)], class: "zero")
    drawing.label("equity, $", x: left, y: 18, class: "strong")
    drawing.label("below its peak, $", x: left, y: 284, class: "strong")
    for change in report.modes {
      let x = time.place(change.at)
      drawing.line([(x, 28), (x, 376)], class: "base")
      drawing.label(change.mode.rawValue, x: x + 4, y: 42, class: "strong")
    }
    return drawing
  }

  /// A value stands until the next one.
  static func steps(_ x: [Double], _ y: [Double]) -> [(x: Double, y: Double)] {
    var corners: [(x: Double, y: Double)] = []
    for (index, place) in x.enumerated() {
      if index > 0 { corners.append((place, y[index - 1])) }
      corners.append((place, y[index]))
    }
    return corners
  }
}
