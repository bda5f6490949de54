import FloorIOData
import Shared

/// What the boss holds of one living child.
final class Child {
  let kind: FloorMachine.Kind
  /// The watch on the process: exit notice and signals. `nil` when no process is known to live.
  var watch: ChildProcess?
  var identity: ChildIdentity?
  var control: ControlClient?
  /// Names this incarnation.
  var boot = ""
  /// Of an agent: what its intents are proven with.
  var proof: Secret?
  var lastExit = ""
  /// Why it was last put into quarantine or given up.
  var lossReason = ""
  /// What it said last.
  var note = ""
  var mode: FloorMode?

  init(kind: FloorMachine.Kind) { self.kind = kind }
}
