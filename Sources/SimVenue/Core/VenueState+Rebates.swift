import Shared

/// Paying makers' rebates, where the venue does.
extension VenueState {
  /// Pays a day's rebates, if it is over, and waits for the next day's end.
  mutating func payRebates(_ day: Int64) {
    for account in clients.accounts.indices {
      let all = rebates.rebates(of: account, day: day, clients.markets).reduce(USD.zero) { $0 + $1.amount }
      guard all >= RebateBooks.least else { continue }
      move(account, ClientBooks.cash, all.micros, cause: "rebate:\(CivilTime.day(day))")
    }
    awaitRebates()
  }

  /// Waits for the end of the day that runs.
  mutating func awaitRebates() {
    guard rules.paysRebates else { return }
    let day = RebateBooks.day(now.market)
    marketDue.add(.rebates(day), at: MarketTime(seconds: (day + 1) * 86_400).nanoseconds)
  }
}

extension CivilTime {
  /// `2026-11-20` of a day since 1970.
  static func day(_ day: Int64) -> String { String(iso8601(nanoseconds: day * 86_400_000_000_000).prefix(10)) }
}
