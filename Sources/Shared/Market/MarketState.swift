/// How far a market's data and life allow trading. Only `live` allows entries.
public enum MarketState: String, Hashable, Sendable, CaseIterable {
  /// Known, not open yet, or its first book has not come.
  case pending
  /// Open, both books fresh.
  case live
  /// Open, but its data is old, missing or contradicts itself.
  case stale
  /// Its window is over or the venue takes no more orders; the result is not known.
  case closed
  /// The result is known.
  case resolved
}
