/// One child of the boss: what is wanted of it, what it is, and what has to be done about the difference.
///
/// Promises, for every sequence of events: at most one process is ever alive for one child (a spawn follows only a proven death); a fenced
/// child is spawned only under an epoch that no earlier process of it had; a child that keeps crashing costs at most the restart budget
/// in any window and never stops the machine.
public struct ChildMachine: Hashable, Sendable {
  public enum Wanted: String, Hashable, Sendable { case running, stopped }

  public enum State: Hashable, Sendable {
    /// Not running, and nothing is on its way.
    case exited
    /// Waiting for a new epoch (fenced children only).
    case fencing
    /// Waiting for its turn at the start gate.
    case awaitingTurn
    /// `spawn` was ordered, the outcome is not known yet.
    case spawning
    /// The process exists and has not said hello.
    case starting(ChildIdentity, since: MonotonicTime)
    /// It said hello; `ready` as it says itself.
    case up(ChildIdentity, ready: Bool)
    /// It was found silent: the fence is raised before the ladder begins.
    case condemned(ChildIdentity, since: MonotonicTime)
    /// Asked to bring its work to an end and exit; the ladder begins at `until`.
    case draining(ChildIdentity, until: MonotonicTime)
    /// Asked to end; killed at `killAt`, and again and again until its death is proven.
    case stopping(ChildIdentity, killAt: MonotonicTime, kills: Int)
    case backingOff(until: MonotonicTime)
    case quarantined(until: MonotonicTime)
    /// Only a person can help: its command line or configuration is refused.
    case givenUp
  }

  public enum Event: Hashable, Sendable {
    case want(Wanted)
    /// It is not wanted any more and gets this long to bring its work to an end before the ladder begins.
    case drain(Duration)
    /// A new epoch was recorded: what older processes still send is refused from now on.
    case fenced(Epoch)
    /// The start gate lets it through.
    case turn
    case spawned(ChildIdentity)
    case spawnFailed(String)
    /// A living process of an earlier boss: to be kept and supervised on, or (`keep` false) to be ended before a new one may start.
    case adopted(ChildIdentity, epoch: Epoch, keep: Bool)
    case hello(ChildIdentity)
    /// Its main loop reported: how much work it has done in all, and how much it could do now and has not.
    case progress(ChildIdentity, ready: Bool, work: UInt64 = 0, waiting: Int = 0)
    case exited(ChildIdentity, ExitCause)
    /// Time passes; `lag` is how late the boss itself runs.
    case tick(lag: Duration)
    /// A person wants it tried again: forgets quarantine and crashes.
    case pardon
  }

  public enum Effect: Hashable, Sendable {
    /// Record a new epoch; answer with `fenced`.
    case fence(reason: String)
    /// Queue at the start gate; answer with `turn`.
    case askTurn
    /// Start the process; answer with `spawned` or `spawnFailed`. Unfenced children have no epoch of their own.
    case spawn(Epoch?)
    /// Ask it to finish its work and exit (control command `drain`).
    case drain(ChildIdentity)
    /// Ask it to end (TERM).
    case terminate(ChildIdentity)
    /// KILL its process group.
    case kill(ChildIdentity)
    case report(Report)
  }

  /// What the floor's record should say.
  public enum Report: Hashable, Sendable {
    case crashed(ExitCause, fingerprint: String?)
    case ended
    case hung(silent: Duration)
    case spawnFailed(String)
    case quarantined(Duration, reason: String)
    case gaveUp(ExitCause)
    case ready
    /// Killed this many times and still there (an uninterruptible sleep).
    case unkillable(kills: Int)
  }

  private struct Fingerprint: Hashable {
    let text: String
    let count: Int
  }

  public let policy: SupervisionPolicy
  /// Agents are fenced by epochs; the desk's processes fence themselves by leases.
  public let isFenced: Bool
  /// Whether exit codes that a restart cannot mend end the attempts. The desk is never given up.
  public let mayGiveUp: Bool

  public private(set) var wanted: Wanted = .stopped
  public private(set) var state: State = .exited
  /// Epoch of the present process, or the last one.
  public private(set) var epoch: Epoch?
  /// Times it was started after a crash.
  public private(set) var restarts: Int64 = 0
  public private(set) var lastExit: ExitCause?

  private var unusedEpoch: Epoch?
  /// The present ladder was begun because a stop was wanted, not because the child was silent.
  private var stopOrdered = false
  /// When it last worked, or had nothing to do.
  private var lastProgress = MonotonicTime(nanoseconds: 0)
  private var lastWork: UInt64?
  private var upSince: MonotonicTime?
  private var recentRestarts: [MonotonicTime] = []
  private var crashesInRow = 0
  private var sameFingerprint: Fingerprint?
  private var quarantines = 0

  public init(policy: SupervisionPolicy, isFenced: Bool, mayGiveUp: Bool) {
    self.policy = policy
    self.isFenced = isFenced
    self.mayGiveUp = mayGiveUp
  }

  /// The process that may be alive now.
  public var process: ChildIdentity? {
    switch state {
    case .starting(let identity, _), .up(let identity, _), .condemned(let identity, _), .draining(let identity, _),
      .stopping(let identity, _, _):
      identity
    default: nil
    }
  }

  public var isReady: Bool { if case .up(_, ready: true) = state { true } else { false } }
  public var isQuarantined: Bool { if case .quarantined = state { true } else { false } }
  /// It crashed too often, or for good.
  public var isLost: Bool { isQuarantined || state == .givenUp }
  /// Nothing of it is alive or about to be.
  public var isDown: Bool {
    switch state {
    case .exited, .givenUp, .quarantined, .backingOff, .fencing, .awaitingTurn: true
    case .spawning, .starting, .up, .condemned, .draining, .stopping: false
    }
  }

  // MARK: - Events

  public mutating func handle(_ event: Event, now: MonotonicTime) -> [Effect] {
    switch event {
    case .want(let wanted): return want(wanted, now)
    case .drain(let limit): return drain(limit, now)
    case .fenced(let epoch): return fenced(epoch, now)
    case .turn: return turn()
    case .spawned(let identity): return spawned(identity, now)
    case .spawnFailed(let reason): return spawnFailed(reason, now)
    case .adopted(let identity, let epoch, let keep): return adopted(identity, epoch, keep, now)
    case .hello(let identity):
      guard case .starting(identity, _) = state else { return [] }
      lastProgress = now
      state = .up(identity, ready: false)
      return []
    case .progress(let identity, let ready, let work, let waiting):
      return progress(identity, ready, work, waiting, now)
    case .exited(let identity, let cause): return exited(identity, cause, now)
    case .tick(let lag): return tick(lag, now)
    case .pardon: return pardon(now)
    }
  }

  /// When `tick` has something to do at the latest.
  public func nextDeadline(lag: Duration) -> MonotonicTime? {
    switch state {
    case .starting(_, let since): since.advanced(by: max(policy.readyDeadline, lag * 5))
    case .up: lastProgress.advanced(by: patience(lag))
    case .condemned(_, let since): since.advanced(by: policy.fenceDeadline)
    case .stopping(_, let killAt, _): killAt
    case .draining(_, let until): until
    case .backingOff(let until), .quarantined(let until): until
    case .exited, .fencing, .awaitingTurn, .spawning, .givenUp: nil
    }
  }

  private mutating func want(_ new: Wanted, _ now: MonotonicTime) -> [Effect] {
    guard new != wanted else { return [] }
    wanted = new
    switch (new, state) {
    case (.running, .exited): return prepare("start")
    case (.running, _): return []
    case (.stopped, .starting(let identity, _)), (.stopped, .up(let identity, _)):
      return beginLadder(identity, ordered: true, now)
    case (.stopped, .fencing), (.stopped, .awaitingTurn), (.stopped, .backingOff), (.stopped, .quarantined):
      state = .exited
      return []
    case (.stopped, _): return []
    }
  }

  private mutating func drain(_ limit: Duration, _ now: MonotonicTime) -> [Effect] {
    guard case .up(let identity, _) = state else { return want(.stopped, now) }
    wanted = .stopped
    state = .draining(identity, until: now.advanced(by: limit))
    return [.drain(identity)]
  }

  private mutating func prepare(_ reason: String) -> [Effect] {
    if isFenced, unusedEpoch == nil {
      state = .fencing
      return [.fence(reason: reason)]
    }
    state = .awaitingTurn
    return [.askTurn]
  }

  private mutating func fenced(_ new: Epoch, _ now: MonotonicTime) -> [Effect] {
    guard unusedEpoch.map({ $0 < new }) ?? true, epoch.map({ $0 < new }) ?? true else { return [] }
    unusedEpoch = new
    switch state {
    case .fencing:
      state = .awaitingTurn
      return [.askTurn]
    case .condemned(let identity, _): return beginLadder(identity, ordered: false, now)
    default: return []
    }
  }

  private mutating func turn() -> [Effect] {
    guard state == .awaitingTurn else { return [] }
    state = .spawning
    if isFenced {
      epoch = unusedEpoch
      unusedEpoch = nil
    }
    return [.spawn(isFenced ? epoch : nil)]
  }

  private mutating func spawned(_ identity: ChildIdentity, _ now: MonotonicTime) -> [Effect] {
    guard state == .spawning else { return [] }
    upSince = nil
    lastProgress = now
    lastWork = nil
    if wanted == .stopped { return beginLadder(identity, ordered: true, now) }
    state = .starting(identity, since: now)
    return []
  }

  private mutating func adopted(
    _ identity: ChildIdentity, _ epoch: Epoch, _ keep: Bool, _ now: MonotonicTime
  ) -> [Effect] {
    // Only a child of which nothing else can be alive may be adopted; otherwise it is the caller's to end.
    switch state {
    case .exited, .awaitingTurn, .fencing, .backingOff, .quarantined, .givenUp: break
    case .spawning, .starting, .up, .condemned, .draining, .stopping: return []
    }
    self.epoch = epoch
    lastProgress = now
    lastWork = nil
    guard keep else { return beginLadder(identity, ordered: true, now) }
    wanted = .running
    state = .up(identity, ready: false)
    return []
  }

  private mutating func progress(
    _ identity: ChildIdentity, _ ready: Bool, _ work: UInt64, _ waiting: Int, _ now: MonotonicTime
  ) -> [Effect] {
    switch state {
    case .starting(identity, _), .up(identity, _): break
    default: return []
    }
    // A report alone proves that timers fire. Alive is who works, or has nothing to do.
    if waiting == 0 || work != lastWork { lastProgress = now }
    lastWork = work
    if !ready {
      state = .up(identity, ready: false)
      return []
    }
    if case .up(_, ready: true) = state { return [] }
    state = .up(identity, ready: true)
    upSince = upSince ?? now
    return [.report(.ready)]
  }

  // MARK: - Silence and the ladder

  private func patience(_ lag: Duration) -> Duration { max(policy.progressDeadline, lag * 5) }

  private mutating func tick(_ lag: Duration, _ now: MonotonicTime) -> [Effect] {
    switch state {
    case .starting(let identity, let since):
      let wait = max(policy.readyDeadline, lag * 5)
      return now.since(since) < wait ? [] : condemn(identity, silent: now.since(since), now)
    case .up(let identity, _):
      let silent = now.since(lastProgress)
      return silent < patience(lag) ? settle(now) : condemn(identity, silent: silent, now)
    case .condemned(let identity, let since):
      return now.since(since) < policy.fenceDeadline ? [] : beginLadder(identity, ordered: false, now)
    case .stopping(let identity, let killAt, let kills):
      guard now >= killAt else { return [] }
      state = .stopping(identity, killAt: now.advanced(by: policy.killAfter), kills: kills + 1)
      return kills == 0 ? [.kill(identity)] : [.kill(identity), .report(.unkillable(kills: kills))]
    case .draining(let identity, let until):
      return now < until ? [] : beginLadder(identity, ordered: true, now)
    case .backingOff(let until), .quarantined(let until):
      return now < until ? [] : prepare("restart")
    case .exited, .fencing, .awaitingTurn, .spawning, .givenUp: return []
    }
  }

  /// A child that has lived through a whole window owes nothing any more.
  private mutating func settle(_ now: MonotonicTime) -> [Effect] {
    guard let upSince, now.since(upSince) >= policy.restartWindow else { return [] }
    quarantines = 0
    sameFingerprint = nil
    crashesInRow = 0
    return []
  }

  private mutating func condemn(_ identity: ChildIdentity, silent: Duration, _ now: MonotonicTime) -> [Effect] {
    let report = Effect.report(.hung(silent: silent))
    guard isFenced else { return [report] + beginLadder(identity, ordered: false, now) }
    state = .condemned(identity, since: now)
    return [report, .fence(reason: "hung")]
  }

  private mutating func beginLadder(_ identity: ChildIdentity, ordered: Bool, _ now: MonotonicTime) -> [Effect] {
    stopOrdered = ordered
    state = .stopping(identity, killAt: now.advanced(by: policy.killAfter), kills: 0)
    return [.terminate(identity)]
  }

  // MARK: - Death

  private mutating func exited(_ identity: ChildIdentity, _ cause: ExitCause, _ now: MonotonicTime) -> [Effect] {
    guard process == identity else { return [] }
    lastExit = cause
    let livedLong = upSince.map { now.since($0) >= policy.steadyAfter } ?? false
    let livedWindow = upSince.map { now.since($0) >= policy.restartWindow } ?? false
    upSince = nil
    let ordered =
      switch state {
      case .stopping: stopOrdered
      case .draining: true
      default: false
      }
    if ordered || wanted == .stopped {
      state = .exited
      return [.report(.ended)] + (wanted == .running ? prepare("start") : [])
    }
    if livedLong { crashesInRow = 0 }
    if livedWindow {
      quarantines = 0
      sameFingerprint = nil
    }
    return crashed(cause, now)
  }

  private mutating func spawnFailed(_ reason: String, _ now: MonotonicTime) -> [Effect] {
    guard state == .spawning else { return [] }
    if wanted == .stopped {
      state = .exited
      return []
    }
    // Nothing lived, so nothing could use the epoch: it is as good as new, but only a fresh one is beyond argument.
    return [.report(.spawnFailed(reason))] + again(reason: "cannot be started", now)
  }

  private mutating func crashed(_ cause: ExitCause, _ now: MonotonicTime) -> [Effect] {
    let fingerprint = cause.fingerprint
    let report = Effect.report(.crashed(cause, fingerprint: fingerprint))
    if cause.isPermanent, mayGiveUp {
      state = .givenUp
      return [report, .report(.gaveUp(cause))]
    }
    if let fingerprint {
      let before = sameFingerprint?.text == fingerprint ? sameFingerprint?.count ?? 0 : 0
      sameFingerprint = Fingerprint(text: fingerprint, count: before + 1)
      if before + 1 >= policy.sameCrashes {
        sameFingerprint = nil
        return [report] + quarantine("the same crash \(before + 1) times: \(fingerprint)", now)
      }
    }
    return [report] + again(reason: "crashed", now)
  }

  /// Restarts inside the budget, quarantines beyond it.
  private mutating func again(reason: String, _ now: MonotonicTime) -> [Effect] {
    recentRestarts.removeAll { now.since($0) >= policy.restartWindow }
    // Out of quarantine and not yet proven: one more crash sends it back.
    if recentRestarts.count >= policy.restartBudget || (quarantines > 0 && crashesInRow > 0) {
      return quarantine("\(reason), \(recentRestarts.count) restarts in the window", now)
    }
    recentRestarts.append(now)
    restarts += 1
    crashesInRow += 1
    if crashesInRow == 1 { return prepare("restart") }
    var delay = policy.backoffFirst
    for _ in 2..<max(crashesInRow, 2) { delay = min(delay * 2, policy.backoffLongest) }
    state = .backingOff(until: now.advanced(by: delay))
    return []
  }

  private mutating func quarantine(_ reason: String, _ now: MonotonicTime) -> [Effect] {
    var length = policy.quarantineFirst
    for _ in 0..<quarantines where length < policy.quarantineLongest { length = length * 2 }
    length = min(length, policy.quarantineLongest)
    quarantines += 1
    crashesInRow = 1
    restarts += 1
    state = .quarantined(until: now.advanced(by: length))
    return [.report(.quarantined(length, reason: reason))]
  }

  private mutating func pardon(_ now: MonotonicTime) -> [Effect] {
    recentRestarts = []
    crashesInRow = 0
    sameFingerprint = nil
    quarantines = 0
    switch state {
    case .quarantined, .backingOff, .givenUp: return wanted == .running ? prepare("pardoned") : rest()
    default: return []
    }
  }

  private mutating func rest() -> [Effect] {
    state = .exited
    return []
  }
}
