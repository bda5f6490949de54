import Shared

/// A question to the venue that has no usable answer.
public enum VenueCallError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Not asked: our own budget for such requests is used up, or the venue told us to stay away (`VenueBudget`). For so long at least.
  case held(Duration)
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
    case .held: true
    case .transport(let error): error.retryable
    case .status(let status, _, _): status == 425 || status == 429 || status >= 500
    case .malformed: false
    }
  }

  /// Whether it is certain that a request which changes something has changed nothing.
  public var outcomeKnown: Bool {
    switch self {
    case .held: true
    case .transport(let error): error.outcomeKnown
    case .status(let status, _, _): status < 500
    case .malformed: false
    }
  }

  public var retryAfter: Duration? {
    switch self {
    case .held(let wait): wait
    case .status(_, _, let wait): wait
    case .transport, .malformed: nil
    }
  }

  /// How long to wait when only the rate of our questions stood in the way; `nil` for any other reason.
  var wait: Duration? {
    switch self {
    case .held(let wait): wait
    case .status(429, _, let wait): wait ?? .seconds(1)
    case .status, .transport, .malformed: nil
    }
  }

  public var description: String {
    switch self {
    case .held(let wait): "not asked: the request would have to wait \(wait.milliseconds) ms"
    case .transport(let error): error.description
    case .status(let status, let message, _): "status \(status)\(message.isEmpty ? "" : ": \(message)")"
    case .malformed(let what): "malformed answer: \(what)"
    }
  }
}
