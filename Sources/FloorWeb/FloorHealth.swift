import Shared

/// Is the floor well? `down` is what a load balancer or an alarm should act on; `degraded` trades on, or stopped trading on purpose.
struct FloorHealth: Hashable, Sendable {
  enum Status: String, Hashable, Sendable {
    case ok
    case degraded
    case down
  }

  let status: Status
  /// In words, worst first.
  let problems: [String]
  /// The one in force.
  let mode: FloorMode?
  let snapshotAge: Duration?

  /// A picture older than this says nothing about now.
  static let staleAfter = Duration.seconds(15)
  /// Without these nothing trades.
  static let vital = ["market-feed", "order-gateway"]

  init(_ snapshot: FloorSnapshot?, isConnected: Bool, now: WallTime) {
    var down: [String] = []
    var degraded: [String] = []
    if !isConnected { down.append("PostgreSQL is not reachable") }
    if let snapshot {
      let age = now.since(snapshot.takenAt)
      if age > FloorHealth.staleAfter { down.append("the last picture is \(age.components.seconds) s old") }
      let overview = snapshot.overview
      let inForce = snapshot.inForce
      switch inForce.mode {
      case .active: break
      case .halted: down.append("halted: \(inForce.reason)")
      case .reduceOnly, .cancelOnly, .fileFallback: degraded.append("\(inForce.mode.rawValue): \(inForce.reason)")
      }
      if !overview.bossHeld { down.append("no boss holds the lease") }
      for name in FloorHealth.vital {
        guard let process = snapshot.processes.first(where: { $0.name == name }) else {
          down.append("\(name) is not there")
          continue
        }
        if process.isWanted, !process.isReady { down.append("\(name) is \(process.state)") }
      }
      for process in snapshot.processes
      where process.isWanted && !process.isReady && !FloorHealth.vital.contains(process.name) {
        degraded.append("\(process.name) is \(process.state)")
      }
      if overview.unknownOrders > 0 { degraded.append("\(overview.unknownOrders) orders with an unknown outcome") }
    } else {
      down.append("no picture of the floor yet")
    }
    status = down.isEmpty ? degraded.isEmpty ? .ok : .degraded : .down
    problems = down + degraded
    mode = snapshot?.inForce.mode
    snapshotAge = snapshot.map { now.since($0.takenAt) }
  }

  var json: JSON {
    [
      "status": .string(status.rawValue), "mode": .optional(mode.map { .string($0.rawValue) }),
      "problems": .array(problems.map { .string($0) }),
      "snapshot_age_ms": .optional(snapshotAge.map { .int($0.milliseconds) }),
    ]
  }
}
