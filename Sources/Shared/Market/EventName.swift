/// Event markets that an agent may trade, as configuration files name them: one market's slug (`mlb-cle-sf-2025-06-17`), or the beginning
/// of slugs with a star behind it (`mlb-*`; `*` is every event market that the feed follows). Contracts of a series are named by their
/// series, never here.
public struct EventName: Hashable, Sendable, CustomStringConvertible {
  public let text: String
  private let beginning: String
  private let isWhole: Bool

  /// `nil` unless the part before the star is one that slugs can begin with, or, without a star, a slug of no series.
  public init?(_ text: String) {
    isWhole = !text.hasSuffix("*")
    beginning = isWhole ? text : String(text.dropLast())
    self.text = text
    if text == "*" { return }
    guard let slug = MarketSlug(beginning), !isWhole || MarketSeries.contract(slug) == nil else { return nil }
  }

  public func matches(_ slug: MarketSlug) -> Bool {
    let isNamed = isWhole ? slug.text == beginning : slug.text.hasPrefix(beginning)
    return isNamed && MarketSeries.contract(slug) == nil
  }

  public var description: String { text }
}
