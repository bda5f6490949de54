import CPQ
import Glibc
import Shared

/// One libpq connection, always in non-blocking use. Thin: who waits, and for how long, is decided by `Database` and `BlockingDatabase`.
/// libpq's rule of one thread a connection is kept by its owners.
@safe final class PostgresConnection {
  enum Progress { case reading, writing, connected, failed }

  enum Outcome {
    case rows(Rows)
    case error(DatabaseError)
    /// Not run because an earlier statement of the same batch failed.
    case aborted
    /// The end of a pipelined batch: what it did is committed.
    case synchronised
    case other
  }

  private let handle: OpaquePointer

  /// Starts to connect. Only a lack of memory fails at once.
  init(_ settings: DatabaseSettings) throws(DatabaseError) {
    let parameters = settings.parameters
    let opened = unsafe CStrings.with(parameters.map { $0.0 }) { keys in
      unsafe CStrings.with(parameters.map { $0.1 }) { values in unsafe PQconnectStartParams(keys, values, 0) }
    }
    guard let opened = unsafe opened else { throw DatabaseError(.away, "libpq has no memory") }
    unsafe handle = opened
    // Notices (RAISE NOTICE, "already exists, skipping") would go to standard error.
    _ = unsafe PQsetNoticeProcessor(handle, { _, _ in }, nil)
  }

  deinit { unsafe PQfinish(handle) }

  var socket: Int32 { unsafe PQsocket(handle) }
  var isBroken: Bool { unsafe PQstatus(handle) == CONNECTION_BAD }
  var isBusy: Bool { unsafe PQisBusy(handle) == 1 }
  var serverVersion: Int { Int(unsafe PQserverVersion(handle)) }

  /// libpq's last words about the connection, on one line and without the server's address lines repeated.
  var message: String {
    let text = unsafe String(cString: PQerrorMessage(handle))
    return text.split(separator: "\n").joined(separator: "; ")
  }

  /// The next step of connecting; which readiness to wait for before the one after it.
  func pollConnect() -> Progress {
    switch unsafe PQconnectPoll(handle) {
    case PGRES_POLLING_OK: .connected
    case PGRES_POLLING_READING: .reading
    case PGRES_POLLING_WRITING: .writing
    default: .failed
    }
  }

  func beginPipeline() -> Bool {
    unsafe PQsetnonblocking(handle, 1) == 0 && PQenterPipelineMode(handle) == 1
  }

  // MARK: Sending (each false means that the connection is unusable)

  func sendPrepare(name: String, _ sql: StaticString) -> Bool {
    unsafe PQsendPrepare(handle, name, sql.description, 0, nil) == 1
  }

  func sendPrepared(name: String, _ values: [SQLValue]) -> Bool {
    unsafe CStrings.with(values.map(\.wireText)) { pointers in
      unsafe PQsendQueryPrepared(handle, name, Int32(values.count), pointers, nil, nil, 0) == 1
    }
  }

  func sendQuery(_ sql: String, _ values: [SQLValue]) -> Bool {
    unsafe CStrings.with(values.map(\.wireText)) { pointers in
      unsafe PQsendQueryParams(handle, sql, Int32(values.count), nil, pointers, nil, nil, 0) == 1
    }
  }

  /// Several statements in one text, for scripts only (not in pipeline mode).
  func sendScript(_ sql: String) -> Bool { unsafe PQsendQuery(handle, sql) == 1 }

  func sendSync() -> Bool { unsafe PQpipelineSync(handle) == 1 }

  /// `true` when everything left, `false` when the socket must become writable first, `nil` when the connection broke.
  func flush() -> Bool? {
    switch unsafe PQflush(handle) {
    case 0: true
    case 1: false
    default: nil
    }
  }

  // MARK: Receiving

  /// Takes what the socket has. False when the connection broke.
  func consume() -> Bool { unsafe PQconsumeInput(handle) == 1 }

  /// The next result, or `nil` at the end of a statement's results. Call only while not `isBusy`.
  func nextOutcome() -> Outcome? {
    guard let result = unsafe PQgetResult(handle) else { return nil }
    defer { unsafe PQclear(result) }
    switch unsafe PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .rows(unsafe PostgresConnection.rows(result))
    case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: return .error(unsafe PostgresConnection.error(result, self))
    case PGRES_PIPELINE_ABORTED: return .aborted
    case PGRES_PIPELINE_SYNC: return .synchronised
    default: return .other
    }
  }

  /// The next notification: channel and payload.
  func nextNotification() -> (channel: String, payload: String)? {
    guard let notification = unsafe PQnotifies(handle) else { return nil }
    defer { unsafe PQfreemem(notification) }
    return unsafe (String(cString: notification.pointee.relname), String(cString: notification.pointee.extra))
  }

  private static func rows(_ result: OpaquePointer) -> Rows {
    let columnCount = unsafe PQnfields(result)
    let rowCount = unsafe PQntuples(result)
    let columns = (0..<columnCount).map { unsafe String(cString: PQfname(result, $0)) }
    var cells: [String?] = []
    cells.reserveCapacity(Int(columnCount * rowCount))
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        if unsafe PQgetisnull(result, row, column) == 1 {
          cells.append(nil)
        } else {
          let bytes = unsafe UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
          cells.append(unsafe String(decoding: bytes, as: UTF8.self))
        }
      }
    }
    let affected = unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
    return Rows(columns: columns, cells: cells, rows: Int(rowCount), affected: affected)
  }

  private static func error(_ result: OpaquePointer, _ connection: PostgresConnection) -> DatabaseError {
    func field(_ code: Character) -> String? {
      guard let ascii = code.asciiValue, let text = unsafe PQresultErrorField(result, Int32(ascii)) else { return nil }
      return unsafe String(cString: text)
    }
    // PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_CONSTRAINT_NAME: character macros that are not imported.
    guard let state = field("C") else {
      // Made by libpq itself, not by the server: the connection broke.
      return DatabaseError(.connectionLost, connection.message)
    }
    return DatabaseError(.server, field("M") ?? "the server gave no message", sqlState: state, constraint: field("n"))
  }
}

/// C's arrays of strings for the length of a call.
enum CStrings {
  static func with<Result>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers: [UnsafePointer<CChar>?] = unsafe texts.map { text in
      unsafe text.map { unsafe UnsafePointer(strdup($0)) } ?? nil
    }
    unsafe pointers.append(nil)
    defer {
      for index in unsafe pointers.indices { unsafe free(UnsafeMutableRawPointer(mutating: pointers[index])) }
    }
    return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
  }
}
