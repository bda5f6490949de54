/// A question to the venue that has no usable answer.
public enum VenueCallError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No answer came.
  case transport(HTTPError)
  /// The venue answered, and not with what was asked.
  case status(Int, message: String, retryAfter: Duration?)
  /// Success, but not in the shape that the protocol promises.
  case malformed(String)

  /// The network failed or nobody was there: counts against a circuit breaker. An answer, whatever it says, does not.
  public var isTransport: Bool { if case .transport = self { true } else { false } }

  public var retryable: Bool {
    switch self {
    case .transport(let error): error.retryable
    case .status(let status, _, _): status == 425 || status == 429 || status >= 500
    case .malformed: false
    }
  }

  /// Whether it is certain that a request which changes something has changed nothing.
  public var outcomeKnown: Bool {
    switch self {
    case .transport(let error): error.outcomeKnown
    case .status(let status, _, _): status < 500
    case .malformed: false
    }
  }

  public var retryAfter: Duration? { if case .status(_, _, let wait) = self { wait } else { nil } }

  public var description: String {
    switch self {
    case .transport(let error): error.description
    case .status(let status, let message, _): "status \(status)\(message.isEmpty ? "" : ": \(message)")"
    case .malformed(let what): "malformed answer: \(what)"
    }
  }
}
