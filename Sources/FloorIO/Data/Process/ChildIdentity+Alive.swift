import Glibc
import Shared

extension ChildIdentity {
  /// The process that has this number now, or `nil` when there is none (a zombie still has its number).
  public init?(running pid: Int32) {
    guard let now = ProcessStat.read(pid: pid) else { return nil }
    self.init(pid: pid, startTicks: now.startTicks)
  }

  /// This process.
  public static let current: ChildIdentity = {
    guard let identity = ChildIdentity(running: getpid()) else { preconditionFailure("/proc is not mounted") }
    return identity
  }()

  /// False once it is proven dead: no such process, another one under its number, or state Z or X. `kill(pid, 0)` proves nothing.
  public var isAlive: Bool {
    guard let now = ProcessStat.read(pid: pid) else { return false }
    return now.startTicks == startTicks && !now.isDead
  }
}
