import Shared
import Testing

/// A child machine with a process table behind it: performs the effects, checks what must never happen.
private struct World {
  var machine: ChildMachine
  var now = MonotonicTime(seconds: 1000)
  var alive: Set<ChildIdentity> = []
  var epochs: [ChildIdentity: Epoch] = [:]
  var reports: [ChildMachine.Report] = []
  var asked: [ChildIdentity] = []
  var killed: [ChildIdentity] = []
  var nextPid: Int32 = 100
  var nextEpoch: Int64 = 1
  var fencesPending = 0
  var turnsPending = 0
  var answersFences = true
  var givesTurns = true
  var spawnFails = false
  var usedEpochs: Set<Epoch> = []

  init(policy: SupervisionPolicy = SupervisionPolicy(), fenced: Bool = true) {
    machine = ChildMachine(policy: policy, isFenced: fenced, mayGiveUp: fenced)
  }

  mutating func send(_ event: ChildMachine.Event) {
    perform(machine.handle(event, now: now))
  }

  mutating func perform(_ effects: [ChildMachine.Effect]) {
    for effect in effects {
      switch effect {
      case .fence: fencesPending += 1
      case .askTurn: turnsPending += 1
      case .spawn(let epoch):
        #expect(alive.isEmpty, "a second living process of one child")
        if let epoch {
          #expect(usedEpochs.insert(epoch).inserted, "an epoch was used twice")
        }
        if spawnFails {
          send(.spawnFailed("no such program"))
        } else {
          let identity = ChildIdentity(pid: nextPid, startTicks: now.milliseconds)
          nextPid += 1
          alive.insert(identity)
          epochs[identity] = epoch
          send(.spawned(identity))
        }
      case .drain(let identity), .terminate(let identity): asked.append(identity)
      case .kill(let identity): killed.append(identity)
      case .report(let report): reports.append(report)
      }
    }
    if answersFences, fencesPending > 0 {
      fencesPending -= 1
      nextEpoch += 1
      send(.fenced(Epoch(nextEpoch)))
    }
    if givesTurns, turnsPending > 0 {
      turnsPending -= 1
      send(.turn)
    }
  }

  mutating func advance(_ duration: Duration) { now = now.advanced(by: duration) }

  mutating func tick(after duration: Duration = .zero, lag: Duration = .zero) {
    advance(duration)
    send(.tick(lag: lag))
  }

  mutating func die(_ cause: ExitCause) {
    guard let process = alive.first else { return }
    alive.remove(process)
    send(.exited(process, cause))
  }

  /// Starts it and lets it say it is ready.
  mutating func bringUp() {
    send(.want(.running))
    becomeReady()
  }

  mutating func becomeReady() {
    guard let process = machine.process else { return }
    send(.hello(process))
    send(.progress(process, ready: true))
  }

  /// Lives on, reporting twice a second.
  mutating func live(_ duration: Duration) {
    let end = now.advanced(by: duration)
    while now < end, let process = machine.process {
      advance(.milliseconds(500))
      send(.progress(process, ready: true))
      send(.tick(lag: .zero))
    }
  }

  var quarantines: [Duration] {
    reports.compactMap { if case .quarantined(let length, _) = $0 { length } else { nil } }
  }
}

@Suite("One child")
struct ChildMachineTests {
  @Test("A child is fenced, waits its turn, is spawned under the new epoch and is ready when it says so")
  func start() throws {
    var world = World()
    world.bringUp()
    let process = try #require(world.machine.process)
    #expect(world.epochs[process] == Epoch(2))
    #expect(world.machine.isReady)
    #expect(world.reports == [.ready])
  }

  @Test("The first restart after a kill from outside comes without delay, under a higher epoch")
  func restartAtOnce() throws {
    var world = World()
    world.bringUp()
    world.live(.seconds(6))
    let before = world.now
    world.die(.signal(9))
    let process = try #require(world.machine.process)
    #expect(world.now == before)
    #expect(world.epochs[process] == Epoch(3))
    #expect(world.machine.restarts == 1)
  }

  @Test("Kills thirteen seconds apart never reach the budget, however many")
  func budgetAllowsMeasuredKills() {
    var world = World()
    world.bringUp()
    for _ in 0..<100 {
      world.live(.seconds(13))
      world.die(.signal(9))
      world.becomeReady()
      #expect(world.machine.isReady)
    }
    #expect(world.quarantines.isEmpty)
  }

  @Test("A child that dies at once is restarted five times with growing delays, then quarantined with doubling lengths")
  func crashLoop() {
    var world = World()
    world.send(.want(.running))
    var starts: [MonotonicTime] = []
    var spawned = world.nextPid
    // An hour of a child that exits at once, with a code that has no fingerprint.
    for _ in 0..<36_000 {
      if world.nextPid != spawned {
        spawned = world.nextPid
        starts.append(world.now)
      }
      world.die(.code(75))
      world.tick(after: .milliseconds(100))
    }
    #expect(
      world.quarantines.prefix(6) == [
        .seconds(30), .seconds(60), .seconds(120), .seconds(240), .seconds(300), .seconds(300),
      ])
    for (index, start) in starts.enumerated() {
      let inWindow = starts[...index].filter { start.since($0) < .seconds(60) }
      #expect(inWindow.count <= 6, "first start and five restarts")
    }
    #expect(world.machine.isQuarantined || world.machine.process != nil)
  }

  @Test("Three crashes with one fingerprint quarantine; a kill from outside between them does not count as one")
  func fingerprints() {
    var world = World()
    world.bringUp()
    for cause in [ExitCause.signal(11), .signal(9), .signal(11)] {
      world.live(.seconds(6))
      world.die(cause)
      world.becomeReady()
      #expect(world.quarantines.isEmpty)
    }
    world.live(.seconds(6))
    world.die(.signal(11))
    #expect(world.quarantines == [.seconds(30)])
  }

  @Test(
    "Deaths by signals from outside have no fingerprint; faults of the program have",
    arguments: [
      (ExitCause.signal(9), nil), (.signal(15), nil), (.signal(2), nil), (.unknown, nil), (.code(0), nil),
      (.code(75), nil),
      (.signal(11), "signal 11"), (.signal(4), "signal 4"), (.signal(6), "signal 6"), (.code(70), "exit 70"),
    ] as [(ExitCause, String?)])
  func fingerprintRule(cause: ExitCause, fingerprint: String?) { #expect(cause.fingerprint == fingerprint) }

  @Test("A silent child is fenced before the ladder begins: end, then kill, then kill again until its death is proven")
  func ladder() throws {
    var world = World()
    world.bringUp()
    let process = try #require(world.machine.process)
    world.answersFences = false
    world.tick(after: .milliseconds(2999))
    #expect(world.fencesPending == 0)
    world.tick(after: .milliseconds(1))
    #expect(world.fencesPending == 1)
    #expect(world.asked.isEmpty, "the ladder waits for the fence")
    world.answersFences = true
    world.send(.fenced(Epoch(50)))
    #expect(world.asked == [process])
    world.tick(after: .milliseconds(1999))
    #expect(world.killed.isEmpty)
    world.tick(after: .milliseconds(1))
    #expect(world.killed == [process])
    world.tick(after: .seconds(2))
    world.tick(after: .seconds(2))
    #expect(world.killed.count == 3)
    #expect(world.alive == [process], "no second process before the first is proven dead")
    world.die(.signal(9))
    let next = try #require(world.machine.process)
    #expect(world.epochs[next] == Epoch(50))
  }

  @Test("When the record is away the ladder goes on after two seconds, and the next spawn waits for the fence")
  func ladderWithoutFence() throws {
    var world = World()
    world.bringUp()
    world.answersFences = false
    world.tick(after: .seconds(3))
    world.tick(after: .seconds(2))
    #expect(world.asked.count == 1)
    world.die(.signal(15))
    #expect(world.machine.state == .fencing)
    #expect(world.alive.isEmpty)
    world.send(.fenced(Epoch(60)))
    #expect(world.alive.count == 1)
  }

  @Test("Reports are not progress: a child whose work waits while it does none is replaced, however often it reports")
  func reportsWithoutProgress() throws {
    var world = World()
    world.bringUp()
    let process = try #require(world.machine.process)
    func report(_ work: UInt64, waiting: Int) {
      world.advance(.milliseconds(500))
      world.send(.progress(process, ready: true, work: work, waiting: waiting))
      world.send(.tick(lag: .zero))
    }
    for work in 1...20 { report(UInt64(work), waiting: 5) }
    #expect(world.asked.isEmpty, "it works")
    for _ in 0..<40 { report(20, waiting: 0) }
    #expect(world.asked.isEmpty, "it has nothing to do")
    for _ in 0..<5 { report(20, waiting: 1) }
    #expect(world.asked.isEmpty, "not yet three seconds")
    report(20, waiting: 1)
    #expect(world.asked == [process])
    #expect(world.reports.last == .hung(silent: .seconds(3)))
  }

  @Test("On a busy host the patience grows to five times the boss's own lag")
  func busyHost() {
    var world = World()
    world.bringUp()
    world.tick(after: .seconds(9), lag: .seconds(2))
    #expect(world.reports == [.ready])
    world.tick(after: .seconds(1), lag: .seconds(2))
    #expect(world.reports.last == .hung(silent: .seconds(10)))
  }

  @Test("A child that never says hello is ended and replaced")
  func neverHello() {
    var world = World()
    world.send(.want(.running))
    world.tick(after: .seconds(29))
    #expect(world.asked.isEmpty)
    world.tick(after: .seconds(1))
    #expect(world.asked.count == 1)
  }

  @Test("A stop while the child runs asks it to end and does not restart it")
  func stop() {
    var world = World()
    world.bringUp()
    world.send(.want(.stopped))
    #expect(world.asked.count == 1)
    world.die(.code(0))
    #expect(world.machine.state == .exited)
    #expect(world.reports.last == .ended)
    world.tick(after: .seconds(600))
    #expect(world.alive.isEmpty)
  }

  @Test("A start wanted during the stop follows the death at once and costs no restart")
  func restartDuringStop() {
    var world = World()
    world.bringUp()
    world.send(.want(.stopped))
    world.send(.want(.running))
    #expect(world.alive.count == 1)
    world.die(.code(0))
    #expect(world.alive.count == 1)
    #expect(world.machine.restarts == 0)
  }

  @Test("Exit codes that no restart can mend give an agent up, and a person's start tries again")
  func permanentExit() {
    var world = World()
    world.bringUp()
    world.die(.code(78))
    #expect(world.machine.state == .givenUp)
    world.tick(after: .seconds(3600))
    #expect(world.alive.isEmpty)
    world.send(.pardon)
    #expect(world.alive.count == 1)
  }

  @Test("The desk is never given up: the same exit code is quarantined and tried again")
  func deskNeverGivenUp() {
    var world = World(fenced: false)
    world.bringUp()
    for _ in 0..<20 {
      world.die(.code(78))
      world.tick(after: .seconds(300))
    }
    #expect(world.machine.state != .givenUp)
    #expect(!world.quarantines.isEmpty)
  }

  @Test("A program that cannot be started backs off, and comes up once it can")
  func spawnFailure() {
    var world = World()
    world.spawnFails = true
    world.send(.want(.running))
    for _ in 0..<600 { world.tick(after: .milliseconds(100)) }
    #expect(world.alive.isEmpty)
    #expect(!world.quarantines.isEmpty)
    world.spawnFails = false
    for _ in 0..<6000 where world.alive.isEmpty { world.tick(after: .milliseconds(100)) }
    #expect(world.alive.count == 1)
  }

  @Test("An adopted child is supervised like an own one; its death has an unknown cause and counts as a crash")
  func adoption() {
    var world = World(fenced: false)
    let process = ChildIdentity(pid: 7, startTicks: 70)
    world.alive = [process]
    world.send(.adopted(process, epoch: Epoch(4), keep: true))
    world.send(.want(.running))
    #expect(world.machine.process == process, "an adopted child is not started a second time")
    world.send(.progress(process, ready: true))
    #expect(world.machine.isReady)
    world.die(.unknown)
    #expect(world.reports.contains(.crashed(.unknown, fingerprint: nil)))
    #expect(world.alive.count == 1 && world.machine.process != process)
  }

  @Test("A leftover is ended before a new process starts")
  func leftover() {
    var world = World()
    let process = ChildIdentity(pid: 7, startTicks: 70)
    world.alive = [process]
    world.send(.adopted(process, epoch: Epoch(1), keep: false))
    world.send(.want(.running))
    #expect(world.asked == [process])
    world.tick(after: .seconds(2))
    #expect(world.killed == [process])
    world.die(.unknown)
    #expect(world.alive.count == 1 && world.machine.process != process)
    #expect(world.machine.restarts == 0)
  }

  @Test("Events about a process that is not the present one change nothing")
  func strangers() {
    var world = World()
    world.bringUp()
    let before = world.machine
    let stranger = ChildIdentity(pid: 1, startTicks: 1)
    for event in [
      ChildMachine.Event.exited(stranger, .code(0)), .hello(stranger), .progress(stranger, ready: false),
      .spawned(stranger), .spawnFailed("x"), .turn, .adopted(stranger, epoch: Epoch(99), keep: true), .fenced(Epoch(0)),
    ] { world.send(event) }
    #expect(world.machine == before)
  }

  @Test(
    "Under any sequence of events at most one process lives, no epoch is used twice, and the child comes back",
    arguments: 0..<200)
  func anySequence(seed: UInt64) {
    var chance = SeededGenerator(seed: seed)
    var world = World(fenced: seed % 2 == 0)
    world.send(.want(.running))
    for _ in 0..<400 {
      switch Int.random(in: 0..<14, using: &chance) {
      case 0: world.send(.want(.stopped))
      case 1: world.send(.want(.running))
      case 2:
        world.die([.signal(9), .signal(11), .code(0), .code(70), .code(75), .unknown].randomElement(using: &chance)!)
      case 3: world.answersFences = Bool.random(using: &chance)
      case 4: world.givesTurns = Bool.random(using: &chance)
      case 5: world.spawnFails = Int.random(in: 0..<4, using: &chance) == 0
      case 6: world.becomeReady()
      case 7: world.live(.seconds(Int64.random(in: 1...20, using: &chance)))
      case 8: world.tick(after: .milliseconds(Int64.random(in: 0...5000, using: &chance)))
      case 9: world.send(.pardon)
      case 10: world.send(.fenced(Epoch(Int64.random(in: 0...world.nextEpoch, using: &chance))))
      case 11:
        let stranger = ChildIdentity(pid: Int32.random(in: 1...200, using: &chance), startTicks: 1)
        world.send(.exited(stranger, .signal(9)))
      case 12: world.send(Bool.random(using: &chance) ? .turn : .drain(.seconds(5)))
      default: world.tick(after: .milliseconds(Int64.random(in: 0...500, using: &chance)))
      }
      #expect(world.alive.count <= 1)
      if let process = world.machine.process { #expect(world.alive == [process]) }
    }
    // When everything works again, wanted and actual come together.
    world.answersFences = true
    world.givesTurns = true
    world.spawnFails = false
    world.fencesPending = max(world.fencesPending, 1)
    world.turnsPending = max(world.turnsPending, 1)
    world.perform([])
    world.send(.want(.running))
    world.send(.pardon)
    for _ in 0..<2000 {
      if world.machine.isReady { break }
      if case .stopping = world.machine.state { world.die(.signal(9)) }
      world.becomeReady()
      world.perform([])
      world.tick(after: .seconds(1))
    }
    #expect(world.machine.isReady, "\(world.machine.state)")
  }
}
