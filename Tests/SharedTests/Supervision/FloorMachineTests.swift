import Shared
import Testing

/// A floor machine with processes behind it that come up and die as told.
private struct Floor {
  var machine: FloorMachine
  var now = MonotonicTime(seconds: 500)
  var alive: [String: ChildIdentity] = [:]
  var modes: [FloorMode] = []
  var alarms: [(FloorMachine.Concern, Bool)] = []
  var order: [String] = []
  var stopped = false
  var nextPid: Int32 = 10
  var nextEpoch: Int64 = 0
  /// Members that ignore drain and TERM.
  var deaf: Set<String> = []
  var spawnTimes: [MonotonicTime] = []

  static let agents = ["agent-a", "agent-b", "agent-c", "agent-d"]

  init(agents: [String] = Floor.agents) {
    machine = FloorMachine(
      policy: SupervisionPolicy(), startsPerSecond: 4,
      stopTimes: StopTimes(within: .seconds(20), killAfter: .seconds(2)), now: now)
    for name in ProcessNames.desk { send(.add(name, name == ProcessNames.gateway ? .gateway : .desk)) }
    for name in agents { send(.add(name, .agent)) }
    for name in agents + ProcessNames.desk { send(.child(name, .want(.running))) }
  }

  mutating func send(_ event: FloorMachine.Event) {
    for effect in machine.handle(event, now: now) {
      switch effect {
      case .mode(let mode, _): modes.append(mode)
      case .alarm(let concern, _, let raised): alarms.append((concern, raised))
      case .stopped: stopped = true
      case .child(let name, let child): perform(name, child)
      }
    }
  }

  mutating func perform(_ name: String, _ effect: ChildMachine.Effect) {
    switch effect {
    case .fence:
      nextEpoch += 1
      send(.child(name, .fenced(Epoch(nextEpoch))))
    case .askTurn: Issue.record("the floor machine keeps turns to itself")
    case .spawn:
      #expect(alive[name] == nil)
      let identity = ChildIdentity(pid: nextPid, startTicks: now.milliseconds)
      nextPid += 1
      alive[name] = identity
      order.append("start " + name)
      spawnTimes.append(now)
      send(.child(name, .spawned(identity)))
    case .drain, .terminate:
      if case .drain = effect { order.append("drain " + name) } else { order.append("end " + name) }
      if !deaf.contains(name) { die(name, .code(0)) }
    case .kill:
      order.append("kill " + name)
      die(name, .signal(9))
    case .report: break
    }
  }

  mutating func die(_ name: String, _ cause: ExitCause) {
    guard let identity = alive.removeValue(forKey: name) else { return }
    send(.child(name, .exited(identity, cause)))
  }

  mutating func ready(_ names: [String]) {
    for name in names {
      guard let identity = alive[name] else { continue }
      send(.child(name, .hello(identity)))
      send(.child(name, .progress(identity, ready: true)))
    }
  }

  mutating func advance(_ duration: Duration) {
    now = now.advanced(by: duration)
    send(.tick(lag: .zero))
  }

  mutating func run(_ duration: Duration, except silent: Set<String> = []) {
    let end = now.advanced(by: duration)
    while now < end {
      ready(alive.keys.sorted().filter { !silent.contains($0) })
      advance(min(.milliseconds(500), end.since(now)))
    }
  }
}

@Suite("The floor")
struct FloorMachineTests {
  @Test("The whole roster starts at once, the gateway first and the desk before the agents")
  func startOrder() {
    var floor = Floor()
    #expect(floor.alive.count == 9)
    #expect(floor.spawnTimes.allSatisfy { $0 == floor.now })
    floor = Floor(agents: [])
    #expect(floor.order == ProcessNames.desk.map { "start " + $0 })
  }

  @Test("New entries wait until gateway and feed are ready; then the floor is active")
  func startingMode() {
    var floor = Floor()
    #expect(floor.modes == [.reduceOnly])
    floor.ready([ProcessNames.gateway])
    #expect(floor.machine.mode == .reduceOnly)
    floor.ready([ProcessNames.marketFeed])
    #expect(floor.modes == [.reduceOnly, .active])
  }

  @Test("All agents killed at once come back at once; a storm after that is held to four starts a second")
  func thunder() {
    var floor = Floor()
    floor.run(.seconds(10))
    for name in Floor.agents { floor.die(name, .signal(9)) }
    #expect(floor.alive.count == 9)
    let begin = floor.now
    for _ in 0..<4 {
      floor.run(.seconds(6))
      for name in Floor.agents + ProcessNames.desk { floor.die(name, .signal(9)) }
    }
    let starts = floor.spawnTimes.filter { $0 >= begin }
    for start in starts {
      let within = starts.filter { $0 >= start && $0.since(start) < .seconds(1) }.count
      #expect(within <= 10 + 5)
    }
  }

  @Test("More than half of the agents in quarantine means no new entries and an alarm, until they are back")
  func manyQuarantined() {
    var floor = Floor()
    floor.run(.seconds(1))
    func crash(_ names: [String]) {
      for name in names {
        for _ in 0..<3 {
          floor.die(name, .signal(11))
          floor.run(.milliseconds(500))
        }
      }
    }
    crash(["agent-a", "agent-b"])
    let half = floor.machine.members.filter { $0.machine.isQuarantined }.count
    #expect(half == 2)
    #expect(floor.machine.mode == .active, "half is not more than half")
    crash(["agent-c"])
    #expect(floor.machine.mode == .reduceOnly)
    #expect(floor.alarms.contains { $0 == (.agentsQuarantined, true) })
    floor.run(.seconds(70))
    #expect(floor.machine.mode == .active)
    #expect(floor.alarms.contains { $0 == (.agentsQuarantined, false) })
  }

  @Test("An auditor away for a minute means no new entries")
  func auditorAway() {
    var floor = Floor()
    floor.run(.seconds(5))
    #expect(floor.machine.mode == .active)
    // It runs and reports, and says of itself that it is not ready.
    for _ in 0..<59 {
      if let identity = floor.alive[ProcessNames.auditor] {
        floor.send(.child(ProcessNames.auditor, .progress(identity, ready: false)))
      }
      floor.run(.seconds(1), except: [ProcessNames.auditor])
    }
    #expect(floor.machine.mode == .active)
    for _ in 0..<3 {
      if let identity = floor.alive[ProcessNames.auditor] {
        floor.send(.child(ProcessNames.auditor, .progress(identity, ready: false)))
      }
      floor.run(.seconds(1), except: [ProcessNames.auditor])
    }
    #expect(floor.machine.mode == .reduceOnly)
    floor.run(.seconds(1))
    #expect(floor.machine.mode == .active)
  }

  @Test("Concerns combine, a halt is above them all and is lifted only by itself")
  func concerns() {
    var floor = Floor()
    floor.run(.seconds(1))
    floor.send(.concern(.diskLow, reason: "4 % of the disk is free"))
    #expect(floor.machine.mode == .reduceOnly)
    floor.send(.halted(true))
    #expect(floor.machine.mode == .halted)
    floor.send(.concern(.diskLow, reason: nil))
    #expect(floor.machine.mode == .halted)
    floor.send(.halted(false))
    #expect(floor.modes.last == .active)
  }

  @Test("A stop goes in order: agents, then the gateway's cancels, then the rest of the desk; nothing is restarted")
  func orderedStop() {
    var floor = Floor()
    floor.run(.seconds(1))
    floor.order = []
    floor.send(.stop)
    #expect(floor.stopped)
    #expect(floor.machine.mode == .reduceOnly)
    let agentsLast = floor.order.lastIndex { $0.hasPrefix("end agent-") } ?? 99
    let gateway = floor.order.firstIndex(of: "drain " + ProcessNames.gateway) ?? -1
    let deskFirst = floor.order.firstIndex(of: "end " + ProcessNames.marketFeed) ?? -1
    #expect(agentsLast < gateway && gateway < deskFirst)
    floor.advance(.seconds(400))
    #expect(floor.alive.isEmpty)
  }

  @Test("A stop among deaf processes ends within twenty seconds, with kills")
  func deafStop() {
    var floor = Floor()
    floor.run(.seconds(1))
    floor.deaf = Set(floor.alive.keys)
    let begin = floor.now
    floor.send(.stop)
    while !floor.stopped, floor.now.since(begin) < .seconds(60) { floor.run(.milliseconds(100)) }
    #expect(floor.now.since(begin) <= .seconds(20))
    #expect(floor.order.filter { $0.hasPrefix("kill ") }.count == 9)
  }

  @Test("A stop while members crash, back off and start still ends, with nothing left", arguments: 0..<60)
  func stopFromAnyState(seed: UInt64) {
    var chance = SeededGenerator(seed: seed)
    var floor = Floor()
    for _ in 0..<60 {
      let names = floor.alive.keys.sorted()
      if let name = names.randomElement(using: &chance), Bool.random(using: &chance) {
        floor.die(name, [.signal(9), .signal(11), .code(70), .code(78)].randomElement(using: &chance)!)
      }
      if Bool.random(using: &chance) { floor.ready(names) }
      floor.advance(.milliseconds(Int64.random(in: 0...3000, using: &chance)))
    }
    floor.deaf = Set(floor.alive.keys.filter { _ in Int.random(in: 0..<3, using: &chance) == 0 })
    floor.send(.stop)
    for _ in 0..<300 where !floor.stopped { floor.advance(.milliseconds(100)) }
    #expect(floor.stopped)
    #expect(floor.alive.isEmpty)
    floor.advance(.seconds(1000))
    #expect(floor.alive.isEmpty)
  }

  @Test("A member is forgotten only when it is down")
  func removal() {
    var floor = Floor()
    floor.send(.remove("agent-a"))
    #expect(floor.machine.machine("agent-a") != nil)
    floor.send(.child("agent-a", .want(.stopped)))
    floor.send(.remove("agent-a"))
    #expect(floor.machine.machine("agent-a") == nil)
  }
}
