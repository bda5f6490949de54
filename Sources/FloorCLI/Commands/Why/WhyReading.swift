import FloorIOData
import Shared

/// What the record knows of one agent's evaluations.
struct WhyReading {
  let database: BlockingDatabase
  /// The row of `agents`.
  let agent: Int64
  let since: WallTime

  func report(_ name: String) throws -> WhyReport {
    var report = WhyReport(agent: name)
    report.lives = try lives()
    let refusals = try database.query(
      """
      SELECT coalesce(sum(d.count), 0) AS count FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS l (epoch, above, upto)
        JOIN decisions d ON d.agent_id = $1 AND d.epoch = l.epoch AND d.number > l.above AND d.number <= l.upto
       WHERE d.kind = 'refusal' AND d.intent_id IS NULL
      """, decisionRange(report.lives)
    ).one()
    report.refusalRows = try refusals.int("count")
    report.examples = try examples(report.lives)
    report.fates = try fates(report.lives)
    try readRest(&report)
    return report
  }

  // MARK: Counts

  private func lives() throws -> [WhyReport.Life] {
    let after = try database.query(
      """
      SELECT DISTINCT ON (epoch) epoch, at, evaluations, quiet, refused, signals, reasons, unreported, decisions
        FROM evaluation_counts WHERE agent_id = $1 AND at >= $2 ORDER BY epoch, slot DESC
      """, [.int(agent), .time(since)])
    let before = try database.query(
      """
      SELECT DISTINCT ON (epoch) epoch, at, evaluations, quiet, refused, signals, reasons, unreported, decisions
        FROM evaluation_counts WHERE agent_id = $1 AND at < $2 AND epoch = ANY ($3::bigint[]) ORDER BY epoch, slot DESC
      """, [.int(agent), .time(since), .array(try after.map { .integer(try $0.int("epoch")) })])
    let births = try database.query(
      "SELECT epoch, began_at FROM agent_epochs WHERE agent_id = $1 AND epoch = ANY ($2::bigint[])",
      [.int(agent), .array(try after.map { .integer(try $0.int("epoch")) })])
    return try after.map { row in
      let epoch = try row.int("epoch")
      let base = try before.first { try $0.int("epoch") == epoch }
      let birth = try births.first { try $0.int("epoch") == epoch }?.text("began_at")
      let last = try count(row)
      return WhyReport.Life(
        epoch: epoch, from: try base?.text("at") ?? birth ?? last.at, before: try base.map(count) ?? WhyReport.Count(),
        after: last)
    }
  }

  private func count(_ row: Rows.Row) throws -> WhyReport.Count {
    WhyReport.Count(
      at: try row.text("at"), evaluations: try row.int("evaluations"), quiet: try row.int("quiet"),
      refused: try row.int("refused"), signals: try row.int("signals"),
      reasons: Dictionary(
        (try row.json("reasons").members ?? []).map { ($0.key, $0.value.int ?? 0) }, uniquingKeysWith: +),
      unreported: try row.int("unreported"), decisions: try row.int("decisions"))
  }

  /// The arguments `$1` to `$4` of a question about the rows of decisions that the counts speak of.
  private func decisionRange(_ lives: [WhyReport.Life]) -> [SQLValue] {
    [
      .int(agent), .array(lives.map { .integer($0.epoch) }), .array(lives.map { .integer($0.before.decisions) }),
      .array(lives.map { .integer($0.after.decisions) }),
    ]
  }

  // MARK: The agent's own refusals

  private func examples(_ lives: [WhyReport.Life]) throws -> [String: WhyReport.Example] {
    let rows = try database.query(
      """
      SELECT DISTINCT ON (d.reason) d.reason, d.at, d.market, coalesce(d.outcome, '') AS outcome, d.detail
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS l (epoch, above, upto)
        JOIN decisions d ON d.agent_id = $1 AND d.epoch = l.epoch AND d.number > l.above AND d.number <= l.upto
       WHERE d.kind = 'refusal' AND d.intent_id IS NULL ORDER BY d.reason, d.id DESC
      """, decisionRange(lives))
    var examples: [String: WhyReport.Example] = [:]
    for row in rows {
      let figures = (try row.json("detail").members ?? []).map { "\($0.key)=\($0.value.string ?? $0.value.text)" }
      examples[try row.text("reason")] = WhyReport.Example(
        at: Listing.short(try row.text("at")), market: "\(row["market"] ?? "") \(try row.text("outcome"))",
        detail: figures.joined(separator: " "))
    }
    return examples
  }

  /// From the rows of decisions: repeats that no row holds yet are missing.
  func refusalsByMarket(_ lives: [WhyReport.Life]) throws -> Listing {
    Listing(
      try database.query(
        """
        SELECT coalesce(d.market, '') AS market, d.reason, sum(d.count) AS times, max(d.at) AS last
          FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS l (epoch, above, upto)
          JOIN decisions d ON d.agent_id = $1 AND d.epoch = l.epoch AND d.number > l.above AND d.number <= l.upto
         WHERE d.kind = 'refusal' AND d.intent_id IS NULL GROUP BY 1, 2 ORDER BY max(d.at) DESC, 1, 2
        """, decisionRange(lives)))
  }

  // MARK: Intents

  /// An intent's number within its life is the count of intents made by then.
  private func fates(_ lives: [WhyReport.Life]) throws -> [WhyReport.Fate] {
    let rows = try database.query(
      """
      SELECT i.denial, s.state, s.reason, coalesce(s.filled > 0, false) AS has_traded, count(*) AS count,
             max(i.created_at) AS last,
             coalesce((array_agg(coalesce(nullif(i.denial_detail, ''), s.detail) ORDER BY i.created_at DESC))[1], '') AS detail
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $6::timestamptz[]) AS l (epoch, above, upto, began)
        JOIN intents i ON i.agent_id = $1 AND i.epoch = l.epoch AND i.origin = 'agent' AND i.created_at >= l.began - interval '10 s'
         AND CASE WHEN i.id ~ '[.][0-9]{1,18}$' THEN substring(i.id FROM '[0-9]+$')::bigint - l.epoch * $5 END
             BETWEEN l.above + 1 AND l.upto
        LEFT JOIN orders o ON o.intent_id = i.id LEFT JOIN order_state s USING (order_id)
       GROUP BY 1, 2, 3, 4, coalesce(i.denial_detail LIKE '%=%', false)
      """,
      [
        .int(agent), .array(lives.map { .integer($0.epoch) }), .array(lives.map { .integer($0.before.signals) }),
        .array(lives.map { .integer($0.after.signals) }), .integer(AgentCore.decisionsPerEpoch),
        .array(lives.map { .text($0.from) }),
      ])
    return try rows.map { row in
      WhyReport.Fate(
        denial: row["denial"], detail: try row.text("detail"), state: row["state"],
        reason: row["reason"] ?? "", hasTraded: try row.bool("has_traded"), count: try row.int("count"),
        last: Listing.short(try row.text("last")))
    }
  }

  // MARK: What no count knows

  private func readRest(_ report: inout WhyReport) throws {
    let rows = try database.query(
      """
      SELECT d.epoch, d.kind, sum(d.count) AS count, bool_or(l.epoch IS NOT NULL) AS is_counted
        FROM decisions d LEFT JOIN unnest($2::bigint[], $3::bigint[]) AS l (epoch, upto) ON l.epoch = d.epoch
       WHERE d.agent_id = $1 AND d.at >= $4 AND (l.epoch IS NULL OR d.number > l.upto) AND (d.kind = 'signal' OR d.intent_id IS NULL)
         AND NOT EXISTS (SELECT FROM evaluation_counts c WHERE c.agent_id = d.agent_id AND c.epoch = d.epoch AND l.epoch IS NULL)
       GROUP BY 1, 2 ORDER BY 1, 2
      """,
      [
        .int(agent), .array(report.lives.map { .integer($0.epoch) }),
        .array(report.lives.map { .integer($0.after.decisions) }), .time(since),
      ])
    for row in rows {
      let epoch = try row.int("epoch")
      if try row.bool("is_counted") {
        report.uncounted[try row.text("kind"), default: 0] += try row.int("count")
      } else if !report.countless.contains(epoch) {
        report.countless.append(epoch)
      }
    }
  }
}
