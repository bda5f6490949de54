import FloorIOData
import Shared

/// Two sessions, then fifty, race for one dollar of either scope: first in turns with the naive forms, then the floor's form alone for a share
/// of the attempts. A history of all commits says how often more than the dollar was held.
enum AllocationBench {
  struct Settings {
    /// Of the floor's form in the long races together.
    var attempts = 1_000_000
    /// Orders of before in the tables.
    var rows = 1_000_000
    var rounds = 3
    /// Of each form in each round.
    var seconds = 4
    var seed: UInt64 = 1
  }

  static let sessions = [2, 50]

  static func run(_ settings: Settings, say: (String) -> Void) throws -> JSON {
    let bench = try Bench()
    defer { bench.scratch.remove() }
    say("starting PostgreSQL")
    let servers = try BenchServers(bench, commitTimes: true)
    defer { servers.stop() }
    let floor = try AllocationFloor(
      administrator: servers.administratorSettings(), role: servers.settings, racers: sessions.max() ?? 0)
    say("\(settings.rows) orders of before")
    try floor.fill(orders: settings.rows)
    let before = try tables(floor)
    let share = max(1, settings.attempts / (AllocationScope.allCases.count * sessions.count))
    var turn = 0
    var compared: [JSON] = []
    var long: [JSON] = []
    func race(_ scope: AllocationScope, _ form: AllocationForm, _ sessions: Int, attempts: Int, _ time: Duration) throws
      -> AllocationRace.Outcome
    {
      turn += 1
      return try AllocationRace(
        number: turn, scope: scope, form: form, sessions: sessions, attempts: attempts, time: time,
        seed: settings.seed &+ UInt64(turn)
      ).run(floor)
    }
    for scope in AllocationScope.allCases {
      for count in sessions {
        say("\(count) sessions and one dollar, shared by \(scope.rawValue): all forms in turns")
        var outcomes: [AllocationForm: [AllocationRace.Outcome]] = [:]
        for _ in 0..<settings.rounds {
          for form in AllocationForm.allCases {
            outcomes[form, default: []].append(
              try race(scope, form, count, attempts: .max, .seconds(Int64(settings.seconds))))
          }
        }
        let own = rate(outcomes[.floor] ?? [])
        compared += AllocationForm.allCases.map { row(scope, $0, count, outcomes[$0] ?? [], own) }
        say("\(share) attempts of the floor's form")
        let outcome = try race(scope, .floor, count, attempts: share, .seconds(24 * 3600))
        long.append(row(scope, .floor, count, [outcome], rate([outcome])))
      }
    }
    say("the invariants of the record")
    let broken = try brokenInvariants(floor, root: bench.root)
    return [
      "measurement": "allocation", "attempts": .int(settings.attempts), "rounds": .int(settings.rounds),
      "seconds": .int(settings.seconds), "seed": .text(settings.seed), "server": try server(floor),
      "rows_before": before, "rows_after": try tables(floor), "compared": .array(compared), "long": .array(long),
      "broken_invariants": .array(broken.map { JSON.string($0) }),
      "exceeded": .int(long.reduce(0) { $0 + ($1["exceeded"]?.int ?? 0) + ($1["seen_over"]?.int ?? 0) }),
    ]
  }

  /// Attempts a second, the median of the rounds.
  private static func rate(_ outcomes: [AllocationRace.Outcome]) -> Double {
    let rates = outcomes.map { Double($0.attempts) / (Double(max($0.duration.nanoseconds, 1)) / 1e9) }.sorted()
    return rates.isEmpty ? 0 : rates[rates.count / 2]
  }

  private static func row(
    _ scope: AllocationScope, _ form: AllocationForm, _ sessions: Int, _ outcomes: [AllocationRace.Outcome],
    _ own: Double
  ) -> JSON {
    let rate = rate(outcomes)
    let times = Percentiles.median(outcomes.map { Percentiles($0.times) })
    let histories = outcomes.compactMap(\.history)
    func sum(_ part: (AllocationRace.Outcome) -> Int) -> JSON { .int(outcomes.reduce(0) { $0 + part($1) }) }
    return [
      "scope": .string(scope.rawValue), "form": .string(form.rawValue), "sessions": .int(sessions),
      "per_s": .int(Int64(rate)), "floor_to_it": .double(rate > 0 ? (own / rate * 100).rounded() / 100 : 0),
      "p50_ns": .int(times?.p50 ?? 0), "p99_ns": .int(times?.p99 ?? 0), "attempts": sum(\.attempts),
      "granted": sum(\.granted), "retries": sum(\.retries), "seen_over": sum(\.seenOver),
      "exceeded": .int(histories.reduce(0) { $0 + $1.exceeded }),
      "most": .text(histories.map(\.most).max() ?? .zero), "drift": .text(histories.map(\.drift).max() ?? .zero),
    ]
  }

  private static func server(_ floor: AllocationFloor) throws -> JSON {
    let row = try floor.administratorSession().query(
      """
      SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
             current_setting('synchronous_commit') AS synchronous_commit, current_setting('full_page_writes') AS full_page_writes,
             current_setting('shared_buffers') AS shared_buffers
      """
    ).one()
    return .object(try row.columns.map { JSON.Member($0, .string(try row.text($0))) })
  }

  private static func tables(_ floor: AllocationFloor) throws -> JSON {
    let row = try floor.administratorSession().query(
      """
      SELECT (SELECT count(*) FROM intents) AS intents, (SELECT count(*) FROM orders) AS orders,
             (SELECT count(*) FROM order_state) AS order_state, (SELECT count(*) FROM order_events) AS order_events
      """
    ).one()
    return .object(try row.columns.map { JSON.Member($0, .int(try row.int($0))) })
  }

  private static func brokenInvariants(_ floor: AllocationFloor, root: String) throws -> [String] {
    try floor.administratorSession().execute(script: try Bench.text(root + "/sql/operator/invariants.sql")).map { row in
      "\(row["invariant"] ?? ""): \(row["subject"] ?? ""): \(row["found"] ?? "")"
    }
  }
}
