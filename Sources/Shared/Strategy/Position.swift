/// Shares of one token that the agent holds, as its own order events say. For deciding exits; the ledger is the gateway's.
public struct Position: Hashable, Sendable {
  public let market: MarketSlug
  public let outcome: Outcome
  /// > 0.
  public internal(set) var shares: Shares
  /// Dollars paid for these shares without fees, at average cost.
  public internal(set) var cost: USD
  /// Market time of the first fill since it was flat.
  public internal(set) var openedAt: MarketTime

  /// - Precondition: `shares` > 0 for a position that is put into a book.
  public init(market: MarketSlug, outcome: Outcome, shares: Shares, cost: USD, openedAt: MarketTime) {
    self.market = market
    self.outcome = outcome
    self.shares = shares
    self.cost = cost
    self.openedAt = openedAt
  }

  /// Average dollars per share, to the nearest 10⁻⁶.
  public var averagePrice: Price {
    let micros = divide(Int128(cost.micros) * 1_000_000, by: Int128(max(1, shares.micros)), rounding: .nearest)
    return Price(micros: min(1_000_000, max(0, Int64(clamping: micros)))) ?? .zero
  }
}

/// The agent's positions, ordered by market and outcome.
public struct PositionBook: Hashable, Sendable {
  public private(set) var all: [Position] = []
  /// Events whose `position` differed from our own sum: the event was believed.
  public private(set) var corrections = 0

  public init() {}

  public subscript(_ market: MarketSlug, _ outcome: Outcome) -> Position? {
    all.first { $0.market == market && $0.outcome == outcome }
  }

  public func holds(_ market: MarketSlug) -> Bool { all.contains { $0.market == market } }

  /// Books the fill of an event; afterwards the holding is what the event says.
  mutating func apply(
    _ fill: OrderEventMessage.Fill, event: OrderEventMessage.Event, after: Shares, at time: MarketTime
  ) {
    var position =
      self[fill.market, fill.outcome]
      ?? Position(market: fill.market, outcome: fill.outcome, shares: .zero, cost: .zero, openedAt: time)
    let bought = (fill.side == .buy) != (event == .voided)
    if event == .settled {
      position.shares = .zero
    } else if bought {
      let paid = divide(Int128(fill.price.micros) * Int128(fill.size.micros), by: 1_000_000, rounding: .nearest)
      position.cost = USD(micros: position.cost.micros + Int64(clamping: paid))
      position.shares += fill.size
    } else {
      scale(&position, to: position.shares - fill.size)
    }
    if position.shares != after {
      if event != .settled { corrections += 1 }
      if position.shares <= .zero, after > .zero {
        // A holding we did not know of: valued at this fill's price.
        let worth = divide(Int128(fill.price.micros) * Int128(after.micros), by: 1_000_000, rounding: .nearest)
        position.cost = USD(micros: Int64(clamping: worth))
        position.shares = after
      } else {
        scale(&position, to: after)
      }
    }
    all.removeAll { $0.market == fill.market && $0.outcome == fill.outcome }
    if position.shares > .zero { insert(position) }
  }

  /// Takes over a holding that no event of ours explains (a checkpoint, the database's own sum).
  mutating func put(_ position: Position) {
    all.removeAll { $0.market == position.market && $0.outcome == position.outcome }
    if position.shares > .zero { insert(position) }
  }

  private mutating func insert(_ position: Position) {
    let index =
      all.firstIndex { ($0.market, $0.outcome.index) > (position.market, position.outcome.index) } ?? all.count
    all.insert(position, at: index)
  }

  private func scale(_ position: inout Position, to shares: Shares) {
    guard shares > .zero, position.shares > .zero else {
      position.shares = max(.zero, shares)
      position.cost = .zero
      return
    }
    let cost = divide(
      Int128(position.cost.micros) * Int128(shares.micros), by: Int128(position.shares.micros), rounding: .nearest)
    position.cost = USD(micros: Int64(clamping: cost))
    position.shares = shares
  }
}

extension PositionBook {
  var checkpoint: JSON {
    .array(
      all.map {
        [
          "market": .text($0.market), "outcome": .string($0.outcome.rawValue), "shares": .text($0.shares),
          "cost_usd": .text($0.cost), "opened_ns": .int($0.openedAt.nanoseconds),
        ]
      })
  }

  init(checkpoint: JSON) throws(MessageError) {
    guard let items = checkpoint.array else { throw .invalid("positions") }
    for item in items {
      let fields = try MessageFields(item, prefix: "positions")
      let position = Position(
        market: try fields.identifier("market"), outcome: try fields.word("outcome"),
        shares: try fields.shares("shares"), cost: try fields.usd("cost_usd"), openedAt: try fields.time("opened_ns"))
      guard position.shares > .zero, position.cost >= .zero else { throw .invalid("positions") }
      put(position)
    }
  }
}
