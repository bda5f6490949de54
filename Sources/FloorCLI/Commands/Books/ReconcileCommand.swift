import FloorIOData
import Shared

/// `floor reconcile`: do venue and record agree?
enum ReconcileCommand {
  static let command = FloorCommand(
    name: "reconcile",
    summary: "when venue and record were last compared, and every difference; --now compares them anew",
    usage: "[--now] [--timeout SECONDS] [--json]",
    details: """
      The gateway compares open orders, an hour of trades, money and the shares of what is held: when it opens, after the account's stream
      came back, every hour, and when it is asked to. It looks twice, five seconds apart: what only the first look finds was on its way, or
      was put right by what the venue said (passed). What both find is a difference, and an event.
      Beside that it reads open orders every 5 s, trades every 15 s, the balance every 30 s; what those find is among the events.
        --now       asks the gateway for a comparison and waits for its answer (needs the gateway, not the boss)
        --timeout   seconds to wait (default 60)
      Exit status 0: the last comparison found no difference. 1: it found some. 75: there is none, it failed, or nobody answered in time.
      """, options: ["timeout"], flags: ["now"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    let seconds = try line.whole("timeout", default: 60, in: 1...3600)
    let database = try instance.openDatabase()
    if line.has("now") {
      let id = try database.query(
        "SELECT request_reconciliation($1::int * interval '1 second') AS id", [.int(seconds)]
      ).one().int("id")
      let isAnswered: Bool? = try RowWait.answer(
        instance, channel: "floor_reconciled", within: .seconds(seconds),
        "SELECT ended_at FROM reconciliations WHERE id = $1", [.int(id)]
      ) { row in row.isNull("ended_at") ? nil : true }
      guard isAnswered == true else {
        throw FloorFailure(.tryAgain, "the gateway did not answer in \(seconds) s. Is it up? floor status")
      }
    }
    let state = try ReconcileState(database)
    if instance.isJSON {
      print(state.json.text)
    } else {
      print(state.text)
    }
    return state.exitCode
  }
}

/// What the record holds of the comparisons, newest first, and of what the gateway met.
struct ReconcileState {
  /// One comparison that came to an end, or failed.
  private struct Comparison {
    let row: Fact
    let compared: JSON
    let passed: [JSON]
    let differences: [JSON]
    var hasFailed: Bool { row.has("failure") }

    /// - Throws: `DatabaseError` of the shape: what cannot be read must not pass for agreement.
    init(_ row: Rows.Row) throws {
      func list(_ column: String) throws -> [JSON] {
        guard let list = try row.json(column).array else {
          throw DatabaseError(.shape, "reconciliations.\(column) of \(row["id"] ?? "") is no list")
        }
        return list
      }
      self.row = Fact(row)
      let hasFailed = !row.isNull("failure")
      compared = hasFailed ? .null : try row.json("compared")
      passed = hasFailed ? [] : try list("passed")
      differences = hasFailed ? [] : try list("differences")
    }
  }

  /// The newest first.
  private let runs: [Comparison]
  private let lastBalance: Fact?
  private let events: Listing

  init(_ database: BlockingDatabase) throws {
    runs = try database.query(
      """
      SELECT id, why, requested_by, began_at, ended_at, since_at, compared, passed, differences, failure FROM reconciliations
       WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 5
      """
    ).map { try Comparison($0) }
    lastBalance = try database.query(
      """
      SELECT at, body->>'balance_usd' AS venue, body->>'ledger_cash_usd' AS ledger FROM evidence WHERE kind = 'balance'
       ORDER BY id DESC LIMIT 1
      """
    ).first.map { Fact($0) }
    events = Listing(
      try database.query(
        """
        SELECT timestamp, severity, event_type, message FROM system_events
         WHERE component = 'gateway' AND timestamp > clock_timestamp() - interval '1 day'
           AND event_type IN ('reconcile', 'external_order', 'order_rose_again', 'fill_missing', 'fill_failed', 'fill_not_recorded', 'late_fill',
                              'settlement_contradicts', 'second_order', 'money_drift', 'venue_drift', 'record_refuses_sent_order')
         ORDER BY id DESC LIMIT 20
        """))
  }

  var exitCode: ExitCode {
    guard let last = runs.first, !last.hasFailed else { return .tryAgain }
    return last.differences.isEmpty ? .done : .refused
  }

  var text: String {
    var lines: [String] = []
    let table = Table(
      [
        "ended", "why", "open orders: venue, record", "trades, fills", "USD: venue, record", "tokens", "passed",
        "differences",
      ],
      runs.map { run in
        guard !run.hasFailed else {
          return [
            Listing.short(run.row["ended_at"]), run.row["why"], "failed: \(run.row["failure"])", "", "", "", "", "",
          ]
        }
        func pair(_ a: String, _ b: String) -> String {
          [a, b].map { run.compared[$0].map { $0.string ?? $0.text } ?? "-" }.joined(separator: ", ")
        }
        return [
          Listing.short(run.row["ended_at"]), run.row["why"], pair("orders_venue", "orders_record"),
          pair("trades_venue", "fills_record"), pair("balance_venue", "cash_record"),
          run.compared["tokens"]?.text ?? "-", String(run.passed.count), String(run.differences.count),
        ]
      })
    lines.append(table.text)
    if let last = runs.first, !last.hasFailed {
      lines.append("")
      if last.differences.isEmpty { lines.append("venue and record agree") }
      for difference in last.differences {
        func word(_ key: String) -> String { Table.plain(difference[key]?.string ?? "") }
        lines.append(
          "DIFFERENCE \(word("kind")) \(word("subject")): venue \(word("venue")), record \(word("record"))\n"
            + "  \(word("explanation"))")
      }
    }
    if let lastBalance {
      lines.append(
        "money was last read \(Listing.short(lastBalance["at"])): venue \(lastBalance.amount("venue")), ledger \(lastBalance.amount("ledger"))"
      )
    }
    lines.append("\nwhat the gateway met in the last day, newest first:\n\(events.table)")
    return lines.joined(separator: "\n")
  }

  var json: JSON {
    [
      "agree": runs.first.map { .bool(!$0.hasFailed && $0.differences.isEmpty) } ?? .null,
      "comparisons": .array(
        runs.map { run in
          [
            "id": .string(run.row["id"]), "why": .string(run.row["why"]), "ended_at": .string(run.row["ended_at"]),
            "trades_since": .string(run.row["since_at"]),
            "failure": run.hasFailed ? .string(run.row["failure"]) : .null,
            "compared": run.compared, "passed": run.hasFailed ? .null : .array(run.passed),
            "differences": run.hasFailed ? .null : .array(run.differences),
          ]
        }),
      "last_balance": lastBalance?.json ?? .null, "events": events.json,
    ]
  }
}
