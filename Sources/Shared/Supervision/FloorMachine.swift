/// The whole floor as the boss sees it: its members, the mode that their state allows, the order in which it stops.
///
/// It never ends by itself: whatever its children do, it goes on with those it has.
public struct FloorMachine: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable { case gateway, desk, agent }

  /// Why the floor may do less than everything. Several hold at once; the strictest counts.
  public enum Concern: String, Hashable, Sendable, CaseIterable {
    case starting, agentsQuarantined, gatewayQuarantined, auditorAway, diskLow, stopping
  }

  public enum Event: Hashable, Sendable {
    case add(String, Kind)
    /// Forgets a member that is down.
    case remove(String)
    case child(String, ChildMachine.Event)
    case concern(Concern, reason: String?)
    /// The recorded halt: latched, or lifted by a person.
    case halted(Bool)
    case tick(lag: Duration)
    case stop
  }

  public enum Effect: Hashable, Sendable {
    case child(String, ChildMachine.Effect)
    case mode(FloorMode, reason: String)
    /// Somebody should look: a concern arose (`true`) or passed.
    case alarm(Concern, reason: String, raised: Bool)
    /// Every child is down after `stop`.
    case stopped
  }

  public enum StopPhase: String, Hashable, Sendable { case none, agents, gateway, desk, done }

  public struct Member: Hashable, Sendable {
    public let name: String
    public let kind: Kind
    public internal(set) var machine: ChildMachine
  }

  private struct Announcement: Hashable {
    let mode: FloorMode
    let reason: String
  }

  public private(set) var members: [Member] = []
  public private(set) var stopPhase: StopPhase = .none
  public private(set) var isHalted = false
  private let policy: SupervisionPolicy
  private let stopTimes: StopTimes
  private var gate: StartGate
  private var waiting: [String] = []
  private var concerns: [Concern: String] = [.starting: "the desk is not ready yet"]
  private var announced: Announcement?
  private var auditorLost: MonotonicTime?

  public init(
    policy: SupervisionPolicy, startsPerSecond: Int64, stopTimes: StopTimes, now: MonotonicTime
  ) {
    self.policy = policy
    self.stopTimes = stopTimes
    gate = StartGate(capacity: 1, perSecond: startsPerSecond, now: now)
  }

  public func machine(_ name: String) -> ChildMachine? { members.first { $0.name == name }?.machine }

  /// What the floor may do, and why not more.
  public var mode: FloorMode {
    if isHalted { return .halted }
    return concerns.isEmpty ? .active : .reduceOnly
  }

  public var reason: String {
    let reasons = Concern.allCases.compactMap { concerns[$0] }
    return reasons.isEmpty ? "all is well" : reasons.joined(separator: "; ")
  }

  // MARK: - Events

  public mutating func handle(_ event: Event, now: MonotonicTime) -> [Effect] {
    var effects: [Effect] = []
    switch event {
    case .add(let name, let kind):
      guard machine(name) == nil, stopPhase == .none else { break }
      let machine = ChildMachine(policy: policy, isFenced: kind == .agent, mayGiveUp: kind == .agent)
      members.append(Member(name: name, kind: kind, machine: machine))
      // One place more than members: the first child of a new floor does not wait for the gate.
      gate.resize(to: members.count + 1)
    case .remove(let name):
      guard let member = members.first(where: { $0.name == name }), member.machine.isDown else { break }
      members.removeAll { $0.name == name }
      waiting.removeAll { $0 == name }
      gate.resize(to: members.count + 1)
    case .child(let name, let childEvent): effects += send(name, childEvent, now)
    case .concern(let concern, let reason): effects += raise(concern, reason)
    case .halted(let halted): isHalted = halted
    case .tick(let lag):
      for member in members { effects += send(member.name, .tick(lag: lag), now) }
    case .stop: effects += beginStop(now)
    }
    effects += letStart(now)
    effects += judge(now)
    effects += continueStop(now)
    effects += announce()
    return effects
  }

  public func nextDeadline(lag: Duration, now: MonotonicTime) -> MonotonicTime? {
    var deadlines = members.compactMap { $0.machine.nextDeadline(lag: lag) }
    if !waiting.isEmpty { deadlines.append(gate.nextStart(now: now)) }
    if let auditorLost, concerns[.auditorAway] == nil {
      deadlines.append(auditorLost.advanced(by: FloorMachine.auditorMayBeAway))
    }
    return deadlines.min()
  }

  private mutating func send(_ name: String, _ event: ChildMachine.Event, _ now: MonotonicTime) -> [Effect] {
    guard let index = members.firstIndex(where: { $0.name == name }) else { return [] }
    var effects: [Effect] = []
    for effect in members[index].machine.handle(event, now: now) {
      if effect == .askTurn {
        waiting.removeAll { $0 == name }
        waiting.append(name)
      } else {
        effects.append(.child(name, effect))
      }
    }
    return effects
  }

  private mutating func letStart(_ now: MonotonicTime) -> [Effect] {
    var effects: [Effect] = []
    let queue = waiting.filter { machine($0)?.state == .awaitingTurn }
    // The desk before the agents: without it they could only wait. Within a rank, first come, first served.
    waiting = (0...2).flatMap { rank in queue.filter { self.rank($0) == rank } }
    while let name = waiting.first, gate.take(now: now) {
      waiting.removeFirst()
      effects += send(name, .turn, now)
    }
    return effects
  }

  private func rank(_ name: String) -> Int {
    switch members.first(where: { $0.name == name })?.kind {
    case .gateway: 0
    case .desk: 1
    case .agent, nil: 2
    }
  }

  // MARK: - Mode

  private static let auditorMayBeAway: Duration = .seconds(60)

  private mutating func judge(_ now: MonotonicTime) -> [Effect] {
    guard stopPhase == .none else { return [] }
    var effects: [Effect] = []
    let gateway = members.first { $0.kind == .gateway }?.machine
    if concerns[.starting] != nil, let gateway, gateway.isReady,
      members.allSatisfy({ $0.name != ProcessNames.marketFeed || $0.machine.isReady })
    {
      effects += raise(.starting, nil)
    }
    let agents = members.filter { $0.kind == .agent && $0.machine.wanted == .running }
    let lost = agents.filter { $0.machine.isLost }.count
    let manyLost = lost * 2 > agents.count
    effects += raise(.agentsQuarantined, manyLost ? "\(lost) of \(agents.count) agents are quarantined" : nil)
    effects += raise(.gatewayQuarantined, gateway?.isQuarantined == true ? "the gateway is quarantined" : nil)
    if let auditor = machine(ProcessNames.auditor) {
      auditorLost = auditor.isReady ? nil : auditorLost ?? now
      let away = auditorLost.map { now.since($0) >= FloorMachine.auditorMayBeAway } ?? false
      effects += raise(.auditorAway, away ? "the auditor has been away for a minute" : nil)
    }
    return effects
  }

  private mutating func raise(_ concern: Concern, _ reason: String?) -> [Effect] {
    let before = concerns[concern]
    guard before != reason else { return [] }
    concerns[concern] = reason
    guard (before == nil) != (reason == nil) else { return [] }
    return [.alarm(concern, reason: reason ?? before ?? "", raised: reason != nil)]
  }

  private mutating func announce() -> [Effect] {
    let current = Announcement(mode: mode, reason: reason)
    guard announced != current else { return [] }
    announced = current
    return [.mode(current.mode, reason: current.reason)]
  }

  // MARK: - Ordered stop

  private mutating func beginStop(_ now: MonotonicTime) -> [Effect] {
    guard stopPhase == .none else { return [] }
    stopPhase = .agents
    var effects = raise(.stopping, "the floor is being stopped")
    for member in members where member.kind == .agent { effects += send(member.name, .want(.stopped), now) }
    return effects
  }

  private func areDown(_ kinds: Set<Kind>) -> Bool {
    members.allSatisfy { !kinds.contains($0.kind) || $0.machine.isDown }
  }

  private mutating func continueStop(_ now: MonotonicTime) -> [Effect] {
    var effects: [Effect] = []
    if stopPhase == .agents, areDown([.agent]) {
      stopPhase = .gateway
      for member in members where member.kind == .gateway {
        effects += send(member.name, .drain(stopTimes.gatewayDrain), now)
      }
    }
    if stopPhase == .gateway, areDown([.gateway]) {
      stopPhase = .desk
      for member in members where member.kind == .desk { effects += send(member.name, .want(.stopped), now) }
    }
    if stopPhase == .desk, areDown([.gateway, .desk, .agent]) {
      stopPhase = .done
      effects.append(.stopped)
    }
    return effects
  }
}
