import CLinux
import Glibc
import Shared

/// What a watched descriptor is ready for. A hang-up or an error counts as readable and writable too, so that a handler which only
/// reads or only writes meets it at its next call.
public struct Readiness: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let readable = Readiness(rawValue: 1)
  public static let writable = Readiness(rawValue: 2)
  /// The other side is gone (or the descriptor failed).
  public static let closed = Readiness(rawValue: 4)
}

/// Names one watch. Ids are never used twice.
public struct WatchID: Hashable, Sendable {
  fileprivate let slot: UInt32
  fileprivate let generation: UInt32
  fileprivate var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }
}

/// Names one timer. Ids are never used twice.
public struct TimerID: Hashable, Sendable {
  fileprivate let number: UInt64
}

/// One thread's events: descriptors (epoll), timers (one timerfd), signals (one signalfd). Everything a floor process does happens in
/// a handler called by `turn`. Not for use from a second thread.
///
/// Handlers may watch, modify, unwatch, set and cancel timers at will, also their own and also those whose event is due in the same turn:
/// after `unwatch` or `cancel` returns, that handler is not called again. The owner unwatches a descriptor before closing it.
@safe public final class EventLoop {
  private struct Slot {
    var descriptor: Int32 = -1
    var generation: UInt32 = 0
    var handler: ((Readiness) -> Void)?
  }

  /// The epoll descriptor: readable when something is due, so that another loop can adopt this one and call `turn(timeout: .zero)`.
  public let descriptor: Int32
  private let timerDescriptor: Int32
  private var slots: [Slot] = []
  private var freeSlots: [UInt32] = []
  private var timers = TimerHeap()
  private var armed: MonotonicTime?
  private var timerWatch: WatchID?
  private var signalDescriptor: Int32 = -1
  private var signalMask = sigset_t()
  private var signalHandlers: [Int32: () -> Void] = [:]
  private var turnEnd: [() -> Void] = []
  private var events: [epoll_event]
  private var worstLagSeen: Duration = .zero
  private var isStopping = false
  /// True while handlers run: work that can wait for the end of the turn is batched then.
  public private(set) var isDispatching = false
  /// Another loop on this thread that must wait for its own descriptors too (libwebsockets): `turn` lets it wait, and it calls
  /// `dispatchReady` when `descriptor` is readable. The argument says whether it may block.
  public var outerWait: ((_ mayBlock: Bool) -> Void)?
  /// Turns that had something to do.
  public private(set) var turns: UInt64 = 0

  public init() throws {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw SystemError.last("epoll_create1") }
    timerDescriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
    guard timerDescriptor >= 0 else {
      let error = SystemError.last("timerfd_create")
      close(descriptor)
      throw error
    }
    unsafe events = [epoll_event](repeating: epoll_event(), count: 64)
    _ = unsafe sigemptyset(&signalMask)
    timerWatch = try watch(timerDescriptor, read: true, write: false) { [unowned self] _ in fireTimers() }
  }

  deinit {
    close(timerDescriptor)
    if signalDescriptor >= 0 { close(signalDescriptor) }
    close(descriptor)
  }

  // MARK: Descriptors

  public func watch(
    _ fd: Int32, read: Bool, write: Bool, _ handler: @escaping (Readiness) -> Void
  ) throws -> WatchID {
    let index: UInt32
    if let free = freeSlots.popLast() {
      index = free
    } else {
      index = UInt32(slots.count)
      slots.append(Slot())
    }
    slots[Int(index)].generation &+= 1
    slots[Int(index)].descriptor = fd
    slots[Int(index)].handler = handler
    let id = WatchID(slot: index, generation: slots[Int(index)].generation)
    do {
      try control(Int32(EPOLL_CTL_ADD), fd, id, read: read, write: write)
    } catch {
      release(id)
      throw error
    }
    return id
  }

  public func modify(_ id: WatchID, read: Bool, write: Bool) throws {
    guard let slot = living(id) else { return }
    try control(Int32(EPOLL_CTL_MOD), slot.descriptor, id, read: read, write: write)
  }

  /// Ends a watch; harmless when it has ended. Unwatch before you close the descriptor.
  public func unwatch(_ id: WatchID) {
    guard let slot = living(id) else { return }
    // A descriptor that was closed first has already left the set; the kernel then answers EBADF or ENOENT, and nothing is left to do.
    var unused = unsafe epoll_event()
    _ = unsafe epoll_ctl(descriptor, Int32(EPOLL_CTL_DEL), slot.descriptor, &unused)
    release(id)
  }

  private func living(_ id: WatchID) -> Slot? {
    guard id.slot < slots.count else { return nil }
    let slot = slots[Int(id.slot)]
    return slot.generation == id.generation && slot.handler != nil ? slot : nil
  }

  private func release(_ id: WatchID) {
    slots[Int(id.slot)].handler = nil
    slots[Int(id.slot)].descriptor = -1
    freeSlots.append(id.slot)
  }

  private func control(_ operation: Int32, _ fd: Int32, _ id: WatchID, read: Bool, write: Bool) throws {
    var event = unsafe epoll_event()
    unsafe event.events = (read ? EPOLLIN.rawValue : 0) | (write ? EPOLLOUT.rawValue : 0)
    unsafe event.data.u64 = id.token
    guard unsafe epoll_ctl(descriptor, operation, fd, &event) == 0 else { throw SystemError.last("epoll_ctl") }
  }

  // MARK: Timers

  /// Calls `body` once, `delay` from now on the monotonic clock. Zero means in the next turn.
  @discardableResult
  public func after(_ delay: Duration, _ body: @escaping () -> Void) -> TimerID {
    let id = timers.add(at: SystemClock.monotonic().advanced(by: max(delay, .zero)), body)
    arm()
    return TimerID(number: id)
  }

  /// Calls `body` every `interval`, first after one interval. Missed beats are skipped.
  @discardableResult
  public func every(_ interval: Duration, _ body: @escaping () -> Void) -> TimerID {
    precondition(interval > .zero, "a timer without an interval would never let go")
    let id = timers.add(at: SystemClock.monotonic().advanced(by: interval), every: interval, body)
    arm()
    return TimerID(number: id)
  }

  /// Harmless when the timer is over. The alarm itself is left as it is: one needless wake-up costs less than a call each time.
  public func cancel(_ id: TimerID) { timers.cancel(id.number) }

  private func arm() {
    guard let next = timers.earliest() else { return }
    if let armed, armed <= next { return }
    armed = next
    var setting = itimerspec()
    // All zero would disarm; the clock is never there after boot.
    setting.it_value.tv_sec = Int(next.nanoseconds / 1_000_000_000)
    setting.it_value.tv_nsec = Int(next.nanoseconds % 1_000_000_000)
    let result = unsafe timerfd_settime(timerDescriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    precondition(result == 0, "the timer descriptor is broken")
  }

  private func fireTimers() {
    var expirations: UInt64 = 0
    // EAGAIN when nothing expired; the value itself says nothing that the heap does not know.
    _ = unsafe read(timerDescriptor, &expirations, 8)
    armed = nil
    let now = SystemClock.monotonic()
    // What a body adds with delay zero is due in the next turn, not in this one: no timer can starve the descriptors.
    while let due = timers.takeDue(at: now) {
      let lag = now.since(due.deadline)
      if lag > worstLagSeen { worstLagSeen = lag }
      due.body()
    }
    arm()
  }

  /// The longest that a timer was late since the last call: how far this loop is behind.
  public func takeWorstLag() -> Duration {
    defer { worstLagSeen = .zero }
    return worstLagSeen
  }

  // MARK: Signals

  /// Takes the signal out of normal delivery (blocks it in this thread) and calls `body` for it. Set up before a second thread starts.
  public func onSignal(_ number: Int32, _ body: @escaping () -> Void) throws {
    guard unsafe sigaddset(&signalMask, number) == 0 else { throw SystemError.last("sigaddset") }
    let status = unsafe pthread_sigmask(SIG_BLOCK, &signalMask, nil)
    guard status == 0 else { throw SystemError("pthread_sigmask", status) }
    let fd = unsafe signalfd(signalDescriptor, &signalMask, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
    guard fd >= 0 else { throw SystemError.last("signalfd") }
    signalHandlers[number] = body
    if signalDescriptor < 0 {
      signalDescriptor = fd
      _ = try watch(fd, read: true, write: false) { [unowned self] _ in readSignals() }
    }
  }

  private func readSignals() {
    var info = signalfd_siginfo()
    let size = MemoryLayout<signalfd_siginfo>.size
    while unsafe read(signalDescriptor, &info, size) == size {
      signalHandlers[Int32(info.ssi_signo)]?()
    }
  }

  // MARK: Turning

  /// Calls `body` once at the end of this turn (or of the next, outside a turn, without waiting): the place to flush what a turn collected.
  public func atTurnEnd(_ body: @escaping () -> Void) {
    turnEnd.append(body)
    if !isDispatching { after(.zero) {} }
  }

  /// One wait and one dispatch. `nil` waits for ever; `.zero` only looks.
  public func turn(timeout: Duration?) throws {
    precondition(!isDispatching, "a handler must not turn its own loop")
    if let outerWait {
      // The other loop knows no timeout of ours: a timer ends its wait.
      let limit = timeout.flatMap { $0 > .zero ? after($0) {} : nil }
      // Its events and ours are one turn: what they collect leaves at the end of it, not in a turn of its own.
      isDispatching = true
      defer { isDispatching = false }
      outerWait(timeout != .zero)
      endTurn()
      limit.map(cancel)
      return
    }
    try wait(timeout)
  }

  /// Dispatches what is due without waiting: for the loop that waits in this one's place.
  public func dispatchReady() throws { try wait(.zero) }

  private func endTurn() {
    while !turnEnd.isEmpty {
      let bodies = turnEnd
      turnEnd.removeAll(keepingCapacity: true)
      for body in bodies { body() }
    }
  }

  private func wait(_ timeout: Duration?) throws {
    let milliseconds: Int32 =
      if let timeout {
        Int32(clamping: (timeout.nanoseconds + 999_999) / 1_000_000)
      } else {
        -1
      }
    let count = unsafe events.withUnsafeMutableBufferPointer { space in
      unsafe epoll_wait(descriptor, space.baseAddress, Int32(space.count), milliseconds)
    }
    if count < 0 {
      if errno == EINTR { return }
      throw SystemError.last("epoll_wait")
    }
    guard count > 0 else { return }
    turns &+= 1
    let isInner = isDispatching
    isDispatching = true
    defer { isDispatching = isInner }
    for index in 0..<Int(count) {
      let token = unsafe events[index].data.u64
      let flags = unsafe events[index].events
      let id = WatchID(slot: UInt32(truncatingIfNeeded: token), generation: UInt32(token >> 32))
      guard let slot = living(id), let handler = slot.handler else { continue }
      var readiness: Readiness = []
      if flags & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { readiness = [.readable, .writable, .closed] }
      if flags & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
      if flags & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
      handler(readiness)
    }
    if !isInner { endTurn() }
  }

  /// Turns until `stop`, also one that came before.
  public func run() throws {
    while !isStopping { try turn(timeout: nil) }
    isStopping = false
  }

  /// Ends `run` after this turn. From outside a turn it makes the next turn the last.
  public func stop() {
    isStopping = true
    if !isDispatching { after(.zero) {} }
  }

  /// Turns until the condition holds or `limit` has passed. Returns whether it held. For commands and tests; floor processes `run`.
  public func turn(until condition: () -> Bool, limit: Duration) throws -> Bool {
    let deadline = SystemClock.monotonic().advanced(by: limit)
    while !condition() {
      let left = deadline.since(SystemClock.monotonic())
      if left <= .zero { return false }
      try turn(timeout: left)
    }
    return true
  }
}
