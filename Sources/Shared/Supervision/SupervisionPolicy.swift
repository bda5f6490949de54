/// The figures of supervision, from the configuration's section `supervision`.
public struct SupervisionPolicy: Hashable, Sendable {
  /// Silence after which a child is ended; scaled up by the boss's own lag.
  public var progressDeadline: Duration = .seconds(3)
  /// From spawn to hello.
  public var readyDeadline: Duration = .seconds(30)
  /// From the request to end to the kill, and between repeated kills.
  public var killAfter: Duration = .seconds(2)
  public var restartBudget = 5
  public var restartWindow: Duration = .seconds(60)
  public var quarantineFirst: Duration = .seconds(30)
  public var quarantineLongest: Duration = .seconds(300)
  /// A child that was up this long has proven that it can live: its next restart is a first one again.
  public var steadyAfter: Duration = .seconds(5)
  /// Delay of the second restart in a row; doubles with each further one.
  public var backoffFirst: Duration = .milliseconds(250)
  public var backoffLongest: Duration = .seconds(8)
  /// Crashes with one fingerprint, without a steady window between them, that quarantine.
  public var sameCrashes = 3
  /// How long the ladder waits for the fence before it goes on without.
  public var fenceDeadline: Duration = .seconds(2)

  public init() {}

  public init(_ config: ConfigReader) throws(ConfigReadError) {
    progressDeadline = try config.duration("supervision.progress_deadline_ms")
    readyDeadline = try config.duration("supervision.ready_deadline_s")
    killAfter = try config.duration("supervision.kill_after_ms")
    restartBudget = Int(try config.whole("supervision.restart_budget_count"))
    restartWindow = try config.duration("supervision.restart_window_s")
    quarantineFirst = try config.duration("supervision.quarantine_first_s")
    quarantineLongest = try config.duration("supervision.quarantine_longest_s")
  }
}
