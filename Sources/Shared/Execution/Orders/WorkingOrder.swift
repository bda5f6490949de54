/// One intent on its way through the venue: terms, state, evidence so far, and what is still being asked.
public struct WorkingOrder: Hashable, Sendable {
  public let terms: IntentMessage.Terms
  public let origin: IntentOrigin
  public let market: MarketTerms
  public let token: TokenID
  /// Reserved for it at most; zero for a sell.
  public let worst: USD
  let feedOrder: Int64
  let bookTime: MarketTime
  let reason: String
  /// The record cannot have heard of the intent before: it may leave on the journal's word.
  let isNew: Bool

  public internal(set) var state: OrderState
  public internal(set) var signed: PreparedOrder?
  /// Settlement of each fill known so far.
  public internal(set) var fills: [FillKey: SettlementState] = [:]
  /// Shares of fills that stand.
  public internal(set) var filled: Shares = .zero
  /// Shares of fills that failed to settle: matched at the venue, and undone.
  var undone: Shares = .zero
  /// The most that the venue ever said it matched.
  var venueMatched: Shares = .zero
  /// The venue said that it works no more.
  var ended: Ended?
  /// The venue is known to have had it.
  var provenArrived = false
  var createdAt: MonotonicTime
  /// Market time of the first byte: trades are asked for from a little before it.
  var sentMarket: MarketTime?
  var sentAt: MonotonicTime?
  var submitAsked = false
  /// Why it shall be taken out.
  var cancelReason: String?
  var cancelSentAt: MonotonicTime?
  var repostAt: MonotonicTime?
  var reposts = 0
  var lookUp = LookUp()
  var closedAt: MonotonicTime?

  struct Ended: Hashable, Sendable {
    /// It traded to its end, as opposed to having been taken out.
    var byMatching: Bool
    /// `venueMatched` is the venue's final number.
    var sizeKnown: Bool
    var word: String
  }

  struct LookUp: Hashable, Sendable {
    var due: MonotonicTime?
    var asked: MonotonicTime?
    /// Rounds that were answered.
    var rounds = 0
    /// Rounds since then that were not, or not whole.
    var unanswered = 0
    var absences = 0
    var firstAbsent: MonotonicTime?
    /// Rounds since the last fill that did not bring what the venue says there is.
    var barren = 0
    /// Somebody was told of it.
    var isTold = false
  }

  /// All that the venue matched and that we have heard of, undone or not.
  var accounted: Shares { filled + undone }

  /// A fill that the venue counted, or the last word on how much it matched.
  var isMissingSomething: Bool { !state.isTerminal && (accounted < venueMatched || ended?.sizeKnown == false) }

  public var remaining: Shares { max(.zero, terms.size - accounted) }

  /// What of `worst` the unfilled part can still cost, rounded up.
  var remainingWorst: USD {
    if state.isTerminal || worst == .zero { return .zero }
    let part = Int128(worst.micros) * Int128(remaining.micros)
    return USD(micros: Int64(divide(part, by: Int128(terms.size.micros), rounding: .up)))
  }
}
