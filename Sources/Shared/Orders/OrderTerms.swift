/// Buy or sell of one token. Raw values are the venue's words.
public enum Side: String, Hashable, Sendable, CaseIterable {
  case buy = "BUY"
  case sell = "SELL"

  public var opposite: Side { self == .buy ? .sell : .buy }
}

/// How long an order lives at the venue (protocol document, section 2.9.1). Raw values are the venue's words.
public enum TimeInForce: String, Hashable, Sendable, CaseIterable {
  /// Rests until filled or cancelled.
  case goodTillCancelled = "GTC"
  /// Rests until its expiration; the venue ends it 60 s before the stated second.
  case goodTillDate = "GTD"
  /// Fills completely at once or not at all.
  case fillOrKill = "FOK"
  /// Fills what is possible at once, cancels the rest.
  case fillAndKill = "FAK"

  /// May the order stand in the book?
  public var rests: Bool { self == .goodTillCancelled || self == .goodTillDate }
}
