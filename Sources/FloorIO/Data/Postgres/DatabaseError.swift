/// Why a query has no rows to give. Two questions are answered for every case: may it be tried again, and is it known whether it
/// happened. The description holds no parameter values.
public struct DatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// There was no connection until the deadline; the query never left.
    case away
    /// More queries wait than the queue takes; the query never left.
    case queueFull
    /// The connection broke while the query was on its way: it may or may not have happened.
    case connectionLost
    /// No answer by the client's deadline: it may or may not have happened. The connection was given up.
    case deadline
    /// The server answered with an error; the statement was rolled back.
    case server
    /// The answer has not the columns or types that the code expects: a fault of the program or of the schema.
    case shape
    /// The owner closed the database.
    case closed
  }

  public let code: Code
  /// The server's five characters, empty when the error is not the server's.
  public let sqlState: String
  /// The server's primary message, or our words.
  public let message: String
  /// The constraint that was violated, when one was.
  public let constraint: String?

  public init(_ code: Code, _ message: String, sqlState: String = "", constraint: String? = nil) {
    self.code = code
    self.sqlState = sqlState
    self.message = message
    self.constraint = constraint
  }

  /// May the same statement succeed later without anybody changing anything? Where the outcome is unknown, only an idempotent
  /// statement may be repeated.
  public var retryable: Bool {
    switch code {
    case .away, .queueFull, .connectionLost, .deadline: true
    case .shape, .closed: false
    case .server:
      // 40 serialization and deadlock, 53 resources, 08 connection, 55P03 lock timeout, 57014 statement timeout,
      // 57P01-03 shutting down or starting up, 25P03 idle in transaction too long, 25006 read-only while recovering.
      ["40", "53", "08"].contains(String(sqlState.prefix(2)))
        || ["55P03", "57014", "57P01", "57P02", "57P03", "57P05", "25P03", "25006"].contains(sqlState)
    }
  }

  /// The server is there and can write nothing down.
  public var isDiskFull: Bool { sqlState == "53100" }

  /// False when the statement may have been committed although we got no answer.
  public var outcomeKnown: Bool {
    switch code {
    case .connectionLost, .deadline: false
    case .away, .queueFull, .shape, .closed: true
    // A server that is going down may say so after the commit.
    case .server: !["57P01", "57P02", "57P03"].contains(sqlState)
    }
  }

  public var description: String { sqlState.isEmpty ? message : "\(message) (SQLSTATE \(sqlState))" }
}
