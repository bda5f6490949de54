/// Has a fill become final? The second axis of an order's life (protocol document, section 4.5). Raw values are the words in PostgreSQL.
public enum SettlementState: String, Hashable, Sendable, CaseIterable {
  /// Matched; its transaction is under way, not yet sent, or tried again. Counts as a position, may still be undone.
  case matched = "MATCHED"
  /// In a block.
  case mined = "MINED"
  /// Final.
  case confirmed = "CONFIRMED"
  /// Will not settle: the fill never was.
  case failed = "FAILED"

  public init(_ status: VenueTradeStatus) {
    switch status {
    case .matchedNotBroadcasted, .matched, .retrying: self = .matched
    case .mined: self = .mined
    case .confirmed: self = .confirmed
    case .failed: self = .failed
    }
  }

  public var isFinal: Bool { self == .confirmed || self == .failed }

  /// What news of `next` does. Forward only; FAILED from anything that is not final.
  public func step(_ next: SettlementState) -> Step {
    switch (self, next) {
    case (.matched, .matched), (.mined, .mined), (.confirmed, .confirmed), (.failed, .failed): .stays
    case (.matched, .mined), (.matched, .confirmed), (.mined, .confirmed): .advances
    case (.matched, .failed), (.mined, .failed): .voids
    case (.mined, .matched), (.confirmed, .matched), (.confirmed, .mined): .stays
    case (.failed, .matched), (.failed, .mined): .stays
    case (.confirmed, .failed), (.failed, .confirmed): .surprise
    }
  }

  public enum Step: Hashable, Sendable {
    case advances
    /// A repeat, or old news.
    case stays
    /// The fill is undone: its ledger entries are reversed once.
    case voids
    /// Contradicts what was final.
    case surprise
  }
}
