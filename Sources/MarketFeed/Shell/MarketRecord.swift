import FloorIOData
import Shared

/// What the feed writes into the record: markets with their tokens (kept until written), best prices (dropped when the database is away),
/// and the days' partitions for those.
final class MarketRecord {
  /// Markets whose result the record lacks, told once per connection.
  var onUnresolved: (([MarketSlug]) -> Void)?
  private(set) var ticksDropped = 0

  private let database: Database
  private let loop: EventLoop
  private let log: Log
  private let keepDays: Int64
  /// The newest row of each market that is not written yet.
  private var pending: [MarketSlug: JSON] = [:]
  private var inFlight: Set<MarketSlug> = []
  private var isWritingTicks = false

  init(database: Database, loop: EventLoop, log: Log, keepDays: Int64) {
    self.database = database
    self.loop = loop
    self.log = log
    self.keepDays = keepDays
    database.onStateChange = { [unowned self] isUp in if isUp { connected() } }
    loop.every(.seconds(1)) { [unowned self] in writePending() }
    loop.every(.seconds(3600)) { [unowned self] in keepPartitions() }
  }

  func market(_ slug: MarketSlug, _ row: JSON) {
    pending[slug] = row
    writePending()
  }

  func ticks(_ rows: [JSON]) {
    guard database.isConnected, !isWritingTicks else {
      ticksDropped += rows.count
      return
    }
    isWritingTicks = true
    let insert: StaticString = """
      insert into market_ticks (market_at, slug, token_id, bid, bid_size, ask, ask_size, last, feed_order)
      select timestamptz 'epoch' + t.market_ns / 1000 * interval '1 microsecond', t.slug, t.token, t.bid, t.bid_size, t.ask,
             t.ask_size, t.last, t.feed_order
        from jsonb_to_recordset($1::jsonb) as t (market_ns bigint, slug text, token text, bid numeric, bid_size numeric,
             ask numeric, ask_size numeric, last numeric, feed_order bigint)
      """
    database.query(insert, [.json(.array(rows))]) { [weak self] result in
      guard let self else { return }
      isWritingTicks = false
      if case .failure(let error) = result {
        ticksDropped += rows.count
        log.warning("best prices not recorded", [.error(error), .int("rows", rows.count)])
      }
    }
  }

  private func writePending() {
    guard database.isConnected else { return }
    for (slug, row) in pending where !inFlight.contains(slug) {
      inFlight.insert(slug)
      database.query("select upsert_market($1::jsonb)", [.json(row)]) { [weak self] result in
        self?.written(slug, row, result)
      }
    }
  }

  private func written(_ slug: MarketSlug, _ row: JSON, _ result: Result<Rows, DatabaseError>) {
    inFlight.remove(slug)
    switch result {
    case .success:
      // A newer row may have come while this one was on its way.
      if pending[slug] == row { pending[slug] = nil } else { writePending() }
    case .failure(let error) where error.retryable: break
    case .failure(let error):
      pending[slug] = nil
      log.error("market not recorded", [.text("market", slug.text), .error(error)])
    }
  }

  private func connected() {
    database.query("set synchronous_commit = off", []) { [weak self] in self?.complain($0, "session not set up") }
    keepPartitions()
    writePending()
    database.query(
      "select slug from markets where state <> 'RESOLVED' and ends_at is not null order by ends_at limit 500", []
    ) {
      [weak self] result in
      guard let self else { return }
      complain(result, "unresolved markets not read")
      guard case .success(let rows) = result else { return }
      onUnresolved?(rows.compactMap { $0["slug"].flatMap(MarketSlug.init) })
    }
  }

  private func keepPartitions() {
    guard database.isConnected else { return }
    database.query("select ensure_tick_partitions(3), drop_tick_partitions($1)", [.int(keepDays)]) { [weak self] in
      self?.complain($0, "partitions of best prices not kept")
    }
  }

  private func complain(_ result: Result<Rows, DatabaseError>, _ message: StaticString) {
    if case .failure(let error) = result { log.warning(message, [.error(error)]) }
  }
}
