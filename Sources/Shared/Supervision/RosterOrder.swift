/// Something the boss was told to do, or advised to: a row of `commands`, or one of `recommendations`. The row outlives the boss; whoever is
/// boss next goes on with it.
public struct RosterOrder: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    case command(Int64)
    /// With the evidence of the performance monitor.
    case recommendation(Int64, rule: String, evidence: JSON)
  }

  public enum Verb: String, Hashable, Sendable, CaseIterable {
    case start, stop, pause, retire, clone, hire, halt, resume
  }

  public let source: Source
  public let verb: Verb
  /// The agent; empty for `halt` and `resume`, and for all agents in `start`, `stop`, `pause`.
  public let target: String
  public let arguments: JSON

  public init(source: Source, verb: Verb, target: String, arguments: JSON = .object([])) {
    self.source = source
    self.verb = verb
    self.target = target
    self.arguments = arguments
  }

  /// Why, for the record.
  public var reason: String {
    switch source {
    case .command(let id): arguments["reason"]?.string ?? "command \(id)"
    case .recommendation(_, let rule, _): rule
    }
  }

  /// A name made from the row's number: whoever carries the order out a second time finds the same clone, not another one.
  public func cloneName(of parent: String) -> String {
    let suffix =
      switch source {
      case .command(let id): "-c\(id)"
      case .recommendation(let id, _, _): "-r\(id)"
      }
    // The root's name, so that names do not grow with the generations.
    var parts = parent.split(separator: "-")
    if parts.count > 1, let last = parts.last, last.first == "c" || last.first == "r",
      last.dropFirst().allSatisfy(\.isNumber), last.count > 1
    {
      parts.removeLast()
    }
    return String(parts.joined(separator: "-").prefix(40 - suffix.utf8.count)) + suffix
  }
}
