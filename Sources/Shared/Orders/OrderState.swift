/// Where an order stands. Raw values are the words in PostgreSQL.
///
/// ```
/// RESERVED → SIGNED → SENDING → LIVE ─┬→ FILLED
///               │         │      │    └→ CANCEL_SENT → CANCELLED
///               │         │      └ DELAYED
///               │         ├→ REJECTED       only from an answer that proves that the venue did not accept
///               │         └→ UNKNOWN ─┬→ LIVE, FILLED, CANCELLED by evidence
///               └→ EXPIRED_UNSENT     └→ VOID by proven absence; stays on a watch list
/// ```
public enum OrderState: String, Hashable, Sendable, CaseIterable {
  /// Passed the risk gate; nothing is signed.
  case reserved = "RESERVED"
  /// Bytes and id exist; they are not yet known to be in the record.
  case signed = "SIGNED"
  /// In the record; the bytes have left or are leaving.
  case sending = "SENDING"
  /// The venue works it.
  case live = "LIVE"
  /// The venue holds it before matching: neither working nor refused.
  case delayed = "DELAYED"
  /// We asked the venue to take it out; it may still trade.
  case cancelSent = "CANCEL_SENT"
  /// The bytes may have arrived. Keeps its reservation; only evidence ends it.
  case unknown = "UNKNOWN"
  case filled = "FILLED"
  /// Ended by a cancel, an expiry, a kill of its remainder or a closed market. May have fills.
  case cancelled = "CANCELLED"
  case rejected = "REJECTED"
  /// Given up before the first byte left.
  case expiredUnsent = "EXPIRED_UNSENT"
  /// Proven not to have arrived.
  case void = "VOID"

  /// No more is expected of it, and its reservation is released.
  public var isTerminal: Bool {
    switch self {
    case .reserved, .signed, .sending, .live, .delayed, .cancelSent, .unknown: false
    case .filled, .cancelled, .rejected, .expiredUnsent, .void: true
    }
  }

  /// The venue may hold it: it counts against exposure and is asked about.
  public var mayBeAtVenue: Bool {
    switch self {
    case .sending, .live, .delayed, .cancelSent, .unknown: true
    case .reserved, .signed, .filled, .cancelled, .rejected, .expiredUnsent, .void: false
    }
  }
}
