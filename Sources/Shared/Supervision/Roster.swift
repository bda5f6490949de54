/// What the record and the process table say about the agents: everything a decision about them may look at.
public struct Roster: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    case hired = "HIRED"
    case running = "RUNNING"
    case paused = "PAUSED"
    case quarantined = "QUARANTINED"
    case draining = "DRAINING"
    case retired = "RETIRED"
  }

  public struct Agent: Hashable, Sendable {
    public var name: String
    public var status: Status
    public var strategy: String
    public var parameters: JSON
    public var generation: Int64
    public var allocated: USD
    public var reserved: USD
    public var invested: USD
    /// Its process: whether one is wanted, whether none can be alive, and whether it is in quarantine or given up.
    public var isWanted: Bool
    public var isDown: Bool
    public var isLost: Bool

    public init(
      name: String, status: Status, strategy: String, parameters: JSON = .object([]), generation: Int64 = 0,
      allocated: USD = .zero, reserved: USD = .zero, invested: USD = .zero, isWanted: Bool = false,
      isDown: Bool = true, isLost: Bool = false
    ) {
      self.name = name
      self.status = status
      self.strategy = strategy
      self.parameters = parameters
      self.generation = generation
      self.allocated = allocated
      self.reserved = reserved
      self.invested = invested
      self.isWanted = isWanted
      self.isDown = isDown
      self.isLost = isLost
    }

    /// Counts for capital and for the size of the floor.
    public var isActive: Bool { status != .retired && status != .draining }
  }

  public var agents: [Agent]
  /// Cash that no agent holds.
  public var treasury: USD
  public var isHalted: Bool
  /// Since the last clone made by recommendation; `nil` when there was none.
  public var sinceLastClone: Duration?

  public init(agents: [Agent], treasury: USD = .zero, isHalted: Bool = false, sinceLastClone: Duration? = nil) {
    self.agents = agents
    self.treasury = treasury
    self.isHalted = isHalted
    self.sinceLastClone = sinceLastClone
  }

  public subscript(name: String) -> Agent? { agents.first { $0.name == name } }
  public var active: [Agent] { agents.filter(\.isActive) }
}
