/// One request. `url` is complete, its query included and encoded.
public struct HTTPRequest: Hashable, Sendable {
  public var method: String
  public var url: String
  public var headers: [WebField]
  /// Sent as they are; `nil` sends no body (an empty array sends an empty one).
  public var body: [UInt8]?
  /// Bytes of an answer we take.
  public var answerLimit: Int

  public init(
    _ method: String, _ url: String, headers: [WebField] = [], body: [UInt8]? = nil, answerLimit: Int = 16 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.answerLimit = answerLimit
  }
}

public struct HTTPResponse: Hashable, Sendable {
  public let status: Int
  /// Names in lower case; of repeated ones the last.
  public let headers: [String: String]
  public let body: [UInt8]

  public init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// How long the server asks us to stay away: whole seconds in `Retry-After`. (Its date form is not used by the venue.) At most a day.
  public var retryAfter: Duration? {
    guard let seconds = headers["retry-after"].flatMap(Int64.init), seconds >= 0 else { return nil }
    return .seconds(min(seconds, 86_400))
  }
}

/// No answer came. Always says what that means for what was asked.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Hashable, Sendable {
    /// Name, route, port or certificate: the server was never reached.
    case unreachable
    case certificateRefused
    case timedOut
    /// Sent or half sent, and then the line was cut.
    case connectionLost
    case answerTooLarge
    /// What came was no HTTP.
    case malformedAnswer
    /// The request itself is impossible (a bad URL).
    case badRequest
    /// The client was closed.
    case cancelled
  }

  public let reason: Reason
  /// `true`: certainly nothing happened at the server, for not a byte of the request has left. `false`: it may have happened; ask.
  public let outcomeKnown: Bool
  public let detail: String

  public init(_ reason: Reason, outcomeKnown: Bool, detail: String = "") {
    self.reason = reason
    self.outcomeKnown = outcomeKnown
    self.detail = detail
  }

  /// The same request may succeed later. Whether it may be repeated when the outcome is unknown is the caller's knowledge.
  public var retryable: Bool {
    switch reason {
    case .unreachable, .timedOut, .connectionLost, .malformedAnswer: true
    case .certificateRefused, .answerTooLarge, .badRequest, .cancelled: false
    }
  }

  public var description: String {
    "\(reason.rawValue)\(outcomeKnown ? "" : ", outcome unknown")\(detail.isEmpty ? "" : ": \(detail)")"
  }
}
