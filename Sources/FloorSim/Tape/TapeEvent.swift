import Shared

/// What a recording says next, in the feed's own words.
public enum TapeEvent: Hashable, Sendable {
  case market(MarketUpdate)
  /// Somebody has traded. The market's update follows.
  case trade(MarketSlug, LastTrade)
  case reference(ReferencePrice)
  /// The market is decided: dollars per YES share.
  case settled(MarketSlug, payout: Price, TapeResult)
  /// The window is over and nothing tells how it was decided.
  case unprovable(MarketSlug)
}

/// Where a market's result is from.
public enum TapeResult: String, Hashable, Sendable, CaseIterable {
  /// The venue said so in the recording.
  case told
  /// A table that was handed in.
  case table
  /// Recomputed from the settling series in the recording (protocol document, section 1.6).
  case recomputed
  /// What the books last took YES for before the window's end was above one half, or not: a guess.
  case inferred
}
