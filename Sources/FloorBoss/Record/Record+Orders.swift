import FloorIOData
import Shared

/// Commands and recommendations as orders.
extension Record {
  /// Takes what was requested, and finds again what an earlier boss took and did not finish. A verb that nobody knows is an order without a verb.
  func takeCommands(_ epoch: Epoch, _ done: @escaping Done<[(id: Int64, order: RosterOrder?)]>) {
    database.batch(
      [
        ("select count(*) from take_commands($1)", [.epoch(epoch)]),
        ("select id, verb, target, arguments from commands where state = 'TAKEN' order by id", []),
      ]
    ) { result in
      done(
        result.flatMap { answers in
          do {
            return .success(
              try answers[1].map { row in
                let id = try row.int("id")
                let verb = RosterOrder.Verb(rawValue: try row.text("verb"))
                let order = try verb.map {
                  RosterOrder(
                    source: .command(id), verb: $0, target: try row.text("target"),
                    arguments: try row.json("arguments"))
                }
                return (id, order)
              })
          } catch {
            return .failure((error as? DatabaseError) ?? DatabaseError(.shape, "\(error)"))
          }
        })
    }
  }

  func finishCommand(_ id: Int64, done isDone: Bool, _ result: JSON, _ epoch: Epoch, _ done: @escaping Done<Void>) {
    database.query(
      "select finish_command($1, $2, $3, $4)", [.integer(id), .bool(isDone), .json(result), .epoch(epoch)]
    ) { done($0.map { _ in }) }
  }

  struct Advice {
    let id: Int64
    let agent: String
    let action: String
    let rule: String
    let evidence: JSON

    /// The order that follows the advice; `nil` for what the monitor does not advise.
    var order: RosterOrder? {
      let verb: RosterOrder.Verb? =
        switch action {
        case "RETIRE": .retire
        case "CLONE": .clone
        default: nil
        }
      return verb.map {
        RosterOrder(source: .recommendation(id, rule: rule, evidence: evidence), verb: $0, target: agent)
      }
    }
  }

  func waitingAdvice(_ done: @escaping Done<[Advice]>) {
    database.query("select id, agent, action, rule, evidence from waiting_recommendations order by id limit 50") {
      result in
      done(
        result.flatMap { rows in
          do {
            return .success(
              try rows.map {
                Advice(
                  id: try $0.int("id"), agent: try $0.text("agent"), action: try $0.text("action"),
                  rule: try $0.text("rule"), evidence: try $0.json("evidence"))
              })
          } catch {
            return .failure((error as? DatabaseError) ?? DatabaseError(.shape, "\(error)"))
          }
        })
    }
  }

  struct ProcessState: Hashable {
    let name: String
    let kind: String
    let agent: String?
    let isWanted: Bool
    let state: String
    let process: ChildIdentity?
    let boot: String
    let epoch: Epoch?
    let restarts: Int64
    let lastExit: String
  }

  /// What the boss knows of one child, for its successor and for people.
  func save(_ state: ProcessState, _ bossEpoch: Epoch, _ done: @escaping Done<Void>) {
    database.query(
      """
      insert into processes as p (name, kind, agent_id, wanted, state, pid, start_ticks, boot, epoch, boss_epoch, restarts, last_exit,
                                  started_at, ready_at)
      select $1, $2, (select id from agents where name = $3), $4, $5, $6, $7, $8, $9, $10, $11, $12,
             case when $6::integer is not null then clock_timestamp() end, case when $5 = 'READY' then clock_timestamp() end
      on conflict (name) do update
         set kind = excluded.kind, agent_id = excluded.agent_id, wanted = excluded.wanted, state = excluded.state, pid = excluded.pid,
             start_ticks = excluded.start_ticks, boot = excluded.boot, epoch = excluded.epoch, boss_epoch = excluded.boss_epoch,
             restarts = excluded.restarts, last_exit = excluded.last_exit, updated_at = clock_timestamp(),
             started_at = case when p.pid is distinct from excluded.pid then excluded.started_at else p.started_at end,
             ready_at = case when p.state = excluded.state and p.pid is not distinct from excluded.pid then p.ready_at
                             else excluded.ready_at end
       where p.boss_epoch is null or p.boss_epoch <= excluded.boss_epoch
      """,
      [
        .text(state.name), .text(state.kind), .optional(state.agent) { .text($0) },
        .text(state.isWanted ? "UP" : "DOWN"), .text(state.state), .optional(state.process) { .int($0.pid) },
        .optional(state.process) { .integer($0.startTicks) }, .text(state.boot),
        .optional(state.epoch) { .epoch($0) }, .epoch(bossEpoch), .integer(state.restarts), .text(state.lastExit),
      ]
    ) { done($0.map { _ in }) }
  }
}
