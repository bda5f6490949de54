import Shared

/// One connection to Redis that keeps itself: connects, authenticates, pings, reconnects with jitter. `RedisBus` has two.
///
/// Nothing is kept while it is down: what is sent then is refused at once, because a late message on a bus of hints is worse than none.
final class RedisLink {
  static let connectLimit: Duration = .seconds(2)

  typealias Answer = (Result<RedisReply, BusError>) -> Void

  /// A command that waits for room in the socket.
  private struct Outgoing {
    let arguments: [[UInt8]]
    let size: Int
    let isDroppable: Bool
    let answer: Answer?
  }

  private enum State {
    case closed
    case waiting(TimerID)
    case opening(RedisConnection, deadline: TimerID)
    case ready(RedisConnection)
  }

  private let loop: EventLoop
  private let settings: RedisSettings
  private let log: Log
  private let role: StaticString
  private let queueMax: Int
  private let queueBytesMax: Int
  private var backoff: Backoff
  private var state = State.closed
  private var watch: (id: WatchID, write: Bool)?
  private var outgoing: [Outgoing] = []
  private var outgoingStart = 0
  private var outgoingBytes = 0
  /// Answers still owed, in order. After the first subscription replies have no order: `onPush` takes them.
  private var owed: [Answer?] = []
  private var owedStart = 0
  private var isFlushPlanned = false
  private var isStalled = false
  private var pingTimer: TimerID?
  private var pingDeadline: TimerID?
  private var isClosed = false
  private var lastComplaint: MonotonicTime?

  /// Takes every reply once it is ready, when set (the subscriber).
  var onPush: ((RedisReply) -> Void)?
  var onReady: (() -> Void)?
  var onLost: (() -> Void)?
  private(set) var lastError: String?
  /// Droppable commands that gave way to newer ones.
  private(set) var dropped: UInt64 = 0

  var isReady: Bool { if case .ready = state { true } else { false } }

  init(
    loop: EventLoop, settings: RedisSettings, log: Log, role: StaticString, queueMax: Int = 8192,
    queueBytesMax: Int = 16 << 20
  ) {
    self.loop = loop
    self.settings = settings
    self.log = log
    self.role = role
    self.queueMax = queueMax
    self.queueBytesMax = queueBytesMax
    backoff = Backoff(base: .milliseconds(50), cap: .seconds(1), seed: SystemRandom.seed())
    state = .waiting(loop.after(.zero) { [weak self] in self?.connect() })
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    if case .waiting(let timer) = state { loop.cancel(timer) }
    drop(BusError(.connectionLost, "closed"))
  }

  // MARK: Connecting

  private func connect() {
    guard !isClosed else { return }
    do {
      let connection = try RedisConnection(settings.address)
      let deadline = loop.after(RedisLink.connectLimit) { [weak self] in self?.fail("no answer to the greeting") }
      state = .opening(connection, deadline: deadline)
      let id = try loop.watch(connection.descriptor, read: true, write: true) { [weak self] in self?.ready($0) }
      watch = (id, true)
      if let password = settings.password {
        let user = settings.user ?? "default"
        greet(["AUTH", user, password.reveal()], on: connection, isLast: false)
      }
      greet(["CLIENT", "SETNAME", settings.clientName], on: connection, isLast: true)
    } catch {
      fail("\(error)")
    }
  }

  private func greet(_ words: [String], on connection: RedisConnection, isLast: Bool) {
    guard isCurrent(connection) else { return }
    guard connection.append(words.map { Array($0.utf8) }) else { return fail(connection.message) }
    owed.append { [weak self] result in
      switch result {
      case .success(.error(let text)):
        // A role that may not name itself is no reason to stay out.
        if isLast { self?.greeted() } else { self?.fail("refused: \(text)") }
      case .success: if isLast { self?.greeted() }
      case .failure: break
      }
    }
  }

  private func greeted() {
    guard case .opening(let connection, let deadline) = state else { return }
    loop.cancel(deadline)
    state = .ready(connection)
    backoff.succeed()
    lastError = nil
    lastComplaint = nil
    log.info("redis connected", [.text("connection", role.description)])
    pingTimer = loop.every(settings.pingInterval) { [weak self] in self?.ping() }
    onReady?()
  }

  private func fail(_ reason: String) {
    guard !isClosed else { return }
    let wasReady = isReady
    lastError = reason
    let delay = backoff.next()
    let now = SystemClock.monotonic()
    if wasReady || lastComplaint.map({ now.since($0) > .seconds(30) }) ?? true {
      lastComplaint = now
      log.warning(
        "redis away",
        [.text("connection", role.description), .text("reason", reason), .milliseconds("retry_in_ms", delay)])
    }
    drop(BusError(.connectionLost, reason))
    guard !isClosed else { return }
    state = .waiting(loop.after(delay) { [weak self] in self?.connect() })
  }

  private func drop(_ error: BusError) {
    let wasReady = isReady
    if case .opening(_, let deadline) = state { loop.cancel(deadline) }
    if let watch { loop.unwatch(watch.id) }
    watch = nil
    state = .closed
    isStalled = false
    for timer in [pingTimer, pingDeadline].compactMap({ $0 }) { loop.cancel(timer) }
    pingTimer = nil
    pingDeadline = nil
    let lost = owed[owedStart...].compactMap { $0 }
    let unsent = outgoing[outgoingStart...].compactMap(\.answer)
    owed.removeAll()
    owedStart = 0
    outgoing.removeAll()
    outgoingStart = 0
    outgoingBytes = 0
    if wasReady { onLost?() }
    for answer in lost { answer(.failure(error)) }
    for answer in unsent { answer(.failure(BusError(.away, error.message))) }
  }

  // MARK: Liveness

  private func ping() {
    guard pingDeadline == nil else { return }
    pingDeadline = loop.after(settings.pingLimit) { [weak self, settings] in
      self?.pingDeadline = nil
      self?.fail("no answer to PING within \(settings.pingLimit.milliseconds) ms")
    }
    send([Array("PING".utf8)], isDroppable: false) { [weak self] _ in self?.ponged() }
  }

  /// The subscriber sees its answer as a push.
  func ponged() {
    if let pingDeadline { loop.cancel(pingDeadline) }
    pingDeadline = nil
  }

  // MARK: Sending

  /// Queues a command. The answer comes once, also when the connection is lost or the queue is full.
  /// - Returns: false when it was refused at once.
  @discardableResult
  func send(_ arguments: [[UInt8]], isDroppable: Bool, _ answer: Answer?) -> Bool {
    guard isReady else {
      answer?(.failure(BusError(.away, lastError ?? "not connected yet")))
      return false
    }
    let size = arguments.reduce(0) { $0 + $1.count + 16 }
    while outgoing.count - outgoingStart >= queueMax || outgoingBytes + size > queueBytesMax {
      guard dropOldest() else {
        answer?(.failure(BusError(.queueFull, "\(queueMax) commands wait already")))
        return false
      }
    }
    outgoing.append(Outgoing(arguments: arguments, size: size, isDroppable: isDroppable, answer: answer))
    outgoingBytes += size
    planFlush()
    return true
  }

  private func dropOldest() -> Bool {
    guard let index = outgoing[outgoingStart...].firstIndex(where: \.isDroppable) else { return false }
    outgoingBytes -= outgoing[index].size
    dropped += 1
    let answer = outgoing[index].answer
    outgoing.remove(at: index)
    answer?(.failure(BusError(.queueFull, "gave way to newer messages")))
    return true
  }

  /// Inside a turn everything collects until its end and leaves in one write; outside it leaves at once.
  private func planFlush() {
    guard !isStalled, !isFlushPlanned else { return }
    guard loop.isDispatching else { return flush() }
    isFlushPlanned = true
    loop.atTurnEnd { [weak self] in
      self?.isFlushPlanned = false
      self?.flush()
    }
  }

  private func flush() {
    guard case .ready(let connection) = state else { return }
    while true {
      // hiredis's own buffer is refilled only when it is empty, so that the bounds above stay true.
      var taken = 0
      while outgoingStart < outgoing.count, taken < 256 << 10 {
        let next = outgoing[outgoingStart]
        guard connection.append(next.arguments) else { return fail(connection.message) }
        outgoingStart += 1
        outgoingBytes -= next.size
        taken += next.size
        if onPush == nil { owed.append(next.answer) }
      }
      if outgoingStart > 1024 || outgoingStart == outgoing.count {
        outgoing.removeFirst(outgoingStart)
        outgoingStart = 0
      }
      guard let done = connection.flush() else { return fail(connection.message) }
      isStalled = !done
      setWrite(!done)
      if !done || outgoing.isEmpty { return }
    }
  }

  private func setWrite(_ write: Bool) {
    guard let watch, watch.write != write else { return }
    do {
      try loop.modify(watch.id, read: true, write: write)
      self.watch = (watch.id, write)
    } catch {
      fail("\(error)")
    }
  }

  // MARK: Receiving

  private func ready(_ readiness: Readiness) {
    switch state {
    case .closed, .waiting: return
    case .opening(let connection, _):
      if readiness.contains(.writable) {
        guard let done = connection.flush() else { return fail(connection.message) }
        setWrite(!done)
      }
      receive(connection, readiness)
    case .ready(let connection):
      receive(connection, readiness)
      if readiness.contains(.writable), isCurrent(connection) { flush() }
    }
  }

  private func isCurrent(_ connection: RedisConnection) -> Bool {
    switch state {
    case .opening(let current, _), .ready(let current): current === connection
    case .closed, .waiting: false
    }
  }

  private func receive(_ connection: RedisConnection, _ readiness: Readiness) {
    guard readiness.contains(.readable), isCurrent(connection) else { return }
    guard connection.consume() else { return fail(connection.message) }
    do {
      // A handler may have dropped this very connection.
      while isCurrent(connection), let reply = try connection.next() {
        if owedStart < owed.count {
          let answer = owed[owedStart]
          owedStart += 1
          if owedStart > 1024 || owedStart == owed.count {
            owed.removeFirst(owedStart)
            owedStart = 0
          }
          answer?(.success(reply))
        } else if let onPush {
          onPush(reply)
        } else {
          return fail("an answer that nobody asked for")
        }
      }
    } catch {
      fail("\(error)")
    }
  }
}
