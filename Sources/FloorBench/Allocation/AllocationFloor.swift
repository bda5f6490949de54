import FloorIOData
import Shared

/// A floor in the database alone, for racing: leases, capital, agents and markets, and as many old orders as are wanted.
struct AllocationFloor: Sendable {
  struct Racer: Sendable {
    let name: String
    let id: Int64
    let epoch: Int64
  }

  struct Market: Sendable {
    let slug: String
    let token: String
  }

  /// What is raced for.
  static let limit = USD(dollars: 1)
  /// A moment of market time while all markets are open.
  static let now: Int64 = 1_700_000_050_000_000_000
  private static let end: Int64 = 1_700_086_400_000_000_000
  /// As long as an order's body is, in base64.
  static let signedBody = String(repeating: "cG9seWZsb29y", count: 66)

  let gatewayEpoch: Int64
  /// Each with more allocated than all of them may have open in the market.
  let racers: [Racer]
  /// With one dollar allocated.
  let loner: Racer
  private let administrator: DatabaseSettings
  private let gateway: DatabaseSettings
  private let feed: DatabaseSettings

  /// - Parameter role: how a role of the floor logs in to a database that has the schema and no floor yet.
  init(
    administrator: DatabaseSettings, role: (String) -> DatabaseSettings, racers count: Int
  ) throws {
    self.administrator = administrator
    gateway = role("floor_gateway")
    feed = role("floor_feed")
    let boss = try BlockingDatabase(role("floor_boss"))
    let session = try BlockingDatabase(gateway)
    let bossEpoch = try boss.query("SELECT claim_lease('boss', 'bench:1:1', 'bench-boss') AS e").one().int("e")
    gatewayEpoch = try session.query("SELECT claim_lease('gateway', 'bench:2:1', 'bench-gateway') AS e").one().int("e")
    let capital: JSON = [
      "gateway_epoch": .int(gatewayEpoch), "ref": "race", "amount": "100000", "market_now_ns": .int(Self.now),
    ]
    try session.query("SELECT record_deposit($1)", [.json(capital)])
    try boss.query("SELECT set_capital('100000', '100000', null, true, $1)", [.int(bossEpoch)])
    try boss.query("SELECT set_mode('ACTIVE', 'race', $1)", [.int(bossEpoch)])
    // Without login roles, of which there are fewer than racers.
    let root = try BlockingDatabase(administrator)
    try root.query(
      """
      INSERT INTO agents (name, strategy, status, epoch)
      SELECT 'racer-' || n, 'momentum', 'RUNNING', nextval('agent_epoch_numbers') FROM generate_series(0, $1::integer) n
      """, [.int(count)])
    try root.query("INSERT INTO allocations (agent_id) SELECT id FROM agents")
    try root.query("INSERT INTO agent_cursors (agent_id) SELECT id FROM agents")
    var all: [Racer] = []
    for row in try root.query("SELECT id, name, epoch FROM agents ORDER BY id") {
      let racer = Racer(name: try row.text("name"), id: try row.int("id"), epoch: try row.int("epoch"))
      let answer = try boss.query(
        "SELECT allocate($1, $2, $3) AS answer",
        [.text(racer.name), .usd(all.isEmpty ? Self.limit : USD(dollars: 100)), .int(bossEpoch)]
      ).one().json("answer")
      guard answer["outcome"] == "allocated" else { throw BenchFailure("allocate: \(answer.text)") }
      all.append(racer)
    }
    guard let loner = all.first else { throw BenchFailure("nobody was hired") }
    self.loner = loner
    racers = Array(all.dropFirst())
  }

  func gatewaySession() throws -> BlockingDatabase { try patient(gateway) }
  func administratorSession() throws -> BlockingDatabase { try patient(administrator) }

  /// Fifty that wait for one row wait longer than the floor would.
  private func patient(_ settings: DatabaseSettings) throws -> BlockingDatabase {
    var settings = settings
    settings.statementTimeout = .seconds(600)
    settings.lockTimeout = .seconds(120)
    settings.idleInTransactionTimeout = .seconds(120)
    return try BlockingDatabase(settings, connectTimeout: .seconds(30), timeout: .seconds(600))
  }

  /// A market of one turn's own, capped at the dollar when that is what is raced for.
  func market(turn: Int, scope: AllocationScope) throws -> Market {
    let hex = String(turn + 1, radix: 16)
    let market = Market(slug: "race-\(turn)", token: "7\(turn)1")
    let session = try BlockingDatabase(feed)
    try session.query(
      "SELECT upsert_market($1)",
      [
        .json([
          "slug": .string(market.slug),
          "condition_id": .string("0x" + String(repeating: "0", count: 64 - hex.count) + hex),
          "tick": "0.01", "starts_ns": .int(Self.now), "ends_ns": .int(Self.end), "token_yes": .string(market.token),
          "token_no": .string("7\(turn)2"), "fee_rate": "0.07", "series": "BTC-5m",
        ])
      ])
    try administratorSession().query(
      "INSERT INTO market_exposure (slug, cap) VALUES ($1, $2::numeric)",
      [.text(market.slug), scope == .market ? .usd(Self.limit) : .null])
    return market
  }

  /// Orders of before, each with its intent, its state and an event, which ended without a fill; no trigger looks at them.
  func fill(orders: Int) throws {
    let database = try administratorSession()
    try database.execute(
      script: """
        SET session_replication_role = replica;
        INSERT INTO markets (slug, condition_id, tick, starts_at, ends_at, state)
        SELECT 'old-' || n, '0x' || lpad('f' || to_hex(n), 64, '0'), 0.01, now(), now(), 'CLOSED' FROM generate_series(0, 999) n;
        INSERT INTO tokens (token_id, slug, outcome)
        SELECT '9' || n || '1', 'old-' || n, 'YES' FROM generate_series(0, 999) n
        UNION ALL SELECT '9' || n || '2', 'old-' || n, 'NO' FROM generate_series(0, 999) n;
        CREATE TEMP TABLE old AS
        SELECT n, (SELECT min(id) FROM agents) + n % (SELECT count(*) FROM agents) AS agent_id, n / (SELECT count(*) FROM agents) + 1 AS cursor,
               'old.' || n AS intent_id, '0x' || encode(sha256(n::text::bytea), 'hex') AS order_id, 'old-' || n % 1000 AS slug,
               '9' || n % 1000 || '1' AS token_id, now() - interval '30 days' * (\(orders) - n) / \(orders) AS at
          FROM generate_series(0, \(orders) - 1) n;
        INSERT INTO intents (id, agent_id, epoch, gateway_epoch, origin, action, market, token_id, outcome, side, type, price, size, worst,
                             reason, useful_until, market_at, feed_order, book_at, result, created_at)
        SELECT intent_id, agent_id, 1, 1, 'agent', 'enter', slug, token_id, 'YES', 'BUY', 'GTC', 0.5, 10, 5.2, 'old', at, at, n, at, 'accepted', at
          FROM old ORDER BY n;
        INSERT INTO orders (order_id, intent_id, agent_id, token_id, slug, outcome, side, type, price, size, worst, signed_body, gateway_epoch,
                            useful_until, expires_at, is_paper, market_at, created_at)
        SELECT order_id, intent_id, agent_id, token_id, slug, 'YES', 'BUY', 'GTC', 0.5, 10, 5.2, decode('\(Self.signedBody)', 'base64'), 1,
               at, at, true, at, at FROM old ORDER BY n;
        INSERT INTO order_state (order_id, agent_id, token_id, state, changes, updated_at)
        SELECT order_id, agent_id, token_id, 'CANCELLED', 2, at FROM old ORDER BY n;
        INSERT INTO order_events (agent_id, cursor, intent_id, order_id, event, reason, body, created_at)
        SELECT agent_id, cursor, intent_id, order_id, 'done', 'cancelled', jsonb_build_object('cursor', cursor, 'intent', intent_id,
               'order', order_id, 'event', 'done', 'reason', 'cancelled', 'detail', '', 'fill', null, 'remaining', '10', 'position', '0',
               'market', slug, 'outcome', 'YES', 'final', true), at FROM old ORDER BY n;
        UPDATE agent_cursors c SET cursor = coalesce((SELECT max(cursor) FROM order_events e WHERE e.agent_id = c.agent_id), 0);
        RESET session_replication_role;
        """)
    for table in ["intents", "orders", "order_state", "order_events"] {
      try database.execute(script: "VACUUM (ANALYZE) \(table)")
    }
    try database.execute(script: "ANALYZE; CHECKPOINT")
  }
}
