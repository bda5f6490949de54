import FloorIOData
import Glibc
import Shared

/// The boss's shell: feeds the pure machines with what happens and performs what they say.
///
/// It never exits because something is away. It waits inside, says for what, and stands by while another boss holds the lease.
/// Processes are its own as long as it holds the lock file of the instance; the record is its own as long as it may act on the lease.
final class Boss {
  enum Phase: String {
    /// For the database or the lease.
    case waiting
    /// It has the lease and finds out what there is.
    case takingOver
    case active
    case stopping
  }

  let process: FloorProcess
  let settings: BossSettings
  let record: Record
  let bus: RedisBus
  let holder: Record.Holder
  var plan: BirthPlan
  var machine: FloorMachine
  var lease: LeaseKeeper
  var phase = Phase.waiting
  /// Epoch of the lease that this boss works under.
  var epoch: Epoch?
  var children: [String: Child] = [:]
  /// Agents of which was told that the floor allows them less an entry than they want.
  var clipped: Set<AgentName> = []
  var facts = Record.Facts()
  var saved: [String: Record.ProcessState] = [:]
  var lag = SchedulingLag()
  var waitsFor = ""
  var orders = OrderDesk()
  struct RecordedMode: Hashable {
    let mode: FloorMode
    let reason: String
    let epoch: Epoch
  }
  var recordedMode: RecordedMode?
  var isRecordingMode = false
  /// The schema was seen to be the one this program was built for. Asked once: later migrations are made for programs to come.
  private var isSchemaGood = false
  private var isLookingAtSchema = false
  /// The start before this one was refused a moment ago.
  private let isRetry: Bool
  var isCapitalSet = false
  var isMovingCapital = false
  var isDiskAlarmed = false
  var backlog = EventBacklog(most: 1000)
  var nextPurge: MonotonicTime?
  let folder: String

  /// Held for as long as this object lives.
  private let lock: InstanceLock
  private var deadBoot: String?
  private var queue: [FloorMachine.Event] = []
  private var isPumping = false
  private var deadline: TimerID?

  var loop: EventLoop { process.loop }
  var log: Log { process.log }
  var now: MonotonicTime { SystemClock.monotonic() }

  init(process: FloorProcess, settings: BossSettings, lock: InstanceLock, isRetry: Bool) throws {
    self.process = process
    self.lock = lock
    self.isRetry = isRetry
    self.settings = settings
    plan = BirthPlan(settings: settings)
    folder = try Files.ownFolder()
    record = Record(database: try process.database())
    bus = try process.bus()
    let me = ChildIdentity.current
    holder = Record.Holder(name: "\(Files.hostName()):\(me.pid):\(me.startTicks)", boot: process.birth.boot)
    let now = SystemClock.monotonic()
    machine = FloorMachine(
      policy: settings.figures.supervision, startsPerSecond: settings.figures.startsPerSecond,
      stopTimes: StopTimes(within: settings.figures.stopWithin, killAfter: settings.figures.supervision.killAfter),
      now: now)
    lease = LeaseKeeper(now: now)
  }

  func begin() {
    process.onStopRequested = { [unowned self] in stopOrdered() }
    // The stop has a limit of its own; ended in the middle it would leave half a floor running.
    process.stopsAtSecondRequest = false
    record.database.onStateChange = { [unowned self] isUp in
      guard isUp else { return }
      // The answer to a claim in flight is lost with the connection; asking again is harmless.
      lease.claimAtOnce(now: now)
      beat()
    }
    record.database.listen("floor_commands") { [unowned self] _ in lookAtOrders() }
    record.database.listen("floor_state") { [unowned self] _ in refreshFacts() }
    bus.subscribe(Names.control)
    bus.onMessage = { [unowned self] _, _ in lookAtOrders() }
    every(.milliseconds(250)) { [unowned self] in beat() }
    every(.milliseconds(500)) { [unowned self] in lookAround() }
    every(.seconds(10)) { [unowned self] in keepHouse() }
    beat()
  }

  /// A repeating timer that also measures how late this process runs.
  private func every(_ interval: Duration, _ body: @escaping () -> Void) {
    var due = now.advanced(by: interval)
    loop.every(interval) { [unowned self] in
      lag.record(due: due, now: now)
      due = now.advanced(by: interval)
      body()
    }
  }

  // MARK: - Schema

  /// Before the lease: a boss that cannot work on this schema changes nothing and disturbs nobody who can.
  private func lookAtSchema() {
    guard phase == .waiting, !isLookingAtSchema else { return }
    isLookingAtSchema = true
    record.schema { [unowned self] result in
      isLookingAtSchema = false
      switch result {
      case .failure(let error): wait("the schema: \(error)")
      case .success(let fit):
        let problem = Preflight.schemaProblem(
          fit, place: settings.config.offer("postgres.database")?.place ?? "the program",
          database: process.birth.configuration["database"]?["name"]?.string ?? "")
        if let problem { return refuse(ConfigRefusal([problem])) }
        isSchemaGood = true
        beat()
      }
    }
  }

  private func refuse(_ refusal: ConfigRefusal) {
    log.error("refused to start", [.text("why", refusal.description)])
    RefusalNote.tell(refusal, stateDirectory: settings.arguments.stateDirectory, isRetry: isRetry)
    process.stop(.configuration)
  }

  // MARK: - Lease

  /// Whether the record may be changed now: asked before every such effect.
  var mayRecord: Bool { epoch != nil && lease.mayAct(now: now) }

  private func beat() {
    process.advance()
    guard record.database.isConnected else { return wait("PostgreSQL: " + (record.database.lastError ?? "connecting")) }
    guard isSchemaGood else { return lookAtSchema() }
    guard lease.shouldClaim(now: now) else { return }
    lease.claimSent(now: now)
    record.claimLease(holder: holder, deadBoot: deadBoot) { [unowned self] result in
      switch result {
      case .success(let granted):
        lease.claimAnswered(granted, now: now)
        granted.map(leaseGranted) ?? leaseRefused()
      case .failure(let error):
        lease.claimFailed(now: now)
        wait("the lease: \(error)")
      }
    }
  }

  private func leaseGranted(_ granted: Epoch) {
    deadBoot = nil
    if phase == .waiting {
      epoch = granted
      phase = .takingOver
      log.info("lease taken", [.int("epoch", granted.number)])
      takeOver()
    } else if granted != epoch {
      // Nobody else can have acted in between on this machine: the lock was ours all the time.
      log.warning("lease taken again under a new epoch", [.int("epoch", granted.number)])
      epoch = granted
      saved = [:]
      for child in children.values { child.control?.close() }
      for (name, child) in children where child.watch != nil { connect(name, child) }
    }
  }

  /// Another boss holds the lease. If it is proven dead on this machine, its lease need not run out first.
  private func leaseRefused() {
    record.leaseHolder { [unowned self] result in
      guard case .success(let other?) = result else { return }
      let parts = other.name.split(separator: ":")
      if parts.count == 3, parts[0] == Files.hostName(), let pid = Int32(parts[1]), let ticks = Int64(parts[2]),
        !ChildIdentity(pid: pid, startTicks: ticks).isAlive
      {
        deadBoot = other.boot
        lease.claimAtOnce(now: now)
        beat()
      } else {
        wait("the lease, held by \(other.name)")
      }
    }
    if phase == .active || phase == .takingOver { standDown() }
  }

  /// Another boss on another machine rules now: what this one started must not go on beside it.
  private func standDown() {
    log.error("lease lost to another boss: standing down")
    for child in children.values { child.watch?.end() }
    process.stop(.tryAgain)
  }

  func wait(_ what: String) {
    guard phase == .waiting || phase == .takingOver, what != waitsFor else { return }
    waitsFor = what
    process.note = "waits for " + what
    log.warning("waiting", [.text("for", what)])
  }

  // MARK: - Pump

  /// Gives the machine one event and performs everything that follows. Safe to call from inside a performance.
  func apply(_ event: FloorMachine.Event) {
    queue.append(event)
    guard !isPumping else { return }
    isPumping = true
    while !queue.isEmpty {
      let next = queue.removeFirst()
      for effect in machine.handle(next, now: now) { perform(effect) }
    }
    isPumping = false
    saveProcesses()
    schedule()
  }

  private func schedule() {
    if let deadline { loop.cancel(deadline) }
    deadline = nil
    guard phase == .active || phase == .stopping,
      let next = machine.nextDeadline(lag: lag.worst(now: now), now: now)
    else { return }
    deadline = loop.after(max(next.since(now), .milliseconds(5))) { [unowned self] in
      apply(.tick(lag: lag.worst(now: now)))
    }
  }

  private func perform(_ effect: FloorMachine.Effect) {
    switch effect {
    case .child(let name, let childEffect): perform(name, childEffect)
    case .mode(let mode, let reason): announceMode(mode, reason)
    case .alarm(let concern, let reason, let raised):
      if raised {
        log.error("alarm", [.text("concern", concern.rawValue), .text("reason", reason)])
        event("CRITICAL", "alarm", "floor", reason, ["concern": .string(concern.rawValue)])
      } else {
        event("INFO", "alarm-over", "floor", reason, ["concern": .string(concern.rawValue)])
      }
    case .stopped: stopped()
    }
  }

  // MARK: - Stop

  private func stopOrdered() {
    switch phase {
    case .stopping: log.info("the ordered stop is under way already")
    case .active:
      phase = .stopping
      beginStop()
    case .waiting, .takingOver:
      // The floor is not ours yet, and yet whoever stops it means all of it.
      phase = .stopping
      adoptForStop()
      beginStop()
    }
  }

  private func beginStop() {
    log.info("ordered stop begins")
    loop.after(settings.figures.stopWithin) { [unowned self] in
      log.error("the stop took too long: killing what is left")
      for child in children.values { child.watch?.kill() }
      finish()
    }
    apply(.stop)
  }

  private func stopped() {
    log.info("every process of the floor has ended")
    publishState()
    finish()
  }

  private func finish() {
    guard record.database.isConnected, epoch != nil else { return process.stop() }
    // The last rows of the process table go out before the lease does; statements keep their order.
    saveProcesses()
    record.releaseLease(holder) { [process] in process.stop() }
  }
}
