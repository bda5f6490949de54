import Shared

/// What the journal holds, as JSON and back: submissions, and cancels that were wanted.
enum JournalRecord {
  static func cancel(_ id: VenueOrderID, reason: String, at: WallTime) -> JSON {
    ["kind": "cancel", "order_id": .text(id), "reason": .string(reason), "at_ns": .int(at.nanoseconds)]
  }

  static func cancelled(_ json: JSON) -> (id: VenueOrderID, reason: String)? {
    guard json["kind"]?.string == "cancel", let id = json["order_id"]?.string.flatMap(VenueOrderID.init) else {
      return nil
    }
    return (id, json["reason"]?.string ?? "")
  }

  static func json(_ submission: OrderSubmission) -> JSON {
    let terms = submission.terms
    return [
      "kind": "submit", "intent": .text(terms.intent), "agent": .text(terms.agent), "epoch": .int(terms.epoch.number),
      "action": .string(terms.action.rawValue), "market": .text(terms.market),
      "outcome": .string(terms.outcome.rawValue),
      "side": .string(terms.side.rawValue), "type": .string(terms.type.rawValue), "price": .text(terms.price),
      "size": .text(terms.size), "useful_until_ns": .int(terms.usefulUntil.nanoseconds),
      "origin": .string(submission.origin.rawValue), "token": .text(submission.token), "worst": .text(submission.worst),
      "order_id": .text(submission.signed.id), "body": .string(String(decoding: submission.signed.body, as: UTF8.self)),
      "signed_at_ns": .int(submission.signed.signedAt.nanoseconds),
      "expires_ns": .optional(submission.signed.expires.map { .int($0.nanoseconds) }),
      "feed_order": .int(submission.feedOrder), "book_ts_ns": .int(submission.bookTime.nanoseconds),
      "reason": .string(submission.reason),
    ]
  }

  /// `nil` for a record that is not whole: it was never acted on.
  static func submission(_ json: JSON) -> OrderSubmission? {
    guard json["kind"]?.string == "submit", let intent = json["intent"]?.string.flatMap(IntentID.init),
      let agent = json["agent"]?.string.flatMap(AgentName.init), let epoch = json["epoch"]?.int,
      let action = json["action"]?.string.flatMap(IntentMessage.Action.init(rawValue:)),
      let market = json["market"]?.string.flatMap(MarketSlug.init),
      let outcome = json["outcome"]?.string.flatMap(Outcome.init(rawValue:)),
      let side = json["side"]?.string.flatMap(Side.init(rawValue:)),
      let type = json["type"]?.string.flatMap(TimeInForce.init(rawValue:)), let price = json["price"]?.price,
      let size = json["size"]?.shares, let until = json["useful_until_ns"]?.int,
      let origin = json["origin"]?.string.flatMap(IntentOrigin.init(rawValue:)),
      let token = json["token"]?.string.flatMap(TokenID.init), let worst = json["worst"]?.usd,
      let id = json["order_id"]?.string.flatMap(VenueOrderID.init), let body = json["body"]?.string,
      let signedAt = json["signed_at_ns"]?.int, let feedOrder = json["feed_order"]?.int,
      let book = json["book_ts_ns"]?.int
    else { return nil }
    let terms = IntentMessage.Terms(
      intent: intent, agent: agent, epoch: Epoch(epoch), action: action, market: market, outcome: outcome, side: side,
      type: type, price: price, size: size, usefulUntil: MarketTime(nanoseconds: until))
    let signed = PreparedOrder(
      id: id, body: Array(body.utf8), signedAt: WallTime(nanoseconds: signedAt),
      expires: json["expires_ns"]?.int.map { MarketTime(nanoseconds: $0) })
    return OrderSubmission(
      terms: terms, origin: origin, token: token, worst: worst, signed: signed, feedOrder: feedOrder,
      bookTime: MarketTime(nanoseconds: book), reason: json["reason"]?.string ?? "", journaled: true)
  }
}
