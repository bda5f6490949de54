import Shared

/// What ran, on what, and how far its figures may be believed.
enum PageHead {
  static func section(_ report: BacktestReport) -> HTML {
    """
    <p class="faint">\(PageParts.time(report.coverage.from)) to \(PageParts.time(report.coverage.to)) UTC</p>
    \(tiles(report))
    <div class="note">\(words(report).map { "<p>\($0)</p>" as HTML })</div>
    \(figures(report))
    <h2>What ran</h2>
    \(agents(report))
    <h2>On what</h2>
    \(coverage(report.coverage))
    \(assumptions(report))
    """
  }

  private static func tiles(_ report: BacktestReport) -> HTML {
    let summary = report.statistics.summary
    let tiles: [(String, String)] = [
      (PageParts.signed(summary.pnl), "net result, $"), (PageParts.dollars(summary.fees), "fees, $"),
      ("\(summary.trades)", summary.trades == 1 ? "trip" : "trips"),
      (Figures.percent(summary.winRate), "won, %"), (Figures.percent(summary.impliedWinRate), "implied by prices, %"),
      (PageParts.dollars(report.equity.maxDrawdown), "largest fall, $"),
      (Figures.text(report.statistics.scoreByMarket), "t by market"),
    ]
    return "<ul class=\"tiles\">\(tiles.map { "<li><b>\($0.0)</b><span>\($0.1)</span></li>" as HTML })</ul>"
  }

  // MARK: What may be concluded

  /// Fewer markets than this, and t is not near enough to normal to be read by the rule of two.
  static let fewMarkets = 30

  private static func words(_ report: BacktestReport) -> [HTML] {
    var words: [HTML] = report.agents.map { "\(verdict($0))" }
    if report.agents.isEmpty { words.append("No agent ran.") }
    let inferred = report.coverage.results[.inferred] ?? 0
    if inferred > 0 {
      words.append(
        "\(PageParts.count(inferred, "result")) only inferred from the last price: a guess that favours nobody by intent, but a guess."
      )
    }
    let marked = report.trips.count(where: \.isMarked)
    if marked > 0 {
      words.append(
        "\(PageParts.count(marked, "position")) still open when the recording ended, valued at the best bid.")
    }
    if !report.booksBalance { words.append("The ledger does not balance: this is a defect, believe no figure here.") }
    return words
  }

  /// One agent's sample in a sentence.
  static func verdict(_ agent: BacktestReport.Agent) -> String {
    let statistics = agent.statistics
    let markets = statistics.markets.count
    let name = agent.name.text
    guard markets > 0 else { return "\(name) made no trade: nothing is shown." }
    guard let score = statistics.scoreByMarket else {
      return markets == 1
        ? "\(name) traded in one market, which says nothing of others: no edge is shown."
        : "\(name) traded in \(markets) markets with one and the same result: without a spread no edge is shown."
    }
    let said = "\(name): t by market is \(Figures.text(score)) over \(markets) markets"
    if abs(score) < 2 { return "\(said), less than 2 from zero: no edge is shown." }
    if markets < fewMarkets {
      return "\(said). Below \(fewMarkets) markets that can be luck even beyond 2: no edge is shown."
    }
    return score < 0
      ? "\(said): a loss beyond what luck explains."
      : "\(said). It counts only if these parameters were chosen without looking at these days."
  }

  private static func figures(_ report: BacktestReport) -> HTML {
    func row(_ name: String, _ statistics: TripStatistics) -> HTML {
      let summary = statistics.summary
      let interval = statistics.winRateInterval.map {
        "\(Figures.percent($0.lowerBound, decimals: 0))–\(Figures.percent($0.upperBound, decimals: 0))"
      }
      let numbers = [
        "\(summary.trades)", "\(statistics.markets.count)", Figures.percent(summary.winRate), interval ?? "-",
        Figures.percent(summary.impliedWinRate), PageParts.signed(summary.pnl), PageParts.dollars(summary.fees),
        Figures.percent(summary.returnOnRisk, decimals: 2), Figures.text(summary.score),
        Figures.text(statistics.scoreByMarket), PageParts.dollars(summary.maxDrawdown),
      ]
      return "<tr><td>\(name)</td>\(numbers.map { "<td class=\"n\">\($0)</td>" as HTML })</tr>\n"
    }
    var rows = report.agents.map { row($0.name.text, $0.statistics) }
    if report.agents.count > 1 { rows.append(row("all", report.statistics)) }
    let head = [
      "trips", "markets", "won %", "95 %", "implied %", "net $", "fees $", "on risk %", "t", "t by market", "fall $",
    ]
    return PageParts.table([("agent", false)] + head.map { ($0, true) }, rows)
  }

  // MARK: What ran

  private static func agents(_ report: BacktestReport) -> HTML {
    let parts = report.agents.map { agent -> HTML in
      let markets = (agent.series.map(\.alias) + agent.events.map(\.text)).joined(separator: ", ")
      let settings = ParameterList(agent).settings
      let changed = settings.filter { $0.value != $0.builtIn }
      let words = changed.map { "\($0.name) = \($0.value)" }.joined(separator: ", ")
      return """
        <h3>\(agent.name.text)</h3>
        <p>Strategy \(agent.strategy) on \(markets), \(PageParts.dollars(agent.size)) $ an entry; \(changed.isEmpty ? "every parameter as built in" : "not as built in: \(words)").</p>
        <details><summary>All \(PageParts.count(settings.count, "parameter"))</summary>
        \(PageParts.table([("parameter", false), ("value", true), ("built-in", true)], settings.map { "<tr><td>\($0.name)</td><td class=\"n\">\($0.value)</td><td class=\"n\">\($0.builtIn)</td></tr>\n" }))</details>
        <p class="faint">\(String(agent.evaluated)) messages looked at, \(String(agent.decisions)) decisions, digest \(Hex.text((0..<8).map { UInt8(truncatingIfNeeded: agent.digest >> (56 - 8 * $0)) })).</p>

        """
    }
    return "\(parts)"
  }

  // MARK: On what

  private static func coverage(_ coverage: TapeCoverage) -> HTML {
    let results = TapeResult.allCases.compactMap { how in coverage.results[how].map { "\($0) \(how.rawValue)" } }
    var rows: [(String, String)] = [
      ("markets", "\(coverage.markets)"),
      ("frames", "\(coverage.frames), of them \(coverage.unreadable) not readable"),
      (
        "messages",
        "\(coverage.books) books, \(coverage.changes) changes, \(coverage.trades) trades, \(coverage.quotes) best prices, \(coverage.referenceTicks) reference prices"
      ),
      (
        "gaps",
        coverage.gaps == 0
          ? "none longer than \(TapeCoverage.gapLimit.components.seconds) s"
          : "\(coverage.gaps) longer than \(TapeCoverage.gapLimit.components.seconds) s, at most \(Figures.text(Double(coverage.longestGap.milliseconds) / 1000, decimals: 0)) s"
      ),
      (
        "results",
        (results.isEmpty ? "none" : results.joined(separator: ", "))
          + " (told by the venue, from a table, recomputed from the settling series, inferred from the last price)"
      ),
      (
        "unprovable",
        coverage.unprovable == 0
          ? "no window" : "\(PageParts.count(coverage.unprovable, "window")) ended without a word on the result"
      ),
    ]
    if coverage.contradicted > 0 {
      rows.append(("contradicted", "\(coverage.contradicted) results were told otherwise afterwards, or too late"))
    }
    if coverage.assumedBooks > 0 {
      rows.append(("assumed depth", "\(coverage.assumedBooks) books were made of best prices with a stated size"))
    }
    return PageParts.table(
      [("recording", false), ("", false)],
      rows.map { "<tr><td>\($0.0)</td><td class=\"say\">\($0.1)</td></tr>\n" })
  }

  private static func assumptions(_ report: BacktestReport) -> HTML {
    // A group's members stand under its name, a line each.
    let lines = (report.assumptions.members ?? []).flatMap { member in
      member.value.members?.map { ("\(member.key).\($0.key)", $0.value) } ?? [(member.key, member.value)]
    }
    let rows = lines.map { key, value -> HTML in
      let items = value.array?.map(ParameterList.text).joined(separator: ", ")
      return
        "<tr><td>\(key)</td><td class=\"n\">\(value.isNull ? "none" : items ?? ParameterList.text(value))</td></tr>\n"
    }
    return """
      <h3>Assumed where the recording is silent</h3>
      \(PageParts.table([("assumption", false), ("value", true)], rows))<p class="faint">Also assumed: nobody reacts to our orders, resting orders have no place in the queue, every confirmed trade stands.</p>
      """
  }
}
