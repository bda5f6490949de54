import Shared

extension CalibrationStudy {
  /// The study for people: one HTML file with all it needs in it, which loads nothing and runs nothing.
  /// - Parameter about: lines on what was calibrated on.
  public func page(about: [String]) -> String {
    let title = "Calibration of the hammer's forecasts"
    return PageParts.document(
      title,
      """
      \(about.map { "<p>\($0)</p>\n" as HTML })
      <div class="note"><p>Intervals are 95 % of \(bootstrap.draws) resamples in which whole windows are drawn (seed \(String(bootstrap.seed))). Forecasts of one window at several times hang on one result: rows of the table are not independent of each other.</p></div>
      <h2>Scores</h2>
      \(CalibrationStudyPage.scores(self))
      <h2>Reliability</h2>
      <div class="pair">\(rows.enumerated().map { CalibrationStudyPage.figure($0.element, number: $0.offset) })</div>
      <h2>The favourite</h2>
      \(favourites.map { CalibrationStudyPage.favourite($0) })
      """)
  }
}

enum CalibrationStudyPage {
  typealias Estimate = ClusterBootstrap.Estimate

  static func scores(_ study: CalibrationStudy) -> HTML {
    let rows = study.rows.flatMap { row in
      row.scores.map { score -> HTML in
        let cells = ["\(row.left)", score.forecaster.rawValue, "\(score.samples)"]
        return """
          <tr>\(cells.map { "<td>\($0)</td>" as HTML })<td class="n">\(text(score.brier))</td><td class="n">\(text(score.logLoss))</td></tr>

          """
      }
    }
    return PageParts.table(
      [("s before", false), ("forecaster", false), ("samples", false), ("Brier score", true), ("log loss", true)], rows)
  }

  private static func text(_ estimate: Estimate) -> String {
    let figures = [estimate.value, estimate.low, estimate.high].map { Figures.text($0, decimals: 3) }
    return "\(figures[0]) [\(figures[1]) \(figures[2])]"
  }

  /// The trading model and what it is held against: the market, or else the seed's formula.
  private static func pair(_ row: CalibrationStudy.Row) -> [CalibrationStudy.Reliability] {
    let trading = row.reliability.first { Forecaster.trading.contains($0.forecaster) }
    let other =
      row.reliability.first { $0.forecaster == .marketMid } ?? row.reliability.first { $0.forecaster == .normalSpot }
    return [trading, other].compactMap { $0 }
  }

  static func figure(_ row: CalibrationStudy.Row, number: Int) -> HTML {
    let shown = pair(row)
    let names = shown.map(\.forecaster.rawValue)
    var drawing = Drawing(
      420, 400, name: "Reliability \(row.left) s before the close",
      description:
        "How often Up came against its stated probability, over \(PageParts.count(row.samples, "sample")) in \(PageParts.count(row.clusters, "cluster"))."
    )
    let (x, y) = PageParts.probabilities(of: "Up", &drawing)
    // The second first, so that the trading model lies on top; side by side, so that neither hides the other.
    for (index, reliability) in shown.enumerated().reversed() {
      draw(reliability, x, y, shift: index == 0 ? -3 : 3, isFirst: index == 0, &drawing)
    }
    let caption =
      names.count == 2
      ? "\(row.left) s before the close: discs \(names[0]), rings \(names[1])."
      : "\(row.left) s before the close: \(names.first ?? "nobody")."
    return PageParts.figure(drawing.svg(id: "reliability-\(number)"), "\(caption) Whiskers are 95 % intervals.")
  }

  private static func draw(
    _ reliability: CalibrationStudy.Reliability, _ x: Scale, _ y: Scale, shift: Double, isFirst: Bool,
    _ drawing: inout Drawing
  ) {
    let name = isFirst ? "model" : "paid"
    for bin in reliability.bins {
      guard let place = x.place(bin.claimed), let middle = y.place(bin.came.value), let low = y.place(bin.came.low),
        let high = y.place(bin.came.high)
      else { continue }
      drawing.line([(place + shift, low), (place + shift, high)], class: "whisker \(name)")
      drawing.mark(
        isFirst ? .disc : .ring, x: place + shift, y: middle, size: 4, class: name,
        hint:
          "\(reliability.forecaster.rawValue): said \(Figures.text(bin.claimed, decimals: 3)), came \(Figures.text(bin.came.value, decimals: 3)) of \(bin.count)"
      )
    }
  }

  static func favourite(_ favourite: CalibrationStudy.Favourite) -> HTML {
    let rows = favourite.reliability.flatMap { reliability in
      reliability.bins.map { bin -> HTML in
        """
        <tr><td>\(reliability.forecaster.rawValue)</td><td>\(Figures.text(bin.range.lowerBound))–\(Figures.text(bin.range.upperBound))</td><td class="n">\(bin.count)</td><td class="n">\(Figures.text(bin.claimed, decimals: 4))</td><td class="n">\(text(bin.came))</td></tr>

        """
      }
    }
    let times = favourite.before.map { "\($0)" }.joined(separator: ", ")
    return """
      <h3>\(times) s before the close: claimed against won</h3>
      \(PageParts.table([("forecaster", false), ("claim", false), ("samples", true), ("mean claim", true), ("won", true)], rows))
      """
  }
}
