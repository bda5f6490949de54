/// Why a command on the bus has no answer.
public struct BusError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// No connection: nothing was sent.
    case away
    /// Too much waits already: nothing was sent.
    case queueFull
    /// The connection broke before the answer.
    case connectionLost
    /// No answer in time.
    case deadline
    /// Redis refused the command (its words are in the message).
    case refused
  }
  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var retryable: Bool { code != .refused }
  /// False when Redis may have done it although no answer came.
  public var outcomeKnown: Bool { code != .connectionLost && code != .deadline }
  public var description: String { message }
}
