import FloorIOData
import Shared

/// `floor limits`: each limit, its use, its room, and which binds.
enum LimitsCommand {
  static let command = FloorCommand(
    name: "limits", summary: "each limit with its use and room, and which binds each agent's next entry",
    usage: "[AGENT] [--reset agent:NAME | strategy:NAME] [--config FILE] [--profile NAME] [--set KEY=VALUE]… [--json]",
    details: """
      The limits are those of the configuration (floor config show), their use is the record's; all amounts are dollars.
      An order's worst case is its limit price times its size and the highest fee. Exposure is open buys at their worst and positions at cost.
        binds   of all limits on capital it leaves the next entry the least room
        full    nothing more fits
      A rule of limits.rules has a line for each agent, strategy, category, market or event group that it is for and in which something is at risk.
      The equity that the drawdown is measured by, and a strategy's result, are the gateway's last evidence, at most 30 s old while it runs.
        --reset   what breakers hold against an agent (losses in a row, refusals of the venue) or a strategy (losses in a row, the day's loss,
                  the fall from its peak) counts no more from now on; without this it ends with time
      Exit status 1: there is no such agent or strategy. 78: the configuration cannot be read.
      """, options: ["config", "profile", "set", "reset"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard line.words.count <= 1 else { throw FloorFailure(.usage, "give at most one agent") }
    let database = try instance.openDatabase()
    let config = try ConfigCommand.ask(instance, isLive: false, line).config.reader
    let limits = try RiskLimits(config)
    if let subject = line.option("reset") {
      try reset(subject, database)
      if !instance.isJSON { Terminal.tell("what breakers held against \(subject) counts no more") }
    }
    let reading = LimitsReading(database: database, config: config, limits: limits)
    let sheet = try reading.sheet(line.words.first)
    if let name = line.words.first, sheet.agents.isEmpty {
      throw FloorFailure(.refused, "there is no agent \(name) that could trade; floor agents lists them")
    }
    print(instance.isJSON ? json(sheet).text : text(sheet))
    return .done
  }

  private static func reset(_ subject: String, _ database: BlockingDatabase) throws {
    let parts = subject.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, ["agent", "strategy"].contains(parts[0]) else {
      throw FloorFailure(.usage, "--reset \(subject): agent:NAME or strategy:NAME is wanted")
    }
    do {
      try database.query("SELECT reset_breakers($1, $2)", [.text(parts[0]), .text(parts[1])])
    } catch let error as DatabaseError where error.sqlState == "FL020" {
      throw FloorFailure(.refused, "there is no \(parts[0]) \(parts[1])")
    }
  }

  private static func text(_ sheet: LimitSheet) -> String {
    let table = Table(
      ["scope", "limit", "used", "allowed", "room", "now", "refusal"],
      sheet.lines.map { [$0.scope, $0.limit, $0.used, $0.allowed, $0.room, $0.verdict, $0.code] })
    let next = sheet.agents.map { agent in
      switch sheet.next(agent) {
      case .stopped(let why): "\(agent.name): no entry: \(Table.plain(why))"
      case .atMost(let amount, let code):
        "\(agent.name): the next entry may cost \(Decimal6.text(amount.micros, minimumDecimals: 2)) at worst (\(code) binds)"
      }
    }
    return
      "capital \(Decimal6.text(sheet.floor.capital.micros, minimumDecimals: 2)), mode \(sheet.mode)\n\n\(table.text)\n\n"
      + next.joined(separator: "\n")
  }

  private static func json(_ sheet: LimitSheet) -> JSON {
    [
      "capital_usd": .text(sheet.floor.capital), "mode": .string(sheet.mode),
      "limits": .array(
        sheet.lines.map {
          [
            "scope": .string($0.scope), "limit": .string($0.limit), "code": .string($0.code), "used": .string($0.used),
            "allowed": .string($0.allowed), "room": .string($0.room), "now": .string($0.verdict),
          ]
        }),
      "next_entry": .array(
        sheet.agents.map { agent in
          switch sheet.next(agent) {
          case .stopped(let why): ["agent": .string(agent.name), "may": false, "why": .string(why)]
          case .atMost(let amount, let code):
            ["agent": .string(agent.name), "may": true, "at_most_usd": .text(amount), "binds": .string(code)]
          }
        }),
    ]
  }
}

/// The use of the limits, as the record has it.
struct LimitsReading {
  let database: BlockingDatabase
  let config: ConfigReader
  let limits: RiskLimits

  /// - Parameter name: one agent; `nil` for all that are not retired.
  func sheet(_ name: String?) throws -> LimitSheet {
    let floor = try database.query(
      """
      SELECT f.mode, f.reason, f.capital, f.allocation_cap, f.order_cap,
             (SELECT coalesce(sum(reserved + invested), 0) FROM allocations) AS deployed,
             (SELECT coalesce(sum(allocated), 0) FROM allocations) AS allocated,
             (SELECT coalesce(sum(balance), 0) FROM ledger_balances
               WHERE asset = 'USD' AND (account = 'treasury' OR account LIKE 'agent:%'))
             + (SELECT coalesce(sum(invested), 0) FROM allocations) AS at_cost,
             (SELECT coalesce(sum(realized), 0) FROM agent_day_pnl) AS realised,
             e.body->>'equity_usd' AS equity, coalesce(e.body->'strategy_results_usd', '{}') AS results, e.market_at,
             d.peak, d.first
        FROM floor_state f CROSS JOIN day_equity d LEFT JOIN LATERAL (SELECT body, market_at FROM evidence WHERE kind = 'balance' ORDER BY id DESC LIMIT 1) e ON true
      """
    ).one()
    let capital = try floor.usd("capital")
    // Before the first evidence what is held is worth what it cost.
    let equity = try floor.usd(floor.isNull("equity") ? "at_cost" : "equity")
    let standing = FloorStanding(
      capital: capital, deployed: try floor.usd("deployed"), realisedToday: try floor.usd("realised"), equity: equity,
      peakEquity: floor.isNull("peak") ? equity : max(equity, try floor.usd("peak")),
      dayEquity: floor.isNull("first") ? equity : try floor.usd("first"))
    let now = floor.isNull("market_at") ? nil : try floor.market("market_at")
    let agents = try agents(name, limits, now: now)
    return LimitSheet(
      limits: limits, mode: try floor.text("mode"), modeReason: try floor.text("reason"), floor: standing,
      allocated: try floor.usd("allocated"), allocationCap: try floor.usd("allocation_cap"),
      orderCap: floor.isNull("order_cap") ? nil : try floor.usd("order_cap"),
      agents: agents, places: try places(name),
      strategies: limits.breaksStrategies
        ? try strategies(Set(agents.map(\.strategy)), results: try floor.json("results"), now: now) : [])
  }

  private func hasRested(_ row: Rows.Row, _ column: String, _ now: MarketTime?) throws -> Bool {
    let pause = Duration.seconds(
      config.isSet("limits.loss_streak_pause_s") ? try config.whole("limits.loss_streak_pause_s") : 3600)
    guard let now, !row.isNull(column) else { return false }
    return now.since(try row.market(column)) >= pause
  }

  private func strategies(
    _ names: Set<String>, results: JSON, now: MarketTime?
  ) throws -> [StrategyStanding] {
    let rows = try database.query(
      "SELECT * FROM strategy_day_pnl WHERE strategy = ANY($1) ORDER BY strategy",
      [.array(names.sorted().map { .text($0) })])
    return try rows.map { row in
      let name = try row.text("strategy")
      // Before the first evidence what is held is worth what it cost.
      let result = try results[name]?.usd ?? row.usd("realized")
      return StrategyStanding(
        name: name, lossesInARow: try hasRested(row, "last_at", now) ? 0 : Int(try row.int("losses_in_a_row")),
        realisedToday: try row.usd("counted"), result: result, peak: row.isNull("peak") ? result : try row.usd("peak"),
        hasFallen: !row.isNull("fell_at"))
    }
  }

  private func agents(_ name: String?, _ limits: RiskLimits, now: MarketTime?) throws -> [LimitSheet.Agent] {
    let rows = try database.query(
      """
      SELECT a.name, a.status, a.strategy,
             (SELECT coalesce(sum(x.reserved + x.invested), 0) FROM allocations x JOIN agents b ON b.id = x.agent_id
               WHERE b.strategy = a.strategy AND b.status <> 'RETIRED') AS strategy_deployed,
             (SELECT coalesce(sum(greatest(0, x.allocated + least(x.realized, 0) - x.overdrawn)), 0)
                FROM allocations x JOIN agents b ON b.id = x.agent_id
               WHERE b.strategy = a.strategy AND b.status <> 'RETIRED') AS strategy_allocation,
             l.allocated + least(l.realized, 0) - l.overdrawn AS room, l.reserved + l.invested AS deployed,
             d.losses_in_a_row,
             (SELECT coalesce(jsonb_agg(r.market_at), '[]') FROM agent_rejections r WHERE r.agent_id = a.id) AS rejects,
             (SELECT count(*) FROM (SELECT token_id FROM positions p WHERE p.agent_id = a.id AND p.shares > 0
                UNION SELECT s.token_id FROM order_state s JOIN orders o USING (order_id)
                 WHERE s.agent_id = a.id AND o.side = 'BUY' AND NOT order_state_is_final(s.state)) held) AS positions,
             (SELECT count(*) FROM intents i WHERE i.agent_id = a.id AND i.origin = 'agent' AND i.created_at > clock_timestamp() - interval '1 minute')
               AS orders,
             (SELECT max(market_at) FROM trades t WHERE t.agent_id = a.id) AS last_trade
        FROM agents a JOIN allocations l ON l.agent_id = a.id JOIN agent_day_pnl d ON d.agent_id = a.id
       WHERE a.status <> 'RETIRED' AND ($1::text IS NULL OR a.name = $1) ORDER BY a.name
      """, [.optional(name) { .text($0) }])
    return try rows.map { row in
      let refusals = try (row.json("rejects").array ?? []).compactMap {
        $0.string.flatMap { CivilTime.nanoseconds(parsing: $0) }.map { MarketTime(nanoseconds: $0) }
      }
      return LimitSheet.Agent(
        name: try row.text("name"), status: try row.text("status"), strategy: try row.text("strategy"),
        strategyDeployed: try row.usd("strategy_deployed"), allocation: max(.zero, try row.usd("room")),
        deployed: try row.usd("deployed"), positions: Int(try row.int("positions")),
        lossesInARow: Int(try row.int("losses_in_a_row")), hasRested: try hasRested(row, "last_trade", now),
        ordersLastMinute: try row.int("orders"),
        rejects: now.map { limits.rejects.look(at: refusals, $0) } ?? RejectBreaker.Finding(),
        strategyAllocation: try row.usd("strategy_allocation"))
    }
  }

  /// Markets, categories and event groups in which something is at risk: of one agent's those in which it has something, with what all have there.
  private func places(_ name: String?) throws -> [LimitSheet.Place] {
    let rows = try database.query(
      """
      WITH open AS (
        SELECT e.slug, e.open, e.cap, m.category, coalesce(nullif(m.event_group, ''), m.slug) AS event_group,
               $1::text IS NULL OR EXISTS (
                 SELECT FROM tokens k JOIN agents a ON a.name = $1
                  WHERE k.slug = e.slug AND (
                        EXISTS (SELECT FROM positions p WHERE p.agent_id = a.id AND p.token_id = k.token_id AND p.shares > 0)
                        OR EXISTS (SELECT FROM order_state s WHERE s.agent_id = a.id AND s.token_id = k.token_id
                                      AND s.state IN ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN')))) AS is_asked
          FROM market_exposure e JOIN markets m USING (slug) WHERE e.open > 0)
      SELECT 'market' AS scope, slug AS name, open, cap FROM open WHERE is_asked
      UNION ALL SELECT 'category', category, sum(open), NULL FROM open GROUP BY category HAVING bool_or(is_asked)
      UNION ALL SELECT 'event_group', event_group, sum(open), NULL FROM open GROUP BY event_group HAVING bool_or(is_asked)
      ORDER BY scope, name
      """, [.optional(name) { .text($0) }])
    return try rows.map { row in
      guard let scope = LimitRule.Scope(rawValue: try row.text("scope")) else {
        throw DatabaseError(.shape, "a limit has an unknown scope")
      }
      return LimitSheet.Place(
        scope: scope, name: try row.text("name"), open: try row.usd("open"),
        cap: row.isNull("cap") ? nil : try row.usd("cap"))
    }
  }
}
