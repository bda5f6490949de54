import Shared

/// Every boundary between memory, record, venue and agent on the way of an order: a process that dies there leaves something half done.
/// `docs/crash-matrix.md` tells of each what is on disk and at the venue at that instant and what recovers it; a test holds that list and
/// this one together. Listed in the order in which an order meets them.
enum CrashPoint: String, CaseIterable, Sendable {
  // The wish
  case intentReceived = "intent_received"
  case refusalSent = "refusal_sent"
  case orderSigned = "order_signed"
  case submitSent = "submit_sent"
  case submitCommitted = "submit_committed"
  case agentTold = "agent_told"

  // The order
  case beforeFirstByte = "before_first_byte"
  case requestWritten = "request_written"
  case answerRead = "answer_read"
  case beforeStateSent = "before_state_sent"
  case stateSent = "state_sent"
  case stateRecorded = "state_recorded"

  // Its fills
  case tradeHeard = "trade_heard"
  case beforeFillSent = "before_fill_sent"
  case fillSent = "fill_sent"
  case fillRecorded = "fill_recorded"
  case beforeSettlementSent = "before_settlement_sent"
  case settlementSent = "settlement_sent"
  case settlementRecorded = "settlement_recorded"

  // Taking it out
  case cancelWishSent = "cancel_wish_sent"
  case beforeCancel = "before_cancel"
  case cancelWritten = "cancel_written"
  case cancelAnswerRead = "cancel_answer_read"

  // While PostgreSQL is away
  case beforeJournaled = "before_journaled"
  case journaled = "journaled"
  case cancelJournaled = "cancel_journaled"

  // The next life
  case leaseTaken = "lease_taken"
  case recordRead = "record_read"
  case journalReplayed = "journal_replayed"
  case venueRead = "venue_read"
  case reconciled = "reconciled"
  case lookUpSent = "look_up_sent"
  case lookUpAnswered = "look_up_answered"
  case beforeJournalCleared = "before_journal_cleared"
  case journalCleared = "journal_cleared"

  // The market's end
  case beforePayoutSent = "before_payout_sent"
  case payoutSent = "payout_sent"
  case payoutRecorded = "payout_recorded"

  /// It may lie before the gateway is open. All others count from then on: what a start does over again of earlier orders is no pass.
  var isOfStart: Bool {
    switch self {
    case .leaseTaken, .recordRead, .journalReplayed, .venueRead, .reconciled, .lookUpSent, .lookUpAnswered: true
    default: false
    }
  }
}

extension CrashPoint {
  /// Before the call is handed to PostgreSQL.
  static func before(_ call: RecordCall) -> CrashPoint? {
    switch call {
    case .advance: .beforeStateSent
    case .fill: .beforeFillSent
    case .settle: .beforeSettlementSent
    case .submit, .deny, .acceptCancel: nil
    }
  }

  /// The call has been handed to PostgreSQL, whose answer has not been read: it may commit or not.
  static func sent(_ call: RecordCall) -> CrashPoint {
    switch call {
    case .submit: .submitSent
    case .deny: .refusalSent
    case .acceptCancel: .cancelWishSent
    case .advance: .stateSent
    case .fill: .fillSent
    case .settle: .settlementSent
    }
  }

  /// The record's answer has been read, and nobody has been told of it.
  static func answered(_ call: RecordCall) -> CrashPoint? {
    switch call {
    case .submit: .submitCommitted
    case .advance: .stateRecorded
    case .fill: .fillRecorded
    case .settle: .settlementRecorded
    case .deny, .acceptCancel: nil
    }
  }
}
