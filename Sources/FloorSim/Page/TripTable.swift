import Shared

/// The round trips, a line each.
enum TripTable {
  /// All are listed up to so many; of more, the largest gains and losses.
  static let most = 500
  static let mostOfASide = 250

  static func section(_ report: BacktestReport) -> HTML {
    guard !report.trips.isEmpty else { return "<h2>Trips</h2>\n<p>None.</p>" }
    let shown = chosen(report.trips)
    let said =
      shown.count == report.trips.count
      ? "All \(shown.count), oldest first."
      : "The \(mostOfASide) largest gains and the \(mostOfASide) largest losses of \(report.trips.count), oldest first; all of them stand in trades.csv."
    let head: [(name: String, isNumber: Bool)] = [
      ("opened, UTC", false), ("closed", false), ("agent", false), ("market", false), ("side", false),
      ("shares", true), ("paid", true), ("got", true), ("fees $", true), ("net $", true), ("entry", false),
      ("exit", false),
    ]
    return """
      <h2>Trips</h2>
      <p>\(said) Prices in dollars a share of the side that was bought.</p>
      \(PageParts.table(head, shown.map(row)))
      """
  }

  /// - Parameter trips: oldest first; so is the answer.
  static func chosen(_ trips: [RoundTrip]) -> [RoundTrip] {
    guard trips.count > most else { return trips }
    let order = trips.indices.sorted { (trips[$0].pnl, $0) < (trips[$1].pnl, $1) }
    return (order.prefix(mostOfASide) + order.suffix(mostOfASide)).sorted().map { trips[$0] }
  }

  private static func row(_ trip: RoundTrip) -> HTML {
    let opened = PageParts.time(trip.openedAt)
    let closed = PageParts.time(trip.closedAt)
    let isSameDay = opened.prefix(10) == closed.prefix(10)
    func price(_ price: Price) -> String { Figures.text(PageParts.units(price), decimals: 4) }
    return """
      <tr><td>\(opened)</td><td>\(isSameDay ? String(closed.dropFirst(11)) : closed)</td><td>\(trip.agent.text)</td><td>\(trip.market.text)</td><td>\(trip.outcome.rawValue)</td><td class="n">\(trip.shares.description)</td><td class="n">\(price(trip.entryPrice))</td><td class="n">\(price(trip.exitPrice))\(trip.isMarked ? "*" : "")</td><td class="n">\(PageParts.dollars(trip.fees))</td><td class="n \(PageParts.sign(trip.pnl))">\(PageParts.signed(trip.pnl))</td><td>\(trip.entryReason)</td><td>\(trip.exitReason)</td></tr>

      """
  }
}
