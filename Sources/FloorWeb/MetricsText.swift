import Shared

/// Prometheus' text format, version 0.0.4. Base units, one HELP and TYPE a family, values exact.
struct MetricsText {
  private(set) var bytes: [UInt8] = []

  enum Kind: String { case gauge, counter }

  /// Writes a family. Labels are (name, value) pairs; values are escaped.
  mutating func family(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [(String, String)], value: String)]
  ) {
    bytes += Array("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8)
    for sample in samples {
      bytes += Array(name.utf8)
      if !sample.labels.isEmpty {
        bytes += Array(
          ("{" + sample.labels.map { "\($0)=\"\(MetricsText.escaped($1))\"" }.joined(separator: ",") + "}").utf8)
      }
      bytes += Array(" \(sample.value)\n".utf8)
    }
  }

  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible) {
    family(name, kind, help, [([], value.description)])
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "\\": out += "\\\\"
      case "\"": out += "\\\""
      case "\n", "\r\n": out += "\\n"
      default: out.append(character)
      }
    }
    return out
  }
}

extension MetricsText {
  /// Everything that is known. Without a picture only the page's own state is told, so that an alarm can tell absence from zero.
  init(_ snapshot: FloorSnapshot?, isConnected: Bool, build: String, now: WallTime) {
    family("polyfloor_build_info", .gauge, "The running release.", [([("version", build)], "1")])
    single("polyfloor_database_up", .gauge, "Whether PostgreSQL is connected.", isConnected ? 1 : 0)
    let health = FloorHealth(snapshot, isConnected: isConnected, now: now)
    single("polyfloor_healthy", .gauge, "Whether /health answers 200.", health.status == .down ? 0 : 1)
    guard let snapshot else { return }
    let age = Decimal6.text(max(0, now.since(snapshot.takenAt).nanoseconds / 1000))
    single("polyfloor_snapshot_age_seconds", .gauge, "Age of the picture that these values come from.", age)
    for (name, help, mode) in [
      (
        "mode", "The mode in force, the tightest of the record's and the gateway's own: 1 for it.",
        snapshot.inForce.mode
      ),
      ("mode_recorded", "The mode in the record: 1 for it.", snapshot.overview.mode),
    ] {
      family(
        "polyfloor_\(name)", .gauge, help,
        FloorMode.allCases.map { ([("mode", $0.rawValue)], $0 == mode ? "1" : "0") })
    }
    add(snapshot.overview)
    add(snapshot.agents)
    add(snapshot.processes)
  }

  private mutating func add(_ overview: FloorSnapshot.Overview) {
    single("polyfloor_paper", .gauge, "Whether the floor trades on paper.", overview.isPaper ? 1 : 0)
    for (name, help, value) in [
      ("capital", "Capital the operator gave the floor.", overview.capital),
      ("cash", "Cash of treasury and agents in the ledger.", overview.cash),
      ("treasury", "Cash not allocated to an agent.", overview.treasury),
      ("allocated", "Capital allocated to agents.", overview.allocated),
      ("reserved", "Worst case of open buy orders.", overview.reserved),
      ("invested", "Cost of what is held, fees included.", overview.invested),
      ("day_pnl", "Realised profit or loss since midnight UTC, net of fees.", overview.dayPnL),
    ] {
      single("polyfloor_\(name)_usd", .gauge, help, value)
    }
    single("polyfloor_agents_running", .gauge, "Agents that may enter.", overview.agentsRunning)
    single("polyfloor_open_orders", .gauge, "Orders that can still trade.", overview.openOrders)
    single("polyfloor_unknown_orders", .gauge, "Orders whose outcome at the venue is unknown.", overview.unknownOrders)
    single("polyfloor_open_positions", .gauge, "Positions that are not flat.", overview.openPositions)
    single("polyfloor_trades_today", .gauge, "Round trips completed since midnight UTC.", overview.tradesToday)
    single("polyfloor_fills_total", .counter, "Fills recorded since the books began.", overview.fills)
    family(
      "polyfloor_lease_held", .gauge, "Whether somebody holds the lease.",
      [
        ([("lease", "boss")], overview.bossHeld ? "1" : "0"),
        ([("lease", "gateway")], overview.gatewayHeld ? "1" : "0"),
      ])
  }

  private mutating func add(_ agents: [FloorSnapshot.Agent]) {
    typealias Agent = FloorSnapshot.Agent
    func samples(_ value: (Agent) -> String) -> [(labels: [(String, String)], value: String)] {
      agents.map { ([("agent", $0.name), ("strategy", $0.strategy)], value($0)) }
    }
    family(
      "polyfloor_agent_running", .gauge, "Whether the agent may enter.", samples { $0.status == "RUNNING" ? "1" : "0" })
    family(
      "polyfloor_agent_allocated_usd", .gauge, "Capital allocated to the agent.", samples { $0.allocated.description })
    family("polyfloor_agent_invested_usd", .gauge, "Cost of what the agent holds.", samples { $0.invested.description })
    family(
      "polyfloor_agent_pnl_usd", .gauge, "Profit or loss of completed round trips.", samples { $0.pnl.description })
    family("polyfloor_agent_fees_usd", .gauge, "Fees of completed round trips.", samples { $0.fees.description })
    // Gauges, although they mostly grow: a failed settlement voids a trade.
    family("polyfloor_agent_trades", .gauge, "Completed round trips that stand.", samples { String($0.trades) })
    family("polyfloor_agent_wins", .gauge, "Of these, with profit.", samples { String($0.wins) })
  }

  private mutating func add(_ processes: [FloorSnapshot.Process]) {
    let wanted = processes.filter(\.isWanted)
    family(
      "polyfloor_process_ready", .gauge, "Whether a wanted process is ready.",
      wanted.map { ([("process", $0.name)], $0.isReady ? "1" : "0") })
    family(
      "polyfloor_process_restarts_total", .counter, "Restarts of a process by this boss and its predecessors.",
      wanted.map { ([("process", $0.name)], String($0.restarts)) })
  }
}
