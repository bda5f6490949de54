/// What the answer to `POST /order`, or an entry of the answer to `POST /orders`, proves. Two questions decide everything that follows: is
/// the outcome known, and may the same bytes be sent again?
public enum SubmitOutcome: Hashable, Sendable {
  /// Accepted and resting.
  case live
  /// Accepted and traded at once; what was given and received, and the trades, when the answer names them.
  case matched(making: Int64?, taking: Int64?, trades: [VenueTradeID])
  /// Accepted, held before matching. Not a kill.
  case delayed
  /// Not accepted, and it never will be.
  case rejected(RejectCode, detail: String)
  /// Not accepted because of what the venue does now, whatever the order was.
  case notTrading(VenueMode, retryAfterSeconds: Int64?)
  /// These bytes are at the venue already: proof that an earlier attempt landed. Never a reject.
  case duplicated
  /// Refused before it was read, for its rate.
  case throttled(retryAfterSeconds: Int64?)
  /// Nothing is proven.
  case unknown(String)

  /// Is it certain whether the venue took the order?
  public var outcomeKnown: Bool {
    switch self {
    case .live, .matched, .delayed, .rejected, .notTrading, .duplicated, .throttled: true
    case .unknown: false
    }
  }

  /// The venue read the order and found nothing wrong with who sent it. A refusal for its rate or its mode and a lost answer say nothing
  /// of that.
  public var provesThatWeMayTrade: Bool {
    switch self {
    case .live, .matched, .delayed, .duplicated: true
    case .rejected(let code, _): !code.isFatal
    case .notTrading, .throttled, .unknown: false
    }
  }

  /// May the identical bytes be sent again without asking first?
  public var retryable: Bool {
    switch self {
    case .throttled, .notTrading: true
    case .rejected(let code, _): code.retryable
    case .live, .matched, .delayed, .duplicated, .unknown: false
    }
  }
}
