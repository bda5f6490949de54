/// Notices that the venue is not the one this code was written for (N-20): another version, words, shapes, ticks, minimums or fees than it
/// knows. What is found closes entries, of one market or of all, until the venue is again as it was, and is told once. Exits go on where
/// an order can be made at all: a tick without a rounding rule makes none. Pure.
public struct DriftSentinel: Hashable, Sendable {
  /// Which generation of orders the venue takes (protocol document, sections 0.4 and 2.2).
  public static let versionKnown: Int64 = 2
  /// The highest rate that a fee schedule ever had is 0.25 (section 3.1).
  public static let feeRateMost: Int64 = 250_000
  /// A list that does not read so often in a row has changed its shape; once may be a torn answer.
  public static let unreadMost = 3

  /// What was found, to be told once.
  public struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// `nil`: the venue as a whole.
    public let market: MarketSlug?
    public let what: String
    public var description: String { (market.map { "\($0): " } ?? "the venue: ") + what }
  }

  private var version: String?
  private var unread: [String: Int] = [:]
  private var words: [String] = []
  private var news: Set<String> = []
  private var markets: [MarketSlug: String] = [:]

  public init() {}

  /// Why nothing new is entered anywhere; `nil` when the venue is as it was.
  public var venueObstacle: String? {
    if let version { return version }
    if let broken = unread.filter({ $0.value >= Self.unreadMost }).keys.min() { return "\(broken) does not read" }
    return words.first
  }

  /// Why nothing new is entered in this market.
  public func obstacle(_ market: MarketSlug) -> String? { markets[market] }

  /// The answer to `GET /version`.
  public mutating func heard(version answer: JSON) -> Finding? {
    let found = answer["version"]?.int == Self.versionKnown ? nil : "version \(answer["version"]?.decimalText ?? "?")"
    defer { version = found }
    return found == version ? nil : found.map { Finding(market: nil, what: $0) }
  }

  /// An answer of this kind did, or did not, have the shape that we know.
  public mutating func heard(_ kind: String, reads: Bool) -> Finding? {
    guard !reads else {
      unread[kind] = nil
      return nil
    }
    unread[kind, default: 0] += 1
    return unread[kind] == Self.unreadMost ? Finding(market: nil, what: "\(kind) does not read") : nil
  }

  /// A word of the venue's that we do not know, where every word matters: it stays a reason until the process ends.
  /// - Parameter place: `order status`.
  public mutating func heard(unknown word: String, in place: String) -> Finding? {
    let what = "\(place) \(word.prefix(40))"
    // A venue that invents a word for each answer is told often enough.
    guard words.count < 20, !words.contains(what) else { return nil }
    words.append(what)
    return Finding(market: nil, what: what)
  }

  /// An event of a kind that we do not know, on a stream of which nothing is believed that asking does not confirm: told once, and no
  /// reason to stop (protocol document, section 4.6).
  public mutating func heard(news kind: String) -> Finding? {
    let what = "event \(kind.prefix(40))"
    guard news.count < 20, news.insert(what).inserted else { return nil }
    return Finding(market: nil, what: what)
  }

  /// What a market demands of its orders now.
  public mutating func heard(_ terms: MarketTerms) -> Finding? {
    let found = Self.unknown(in: terms)
    let before = markets[terms.slug]
    markets[terms.slug] = found
    return found == before ? nil : found.map { Finding(market: terms.slug, what: $0) }
  }

  public mutating func forget(_ market: MarketSlug) { markets[market] = nil }

  /// What is in these terms that no rule of ours covers; the worst first.
  private static func unknown(in terms: MarketTerms) -> String? {
    if !OrderAmounts.knows(terms.tick) { return "tick \(terms.tick)" }
    if terms.minimumSize <= .zero || terms.minimumSize.cut(decimals: 2) != terms.minimumSize {
      return "minimum size \(terms.minimumSize)"
    }
    if terms.fee.rateMicros > feeRateMost { return "fee rate \(Decimal6.text(terms.fee.rateMicros))" }
    return nil
  }
}
