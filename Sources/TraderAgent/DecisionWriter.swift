import FloorIOData
import Shared

/// Writes decisions in batches. While PostgreSQL is away they wait, at most `waitingMax`; beyond that the oldest refusals go first, and
/// how many is said in the log. A batch whose outcome is unknown is repeated without what is already there.
final class DecisionWriter {
  static let waitingMax = 5000
  private static let batchMax = 200

  private let database: Database
  private let log: Log
  private let epoch: Epoch
  /// The agent's row; known after reconciliation.
  var agentID: Int64?
  private var waiting: [Decision] = []
  private var isWriting = false
  private(set) var written: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  /// Called when nothing waits and nothing is on its way.
  var onIdle: (() -> Void)?

  init(database: Database, log: Log, epoch: Epoch) {
    self.database = database
    self.log = log
    self.epoch = epoch
  }

  var isIdle: Bool { waiting.isEmpty && !isWriting }

  func add(_ decision: Decision) {
    waiting.append(decision)
    guard waiting.count > DecisionWriter.waitingMax else { return }
    waiting.remove(at: waiting.firstIndex { $0.kind == .refusal } ?? 0)
    dropped += 1
    if dropped % 1000 == 1 { log.warning("decisions dropped: the database is away", [.int("dropped", dropped)]) }
  }

  func flush() { flush(isRepeat: false) }

  private func flush(isRepeat: Bool) {
    guard !isWriting, let agentID, !waiting.isEmpty else {
      if isIdle { onIdle?() }
      return
    }
    let batch = Array(waiting.prefix(DecisionWriter.batchMax))
    waiting.removeFirst(batch.count)
    isWriting = true
    let values: [SQLValue] = [
      .int(agentID), .epoch(epoch), .array(batch.map { .text($0.kind.rawValue) }),
      .array(batch.map { .text($0.reason) }),
      .array(batch.map { .optional($0.market) { .id($0) } }),
      .array(batch.map { .optional($0.outcome) { .text($0.rawValue) } }),
      .array(batch.map { .optional($0.intent) { .id($0) } }), .array(batch.map { .json($0.detail) }),
      .array(batch.map { .int($0.feedOrder) }), .array(batch.map { .int($0.eventCursor) }),
      .array(batch.map { .int($0.now.nanoseconds) }), .array(batch.map { .int($0.count) }),
    ]
    let done: Database.Completion = { [weak self] in self?.finished(batch, $0) }
    if isRepeat {
      database.query(
        """
        INSERT INTO decisions (agent_id, epoch, kind, reason, market, outcome, intent_id, detail, feed_order, event_cursor, market_ns,
                               market_at, count)
        SELECT $1, $2, k, r, m, o, i, d::jsonb, f, c, n, wall_from_ns(n), x
          FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                      $11::bigint[], $12::bigint[]) AS u (k, r, m, o, i, d, f, c, n, x)
         WHERE NOT EXISTS (SELECT FROM decisions s
                            WHERE s.agent_id = $1 AND s.epoch = $2 AND s.market_ns = u.n AND s.feed_order = u.f AND s.reason = u.r
                              AND s.market IS NOT DISTINCT FROM u.m AND s.intent_id IS NOT DISTINCT FROM u.i)
        """, values, done)
    } else {
      database.query(
        """
        INSERT INTO decisions (agent_id, epoch, kind, reason, market, outcome, intent_id, detail, feed_order, event_cursor, market_ns,
                               market_at, count)
        SELECT $1, $2, k, r, m, o, i, d::jsonb, f, c, n, wall_from_ns(n), x
          FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                      $11::bigint[], $12::bigint[]) AS u (k, r, m, o, i, d, f, c, n, x)
        """, values, done)
    }
  }

  private func finished(_ batch: [Decision], _ result: Result<Rows, DatabaseError>) {
    isWriting = false
    switch result {
    case .success:
      written += UInt64(batch.count)
      flush()
    case .failure(let error) where error.retryable:
      // Back to the front, in order; the owner's next flush tries again.
      waiting.insert(contentsOf: batch, at: 0)
      if !error.outcomeKnown { flush(isRepeat: true) }
    case .failure(let error):
      dropped += UInt64(batch.count)
      log.error("decisions refused by the database", [.error(error), .int("rows", batch.count)])
      flush()
    }
  }
}
