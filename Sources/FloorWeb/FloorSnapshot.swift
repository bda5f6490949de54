import FloorIOData
import Shared

/// The floor as PostgreSQL told it at one moment: everything that page, metrics and health are made of. A scrape reads this, never the
/// database.
struct FloorSnapshot: Hashable, Sendable {
  struct Overview: Hashable, Sendable {
    /// The record's.
    var mode: FloorMode
    var reason: String
    var isPaper: Bool
    var capital: USD
    /// Treasury and agents together, at the ledger.
    var cash: USD
    var treasury: USD
    var allocated: USD
    var reserved: USD
    var invested: USD
    /// Realised since 00:00 UTC, net of fees.
    var dayPnL: USD
    var agentsRunning: Int64
    var openOrders: Int64
    var unknownOrders: Int64
    var openPositions: Int64
    var tradesToday: Int64
    /// Fills ever recorded (the last number given).
    var fills: Int64
    var bossHeld: Bool
    var gatewayHeld: Bool
  }

  struct Agent: Hashable, Sendable {
    var name: String
    var strategy: String
    var status: String
    var generation: Int64
    var allocated: USD
    var reserved: USD
    var invested: USD
    var trades: Int64
    var wins: Int64
    var pnl: USD
    var fees: USD
  }

  struct Process: Hashable, Sendable {
    var name: String
    var kind: String
    var isWanted: Bool
    var state: String
    var restarts: Int64
    var lastExit: String

    var isReady: Bool { state == "READY" }
  }

  struct Event: Hashable, Sendable {
    var at: WallTime
    var severity: String
    var component: String
    var kind: String
    var message: String
  }

  var takenAt: WallTime
  var overview: Overview
  var agents: [Agent]
  var processes: [Process]
  /// The newest first.
  var events: [Event]
  /// Not from PostgreSQL: what the gateway said last, whatever the picture's age.
  var gateway = GatewayWord.silent

  /// The mode in force: the tightest of the record's and the gateway's own, as `floor status` tells it.
  var inForce: ModeInForce {
    ModeInForce(
      recorded: overview.mode, recordedReason: overview.reason, gateway: gateway.mode, gatewayNote: gateway.note)
  }
}

// MARK: - From PostgreSQL

extension FloorSnapshot {
  /// One transaction, so that the parts belong together. The roster and the events are bounded: a page shows no more.
  static let statements: [(sql: StaticString, values: [SQLValue])] = [
    (
      """
      select mode, reason, is_paper, capital, cash, treasury, allocated, reserved, invested, day_pnl, agents_running, open_orders,
             unknown_orders, open_positions, trades_today, coalesce((select max(seq) from fills), 0) as fills,
             exists (select from leases where name = 'boss' and expires_at > clock_timestamp()) as boss_held,
             exists (select from leases where name = 'gateway' and expires_at > clock_timestamp()) as gateway_held
        from floor_overview
      """, []
    ),
    (
      """
      select name, strategy, status, generation, allocated, reserved, invested, trades, wins, pnl, fees
        from agent_pnl order by status = 'RETIRED', name limit 200
      """, []
    ),
    (
      "select name, kind, wanted = 'UP' as is_wanted, state, restarts, last_exit from processes order by name limit 300",
      []
    ),
    (
      """
      select timestamp, severity, component, event_type, message from system_events
       where severity <> 'DEBUG' order by timestamp desc limit 25
      """, []
    ),
  ]

  init(_ answers: [Rows], takenAt: WallTime) throws {
    self.takenAt = takenAt
    let row = try answers[0].one()
    guard let mode = FloorMode(rawValue: try row.text("mode")) else {
      throw DatabaseError(.shape, "floor_overview.mode is no mode")
    }
    overview = Overview(
      mode: mode, reason: try row.text("reason"), isPaper: try row.bool("is_paper"), capital: try row.usd("capital"),
      cash: try row.usd("cash"), treasury: try row.usd("treasury"), allocated: try row.usd("allocated"),
      reserved: try row.usd("reserved"), invested: try row.usd("invested"), dayPnL: try row.usd("day_pnl"),
      agentsRunning: try row.int("agents_running"), openOrders: try row.int("open_orders"),
      unknownOrders: try row.int("unknown_orders"), openPositions: try row.int("open_positions"),
      tradesToday: try row.int("trades_today"), fills: try row.int("fills"), bossHeld: try row.bool("boss_held"),
      gatewayHeld: try row.bool("gateway_held"))
    agents = try answers[1].map { row in
      Agent(
        name: try row.text("name"), strategy: try row.text("strategy"), status: try row.text("status"),
        generation: try row.int("generation"), allocated: try row.usd("allocated"), reserved: try row.usd("reserved"),
        invested: try row.usd("invested"), trades: try row.int("trades"), wins: try row.int("wins"),
        pnl: try row.usd("pnl"), fees: try row.usd("fees"))
    }
    processes = try answers[2].map { row in
      Process(
        name: try row.text("name"), kind: try row.text("kind"), isWanted: try row.bool("is_wanted"),
        state: try row.text("state"), restarts: try row.int("restarts"), lastExit: try row.text("last_exit"))
    }
    events = try answers[3].map { row in
      Event(
        at: try row.wall("timestamp"), severity: try row.text("severity"), component: try row.text("component"),
        kind: try row.text("event_type"), message: try row.text("message"))
    }
  }
}
