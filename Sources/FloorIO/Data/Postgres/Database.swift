import Shared

/// PostgreSQL on the event loop. Statements are literals with parameters, prepared once a connection, pipelined back to back; each
/// `query` or `batch` is its own transaction and answers after its commit. Reconnects for ever, with jitter.
///
/// Every query has a deadline of the client's own clock, because a frozen server fires no timeout of its own. One that passes in
/// flight costs the connection: everything in flight on it ends with an unknown outcome (`DatabaseError.outcomeKnown`).
public final class Database {
  /// Queries waiting or in flight, at most; above it they fail with `.queueFull`.
  public static let queueMax = 10_000
  /// Queries in the server's pipeline, at most; the others wait here.
  static let inFlightMax = 256
  static let connectLimit: Duration = .seconds(3)

  public typealias Completion = (Result<Rows, DatabaseError>) -> Void
  public typealias BatchCompletion = (Result<[Rows], DatabaseError>) -> Void

  private let loop: EventLoop
  private let settings: DatabaseSettings
  private let log: Log
  private var backoff: Backoff

  private enum State {
    case closed
    case waiting(TimerID)
    case connecting(PostgresConnection, deadline: TimerID)
    case connected(PostgresConnection)
  }
  private var state = State.closed
  private var watch: (id: WatchID, descriptor: Int32, write: Bool)?
  private var isClosed = false

  private var waiting: [Request] = []
  private var inFlight: [Request] = []
  /// Statements by the address of their literal: name on this connection. Emptied with it.
  private var prepared: [UInt: String] = [:]
  private var nextStatement = 1
  private var listeners: [(channel: String, handler: (String) -> Void)] = []
  private var lastComplaint: MonotonicTime?

  /// Called when the connection comes up (`true`, before the waiting queries are sent) and when it is lost (`false`).
  public var onStateChange: ((Bool) -> Void)?
  public private(set) var isConnected = false
  /// Why there is no connection, in words; `nil` while there is one.
  public private(set) var lastError: String?
  public var queued: Int { waiting.count + inFlight.count }

  /// Starts to connect at once. Queries may be given from the start; they wait for the connection until their deadline.
  public init(loop: EventLoop, settings: DatabaseSettings, log: Log) {
    self.loop = loop
    self.settings = settings
    self.log = log
    backoff = Backoff(base: .milliseconds(50), cap: .seconds(1), seed: SystemRandom.seed())
    state = .waiting(loop.after(.zero) { [weak self] in self?.connect() })
  }

  // MARK: Asking

  public func query(
    _ sql: StaticString, _ values: [SQLValue] = [], timeout: Duration = .seconds(3), _ done: @escaping Completion
  ) {
    batch([(sql, values)], timeout: timeout) { result in done(result.map { $0[0] }) }
  }

  /// Several statements in one transaction and one round trip. The first that fails undoes them all.
  public func batch(
    _ statements: [(sql: StaticString, values: [SQLValue])], timeout: Duration = .seconds(3),
    _ done: @escaping BatchCompletion
  ) {
    precondition(!statements.isEmpty, "a batch needs a statement")
    guard !isClosed else { return done(.failure(DatabaseError(.closed, "the database was closed"))) }
    guard queued < Database.queueMax else {
      return done(.failure(DatabaseError(.queueFull, "\(Database.queueMax) queries wait already")))
    }
    let request = Request(statements, done)
    request.deadline = loop.after(timeout) { [weak self, weak request] in
      if let self, let request { expire(request) }
    }
    waiting.append(request)
    sendWaiting()
  }

  /// Calls the handler with the payload of every NOTIFY on the channel, on every connection from now on. What was sent while there was
  /// no connection is lost: look once when `onStateChange` says `true`.
  /// - Precondition: the channel is a plain lower-case identifier.
  public func listen(_ channel: String, _ handler: @escaping (String) -> Void) {
    precondition(Database.isIdentifier(channel), "not a channel name")
    let isNew = !listeners.contains { $0.channel == channel }
    listeners.append((channel, handler))
    if isNew, case .connected(let connection) = state { sendListen(channel, on: connection) }
  }

  /// Ends for good. What waits fails as closed, what is in flight as lost.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    dropConnection(DatabaseError(.connectionLost, "closed while the query was in flight"))
    if case .waiting(let timer) = state { loop.cancel(timer) }
    state = .closed
    let rest = waiting
    waiting.removeAll()
    for request in rest { finish(request, .failure(DatabaseError(.closed, "the database was closed"))) }
  }

  private static func isIdentifier(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == UInt8(ascii: "_") }
  }

  // MARK: Connecting

  private func connect() {
    guard !isClosed else { return }
    do {
      let connection = try PostgresConnection(settings)
      if connection.isBroken { return fail(connection.message) }
      let deadline = loop.after(Database.connectLimit) { [weak self] in
        self?.fail("no answer within \(Database.connectLimit.milliseconds) ms")
      }
      state = .connecting(connection, deadline: deadline)
      try rewatch(connection.socket, write: true)
    } catch {
      fail("\(error)")
    }
  }

  private func rewatch(_ descriptor: Int32, write: Bool) throws {
    if let watch {
      if watch.descriptor == descriptor {
        if watch.write != write { try loop.modify(watch.id, read: true, write: write) }
        self.watch = (watch.id, descriptor, write)
        return
      }
      loop.unwatch(watch.id)
    }
    let id = try loop.watch(descriptor, read: true, write: write) { [weak self] readiness in self?.ready(readiness) }
    watch = (id, descriptor, write)
  }

  private func ready(_ readiness: Readiness) {
    switch state {
    case .closed, .waiting: return
    case .connecting(let connection, let deadline): advanceConnect(connection, deadline)
    case .connected(let connection): advance(connection, readiness)
    }
  }

  private func advanceConnect(_ connection: PostgresConnection, _ deadline: TimerID) {
    do {
      let progress = connection.pollConnect()
      switch progress {
      case .failed: return fail(connection.message)
      case .reading, .writing:
        // libpq may have closed its socket and opened another, even under the same number: the old watch may be dead.
        if let watch { loop.unwatch(watch.id) }
        watch = nil
        let id = try loop.watch(connection.socket, read: progress == .reading, write: progress == .writing) {
          [weak self] in self?.ready($0)
        }
        watch = (id, connection.socket, progress == .writing)
      case .connected:
        loop.cancel(deadline)
        guard connection.beginPipeline() else { return fail(connection.message) }
        state = .connected(connection)
        if let watch { loop.unwatch(watch.id) }
        watch = nil
        try rewatch(connection.socket, write: false)
        connected(connection)
      }
    } catch {
      fail("\(error)")
    }
  }

  private func connected(_ connection: PostgresConnection) {
    backoff.succeed()
    isConnected = true
    lastError = nil
    lastComplaint = nil
    log.info("database connected", [.int("server_version", connection.serverVersion)])
    for channel in Set(listeners.map(\.channel)).sorted() { sendListen(channel, on: connection) }
    onStateChange?(true)
    sendWaiting()
  }

  private func fail(_ reason: String) {
    guard !isClosed else { return }
    let wasConnected = isConnected
    lastError = reason
    let delay = backoff.next()
    // The first failure and then one line every half a minute: an outage must not fill the log.
    let now = SystemClock.monotonic()
    if wasConnected || lastComplaint.map({ now.since($0) > .seconds(30) }) ?? true {
      lastComplaint = now
      log.warning("database away", [.text("reason", reason), .milliseconds("retry_in_ms", delay)])
    }
    dropConnection(DatabaseError(.connectionLost, reason))
    guard !isClosed else { return }
    state = .waiting(loop.after(delay) { [weak self] in self?.connect() })
  }

  /// Gives the connection up, with everything in flight on it.
  private func dropConnection(_ error: DatabaseError) {
    if case .connecting(_, let deadline) = state { loop.cancel(deadline) }
    if let watch { loop.unwatch(watch.id) }
    watch = nil
    state = .closed
    prepared.removeAll()
    let lost = inFlight
    inFlight.removeAll()
    let wasConnected = isConnected
    isConnected = false
    if wasConnected { onStateChange?(false) }
    for request in lost { finish(request, .failure(request.failure ?? error)) }
  }

  // MARK: Sending

  private func sendWaiting() {
    guard case .connected(let connection) = state, !waiting.isEmpty else { return }
    var sent = 0
    var isBroken = false
    while sent < waiting.count, inFlight.count < Database.inFlightMax, !isBroken {
      // What was sent only in part has no Sync behind it, so it can never commit: it goes again on the next connection.
      if send(waiting[sent], on: connection) {
        inFlight.append(waiting[sent])
        sent += 1
      } else {
        isBroken = true
      }
    }
    waiting.removeFirst(sent)
    if isBroken { return fail(connection.message) }
    flush(connection)
  }

  private func send(_ request: Request, on connection: PostgresConnection) -> Bool {
    request.begin()
    for (sql, values) in request.statements {
      let key = unsafe UInt(bitPattern: sql.utf8Start)
      let name: String
      if let known = prepared[key] {
        name = known
      } else {
        name = "s\(nextStatement)"
        nextStatement += 1
        guard connection.sendPrepare(name: name, sql) else { return false }
        prepared[key] = name
        request.steps.append(.prepare(key))
      }
      guard connection.sendPrepared(name: name, values) else { return false }
      request.steps.append(.execute(key))
    }
    return connection.sendSync()
  }

  private func sendListen(_ channel: String, on connection: PostgresConnection) {
    let request = Request([]) { [log] result in
      if case .failure(let error) = result { log.error("LISTEN failed", [.text("channel", channel), .error(error)]) }
    }
    request.steps = [.execute(0)]
    guard connection.sendQuery("LISTEN \(channel)", []), connection.sendSync() else {
      return fail(connection.message)
    }
    inFlight.append(request)
    flush(connection)
  }

  private func flush(_ connection: PostgresConnection) {
    guard let flushed = connection.flush() else { return fail(connection.message) }
    do { try rewatch(connection.socket, write: !flushed) } catch { fail("\(error)") }
  }

  // MARK: Receiving

  private func advance(_ connection: PostgresConnection, _ readiness: Readiness) {
    if readiness.contains(.readable) {
      // The last words of a dying server are still in the buffer: read them before giving up.
      let isWhole = connection.consume()
      let finished = collect(connection)
      var notifications: [(channel: String, payload: String)] = []
      while let notification = connection.nextNotification() { notifications.append(notification) }
      if !isWhole || connection.isBroken {
        for (request, result) in finished { finish(request, result) }
        return fail(connection.message)
      }
      for (request, result) in finished { finish(request, result) }
      for notification in notifications {
        for listener in listeners where listener.channel == notification.channel {
          listener.handler(notification.payload)
        }
      }
    }
    // A handler may have closed the database or lost the connection.
    guard case .connected(let current) = state, current === connection else { return }
    if readiness.contains(.writable) { flush(connection) }
    guard case .connected(let current) = state, current === connection else { return }
    sendWaiting()
  }

  /// Reads results until the socket has no more, and returns the requests that ended. No handler is called here.
  private func collect(_ connection: PostgresConnection) -> [(Request, Result<[Rows], DatabaseError>)] {
    var finished: [(Request, Result<[Rows], DatabaseError>)] = []
    var emptyInARow = 0
    while !inFlight.isEmpty, !connection.isBusy, emptyInARow < 4 {
      let request = inFlight[0]
      guard let outcome = connection.nextOutcome() else {
        request.endStep()
        emptyInARow += 1
        continue
      }
      emptyInARow = 0
      switch outcome {
      case .rows(let rows): request.add(rows)
      case .error(let error):
        request.failure = request.failure ?? error
        if let key = request.staleStatement(error) { prepared[key] = nil }
      case .aborted: request.abortStep().map { prepared[$0] = nil }
      case .other:
        request.failure = request.failure ?? DatabaseError(.shape, "the statement is not of a kind that is used here")
      case .synchronised:
        inFlight.removeFirst()
        finished.append((request, request.failure.map { .failure($0) } ?? .success(request.answers)))
      }
    }
    return finished
  }

  // MARK: Ending

  private func expire(_ request: Request) {
    if let index = waiting.firstIndex(where: { $0 === request }) {
      waiting.remove(at: index)
      let reason = lastError ?? "the queries before it are not answered"
      return finish(request, .failure(DatabaseError(.away, "no connection by the deadline: \(reason)")))
    }
    guard inFlight.contains(where: { $0 === request }) else { return }
    request.failure = DatabaseError(.deadline, "no answer by the deadline")
    fail("a query got no answer by its deadline")
  }

  private func finish(_ request: Request, _ result: Result<[Rows], DatabaseError>) {
    if let deadline = request.deadline { loop.cancel(deadline) }
    request.done(result)
  }
}

extension Database {
  /// One transaction on its way: the statements, what the server still owes for them, and what it has answered.
  final class Request {
    enum Step {
      case prepare(UInt)
      case execute(UInt)
    }

    let statements: [(sql: StaticString, values: [SQLValue])]
    let done: BatchCompletion
    var deadline: TimerID?
    var steps: [Step] = []
    var answers: [Rows] = []
    var failure: DatabaseError?
    private var step = 0
    private var stepHasResult = false

    init(_ statements: [(sql: StaticString, values: [SQLValue])], _ done: @escaping BatchCompletion) {
      self.statements = statements
      self.done = done
    }

    /// Forgets an earlier, incomplete try.
    func begin() {
      steps.removeAll()
      answers.removeAll()
      step = 0
      stepHasResult = false
    }

    func add(_ rows: Rows) {
      stepHasResult = true
      if step < steps.count, case .execute = steps[step] { answers.append(rows) }
    }

    /// The statement that this error says the server does not have (any more) in this form; it must be prepared anew.
    func staleStatement(_ error: DatabaseError) -> UInt? {
      stepHasResult = true
      guard step < steps.count else { return nil }
      switch steps[step] {
      case .prepare(let key): return key
      // 0A000 "cached plan must not change result type", 26000 "prepared statement does not exist".
      case .execute(let key): return ["0A000", "26000"].contains(error.sqlState) ? key : nil
      }
    }

    /// The server skipped this step. A skipped preparation leaves the statement unknown to it.
    func abortStep() -> UInt? {
      stepHasResult = true
      guard step < steps.count, case .prepare(let key) = steps[step] else { return nil }
      return key
    }

    func endStep() {
      guard stepHasResult else { return }
      stepHasResult = false
      step += 1
    }
  }
}
