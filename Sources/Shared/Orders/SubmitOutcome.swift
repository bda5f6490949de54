/// What the answer to `POST /order` proves. Two questions decide everything that follows: is the outcome known, and may the same bytes
/// be sent again?
public enum SubmitOutcome: Hashable, Sendable {
  /// Accepted and resting.
  case live
  /// Accepted and traded at once; what was given and received, and the trades, when the answer names them.
  case matched(making: Int64?, taking: Int64?, trades: [VenueTradeID])
  /// Accepted, held before matching. Not a kill.
  case delayed
  /// Not accepted, and it never will be.
  case rejected(RejectCode, detail: String)
  /// These bytes are at the venue already: proof that an earlier attempt landed. Never a reject.
  case duplicated
  /// Refused before it was read, for its rate.
  case throttled(retryAfterSeconds: Int64?)
  /// Nothing is proven.
  case unknown(String)

  /// Is it certain whether the venue took the order?
  public var outcomeKnown: Bool {
    switch self {
    case .live, .matched, .delayed, .rejected, .duplicated, .throttled: true
    case .unknown: false
    }
  }

  /// The venue read the order and found nothing wrong with who sent it. A refusal for its rate and a lost answer say nothing of that.
  public var provesThatWeMayTrade: Bool {
    switch self {
    case .live, .matched, .delayed, .duplicated: true
    case .rejected(let code, _): !code.isFatal
    case .throttled, .unknown: false
    }
  }

  /// May the identical bytes be sent again without asking first?
  public var retryable: Bool {
    switch self {
    case .throttled: true
    case .rejected(let code, _): code.retryable
    case .live, .matched, .delayed, .duplicated, .unknown: false
    }
  }
}

/// Why the venue refused, as a stable word.
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
  case signature = "venue_signature"
  case credentials = "venue_credentials"
  case banned = "venue_address_refused"
  case restarting = "venue_restarting"
  case cancelOnly = "venue_cancel_only"
  case postOnlyMode = "venue_post_only_mode"
  case disabled = "venue_trading_disabled"
  case malformed = "venue_malformed_order"
  case other = "venue_rejected"

  /// The venue's own state was the reason: a later try of the same bytes may succeed.
  public var retryable: Bool {
    switch self {
    case .notReady, .restarting, .cancelOnly, .postOnlyMode, .disabled: true
    case .balance, .tick, .minimumSize, .postOnlyCrosses, .fillOrKill, .noMatch, .marketClosed, .expiration, .signature,
      .credentials, .banned, .malformed, .other:
      false
    }
  }

  /// Nothing that we send will pass until a person looks.
  public var isFatal: Bool {
    switch self {
    case .credentials, .banned, .signature: true
    case .balance, .tick, .minimumSize, .postOnlyCrosses, .fillOrKill, .noMatch, .marketClosed, .notReady, .expiration,
      .restarting,
      .cancelOnly, .postOnlyMode, .disabled, .malformed, .other:
      false
    }
  }
}
