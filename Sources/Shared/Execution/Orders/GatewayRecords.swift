/// An order with its bytes: made once per intent, never again.
public struct PreparedOrder: Hashable, Sendable {
  public let id: VenueOrderID
  /// The exact body of `POST /order`.
  public let body: [UInt8]
  /// In nanoseconds on the wall clock, as signed (the venue counts milliseconds).
  public let signedAt: WallTime
  /// GTD only: when the venue ends it.
  public let expires: MarketTime?

  public init(id: VenueOrderID, body: [UInt8], signedAt: WallTime, expires: MarketTime? = nil) {
    self.id = id
    self.body = body
    self.signedAt = signedAt
    self.expires = expires
  }
}

/// Who made a wish.
public enum IntentOrigin: String, Hashable, Sendable {
  case agent
  /// The gateway itself, for positions whose agent is gone.
  case gateway
}

/// All that is recorded before the first byte leaves.
public struct OrderSubmission: Hashable, Sendable {
  public let terms: IntentMessage.Terms
  public let origin: IntentOrigin
  public let token: TokenID
  public let worst: USD
  public let signed: PreparedOrder
  public let feedOrder: Int64
  public let bookTime: MarketTime
  public let reason: String
  /// The bytes left (or are leaving) on the journal's word while PostgreSQL was away: the record follows and may not refuse.
  public let journaled: Bool

  public init(
    terms: IntentMessage.Terms, origin: IntentOrigin, token: TokenID, worst: USD, signed: PreparedOrder,
    feedOrder: Int64,
    bookTime: MarketTime, reason: String, journaled: Bool
  ) {
    self.terms = terms
    self.origin = origin
    self.token = token
    self.worst = worst
    self.signed = signed
    self.feedOrder = feedOrder
    self.bookTime = bookTime
    self.reason = reason
    self.journaled = journaled
  }
}

extension OrderSubmission {
  /// The same order under an intent of the gateway's own: for the record of a journaled order whose intent had another answer, which
  /// nobody had heard. It is at the venue all the same.
  public var apart: OrderSubmission? {
    guard let own = IntentID(terms.intent.text + ".journaled") else { return nil }
    var terms = terms
    terms.intent = own
    return OrderSubmission(
      terms: terms, origin: .gateway, token: token, worst: worst, signed: signed, feedOrder: feedOrder,
      bookTime: bookTime, reason: reason, journaled: journaled)
  }

  /// The same order, entered by the gateway: for the record of a journaled order whose agent cannot speak any more.
  public var byGateway: OrderSubmission {
    OrderSubmission(
      terms: terms, origin: .gateway, token: token, worst: worst, signed: signed, feedOrder: feedOrder,
      bookTime: bookTime, reason: reason, journaled: journaled)
  }
}

/// (venue trade id, our order id).
public struct FillKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let trade: VenueTradeID
  public let order: VenueOrderID
  public init(trade: VenueTradeID, order: VenueOrderID) {
    self.trade = trade
    self.order = order
  }
  public static func < (a: FillKey, b: FillKey) -> Bool { (a.trade, a.order) < (b.trade, b.order) }
  public var description: String { "\(trade)/\(order)" }
}

/// By which road evidence came.
public enum EvidenceRoad: String, Hashable, Sendable {
  case stream
  case answer
  case query
}

/// One fill of one of our orders, ready for the record.
public struct FillRecord: Hashable, Sendable {
  public let key: FillKey
  public let token: TokenID
  public let side: Side
  public let size: Shares
  /// Average dollars per share, for people: `cash / size` to the nearest 10⁻⁶.
  public let price: Price
  /// Exactly what changed hands for the shares, without the fee.
  public let cash: USD
  public let fee: USD
  public let isTaker: Bool
  public let settlement: SettlementState
  public let matchedAt: MarketTime
  public let road: EvidenceRoad

  public init(
    key: FillKey, token: TokenID, side: Side, size: Shares, price: Price, cash: USD, fee: USD, isTaker: Bool,
    settlement: SettlementState, matchedAt: MarketTime, road: EvidenceRoad
  ) {
    self.key = key
    self.token = token
    self.side = side
    self.size = size
    self.price = price
    self.cash = cash
    self.fee = fee
    self.isTaker = isTaker
    self.settlement = settlement
    self.matchedAt = matchedAt
    self.road = road
  }
}

/// What goes into the record. Each is idempotent: repeating it after a lost answer changes nothing.
public enum RecordCall: Hashable, Sendable {
  case submit(OrderSubmission)
  case deny(IntentMessage.Terms, origin: IntentOrigin, Refusal)
  /// A cancel wish was taken up.
  case acceptCancel(IntentMessage.Terms)
  case advance(VenueOrderID, OrderState, reason: String, detail: String)
  case fill(FillRecord)
  case settle(FillRecord, SettlementState)

  /// The order that it is about.
  public var order: VenueOrderID? {
    switch self {
    case .submit(let submission): submission.signed.id
    case .advance(let order, _, _, _): order
    case .fill(let fill), .settle(let fill, _): fill.key.order
    case .deny, .acceptCancel: nil
    }
  }

  /// It moves no money and nobody waits for it: many such are one.
  public var isProgressOfSettlement: Bool {
    if case .settle(_, let state) = self { state == .mined || state == .confirmed } else { false }
  }
}

/// What the record answered to a submission.
public enum SubmissionAnswer: Hashable, Sendable {
  /// Committed, for the first time or by an earlier try of the same bytes.
  case committed
  /// The record already holds another order for this intent: ours must never be sent.
  case alreadyOrdered
  /// Refused by the record's own fences and caps; nothing is reserved.
  case refused(code: String, detail: String)
  /// No answer: it may be committed. The call stays in the queue and is repeated.
  case unanswered
}

/// A line for people and for `system_events`.
public struct GatewayNote: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable {
    case info = "INFO"
    case warning = "WARNING"
    case error = "ERROR"
    case critical = "CRITICAL"
  }
  public let severity: Severity
  /// A stable code.
  public let code: String
  public let detail: String

  public init(severity: Severity, code: String, detail: String) {
    self.severity = severity
    self.code = code
    self.detail = detail
  }
}
