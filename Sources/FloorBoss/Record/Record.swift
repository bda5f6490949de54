import FloorIOData
import Shared

/// The boss's side of the database. Every change carries the lease's epoch, so a boss that lost the lease changes nothing.
final class Record {
  typealias Done<Value> = (Result<Value, DatabaseError>) -> Void

  let database: Database

  init(database: Database) { self.database = database }

  private func ask<Value>(
    _ sql: StaticString, _ values: [SQLValue], timeout: Duration = .seconds(3), _ done: @escaping Done<Value>,
    _ read: @escaping (Rows) throws -> Value
  ) {
    database.query(sql, values, timeout: timeout) { result in
      done(
        result.flatMap { rows in
          do { return .success(try read(rows)) } catch {
            return .failure((error as? DatabaseError) ?? DatabaseError(.shape, "\(error)"))
          }
        })
    }
  }

  // MARK: Schema

  /// Whether this program can work on this database.
  func schema(_ done: @escaping Done<SchemaFit>) {
    let answered: Done<SchemaFit> = { result in
      done(result.flatMapError { error in SchemaFit(error).map { .success($0) } ?? .failure(error) })
    }
    ask("select max(number) as n from public.schema_migrations", [], timeout: .seconds(2), answered) { rows in
      let row = try rows.one()
      return SchemaFit(newest: row.isNull("n") ? nil : try row.int("n"))
    }
  }

  // MARK: Lease

  struct Holder: Hashable {
    let name: String
    let boot: String
  }

  /// The epoch, or `nil` while another holds the lease.
  func claimLease(holder: Holder, deadBoot: String?, _ done: @escaping Done<Epoch?>) {
    ask(
      "select claim_lease('boss', $1, $2, interval '6 seconds', $3) as epoch",
      [.text(holder.name), .text(holder.boot), .optional(deadBoot) { .text($0) }], timeout: .seconds(2), done
    ) { rows in
      let row = try rows.one()
      return row.isNull("epoch") ? nil : try row.epoch("epoch")
    }
  }

  func leaseHolder(_ done: @escaping Done<Holder?>) {
    ask("select holder, boot from leases where name = 'boss'", [], timeout: .seconds(2), done) { rows in
      try rows.first.map { Holder(name: try $0.text("holder"), boot: try $0.text("boot")) }
    }
  }

  func releaseLease(_ holder: Holder, _ done: @escaping () -> Void) {
    database.query(
      "select release_lease('boss', $1, $2)", [.text(holder.name), .text(holder.boot)], timeout: .seconds(1)
    ) {
      _ in done()
    }
  }

  // MARK: Facts

  struct AgentRow: Hashable {
    var facts: Roster.Agent
    let databaseRole: String
  }

  struct Facts {
    var agents: [AgentRow] = []
    var treasury = USD.zero
    var isHalted = false
    var sinceLastClone: Duration?
  }

  func facts(_ done: @escaping Done<Facts>) {
    database.batch(
      [
        (
          """
          select a.name, a.status, a.strategy, a.parameters, a.generation, coalesce(a.db_role, '') as db_role,
                 coalesce(l.allocated, 0) as allocated, coalesce(l.reserved, 0) as reserved, coalesce(l.invested, 0) as invested
            from agents a left join allocations l on l.agent_id = a.id order by a.id
          """, []
        ),
        (
          """
          select s.halted, account_balance('treasury') as treasury,
                 (select extract(epoch from clock_timestamp() - max(v.at))::bigint from verdicts v
                   where v.verdict = 'CLONE' and v.recommendation_id is not null) as clone_s
            from floor_state s where s.id = 1
          """, []
        ),
      ]
    ) { result in
      done(
        result.flatMap { answers in
          do {
            var facts = Facts()
            for row in answers[0] { facts.agents.append(try Record.agent(row)) }
            let state = try answers[1].one()
            facts.isHalted = try state.bool("halted")
            facts.treasury = try state.usd("treasury")
            if !state.isNull("clone_s") { facts.sinceLastClone = .seconds(try state.int("clone_s")) }
            return .success(facts)
          } catch {
            return .failure((error as? DatabaseError) ?? DatabaseError(.shape, "\(error)"))
          }
        })
    }
  }

  private static func agent(_ row: Rows.Row) throws -> AgentRow {
    guard let status = Roster.Status(rawValue: try row.text("status")) else {
      throw DatabaseError(.shape, "an agent's status is none we know")
    }
    return AgentRow(
      facts: Roster.Agent(
        name: try row.text("name"), status: status, strategy: try row.text("strategy"),
        parameters: try row.json("parameters"), generation: try row.int("generation"),
        allocated: try row.usd("allocated"), reserved: try row.usd("reserved"), invested: try row.usd("invested")),
      databaseRole: try row.text("db_role"))
  }

  struct ProcessRow {
    let name: String
    let identity: ChildIdentity
    let epoch: Epoch
  }

  /// The processes that an earlier boss knew to be alive.
  func processes(_ done: @escaping Done<[ProcessRow]>) {
    ask("select name, pid, start_ticks, coalesce(epoch, 0) as epoch from processes where pid is not null", [], done) {
      rows in
      try rows.map { row in
        guard let pid = Int32(exactly: try row.int("pid")) else { throw DatabaseError(.shape, "a pid out of range") }
        return ProcessRow(
          name: try row.text("name"), identity: ChildIdentity(pid: pid, startTicks: try row.int("start_ticks")),
          epoch: try row.epoch("epoch"))
      }
    }
  }

  // MARK: Floor

  func setCapital(_ limits: FloorLimits, isPaper: Bool, _ epoch: Epoch, _ done: @escaping Done<Void>) {
    ask(
      "select set_capital($1, $2, $3, $4, $5)",
      [.usd(limits.capital), .usd(limits.system), .usd(limits.perTrade), .bool(isPaper), .epoch(epoch)], done
    ) { _ in }
  }

  func setMode(_ mode: FloorMode, _ reason: String, _ epoch: Epoch, _ done: @escaping Done<Void>) {
    ask("select set_mode($1, $2, $3)", [.text(mode.rawValue), .text(reason), .epoch(epoch)], done) { _ in }
  }

  func halt(_ reason: String, _ done: @escaping Done<Void>) {
    ask("select trip_halt($1)", [.text(reason)], done) { _ in }
  }

  func resume(_ reason: String, _ epoch: Epoch, _ done: @escaping Done<Void>) {
    ask("select resume_floor($1, $2)", [.text(reason), .epoch(epoch)], done) { _ in }
  }

  func event(
    _ severity: String, _ type: String, _ component: String, _ message: String, _ metadata: JSON,
    _ done: @escaping Done<Void>
  ) {
    ask(
      "select report_event($1, $2, $3, $4, $5)",
      [.text(severity), .text(component), .text(type), .text(message), .json(metadata)], done
    ) { _ in }
  }

  // MARK: Agents

  func beginEpoch(_ agent: String, _ reason: String, _ epoch: Epoch, _ done: @escaping Done<Epoch>) {
    ask("select begin_agent_epoch($1, $2, $3) as epoch", [.text(agent), .epoch(epoch), .text(reason)], done) { rows in
      try rows.one().epoch("epoch")
    }
  }

  func setStatus(
    _ agent: String, _ status: Roster.Status, _ reason: String, _ epoch: Epoch, _ done: @escaping Done<Void>
  ) {
    ask(
      "select set_agent_status($1, $2, $3, $4)",
      [.text(agent), .text(status.rawValue), .text(reason), .epoch(epoch)], done
    ) { _ in }
  }

  /// Changes the status if it is still the one that was looked at: what was ordered meanwhile stands. The boss's statements keep their order.
  func setStatus(
    _ agent: String, _ status: Roster.Status, from old: Roster.Status, _ reason: String, _ epoch: Epoch,
    _ done: @escaping Done<Void>
  ) {
    ask(
      "select set_agent_status(name, $2, $3, $4) from agents where name = $1 and status = $5",
      [.text(agent), .text(status.rawValue), .text(reason), .epoch(epoch), .text(old.rawValue)], done
    ) { _ in }
  }

  /// The first roster, in one transaction: all of it, each agent RUNNING, or nothing.
  func seed(_ agents: [(name: String, row: JSON)], _ epoch: Epoch, _ done: @escaping Done<Void>) {
    var statements: [(sql: StaticString, values: [SQLValue])] = []
    for agent in agents {
      statements.append(("select hire_agent($1)", [.json(agent.row)]))
      // Raises, and undoes all, when the hire was refused.
      statements.append(
        ("select set_agent_status($1, 'RUNNING', 'seeded', $2)", [.text(agent.name), .epoch(epoch)]))
    }
    guard !statements.isEmpty else { return done(.success(())) }
    database.batch(statements, timeout: .seconds(10)) { done($0.map { _ in }) }
  }

  /// The answer's `outcome`, with its `reason` when refused.
  private static func outcome(_ rows: Rows) throws -> JSON { try rows.one().json("answer") }

  func hire(_ agent: JSON, _ done: @escaping Done<JSON>) {
    ask("select hire_agent($1) as answer", [.json(agent)], done, Record.outcome)
  }

  func retire(_ agent: String, _ reason: String, _ epoch: Epoch, _ done: @escaping Done<JSON>) {
    ask(
      "select retire_agent($1, $2, $3) as answer", [.text(agent), .text(reason), .epoch(epoch)], done, Record.outcome)
  }

  func move(_ move: Allocator.Move, _ epoch: Epoch, _ done: @escaping Done<JSON>) {
    if move.amount > .zero {
      ask(
        "select allocate($1, $2, $3) as answer", [.text(move.agent), .usd(move.amount), .epoch(epoch)], done,
        Record.outcome)
    } else {
      ask(
        "select release_capital($1, $2, $3) as answer", [.text(move.agent), .usd(-move.amount), .epoch(epoch)], done,
        Record.outcome)
    }
  }

  /// A decision about an agent, once for each recommendation.
  func verdict(
    _ agent: String, _ verdict: String, recommendation: Int64?, _ reason: String, _ evidence: JSON,
    _ done: @escaping Done<Void>
  ) {
    ask(
      """
      insert into verdicts (agent_id, verdict, recommendation_id, reason, evidence)
      select id, $2, $3, $4, $5 from agents where name = $1 on conflict (recommendation_id) do nothing
      """,
      [
        .text(agent), .text(verdict), .optional(recommendation) { .integer($0) }, .text(reason), .json(evidence),
      ], done
    ) { _ in }
  }

  // MARK: Housekeeping

  /// Makes tomorrow's partitions, drops what is too old.
  func keepHouse(ticksDays: Int64, eventsDays: Int64, _ done: @escaping Done<Int64>) {
    ask(
      """
      select ensure_tick_partitions(3) as made, drop_tick_partitions($1::integer) as dropped,
             purge_history(make_interval(days => $2::integer)) as purged
      """, [.integer(ticksDays), .integer(eventsDays)], timeout: .seconds(30), done
    ) { rows in try rows.one().int("purged") }
  }
}
