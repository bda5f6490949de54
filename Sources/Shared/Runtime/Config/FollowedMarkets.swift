/// What the feed of a floor follows, as its configuration says it: agents may trade nothing else.
public struct FollowedMarkets: Hashable, Sendable {
  /// `market.series`.
  public let series: [String]
  /// `market.events`.
  public let events: [String]

  public init(series: [String], events: [String] = []) {
    self.series = series
    self.events = events
  }

  /// What is wrong with the markets that an agent names; empty when nothing is.
  public func problems(
    series wanted: [String], events named: [String]
  ) -> [(key: String, what: String, remedy: String)] {
    if wanted.isEmpty, named.isEmpty {
      return [
        ("series", "is empty, and so is events", "name at least one series out of \(FollowedMarkets.list(series))")
      ]
    }
    var problems: [(key: String, what: String, remedy: String)] = []
    for stranger in wanted where !series.contains(stranger) {
      problems.append(
        (
          "series", "names \(stranger), which the feed does not follow",
          Spelling.nearest(to: stranger, of: series).map { "did you mean \($0)?" }
            ?? "add it to market.series, or take one of \(FollowedMarkets.list(series))"
        ))
    }
    for text in named {
      guard let name = EventName(text) else {
        problems.append(
          (
            "events", "names \(text), which is no slug of an event market",
            "write the market's slug, or the beginning of slugs and a star; contracts of a series belong to series"
          ))
        continue
      }
      if !events.contains(where: { MarketSlug($0).map(name.matches) ?? false }) {
        problems.append(
          (
            "events", "names \(text), which the feed does not follow",
            events.isEmpty
              ? "add its slugs to market.events"
              : "add it to market.events, or take one of \(FollowedMarkets.list(events))"
          ))
      }
    }
    return problems
  }

  private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}
