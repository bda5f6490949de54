import Shared

/// Decisions in their order, as one number: SHA-256 over their JSON, each with a line feed behind it.
public struct DecisionHash: Sendable {
  public private(set) var count = 0
  private var sum = SHA256()

  public init() {}

  public mutating func add(_ json: [UInt8]) {
    count += 1
    sum.update(json)
    sum.update([0x0A])
  }

  /// 64 hex digits.
  public var text: String {
    var sum = sum
    return Hex.text(sum.finish())
  }
}

/// What the replay of a life says of the day that is looked at.
public struct LifeResult: Sendable {
  /// What the agent was given.
  public internal(set) var inputs = 0
  /// Of the part that could be replayed.
  public internal(set) var recorded = DecisionHash()
  public internal(set) var replayed = DecisionHash()
  public internal(set) var equal = 0
  public internal(set) var differences: [DecisionDifference] = []
  /// What the replay decided, where `LifeReplay.keepsDecisions` asks for it.
  public internal(set) var decisions: [JSON] = []
  /// Why the replay ends before the life does.
  public internal(set) var hole: String?
  /// Recorded decisions behind the hole: nothing can be said of them.
  public internal(set) var unjudged = 0

  public init(hole: String? = nil, unjudged: Int = 0) {
    self.hole = hole
    self.unjudged = unjudged
  }
}
