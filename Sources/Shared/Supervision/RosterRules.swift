/// How an order about the roster is carried out: a function from the order and the present facts to the next step. Nothing is remembered between
/// steps but what the record holds, so a boss that dies in the middle is no special case.
public struct RosterRules: Hashable, Sendable {
  /// What has to be done now. Each action is harmless when it was done before.
  public enum Action: Hashable, Sendable {
    case setStatus(String, Roster.Status)
    case want(String, Bool)
    /// Forget quarantine and crashes.
    case pardon(String)
    /// The gateway takes the agent's authority away, cancels its orders, takes over its positions.
    case revoke(String)
    case hire(name: String, strategy: String, parameters: JSON)
    case clone(parent: String, name: String)
    /// Fence, drain, and, when nothing is open any more, take the capital back.
    case retire(String)
    case halt, resume
  }

  public enum Step: Hashable, Sendable {
    /// The order cannot or must not be carried out.
    case refuse(String)
    /// Do these, in order, then ask again.
    case perform([Action])
    /// Nothing to do until the facts change.
    case wait(String)
    case done(JSON)
  }

  /// Most active agents, clones included.
  public let agentsMax: Int
  /// Least time between two clones made by recommendation.
  public let clonePause: Duration
  public let hireCheck: HireCheck

  public init(agentsMax: Int, clonePause: Duration, hireCheck: HireCheck) {
    self.agentsMax = agentsMax
    self.clonePause = clonePause
    self.hireCheck = hireCheck
  }

  public func next(_ order: RosterOrder, _ roster: Roster) -> Step {
    switch order.verb {
    case .halt: return roster.isHalted ? .done(["halted": true]) : .perform([.halt])
    case .resume: return roster.isHalted ? .perform([.resume]) : .done(["halted": false])
    case .hire: return hire(order, roster)
    case .start, .stop, .pause: return each(order, roster)
    case .retire: return retire(order, roster)
    case .clone: return clone(order, roster)
    }
  }

  // MARK: - Start, stop, pause

  private func each(_ order: RosterOrder, _ roster: Roster) -> Step {
    let names: [String]
    if order.target.isEmpty {
      names = roster.active.map(\.name)
    } else {
      guard let agent = roster[order.target] else { return unknown(order.target, roster) }
      guard agent.isActive else { return .refuse("\(agent.name) is \(agent.status.rawValue.lowercased())") }
      names = [agent.name]
    }
    var actions: [Action] = []
    var waitsFor: [String] = []
    for agent in names.compactMap({ roster[$0] }) {
      switch order.verb {
      case .start:
        // First the process, which may be in quarantine beside a pause: a status of RUNNING would not stand on a lost one.
        if agent.isLost || agent.status == .quarantined { actions.append(.pardon(agent.name)) }
        if agent.status != .running { actions.append(.setStatus(agent.name, .running)) }
        if !agent.isWanted { actions.append(.want(agent.name, true)) }
      case .pause:
        // The process goes on: it may exit positions, and enters nothing.
        if agent.status != .paused { actions.append(.setStatus(agent.name, .paused)) }
      case .stop:
        if agent.status != .paused { actions.append(.setStatus(agent.name, .paused)) }
        if agent.isWanted { actions += [.want(agent.name, false), .revoke(agent.name)] }
        if !agent.isDown { waitsFor.append(agent.name) }
      case .retire, .clone, .hire, .halt, .resume: break
      }
    }
    if !actions.isEmpty { return .perform(actions) }
    if !waitsFor.isEmpty { return .wait("the end of " + waitsFor.joined(separator: ", ")) }
    return .done(["agents": .array(names.map { .string($0) })])
  }

  // MARK: - Retire

  private func retire(_ order: RosterOrder, _ roster: Roster) -> Step {
    guard let agent = roster[order.target] else { return unknown(order.target, roster) }
    switch agent.status {
    case .retired: return .done(["retired": .string(agent.name)])
    case .draining:
      var actions: [Action] = []
      if agent.isWanted { actions.append(.want(agent.name, false)) }
      // While its process may live, the gateway is told again: it forgets nothing, but it may have been restarted in between.
      actions += [.revoke(agent.name), .retire(agent.name)]
      return .perform(actions)
    case .hired, .running, .paused, .quarantined:
      if roster.active.count <= 1 { return .refuse("\(agent.name) is the last agent; hire another one first") }
      return .perform([.retire(agent.name), .want(agent.name, false), .revoke(agent.name)])
    }
  }

  // MARK: - Clone, hire

  private func clone(_ order: RosterOrder, _ roster: Roster) -> Step {
    let name = order.cloneName(of: order.target)
    if let clone = roster[name] { return bringUp(clone) }
    guard let parent = roster[order.target] else { return unknown(order.target, roster) }
    guard parent.isActive else {
      return .refuse("\(parent.name) is \(parent.status.rawValue.lowercased()) and cannot be cloned")
    }
    if roster.active.count >= agentsMax { return .refuse("the floor has its \(agentsMax) agents already") }
    if roster.isHalted { return .refuse("the floor is halted") }
    if case .recommendation = order.source, let since = roster.sinceLastClone, since < clonePause {
      return .refuse("the last clone is only \(since.components.seconds) s old")
    }
    return .perform([.clone(parent: parent.name, name: name)])
  }

  private func hire(_ order: RosterOrder, _ roster: Roster) -> Step {
    if let agent = roster[order.target] {
      guard agent.status != .retired else { return .refuse("\(agent.name) was retired; names are never used twice") }
      return bringUp(agent)
    }
    guard AgentName(order.target) != nil else {
      return .refuse("\"\(order.target)\" is no legal name: at most 40 of a-z, 0-9 and -")
    }
    if roster.active.count >= agentsMax { return .refuse("the floor has its \(agentsMax) agents already") }
    let strategy = order.arguments["strategy"]?.string ?? ""
    let parameters = order.arguments["parameters"] ?? .object([])
    if let problem = hireCheck.problem(strategy: strategy, row: parameters) { return .refuse(problem) }
    return .perform([.hire(name: order.target, strategy: strategy, parameters: parameters)])
  }

  private func bringUp(_ agent: Roster.Agent) -> Step {
    guard agent.isActive else { return .refuse("\(agent.name) is \(agent.status.rawValue.lowercased())") }
    var actions: [Action] = []
    if agent.status == .hired { actions.append(.setStatus(agent.name, .running)) }
    if !agent.isWanted { actions.append(.want(agent.name, true)) }
    return actions.isEmpty
      ? .done(["agent": .string(agent.name), "generation": .int(agent.generation)]) : .perform(actions)
  }

  private func unknown(_ name: String, _ roster: Roster) -> Step {
    if name.isEmpty { return .refuse("name an agent") }
    let near = Spelling.nearest(to: name, of: roster.agents.map(\.name))
    return .refuse("there is no agent \(name)" + (near.map { "; did you mean \($0)?" } ?? ""))
  }
}
