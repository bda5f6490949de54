import Shared

extension BacktestReport {
  /// The report for people: one HTML file with all it needs in it. It loads nothing and runs nothing; hints over marks are the browser's
  /// own. Equal reports give equal pages.
  public var page: String {
    let names = agents.count > 3 ? "\(agents.count) agents" : agents.map(\.name.text).joined(separator: ", ")
    let title = "Backtest: \(names.isEmpty ? "nobody" : names)"
    let html: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
      <title>\(title)</title>
      <style>
      \(PageStyle.css)
      </style>
      </head>
      <body>
      <main>
      <h1>\(title)</h1>
      \(PageHead.section(self))
      \(EquityPicture.section(self))
      \(PricePictures.section(self))
      \(ResultPictures.section(self))
      \(CalibrationPicture.section(self))
      \(CostTables.section(self))
      \(ReasonTables.section(self))
      \(TripTable.section(self))
      </main>
      </body>
      </html>

      """
    return html.text
  }
}
