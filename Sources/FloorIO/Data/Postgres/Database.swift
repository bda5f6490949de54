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

  // Used by the extensions in the files beside this one.
  let loop: EventLoop
  let settings: DatabaseSettings
  let log: Log
  var backoff: Backoff

  enum State {
    case closed
    case waiting(TimerID)
    case connecting(PostgresConnection, deadline: TimerID)
    case connected(PostgresConnection)
  }
  var state = State.closed
  var watch: (id: WatchID, descriptor: Int32, write: Bool)?
  var isClosed = false

  var waiting: [Request] = []
  var inFlight: [Request] = []
  /// Statements by the address of their literal: name on this connection. Emptied with it.
  var prepared: [UInt: String] = [:]
  var nextStatement = 1
  var listeners: [(channel: String, handler: (String) -> Void)] = []
  var lastComplaint: MonotonicTime?

  /// Called when the connection comes up (`true`, before the waiting queries are sent) and when it is lost (`false`).
  public var onStateChange: ((Bool) -> Void)?
  public internal(set) var isConnected = false
  /// Why there is no connection, in words; `nil` while there is one.
  public internal(set) var lastError: String?
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
  /// no connection is lost: look once when `onStateChange` says `true`, over this connection: behind its LISTEN, so that nothing
  /// falls between the look and the listening.
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

  func finish(_ request: Request, _ result: Result<[Rows], DatabaseError>) {
    if let deadline = request.deadline { loop.cancel(deadline) }
    request.done(result)
  }
}
