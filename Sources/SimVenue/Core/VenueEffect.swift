import Shared

/// What the venue's state wants done. Truth entries must be on disk before any other effect of the same turn leaves the process.
enum VenueEffect: Hashable, Sendable {
  case truth(TruthRecord)
  case answer(Int, Answer)
  case notice(Notice)
  case user(account: Int, slug: String, UserEvent)
}

/// An HTTP answer: status and JSON body.
struct Answer: Hashable, Sendable {
  var status: Int
  var body: [UInt8]
  /// What the truth log says about it.
  var decision: String
  var contentType = "application/json"
  /// Seconds, for a header.
  var retryAfter: Int64?
  /// Of the signer's limits, for headers.
  var standing: SignerLimits.Standing?

  static func ok(_ value: WireValue, decision: String = "ok") -> Answer {
    Answer(status: 200, body: value.bytes, decision: decision)
  }

  static func refused(_ status: Int, _ text: String) -> Answer {
    Answer(status: status, body: WireValue.object(("error", .text(text))).bytes, decision: text)
  }
}

/// Something the public streams tell. Encoded only when somebody listens, right after the turn that made it.
enum Notice: Hashable, Sendable {
  case listed(market: Int)
  /// With the best bid and ask of YES after the change.
  case levels(market: Int, [LevelChange], bid: Price?, ask: Price?)
  case traded(market: Int, outcome: Outcome, side: Side, price: Price, shares: Shares, hash: String)
  /// Show the whole book of both tokens, as it is when this turn is over.
  case book(market: Int)
  case tick(market: Int, old: PriceTick, new: PriceTick)
  /// Without a winner when the outcomes share the payout.
  case resolved(market: Int, winner: Outcome?)
}

/// Something the user stream tells one account.
enum UserEvent: Hashable, Sendable {
  enum Change: String, Hashable, Sendable {
    case placement = "PLACEMENT"
    case update = "UPDATE"
    case cancellation = "CANCELLATION"
  }
  case order(OrderRecord, Change)
  case trade(TradeRecord)
}
