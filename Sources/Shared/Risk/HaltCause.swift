/// What a halt comes of that the gateway itself brings, and whether what is held may be sold in it. What the auditor halts for holds always:
/// the record adds that (`trip_halt`).
public enum HaltCause: String, Hashable, Sendable, CaseIterable {
  /// The operator's file, signal or order.
  case person
  /// Equity fell too far.
  case loss
  /// The venue does not take our key, or refuses us.
  case blindness
  /// The venue's money is not the ledger's.
  case divergence
  /// Our own journal, or the word of an earlier halt, cannot be read.
  case damage

  /// Books that may be wrong name shares that may not be there, and a venue that does not hear us takes no sale.
  public var holds: Bool {
    switch self {
    case .person, .loss: false
    case .blindness, .divergence, .damage: true
    }
  }
}
