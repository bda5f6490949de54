import Shared

/// The price paths of the markets with most round trips. Holds the paths of markets that are open, and of `most` that are over: memory
/// does not grow with the recording.
struct PricePaths: Sendable {
  struct Kept: Hashable, Sendable {
    let path: PricePath
    let trips: Int
  }

  /// Markets whose paths are kept to the end.
  static let most = 6
  /// With so many open ones it is time to look for windows that nobody will decide.
  static let mostOpen = 256
  /// A window that nobody decides is given up so long after its end.
  private static let patience = Duration.seconds(3600)

  private(set) var open: [MarketSlug: PricePath] = [:]
  private var kept: [Kept] = []
  private var trips: [MarketSlug: Int] = [:]
  /// So many of the record's trips are in `trips`.
  private var counted = 0

  /// A market as the tape told it.
  /// - Parameter all: every round trip until now, oldest first.
  mutating func note(_ update: MarketUpdate, at now: MarketTime, _ all: [RoundTrip]) {
    guard update.payout == nil, update.endsAt.map({ now <= $0 }) ?? true else { return }
    if open[update.slug] == nil {
      if open.count >= PricePaths.mostOpen { giveUp(at: now, all) }
      open[update.slug] = PricePath(update)
    }
    open[update.slug]?.note(update, at: now)
  }

  /// The market is over, its positions closed: its path stays if few others have as many trips, and goes if it has none.
  /// - Parameter all: every round trip until now, oldest first.
  mutating func close(_ market: MarketSlug, _ all: [RoundTrip]) {
    for trip in all[counted...] { trips[trip.market, default: 0] += 1 }
    counted = all.count
    let count = trips.removeValue(forKey: market) ?? 0
    guard let path = open.removeValue(forKey: market), count > 0, !path.points.isEmpty else { return }
    kept.append(Kept(path: path, trips: count))
    kept.sort { ($1.trips, $0.path.market) < ($0.trips, $1.path.market) }
    if kept.count > PricePaths.most { kept.removeLast() }
  }

  /// The paths of the busiest markets, most trips first; of equally many the first by name.
  mutating func finish(_ all: [RoundTrip]) -> [PricePath] {
    for market in open.keys.sorted() { close(market, all) }
    return kept.map(\.path)
  }

  private mutating func giveUp(at now: MarketTime, _ all: [RoundTrip]) {
    let over = open.filter { _, path in path.endsAt.map { now.since($0) > PricePaths.patience } ?? false }
    for market in over.keys.sorted() { close(market, all) }
  }
}
