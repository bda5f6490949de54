/// An agent's state at one moment, as it stands in the table `checkpoints` and in a file. It resumes an agent; it never authorises risk:
/// positions and orders are taken from the database wherever it can be asked.
public struct AgentCheckpoint: Hashable, Sendable {
  /// Another shape is not read.
  public static let version: Int64 = 1

  public var agent: AgentName
  public var strategy: String
  public var epoch: Epoch
  /// Grows with each checkpoint of an agent, over all its lives: of two, the larger is the newer.
  public var sequence: Int64
  /// The newest order event it includes.
  public var cursor: Int64
  /// Market time of the newest event it includes.
  public var now: MarketTime
  public var positions: PositionBook
  public var strategyState: JSON

  public init(
    agent: AgentName, strategy: String, epoch: Epoch, sequence: Int64, cursor: Int64, now: MarketTime,
    positions: PositionBook, strategyState: JSON
  ) {
    self.agent = agent
    self.strategy = strategy
    self.epoch = epoch
    self.sequence = sequence
    self.cursor = cursor
    self.now = now
    self.positions = positions
    self.strategyState = strategyState
  }

  public var json: JSON {
    [
      "v": .int(AgentCheckpoint.version), "agent": .text(agent), "strategy": .string(strategy),
      "epoch": .int(epoch.number),
      "sequence": .int(sequence), "cursor": .int(cursor), "now_ns": .int(now.nanoseconds),
      "positions": positions.checkpoint, "strategy_state": strategyState,
    ]
  }

  public init(_ json: JSON) throws(MessageError) {
    let fields = try MessageFields(json, prefix: "checkpoint")
    guard try fields.int("v") == AgentCheckpoint.version else { throw fields.invalid("v") }
    agent = try fields.identifier("agent")
    strategy = try fields.string("strategy")
    epoch = Epoch(try fields.int("epoch"))
    sequence = try fields.int("sequence")
    cursor = try fields.int("cursor")
    now = try fields.time("now_ns")
    positions = try PositionBook(checkpoint: try fields.value("positions"))
    strategyState = try fields.value("strategy_state")
  }

  /// Of the checkpoints at hand the newest that belongs to this agent.
  public static func newest(_ candidates: [AgentCheckpoint?], of agent: AgentName) -> AgentCheckpoint? {
    candidates.compactMap { $0 }.filter { $0.agent == agent }.max { $0.sequence < $1.sequence }
  }
}
