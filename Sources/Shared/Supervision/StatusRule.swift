/// What an agent's recorded status has to become because of what became of its process. Asked again and again until the record says so, so
/// nothing depends on one write getting through.
public enum StatusRule {
  /// - Returns: the status to record instead of `recorded`; `nil` when it may stand.
  ///
  /// Only RUNNING becomes QUARANTINED, and therefore QUARANTINED always goes back to RUNNING: a pause that a person ordered stands whatever
  /// happens to the process meanwhile. A paused agent in quarantine enters nothing either way, and without a grant its positions pass to
  /// the gateway just the same.
  public static func due(recorded: Roster.Status, process: ChildMachine) -> Roster.Status? {
    switch recorded {
    case .running: process.isLost ? .quarantined : nil
    case .quarantined: process.isReady ? .running : nil
    case .hired, .paused, .draining, .retired: nil
    }
  }
}
