import FloorIOData
import Shared

/// Writes decisions. A signal is handed to the database right behind its intent, in the same turn (`flush`); refusals gather for a
/// batch. A hole of some microseconds is left, and another: a server still busy with an earlier question of ours drops what stands
/// behind it when we are killed. Together two rows in 57,000 orders and 150 kills; the intent's own row then says when, why and on
/// which price. While PostgreSQL is away rows wait, at most `waitingMax`; beyond that the oldest refusals go first, and how many is
/// said in the log. Every row has its number: a batch whose outcome is unknown is simply written again.
final class DecisionWriter {
  static let waitingMax = 5000
  private static let batchMax = 200
  /// Batches that may be on their way at a time.
  private static let inFlightMax = 16

  private let database: Database
  private let log: Log
  private let epoch: Epoch
  /// The agent's row; known after reconciliation.
  var agentID: Int64?
  private var waiting: [Decision] = []
  private var inFlight = 0
  private(set) var written: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  /// Called when nothing waits and nothing is on its way.
  var onIdle: (() -> Void)?

  init(database: Database, log: Log, epoch: Epoch) {
    self.database = database
    self.log = log
    self.epoch = epoch
  }

  var isIdle: Bool { waiting.isEmpty && inFlight == 0 }

  func add(_ decision: Decision) {
    waiting.append(decision)
    guard waiting.count > DecisionWriter.waitingMax else { return }
    waiting.remove(at: waiting.firstIndex { $0.kind == .refusal } ?? 0)
    dropped += 1
    if dropped % 1000 == 1 { log.warning("decisions dropped: the database is away", [.int("dropped", dropped)]) }
  }

  /// Sends what waits, on a living connection at once.
  func flush() {
    while inFlight < DecisionWriter.inFlightMax, let agentID, !waiting.isEmpty {
      let batch = Array(waiting.prefix(DecisionWriter.batchMax))
      waiting.removeFirst(batch.count)
      send(batch, of: agentID)
    }
    if isIdle { onIdle?() }
  }

  private func send(_ batch: [Decision], of agentID: Int64) {
    inFlight += 1
    let values: [SQLValue] = [
      .int(agentID), .epoch(epoch), .array(batch.map { .text($0.kind.rawValue) }),
      .array(batch.map { .text($0.reason) }),
      .array(batch.map { .optional($0.market) { .id($0) } }),
      .array(batch.map { .optional($0.outcome) { .text($0.rawValue) } }),
      .array(batch.map { .optional($0.intent) { .id($0) } }), .array(batch.map { .json($0.detail) }),
      .array(batch.map { .int($0.feedOrder) }), .array(batch.map { .int($0.eventCursor) }),
      .array(batch.map { .int($0.now.nanoseconds) }), .array(batch.map { .int($0.count) }),
      .array(batch.map { .int($0.number) }), .array(batch.map { .text($0.feedBoot) }),
    ]
    database.query(
      """
      INSERT INTO decisions (agent_id, epoch, kind, reason, market, outcome, intent_id, detail, feed_order, event_cursor, market_ns,
                             market_at, count, number, feed_boot)
      SELECT $1, $2, k, r, m, o, i, d::jsonb, f, c, n, wall_from_ns(n), x, u, b
        FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                    $11::bigint[], $12::bigint[], $13::bigint[], $14::text[]) AS v (k, r, m, o, i, d, f, c, n, x, u, b)
      ON CONFLICT DO NOTHING
      """, values
    ) { [weak self] in self?.finished(batch, $0) }
  }

  private func finished(_ batch: [Decision], _ result: Result<Rows, DatabaseError>) {
    inFlight -= 1
    switch result {
    case .success:
      written += UInt64(batch.count)
      flush()
    case .failure(let error) where error.retryable || !error.outcomeKnown:
      // Back to the front; the owner's next flush tries again.
      waiting.insert(contentsOf: batch, at: 0)
    case .failure(let error):
      dropped += UInt64(batch.count)
      log.error("decisions refused by the database", [.error(error), .int("rows", batch.count)])
      flush()
    }
  }
}
