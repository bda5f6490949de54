/// One living or dead process, beyond doubt: a process id alone is reused, together with its start time it is not.
public struct ChildIdentity: Hashable, Sendable, CustomStringConvertible {
  public let pid: Int32
  /// Field 22 of `/proc/<pid>/stat`: clock ticks from the machine's start to the process's.
  public let startTicks: Int64

  public init(pid: Int32, startTicks: Int64) {
    self.pid = pid
    self.startTicks = startTicks
  }

  public var description: String { "\(pid)@\(startTicks)" }
}

/// How a child ended, as far as anybody can know.
public enum ExitCause: Hashable, Sendable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)
  /// It was not our own child (adopted), so nobody was told. Counts as a crash.
  case unknown

  /// Exit codes that a restart cannot mend: usage and configuration (docs/architecture.md, section 5).
  public var isPermanent: Bool { self == .code(64) || self == .code(78) }

  /// What makes two crashes the same crash. Signals that only the process's own fault raises have one; those that come from outside (KILL,
  /// TERM, ...) have none, nor has "try again later" (75) or a clean exit.
  public var fingerprint: String? {
    switch self {
    case .code(0), .code(75), .unknown: nil
    case .code(let code): "exit \(code)"
    // ILL, TRAP, ABRT, BUS, FPE, SEGV, SYS on Linux.
    case .signal(let number): [4, 5, 6, 7, 8, 11, 31].contains(number) ? "signal \(number)" : nil
    }
  }

  public var description: String {
    switch self {
    case .code(let code): "exit \(code)"
    case .signal(let number): "signal \(number)"
    case .unknown: "cause unknown"
    }
  }
}
