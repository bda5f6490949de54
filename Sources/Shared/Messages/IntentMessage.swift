/// What an agent wants of the gateway, on channel `orders:intents` (or through `offer_intent()` when Redis is away). Repeated with
/// the same `intent` until acknowledged or until `usefulUntil` has passed; the gateway acts once.
public struct IntentMessage: Hashable, Sendable {
  /// What the wish is. `cancel` names the intent whose order shall end; its other terms repeat that intent's.
  public enum Action: String, Hashable, Sendable, CaseIterable {
    case enter
    case exit
    case cancel
  }

  /// The terms: all that the proof covers. Two messages with equal terms are one wish.
  public struct Terms: Hashable, Sendable {
    public var intent: IntentID
    public var agent: AgentName
    public var epoch: Epoch
    public var action: Action
    public var market: MarketSlug
    public var outcome: Outcome
    public var side: Side
    public var type: TimeInForce
    /// The worst price per share, dollars.
    public var price: Price
    /// Shares, > 0.
    public var size: Shares
    /// Market time after which nothing may be sent for this wish.
    public var usefulUntil: MarketTime
    /// For `cancel` only.
    public var cancels: IntentID?

    public init(
      intent: IntentID, agent: AgentName, epoch: Epoch, action: Action, market: MarketSlug, outcome: Outcome,
      side: Side,
      type: TimeInForce, price: Price, size: Shares, usefulUntil: MarketTime, cancels: IntentID? = nil
    ) {
      self.intent = intent
      self.agent = agent
      self.epoch = epoch
      self.action = action
      self.market = market
      self.outcome = outcome
      self.side = side
      self.type = type
      self.price = price
      self.size = size
      self.usefulUntil = usefulUntil
      self.cancels = cancels
    }

    /// The text under the proof: the twelve fields joined by `|`, an absent `cancels` as nothing. No field can contain a `|`, so no
    /// two sets of terms share a text.
    public var canonicalText: String {
      let fields: [String] = [
        intent.text, agent.text, epoch.description, action.rawValue, market.text, outcome.rawValue, side.rawValue,
        type.rawValue, price.description, size.description, String(usefulUntil.nanoseconds), cancels?.text ?? "",
      ]
      return fields.joined(separator: "|")
    }
  }

  public var envelope: Envelope
  public var terms: Terms
  /// The `order` of the feed message on which the agent decided.
  public var feedOrder: Int64
  /// The venue's time of the book on which the agent decided.
  public var bookTime: MarketTime
  /// Why, for people (at most 200 bytes).
  public var reason: String
  /// HMAC-SHA256 over the canonical text, 64 lower-case hex digits.
  public var proof: String

  public init(
    envelope: Envelope, terms: Terms, feedOrder: Int64, bookTime: MarketTime, reason: String, secret: IntentSecret
  ) {
    self.envelope = envelope
    self.terms = terms
    self.feedOrder = feedOrder
    self.bookTime = bookTime
    self.reason = reason
    proof = secret.proof(of: terms)
  }
}

extension IntentMessage {
  public var json: JSON {
    JSON.object(
      envelope.members + [
        .init("intent", .text(terms.intent)), .init("agent", .text(terms.agent)),
        .init("epoch", .int(terms.epoch.number)),
        .init("action", .string(terms.action.rawValue)), .init("market", .text(terms.market)),
        .init("outcome", .string(terms.outcome.rawValue)), .init("side", .string(terms.side.rawValue)),
        .init("type", .string(terms.type.rawValue)), .init("price", .text(terms.price)),
        .init("size", .text(terms.size)),
        .init("useful_until_ns", .int(terms.usefulUntil.nanoseconds)),
        .init("cancels", .optional(terms.cancels.map { .text($0) })), .init("feed_order", .int(feedOrder)),
        .init("book_ts_ns", .int(bookTime.nanoseconds)), .init("reason", .string(reason)),
        .init("proof", .string(proof)),
      ])
  }

  /// Reads a message; the proof's form is checked here, its truth by `IntentSecret.verifies`.
  public init(_ json: JSON) throws(MessageError) {
    let fields = try MessageFields(json)
    envelope = try Envelope(json)
    let action: Action = try fields.word("action")
    let cancels: IntentID? = try fields.optional("cancels") { $0.string.flatMap { IntentID($0) } }
    if (action == .cancel) != (cancels != nil) { throw fields.invalid("cancels") }
    terms = Terms(
      intent: try fields.identifier("intent"), agent: try fields.identifier("agent"),
      epoch: Epoch(try fields.int("epoch")), action: action, market: try fields.identifier("market"),
      outcome: try fields.word("outcome"), side: try fields.word("side"), type: try fields.word("type"),
      price: try fields.price("price"), size: try fields.shares("size"),
      usefulUntil: try fields.time("useful_until_ns"),
      cancels: cancels)
    if terms.size <= .zero { throw fields.invalid("size") }
    if terms.epoch.number < 0 { throw fields.invalid("epoch") }
    if !terms.intent.text.hasPrefix(terms.agent.text + ".") { throw fields.invalid("intent") }
    feedOrder = try fields.int("feed_order")
    bookTime = try fields.time("book_ts_ns")
    reason = try fields.string("reason")
    if reason.utf8.count > 200 { throw fields.invalid("reason") }
    proof = try fields.string("proof")
    guard proof.utf8.count == 64, proof.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
      throw fields.invalid("proof")
    }
  }
}
