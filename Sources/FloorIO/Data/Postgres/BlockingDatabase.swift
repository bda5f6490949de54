import CLinux
import Glibc
import Shared

/// PostgreSQL for programs that wait: the command line, the migrator, tests. Every wait has a deadline, so a frozen server cannot hold
/// an operator's command. Not for a process with an event loop.
public final class BlockingDatabase {
  private let connection: PostgresConnection
  private var isDead = false
  /// Longest wait for an answer.
  public var timeout: Duration

  /// - Throws: `DatabaseError` `.away` with the server's own words.
  public init(_ settings: DatabaseSettings, connectTimeout: Duration = .seconds(3), timeout: Duration = .seconds(10))
    throws
  {
    self.timeout = timeout
    connection = try PostgresConnection(settings)
    let deadline = SystemClock.monotonic().advanced(by: connectTimeout)
    var progress = connection.isBroken ? PostgresConnection.Progress.failed : .writing
    while progress != .connected {
      guard progress != .failed else { throw DatabaseError(.away, connection.message) }
      guard try BlockingDatabase.wait(connection.socket, write: progress == .writing, deadline) else {
        throw DatabaseError(.away, "no answer from the server within \(connectTimeout.milliseconds) ms")
      }
      progress = connection.pollConnect()
    }
  }

  /// The server's version as a number: 150008 is 15.8.
  public var serverVersion: Int { connection.serverVersion }

  /// One statement with its parameters, its own transaction unless one is open.
  @discardableResult
  public func query(_ sql: StaticString, _ values: [SQLValue] = []) throws -> Rows {
    try run { connection.sendQuery(sql.description, values) }
  }

  /// Several statements in one text, as a migration file holds them: one transaction unless the text says otherwise. The only place
  /// where SQL is not a literal; never give it anything but the project's own files. Returns the last statement's rows.
  @discardableResult
  public func execute(script: String) throws -> Rows { try run { connection.sendScript(script) } }

  /// Runs the body between BEGIN and COMMIT; rolls back when it throws.
  public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    try query("BEGIN")
    let result: Result
    do {
      result = try body()
    } catch {
      // The first error is the one that matters; a dead connection has rolled back by itself.
      if !isDead { _ = try query("ROLLBACK") }
      throw error
    }
    try query("COMMIT")
    return result
  }

  private func run(_ send: () -> Bool) throws -> Rows {
    guard !isDead else { throw DatabaseError(.closed, "the connection was given up") }
    guard send() else { throw lost() }
    let deadline = SystemClock.monotonic().advanced(by: timeout)
    while true {
      guard let flushed = connection.flush() else { throw lost() }
      if flushed { break }
      guard try BlockingDatabase.wait(connection.socket, write: true, deadline) else { throw late() }
      guard connection.consume() else { throw lost() }
    }
    var last = Rows(columns: [], cells: [], rows: 0, affected: 0)
    var failure: DatabaseError?
    while true {
      while connection.isBusy {
        guard try BlockingDatabase.wait(connection.socket, write: false, deadline) else { throw late() }
        guard connection.consume() else { throw lost() }
      }
      guard let outcome = connection.nextOutcome() else { break }
      switch outcome {
      case .rows(let rows): last = rows
      case .error(let error): failure = failure ?? error
      case .aborted, .synchronised, .other:
        // COPY and single-row answers are not used here; the connection would be stuck in them.
        isDead = true
        throw DatabaseError(.shape, "the statement is not of a kind that is used here")
      }
    }
    if connection.isBroken { isDead = true }
    if let failure { throw failure }
    return last
  }

  private func lost() -> DatabaseError {
    isDead = true
    return DatabaseError(.connectionLost, connection.message)
  }

  private func late() -> DatabaseError {
    isDead = true
    return DatabaseError(.deadline, "no answer within \(timeout.milliseconds) ms")
  }

  /// False when the deadline passed.
  private static func wait(_ socket: Int32, write: Bool, _ deadline: MonotonicTime) throws -> Bool {
    while true {
      let left = deadline.since(SystemClock.monotonic())
      if left <= .zero { return false }
      var request = pollfd(fd: socket, events: Int16(write ? POLLIN | POLLOUT : POLLIN), revents: 0)
      let ready = unsafe poll(&request, 1, Int32(clamping: left.milliseconds + 1))
      if ready > 0 { return true }
      if ready < 0, errno != EINTR { throw SystemError.last("poll") }
    }
  }
}
