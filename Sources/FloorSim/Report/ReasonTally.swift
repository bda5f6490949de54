import Shared

/// How often an agent decided what, and why not.
public struct ReasonTally: Hashable, Sendable {
  public private(set) var signals: [String: Int64] = [:]
  public private(set) var refusals: [String: Int64] = [:]

  public init() {}

  mutating func note(_ decision: Decision) {
    switch decision.kind {
    case .signal: signals[decision.reason, default: 0] += decision.count
    case .refusal: refusals[decision.reason, default: 0] += decision.count
    }
  }
}
