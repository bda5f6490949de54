import Shared

/// A decision as the record has it and as the replay made it, where the two differ.
public struct DecisionDifference: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Acted alike, on other figures: only `detail` differs, and neither price nor size in it.
    case figures
    /// Both decided about the same market at the same moment, and not the same.
    case changed
    case onlyRecorded = "only_recorded"
    case onlyReplayed = "only_replayed"
  }

  public let agent: AgentName
  public let epoch: Epoch
  public let kind: Kind
  /// `Decision.json`; `nil` where there is none.
  public let recorded: JSON?
  public let replayed: JSON?

  public init(agent: AgentName, epoch: Epoch, kind: Kind, recorded: JSON?, replayed: JSON?) {
    self.agent = agent
    self.epoch = epoch
    self.kind = kind
    self.recorded = recorded
    self.replayed = replayed
  }

  /// What differs, `detail.price` and the like, by name.
  public var fields: [String] {
    guard let recorded, let replayed else { return [] }
    return DecisionDifference.fields(recorded, replayed)
  }

  public var json: JSON {
    [
      "agent": .text(agent), "epoch": .int(epoch.number), "kind": .string(kind.rawValue),
      "fields": .array(fields.map { .string($0) }), "recorded": .optional(recorded), "replayed": .optional(replayed),
    ]
  }

  static func fields(_ a: JSON, _ b: JSON, _ prefix: String = "") -> [String] {
    guard let left = a.members, let right = b.members else { return a == b ? [] : [prefix] }
    let path = prefix.isEmpty ? "" : prefix + "."
    var names: [String] = []
    for member in left { names += fields(member.value, b[member.key] ?? .null, path + member.key) }
    for member in right where a[member.key] == nil { names.append(path + member.key) }
    return names
  }
}

/// The decisions made on one and the same input, recorded and replayed, put beside each other.
struct DecisionPairing {
  private(set) var pairs: [(recorded: JSON, replayed: JSON)] = []
  private(set) var onlyRecorded: [JSON] = []
  private(set) var onlyReplayed: [JSON] = []

  /// First those that say the same, then those about the same market and outcome, each in its order.
  init(_ recorded: [JSON], _ replayed: [JSON]) {
    var rest = replayed
    var open: [JSON] = []
    for decision in recorded {
      if let index = rest.firstIndex(where: { Self.key($0) == Self.key(decision) }) {
        pairs.append((decision, rest.remove(at: index)))
      } else {
        open.append(decision)
      }
    }
    for decision in open {
      if let index = rest.firstIndex(where: { Self.subject($0) == Self.subject(decision) }) {
        pairs.append((decision, rest.remove(at: index)))
      } else {
        onlyRecorded.append(decision)
      }
    }
    onlyReplayed = rest
  }

  private static func key(_ decision: JSON) -> [JSON?] {
    [decision["kind"], decision["reason"], decision["detail"]?["action"]] + subject(decision)
  }

  private static func subject(_ decision: JSON) -> [JSON?] { [decision["market"], decision["outcome"]] }
}
