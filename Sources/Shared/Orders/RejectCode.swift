/// Why the venue refused an order, as a stable word (protocol document, section 2.15).
public enum RejectCode: String, Hashable, Sendable, CaseIterable {
  case balance = "venue_not_enough_balance"
  case tick = "venue_tick_size"
  case minimumSize = "venue_minimum_size"
  case postOnlyCrosses = "venue_post_only_crosses"
  case fillOrKill = "venue_fok_not_filled"
  case noMatch = "venue_fak_no_match"
  case marketClosed = "venue_market_closed"
  case notReady = "venue_market_not_ready"
  case expiration = "venue_invalid_expiration"
  /// Its nonce was used up, or it was cancelled in the exchange's contract.
  case invalidated = "venue_order_invalidated"
  /// Signed for another contract or another generation, or not by us.
  case signature = "venue_signature"
  case credentials = "venue_credentials"
  /// The wallet may not trade, or only reduce.
  case banned = "venue_address_refused"
  /// Nobody may trade from where we are.
  case regionBlocked = "venue_region_blocked"
  case malformed = "venue_malformed_order"
  /// Refused in words that we do not know.
  case other = "venue_rejected"

  /// The market's own state was the reason: a later try of the same bytes may succeed.
  public var retryable: Bool {
    switch self {
    case .notReady: true
    case .balance, .tick, .minimumSize, .postOnlyCrosses, .fillOrKill, .noMatch, .marketClosed, .expiration,
      .invalidated, .signature, .credentials, .banned, .regionBlocked, .malformed, .other:
      false
    }
  }

  /// Nothing that we send will pass until a person looks.
  public var isFatal: Bool {
    switch self {
    case .credentials, .banned, .signature, .regionBlocked: true
    case .balance, .tick, .minimumSize, .postOnlyCrosses, .fillOrKill, .noMatch, .marketClosed, .notReady, .expiration,
      .invalidated, .malformed, .other:
      false
    }
  }
}
