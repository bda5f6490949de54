import Shared

/// Whether what the strategy believed came as often as it believed.
enum CalibrationPicture {
  static func section(_ report: BacktestReport) -> HTML {
    guard let calibration = Calibration(report.trips, report.results) else {
      return """
        <h2>Calibration of p̂</h2>
        <p>No trip here has both a probability that its strategy stated (the hammer's do) and a market with a result: there is nothing to calibrate.</p>
        """
    }
    let drawing = drawing(calibration)
    return """
      <h2>Calibration of p̂</h2>
      <p>\(words(calibration))</p>
      <div class="pair">\(PageParts.figure(drawing.svg(id: "calibration"), "How often YES won against the probability given to it, in tenths; whiskers are 95 % intervals (Wilson), discs the model, rings the price paid. On the diagonal, what is said is what comes."))
      <div>\(scores(calibration))</div></div>
      \(bins(calibration))
      """
  }

  private static func words(_ calibration: Calibration) -> String {
    var words =
      "\(PageParts.count(calibration.trips, "trip")) in \(PageParts.count(calibration.markets, "market")), judged by their markets' results. Only moments that were traded are here: the sample is the strategy's own choice, and trips of one market are one throw of the dice."
    if calibration.undecided > 0 {
      words += " \(PageParts.count(calibration.undecided, "trip")) more had no result to judge by."
    }
    if calibration.inferred > 0 {
      words += " For \(calibration.inferred) of them the result is only inferred from the last price."
    }
    return words
  }

  private static func drawing(_ calibration: Calibration) -> Drawing {
    var drawing = Drawing(
      420, 400, name: "Reliability of the stated probabilities",
      description:
        "Brier score \(Figures.text(calibration.model.brier, decimals: 4)) for the model and \(Figures.text(calibration.price.brier, decimals: 4)) for the price paid, over \(PageParts.count(calibration.trips, "trip"))."
    )
    let (x, y) = PageParts.probabilities(of: "YES", &drawing)
    // Side by side, so that neither hides the other.
    draw(calibration.price, x, y, shift: 3, .ring, "paid", "price paid", &drawing)
    draw(calibration.model, x, y, shift: -3, .disc, "model", "model", &drawing)
    return drawing
  }

  private static func draw(
    _ forecast: Calibration.Forecast, _ x: Scale, _ y: Scale, shift: Double, _ mark: Drawing.Mark, _ name: String,
    _ who: String, _ drawing: inout Drawing
  ) {
    for bin in forecast.bins {
      guard let mean = bin.mean, let rate = bin.rate, let interval = bin.interval, let place = x.place(mean),
        let middle = y.place(rate), let low = y.place(interval.lowerBound), let high = y.place(interval.upperBound)
      else { continue }
      drawing.line([(place + shift, low), (place + shift, high)], class: "whisker \(name)")
      drawing.mark(
        mark, x: place + shift, y: middle, size: 4, class: name,
        hint: "\(who): said \(Figures.text(mean, decimals: 3)), came \(bin.hits) of \(bin.count)")
    }
  }

  private static func scores(_ calibration: Calibration) -> HTML {
    func row(_ name: String, _ forecast: Calibration.Forecast) -> HTML {
      "<tr><td>\(name)</td><td class=\"n\">\(Figures.text(forecast.brier, decimals: 4))</td><td class=\"n\">\(Figures.text(forecast.logLoss, decimals: 4))</td></tr>\n"
    }
    return PageParts.table(
      [("forecast", false), ("Brier score", true), ("log loss", true)],
      [row("model", calibration.model), row("price paid", calibration.price)])
  }

  private static func bins(_ calibration: Calibration) -> HTML {
    let rows = zip(calibration.model.bins, calibration.price.bins).map { model, price -> HTML in
      let interval = model.interval.map {
        "\(Figures.percent($0.lowerBound, decimals: 0))–\(Figures.percent($0.upperBound, decimals: 0))"
      }
      let cells = [
        "\(model.count)", Figures.percent(model.mean), Figures.percent(model.rate), interval ?? "-", "\(price.count)",
        Figures.percent(price.mean), Figures.percent(price.rate),
      ]
      return """
        <tr><td>\(Figures.text(model.range.lowerBound, decimals: 1))–\(Figures.text(model.range.upperBound, decimals: 1))</td>\(cells.map { "<td class=\"n\">\($0)</td>" as HTML })</tr>

        """
    }
    let head = ["trips", "said %", "came %", "95 %", "trips by price", "price %", "came %"]
    return PageParts.table([("tenth", false)] + head.map { ($0, true) }, rows)
  }
}
