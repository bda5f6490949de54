/// One thing that an agent was given, or decided, in order. What it decided stands behind what it was given.
public enum JournalEntry: Hashable, Sendable {
  /// The first of a life.
  case birth(AgentBirth)
  /// `AgentCore.resume`.
  case resume(checkpoint: AgentCheckpoint?, snapshot: AgentSnapshot?, missed: [OrderEventMessage])
  /// `AgentCore.reconcile`.
  case reconcile(AgentSnapshot, missed: [OrderEventMessage])
  /// A market or reference message of the feed; what it said stands in the feed's journal.
  case message(boot: String, order: Int64, now: MarketTime)
  case order(OrderEventMessage, now: MarketTime)
  case synced(open: Set<IntentID>, now: MarketTime)
  case blind(now: MarketTime)
  case mode(FloorMode, now: MarketTime)
  case drain(now: MarketTime)
  case beat(now: MarketTime)
  /// `AgentCore.finish`: the orderly end of a life.
  case finish
  /// A decision's JSON (`Decision.json`), byte for byte.
  case decision([UInt8])
  /// So many entries before this one could not be written.
  case lost(Int)

  /// The market time at which it was given.
  public var now: MarketTime? {
    switch self {
    case .message(_, _, let now), .order(_, let now), .synced(_, let now), .blind(let now), .mode(_, let now),
      .drain(let now), .beat(let now):
      now
    case .birth, .resume, .reconcile, .finish, .decision, .lost: nil
    }
  }

  /// The entry for what an agent is given.
  public init(_ event: AgentEvent, now: MarketTime) {
    switch event {
    case .market(let update): self = .message(boot: update.envelope.boot, order: update.order, now: now)
    case .reference(let price): self = .message(boot: price.envelope.boot, order: price.order, now: now)
    case .order(let event): self = .order(event, now: now)
    case .synced(let open): self = .synced(open: open, now: now)
    case .blind: self = .blind(now: now)
    case .mode(let mode): self = .mode(mode, now: now)
    case .drain: self = .drain(now: now)
    case .beat: self = .beat(now: now)
    }
  }
}
