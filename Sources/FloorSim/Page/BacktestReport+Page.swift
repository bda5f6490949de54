import Shared

extension BacktestReport {
  /// The report for people: one HTML file with all it needs in it. It loads nothing and runs nothing; hints over marks are the browser's
  /// own. Equal reports give equal pages.
  public var page: String {
    let names = agents.count > 3 ? "\(agents.count) agents" : agents.map(\.name.text).joined(separator: ", ")
    let title = "Backtest: \(names.isEmpty ? "nobody" : names)"
    return PageParts.document(
      title,
      """
      \(PageHead.section(self))
      \(EquityPicture.section(self))
      \(PricePictures.section(self))
      \(ResultPictures.section(self))
      \(CalibrationPicture.section(self))
      \(CostTables.section(self))
      \(ReasonTables.section(self))
      \(TripTable.section(self))
      """)
  }
}
