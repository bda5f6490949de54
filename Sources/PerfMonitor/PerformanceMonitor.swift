import FloorIOData
import Shared

/// Reads every agent's standing trades again and again, writes snapshots when they changed, and advises the boss. Decides nothing.
final class PerformanceMonitor {
  /// The most recent trades that are judged; older ones stay in the record.
  static let tradesMax = 5000

  private let process: FloorProcess
  private let database: Database
  private let interval: Duration
  private let rule: AdviceRule
  /// Trades behind the last snapshot, and all trades in the record at the last advice, by agent.
  private var lastSnapshot: [Int64: (trades: Int, id: Int64, pnl: USD)] = [:]
  private var lastAdvice: [Int64: Int] = [:]
  private var isLooking = false
  private var lastLook = SystemClock.monotonic()
  private var knowsAdvice = false

  init(_ process: FloorProcess) throws {
    self.process = process
    let section = process.birth.configuration["judging"]
    interval = .seconds(section?["every_s"]?.int ?? 30)
    rule = AdviceRule(
      sampleMin: Int(section?["trades_min_count"]?.int ?? 30),
      retireBelowPercent: section?["retire_below_pct"]?.double ?? -5,
      cloneAbovePercent: section?["clone_above_pct"]?.double ?? 5)
    database = try process.database {
      $0.statementTimeout = .seconds(10)
      $0.applicationName = "perf-monitor"
    }
    _ = try process.bus()
    database.onStateChange = { [self] isUp in
      process.note = isUp ? "" : "database away"
      lastLook = SystemClock.monotonic()
      if isUp { look() }
    }
    process.loop.every(interval) { [self] in look() }
    // A look ends by its own time limit at the latest; one that does not come is lost work.
    process.waiting = { [self] in
      let late = SystemClock.monotonic().since(lastLook) > interval + .seconds(30)
      return database.isConnected && late ? 1 : 0
    }
  }

  private func look() {
    guard !isLooking, database.isConnected else { return }
    isLooking = true
    // What was advised before this birth counts as well.
    guard knowsAdvice else {
      return database.query(
        """
        SELECT agent_id, max(coalesce(evidence->>'trades_in_record', evidence->>'trades')::bigint) AS trades
          FROM recommendations GROUP BY agent_id
        """,
        timeout: .seconds(12)
      ) { [self] result in
        isLooking = false
        do {
          for row in try result.get() { lastAdvice[try row.int("agent_id")] = Int(try row.int("trades")) }
          knowsAdvice = true
          look()
        } catch {
          process.log.warning("earlier advice could not be read", [.error(error)])
        }
      }
    }
    database.query(
      """
      SELECT a.id AS agent_id, a.name, a.status, a.in_record, t.id, t.executed_at, t.shares, t.cost, t.fees, t.pnl
        FROM (SELECT id, name, status,
                     (SELECT count(*) FROM trade_records r WHERE r.agent_id = agents.id AND r.voided_at IS NULL) AS in_record
                FROM agents OFFSET 0) a CROSS JOIN LATERAL (
          SELECT r.id, r.executed_at, r.shares, r.cost, r.fees, r.pnl FROM trade_records r
           WHERE r.agent_id = a.id AND r.voided_at IS NULL ORDER BY r.executed_at DESC LIMIT $1) t
       WHERE a.status <> 'RETIRED' ORDER BY a.id, t.executed_at, t.id
      """, [.int(PerformanceMonitor.tradesMax)], timeout: .seconds(12)
    ) { [self] result in
      isLooking = false
      lastLook = SystemClock.monotonic()
      process.advance()
      do {
        try judge(try result.get())
        process.isReady = true
      } catch {
        process.log.warning("the agents' trades could not be judged", [.error(error)])
      }
    }
  }

  private func judge(_ rows: Rows) throws {
    var trades: [Int64: [CompletedTrade]] = [:]
    var agents: [Int64: (name: String, status: String, inRecord: Int)] = [:]
    for row in rows {
      let agent = try row.int("agent_id")
      agents[agent] = (try row.text("name"), try row.text("status"), Int(try row.int("in_record")))
      trades[agent, default: []].append(
        CompletedTrade(
          id: try row.int("id"), executedAt: try row.wall("executed_at"), shares: try row.shares("shares"),
          cost: try row.usd("cost"),
          fees: try row.usd("fees"), pnl: try row.usd("pnl")))
    }
    for (agent, record) in trades.sorted(by: { $0.key < $1.key }) {
      guard let identity = agents[agent] else { continue }
      let summary = PerformanceSummary(record)
      let mark = (trades: summary.trades, id: summary.lastTradeID, pnl: summary.pnl)
      if lastSnapshot[agent].map({ $0 != mark }) ?? true {
        lastSnapshot[agent] = mark
        writeSnapshot(agent, summary)
      }
      // Who is not running is being dealt with already.
      let advice = rule.advice(
        on: summary, tradesInRecord: identity.inRecord, tradesAtLastAdvice: lastAdvice[agent])
      if identity.status == "RUNNING", let advice {
        lastAdvice[agent] = identity.inRecord
        write(advice, agent, identity.name)
      }
    }
    process.note = "\(trades.count) agents with trades"
  }

  private func writeSnapshot(_ agent: Int64, _ summary: PerformanceSummary) {
    database.query(
      """
      INSERT INTO performance_snapshots (agent_id, window_start, trades, wins, win_rate, implied_win_rate, pnl, fees, at_risk, return_on_risk,
                                         sharpe, sharpe_period, max_drawdown, detail)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """,
      [
        .integer(agent), .optional(summary.first) { .time($0) }, .int(summary.trades), .int(summary.wins),
        .optional(summary.winRate) { .double($0) }, .optional(summary.impliedWinRate) { .double($0) },
        .usd(summary.pnl), .usd(summary.fees),
        .usd(summary.atRisk), .optional(summary.returnOnRisk) { .double($0) },
        .optional(summary.sharpe) { .double($0) },
        .text(PerformanceSummary.sharpePeriod), .usd(summary.maxDrawdown),
        .json([
          "mean_return": .optional(summary.meanReturn.map { .double($0) }), "last_trade_id": .int(summary.lastTradeID),
        ]),
      ]
    ) { [self] result in
      guard case .failure(let error) = result else { return }
      lastSnapshot[agent] = nil
      process.log.warning("a snapshot could not be written", [.error(error)])
    }
  }

  private func write(_ advice: Advice, _ agent: Int64, _ name: String) {
    process.log.info(
      "advice", [.text("agent", name), .text("action", advice.action.rawValue), .json("evidence", advice.evidence)])
    database.batch([
      (
        "INSERT INTO recommendations (agent_id, action, rule, evidence) VALUES ($1, $2, $3, $4)",
        [.integer(agent), .text(advice.action.rawValue), .text(AdviceRule.name), .json(advice.evidence)]
      ),
      (
        "SELECT write_audit('recommendation', $1)",
        [.json(["agent": .string(name), "action": .string(advice.action.rawValue), "evidence": advice.evidence])]
      ),
    ]) { [self] result in
      guard case .failure(let error) = result else { return }
      lastAdvice[agent] = nil
      knowsAdvice = false
      process.log.warning("advice could not be written", [.error(error)])
    }
  }
}
