/// What a market has in common with others: what happens to one of them happens to all, and limits may hold for all together.
public struct MarketGroups: Hashable, Sendable {
  /// What the venue counts it among: `crypto`, `sports`; `other` where it does not say.
  public let category: String
  /// The series of a window (`btc-5m`), the event of another market; a market that belongs to no event is its own.
  public let event: String

  /// Nothing is known of the market but its name.
  public init(_ slug: MarketSlug) { self.init(slug, category: nil, event: nil) }

  /// - Parameters:
  ///   - category: in the venue's words.
  ///   - event: the slug of its event.
  public init(_ slug: MarketSlug, category: String?, event: MarketSlug?) {
    let series = MarketSeries.contract(slug)?.series
    self.category = series == nil ? category.flatMap(Self.word) ?? Self.unknown : "crypto"
    self.event = series.map { $0.alias.lowercased() } ?? (event ?? slug).text
  }

  /// As the record has them.
  public init(category: String, event: String) {
    self.category = category
    self.event = event
  }

  private static let unknown = "other"

  /// Lower case, and a dash for whatever is neither letter nor digit: `US-current-affairs` is `us-current-affairs`.
  private static func word(_ text: String) -> String? {
    let bytes = text.lowercased().utf8.map { byte in
      (97...122).contains(byte) || (48...57).contains(byte) ? byte : UInt8(ascii: "-")
    }
    return bytes.isEmpty || bytes.count > 200 ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
