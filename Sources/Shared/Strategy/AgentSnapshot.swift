/// What the database knows of an agent, as `agent_snapshot` answers it: where to resume.
public struct AgentSnapshot: Hashable, Sendable {
  /// An order that is not over.
  public struct OpenOrder: Hashable, Sendable {
    public let intent: IntentID
    public let market: MarketSlug
    public let outcome: Outcome
    public let side: Side
    public let type: TimeInForce
    public let price: Price
    public let size: Shares

    public init(
      intent: IntentID, market: MarketSlug, outcome: Outcome, side: Side, type: TimeInForce, price: Price, size: Shares
    ) {
      self.intent = intent
      self.market = market
      self.outcome = outcome
      self.side = side
      self.type = type
      self.price = price
      self.size = size
    }
  }

  /// The row's id, for the rows that the agent writes.
  public let id: Int64
  public let epoch: Epoch
  /// `RUNNING`, `PAUSED`, `DRAINING` …
  public let status: String
  /// The newest order event.
  public let cursor: Int64
  public let positions: [Position]
  public let orders: [OpenOrder]
  /// The checkpoint in the database, if any.
  public let checkpoint: AgentCheckpoint?

  public init(_ json: JSON) throws(MessageError) {
    let fields = try MessageFields(json)
    id = try fields.int("id")
    epoch = Epoch(try fields.int("epoch"))
    status = try fields.string("status")
    cursor = try fields.optional("cursor") { $0.int } ?? 0
    var positions: [Position] = []
    for item in try fields.value("positions").array ?? [] {
      let entry = try MessageFields(item, prefix: "positions")
      let shares = try entry.shares("shares")
      if shares <= .zero { continue }  // taken-back fills can leave less than nothing: nothing to exit
      positions.append(
        Position(
          market: try entry.identifier("market"), outcome: try entry.word("outcome"), shares: shares,
          cost: try entry.usd("cost"),
          openedAt: MarketTime(nanoseconds: try entry.optional("opened_market_ns") { $0.int } ?? 0)))
    }
    self.positions = positions
    var orders: [OpenOrder] = []
    for item in try fields.value("orders").array ?? [] {
      let entry = try MessageFields(item, prefix: "orders")
      orders.append(
        OpenOrder(
          intent: try entry.identifier("intent"), market: try entry.identifier("market"),
          outcome: try entry.word("outcome"), side: try entry.word("side"), type: try entry.word("type"),
          price: try entry.price("price"), size: try entry.shares("size")))
    }
    self.orders = orders
    if fields.optional("checkpoint") == nil {
      checkpoint = nil
    } else {
      // A checkpoint that cannot be read is as good as none: the rest of this answer is enough to go on.
      do throws(MessageError) {
        checkpoint = try AgentCheckpoint(try fields.object("checkpoint").value("state"))
      } catch {
        checkpoint = nil
      }
    }
  }

  public init(
    id: Int64, epoch: Epoch, status: String, cursor: Int64, positions: [Position], orders: [OpenOrder],
    checkpoint: AgentCheckpoint?
  ) {
    self.id = id
    self.epoch = epoch
    self.status = status
    self.cursor = cursor
    self.positions = positions
    self.orders = orders
    self.checkpoint = checkpoint
  }
}

extension AgentSnapshot {
  /// As `init` reads it, without the checkpoint: whoever keeps a snapshot keeps the checkpoint that was used beside it.
  public var json: JSON {
    [
      "id": .int(id), "epoch": .int(epoch.number), "status": .string(status), "cursor": .int(cursor),
      "positions": .array(
        positions.map {
          [
            "market": .text($0.market), "outcome": .string($0.outcome.rawValue), "shares": .text($0.shares),
            "cost": .text($0.cost), "opened_market_ns": .int($0.openedAt.nanoseconds),
          ]
        }),
      "orders": .array(
        orders.map {
          [
            "intent": .text($0.intent), "market": .text($0.market), "outcome": .string($0.outcome.rawValue),
            "side": .string($0.side.rawValue), "type": .string($0.type.rawValue), "price": .text($0.price),
            "size": .text($0.size),
          ]
        }),
    ]
  }
}
