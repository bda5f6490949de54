import Shared

/// What a recording held: the ground on which the report's figures stand.
public struct TapeCoverage: Hashable, Sendable {
  public internal(set) var from = MarketTime(nanoseconds: 0)
  public internal(set) var to = MarketTime(nanoseconds: 0)
  public internal(set) var frames = 0
  /// Frames, or parts of them, that could not be read.
  public internal(set) var unreadable = 0
  public internal(set) var markets = 0
  public internal(set) var books = 0
  public internal(set) var changes = 0
  public internal(set) var trades = 0
  public internal(set) var quotes = 0
  /// Books made of best prices with a stated size.
  public internal(set) var assumedBooks = 0
  public internal(set) var referenceTicks = 0
  /// Times without a frame for more than `gapLimit`.
  public internal(set) var gaps = 0
  public internal(set) var longestGap = Duration.zero
  public internal(set) var results: [TapeResult: Int] = [:]
  /// Windows that ended without a word on their result.
  public internal(set) var unprovable = 0
  /// Results that the venue told after another had been assumed, or after the window was given up as unprovable.
  public internal(set) var contradicted = 0

  public static let gapLimit = Duration.seconds(10)

  public init() {}

  mutating func note(gap: Duration) {
    guard gap > TapeCoverage.gapLimit else { return }
    gaps += 1
    longestGap = max(longestGap, gap)
  }

  mutating func note(_ event: MarketStreamEvent) {
    switch event {
    case .book: books += 1
    case .priceChange(let change): changes += change.changes.count
    case .lastTrade: trades += 1
    case .bestBidAsk: quotes += 1
    case .tickSizeChange, .newMarket, .resolved: break
    }
  }
}
