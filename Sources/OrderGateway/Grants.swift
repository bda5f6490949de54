import Shared

/// Which agent may speak under which epoch, and how it proves that: what the boss granted over the control socket. In memory only.
struct Grants {
  private var grants: [AgentName: (epoch: Epoch, secret: IntentSecret)] = [:]
  /// Since when an agent was seen without a grant.
  private var absences: [AgentName: MonotonicTime] = [:]

  /// A grant of an older epoch than the present one is ignored.
  mutating func grant(_ agent: AgentName, epoch: Epoch, secret: IntentSecret) {
    if let present = grants[agent], present.epoch > epoch { return }
    grants[agent] = (epoch, secret)
    absences[agent] = nil
  }

  mutating func revoke(_ agent: AgentName) { grants[agent] = nil }

  /// Since when this agent has been without a grant, at the latest since it was first asked for; `nil` while it has one.
  mutating func absent(_ agent: AgentName, now: MonotonicTime) -> MonotonicTime? {
    guard grants[agent] == nil else { return nil }
    if let since = absences[agent] { return since }
    absences[agent] = now
    return now
  }

  var count: Int { grants.count }

  func judge(_ message: IntentMessage) -> ProofVerdict {
    guard let grant = grants[message.terms.agent] else { return .noGrant }
    if message.terms.epoch != grant.epoch { return .staleEpoch(granted: grant.epoch) }
    return grant.secret.verifies(message) ? .valid : .bad
  }
}
