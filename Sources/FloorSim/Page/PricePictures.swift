import Shared

/// Trades on price: the busiest markets' bid and ask over time, with what was bought and sold there.
enum PricePictures {
  /// Round trips drawn in one picture.
  static let mostTrips = 150

  static func section(_ report: BacktestReport) -> HTML {
    guard !report.paths.isEmpty else {
      let why = report.trips.isEmpty ? "Nothing was traded." : "No price paths were kept in this run."
      return "<h2>Trades on price</h2>\n<p>\(why)</p>"
    }
    let figures = report.paths.enumerated().map { index, path in
      figure(path, report, id: "price-\(index + 1)")
    }
    return """
      <h2>Trades on price</h2>
      <p>\(report.paths.count == 1 ? "The market" : "The \(report.paths.count) markets") with most trips. The line is the middle of the YES book and the band reaches from its bid to its ask, in dollars a share; times in UTC. A triangle is an entry, ▲ of YES and ▼ of NO (drawn at one dollar less its price); a dashed line leads to its end: a disc for a gain, a cross for a loss. Where the line breaks off, no two-sided live book stood.</p>
      <div class="pair">
      \(figures)</div>
      """
  }

  private static func figure(_ path: PricePath, _ report: BacktestReport, id: String) -> HTML {
    let trips = report.trips.filter { $0.market == path.market }
    let net = trips.map(\.pnl).reduce(.zero, +)
    let result = report.results[path.market].map { result in
      let winner = result.payout == .one ? "YES won" : result.payout == .zero ? "NO won" : "split"
      return "\(winner) (\(result.from.rawValue))"
    }
    let said =
      "\(PageParts.count(trips.count, "trip")), net \(PageParts.signed(net)) $; \(result ?? "no result is known")"
      + (trips.count > mostTrips ? "; the first \(mostTrips) are drawn." : ".")
    let drawing = drawing(path, Array(trips.prefix(mostTrips)), name: path.market.text, description: said)
    return "<div><h3>\(path.market.text)</h3>\n\(PageParts.figure(drawing.svg(id: id), "\(said)"))</div>\n"
  }

  private static func drawing(_ path: PricePath, _ trips: [RoundTrip], name: String, description: String) -> Drawing {
    var drawing = Drawing(480, 270, name: "Price and trades of \(name)", description: description)
    let (left, right, top, bottom) = (44.0, 470.0, 12.0, 240.0)
    let times = path.points.map(\.at) + trips.map(\.openedAt)
    let from = path.startsAt ?? times.min() ?? MarketTime(nanoseconds: 0)
    let to = path.endsAt ?? max(times.max() ?? from, trips.map(\.closedAt).max() ?? from)
    let time = TimeScale(from, to, start: left, end: right)
    let ends = trips.flatMap { [yes($0, $0.entryPrice), yes($0, $0.exitPrice)] }
    let sides = path.points.flatMap { [$0.bid, $0.ask].compactMap { $0.map(PageParts.units) } }
    let scale = Scale(sides + ends, from: bottom, to: top, margin: 0.04)
    drawing.times(time, 5, top: top, bottom: bottom)
    drawing.rows(scale, 5, left: left, right: right) { Figures.text($0, decimals: max(2, $1)) }
    for run in runs(path, until: to) { draw(run, time, scale, &drawing) }
    for trip in trips { draw(trip, time, scale, &drawing) }
    return drawing
  }

  /// Dollars per YES share.
  private static func yes(_ trip: RoundTrip, _ price: Price) -> Double {
    PageParts.units(trip.outcome == .yes ? price : price.complement)
  }

  private struct Stand {
    let at: MarketTime
    let bid: Double
    let ask: Double
  }

  /// Stretches in which both sides stood, each closed at the time at which it ended.
  private static func runs(_ path: PricePath, until end: MarketTime) -> [[Stand]] {
    var runs: [[Stand]] = []
    var run: [Stand] = []
    func close(at time: MarketTime) {
      if let last = run.last { runs.append(run + [Stand(at: time, bid: last.bid, ask: last.ask)]) }
      run = []
    }
    for point in path.points {
      if let bid = point.bid, let ask = point.ask {
        run.append(Stand(at: point.at, bid: PageParts.units(bid), ask: PageParts.units(ask)))
      } else {
        close(at: point.at)
      }
    }
    close(at: end)
    return runs
  }

  private static func draw(_ run: [Stand], _ time: TimeScale, _ scale: Scale, _ drawing: inout Drawing) {
    let x = run.map { time.place($0.at) }
    func steps(_ value: (Stand) -> Double) -> [(x: Double, y: Double)] {
      EquityPicture.steps(x, run.map { scale.place(value($0)) ?? scale.start })
    }
    drawing.area(steps(\.bid) + steps(\.ask).reversed(), class: "band")
    drawing.line(steps { ($0.bid + $0.ask) / 2 }, class: "curve")
  }

  private static func draw(_ trip: RoundTrip, _ time: TimeScale, _ scale: Scale, _ drawing: inout Drawing) {
    let (openX, closeX) = (time.place(trip.openedAt), time.place(trip.closedAt))
    guard let openY = scale.place(yes(trip, trip.entryPrice)), let closeY = scale.place(yes(trip, trip.exitPrice))
    else { return }
    let isWon = trip.pnl > .zero
    let name = isWon ? "won" : "lost"
    drawing.line([(openX, openY), (closeX, closeY)], class: "way \(name)")
    drawing.mark(
      trip.outcome == .yes ? .up : .down, x: openX, y: openY, class: "mark hollow \(name)",
      hint:
        "\(trip.agent): bought \(trip.shares) \(trip.outcome.rawValue) at \(trip.entryPrice), \(PageParts.time(trip.openedAt)): \(trip.entryReason)"
    )
    drawing.mark(
      isWon ? .disc : .cross, x: closeX, y: closeY, size: 4, class: isWon ? "mark won" : "plain lost",
      hint:
        "\(trip.agent): \(trip.exitReason) at \(trip.exitPrice), \(PageParts.time(trip.closedAt)); net \(PageParts.signed(trip.pnl)) $"
    )
  }
}
