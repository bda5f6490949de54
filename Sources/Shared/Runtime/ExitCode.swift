/// What a floor process's exit status means, the same for all of them (docs/architecture.md, section 5; numbers of sysexits.h).
public enum ExitCode: Int32, Sendable, CaseIterable {
  /// Done, or told to stop.
  case done = 0
  /// The `floor` command: it ran, and the answer is no (a check failed, a command was refused).
  case refused = 1
  /// The command line is wrong.
  case usage = 64
  /// A service that is needed refused for good (wrong password, newer schema).
  case unavailable = 69
  /// A broken invariant: a fault of the program.
  case broken = 70
  /// Try again later: a service is away, a lock is taken.
  case tryAgain = 75
  /// The configuration or the birth document is wrong.
  case configuration = 78

  public var meaning: String {
    switch self {
    case .done: "done, or told to stop"
    case .refused: "the answer is no"
    case .usage: "wrong command line"
    case .unavailable: "a needed service refused for good"
    case .broken: "broken invariant"
    case .tryAgain: "try again later"
    case .configuration: "wrong configuration"
    }
  }
}

/// An error that already knows the exit status it deserves. The message is for a person and says what to do.
public struct FloorFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public let exitCode: ExitCode
  public let message: String
  public init(_ exitCode: ExitCode, _ message: String) {
    self.exitCode = exitCode
    self.message = message
  }
  public var description: String { message }
}
