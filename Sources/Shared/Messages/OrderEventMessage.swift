/// What became of an intent, from the gateway to the agent that owns it: channel `orders:events:<agent>`, and the same events by
/// `order_events_since(agent, cursor)` after a restart or a gap. An agent applies them in the order of `cursor`, each once.
public struct OrderEventMessage: Hashable, Sendable {
  public enum Event: String, Hashable, Sendable, CaseIterable {
    /// A cancel was taken down and will be sent. An order has no such event: what the venue says of it comes at once, and costs the
    /// price that waits no event of its own.
    case accepted
    /// We refused (stable code in `reason`); nothing was or will be sent.
    case denied
    /// The venue has it in the book.
    case live
    /// The venue says it traded; `fill` says what.
    case fill
    /// Nothing more will come of it: filled, cancelled, expired.
    case done
    /// The venue refused it.
    case rejected
    /// Sent, and nobody knows what became of it; a later event resolves it.
    case unknown
    /// The market was decided and the position paid out; `fill` says how much a share.
    case settled
    /// An earlier fill failed to settle and is taken back; `fill` repeats it.
    case voided

    /// Do these events carry a `fill`?
    public var carriesFill: Bool { self == .fill || self == .settled || self == .voided }
  }

  /// Shares that changed hands (or were paid out, for `settled`).
  public struct Fill: Hashable, Sendable {
    /// The venue's match; for a settlement the round trip it closed, if any.
    public var trade: VenueTradeID?
    public var market: MarketSlug
    public var outcome: Outcome
    public var side: Side
    /// Dollars per share; a settlement pays 0 or 1.
    public var price: Price
    /// Shares, > 0.
    public var size: Shares
    /// Dollars, ≥ 0.
    public var fee: USD

    public init(
      trade: VenueTradeID?, market: MarketSlug, outcome: Outcome, side: Side, price: Price, size: Shares, fee: USD
    ) {
      self.trade = trade
      self.market = market
      self.outcome = outcome
      self.side = side
      self.price = price
      self.size = size
      self.fee = fee
    }
  }

  public var envelope: Envelope
  /// Position in the agent's own sequence of events, from the database: grows, may have gaps.
  public var cursor: Int64
  public var agent: AgentName
  /// The epoch under which the intent was made.
  public var epoch: Epoch
  /// `nil` for a settlement, which belongs to a position and not to an order.
  public var intent: IntentID?
  public var order: VenueOrderID?
  /// The market and token that the event is about; `nil` only when the intent named none that exists.
  public var market: MarketSlug?
  public var outcome: Outcome?
  public var event: Event
  /// A stable code, `""` when there is nothing to explain.
  public var reason: String
  /// For people.
  public var detail: String
  public var fill: Fill?
  /// Shares of the order that may still trade.
  public var remaining: Shares
  /// Shares of this agent in the event's token after it. Negative only after a fill was taken back whose shares were already sold.
  public var position: Shares
  /// No further event changes this order's fills, except `voided`.
  public var final: Bool

  public init(
    envelope: Envelope, cursor: Int64, agent: AgentName, epoch: Epoch, intent: IntentID?, order: VenueOrderID? = nil,
    market: MarketSlug? = nil, outcome: Outcome? = nil, event: Event, reason: String = "", detail: String = "",
    fill: Fill? = nil, remaining: Shares = .zero,
    position: Shares = .zero, final: Bool = false
  ) {
    self.envelope = envelope
    self.cursor = cursor
    self.agent = agent
    self.epoch = epoch
    self.intent = intent
    self.order = order
    self.market = market ?? fill?.market
    self.outcome = outcome ?? fill?.outcome
    self.event = event
    self.reason = reason
    self.detail = detail
    self.fill = fill
    self.remaining = remaining
    self.position = position
    self.final = final
  }
}

extension OrderEventMessage {
  public var json: JSON {
    JSON.object(
      envelope.members + [
        .init("cursor", .int(cursor)), .init("agent", .text(agent)), .init("epoch", .int(epoch.number)),
        .init("intent", .optional(intent.map { .text($0) })), .init("order", .optional(order.map { .text($0) })),
        .init("market", .optional(market.map { .text($0) })),
        .init("outcome", .optional(outcome.map { .string($0.rawValue) })), .init("event", .string(event.rawValue)),
        .init("reason", .string(reason)), .init("detail", .string(detail)),
        .init("fill", .optional(fill.map { $0.json })), .init("remaining", .text(remaining)),
        .init("position", .text(position)), .init("final", .bool(final)),
      ])
  }

  /// Reads a message from the channel, envelope and all.
  public init(_ json: JSON) throws(MessageError) {
    try self.init(json, envelope: try Envelope(json))
  }

  /// Reads a body as `order_events_since` and the gateway's functions return it: the message without its envelope.
  public init(_ json: JSON, envelope: Envelope) throws(MessageError) {
    let fields = try MessageFields(json)
    self.envelope = envelope
    cursor = try fields.int("cursor")
    agent = try fields.identifier("agent")
    epoch = Epoch(try fields.int("epoch"))
    intent = try fields.optional("intent") { $0.string.flatMap { IntentID($0) } }
    order = try fields.optional("order") { $0.string.flatMap { VenueOrderID($0) } }
    market = try fields.optional("market") { $0.string.flatMap { MarketSlug($0) } }
    outcome = try fields.optional("outcome") { $0.string.flatMap { Outcome(rawValue: $0) } }
    event = try fields.word("event")
    reason = try fields.string("reason")
    detail = try fields.string("detail")
    fill = fields.optional("fill") == nil ? nil : try Fill(try fields.object("fill"))
    remaining = try fields.shares("remaining")
    position = try fields.shares("position")
    final = try fields.bool("final")
    if event.carriesFill != (fill != nil) { throw fields.invalid("fill") }
    if intent == nil, event != .settled { throw fields.invalid("intent") }
    if cursor < 0 { throw fields.invalid("cursor") }
    if remaining < .zero { throw fields.invalid("remaining") }
  }
}

extension OrderEventMessage.Fill {
  public var json: JSON {
    [
      "trade": .optional(trade.map { .text($0) }), "market": .text(market), "outcome": .string(outcome.rawValue),
      "side": .string(side.rawValue), "price": .text(price), "size": .text(size), "fee": .text(fee),
    ]
  }

  public init(_ fields: MessageFields) throws(MessageError) {
    // A settlement names the round trip it closed, which is a number.
    trade = try fields.optional("trade") { $0.decimalText.flatMap { VenueTradeID($0) } }
    market = try fields.identifier("market")
    outcome = try fields.word("outcome")
    side = try fields.word("side")
    price = try fields.price("price")
    size = try fields.shares("size")
    fee = try fields.usd("fee")
    if size <= .zero { throw fields.invalid("size") }
    if fee < .zero { throw fields.invalid("fee") }
  }
}
