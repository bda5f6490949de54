import FloorIOData
import Shared

/// A floor in the database alone: boss and gateway sessions with their leases, capital, agents and markets. For tests of the record.
public final class DatabaseFloor {
  public let database: TestDatabase
  public let boss: BlockingDatabase
  public let gateway: BlockingDatabase
  public let bossEpoch: Int64
  public private(set) var gatewayEpoch: Int64
  private var nextOrder = 1

  /// A moment of market time that the helpers below use as "now".
  public static let now: Int64 = 1_700_000_050_000_000_000
  public static let windowEnd: Int64 = 1_700_000_300_000_000_000

  public init(capital: String = "1000", allocationCap: String = "400", orderCap: String? = nil) throws {
    database = try TestServers.shared().database()
    boss = try database.open(as: "floor_boss")
    gateway = try database.open(as: "floor_gateway")
    bossEpoch = try boss.query("SELECT claim_lease('boss', 'here:1:1', 'boss-boot') AS e").one().int("e")
    gatewayEpoch = try gateway.query("SELECT claim_lease('gateway', 'here:2:1', 'gateway-boot') AS e").one().int("e")
    try gateway.query(
      "SELECT record_deposit($1)",
      [
        .json([
          "gateway_epoch": .int(gatewayEpoch), "ref": "first", "amount": .string(capital),
          "market_now_ns": .int(Self.now),
        ])
      ])
    try boss.query(
      "SELECT set_capital($1, $2, $3, true, $4)",
      [.text(capital), .text(allocationCap), orderCap.map { .text($0) } ?? .null, .int(bossEpoch)])
    try boss.query("SELECT set_mode('ACTIVE', 'ready', $1)", [.int(bossEpoch)])
  }

  /// Hires, allocates, begins an epoch, sets RUNNING. Returns the agent's epoch.
  @discardableResult
  public func hire(_ name: String, allocation: String, strategy: String = "momentum") throws -> Int64 {
    try boss.query(
      "SELECT hire_agent($1)",
      [.json(["boss_epoch": .int(bossEpoch), "name": .string(name), "strategy": .string(strategy)])])
    let answer = try boss.query(
      "SELECT allocate($1, $2, $3) AS j", [.text(name), .text(allocation), .int(bossEpoch)]
    ).one().json("j")
    guard answer["outcome"] == "allocated" else { throw TestServersError("allocate: \(answer.text)") }
    let epoch = try beginEpoch(name)
    try boss.query("SELECT set_agent_status($1, 'RUNNING', '', $2)", [.text(name), .int(bossEpoch)])
    return epoch
  }

  public func beginEpoch(_ name: String) throws -> Int64 {
    try boss.query("SELECT begin_agent_epoch($1, $2, 'test') AS e", [.text(name), .int(bossEpoch)]).one().int("e")
  }

  public func market(_ slug: String, category: String = "crypto", group: String = "") throws {
    let feed = try database.open(as: "floor_feed")
    let number = slug.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
    let hex = String(number, radix: 16)
    try feed.query(
      "SELECT upsert_market($1)",
      [
        .json([
          "slug": .string(slug), "condition_id": .string("0x" + String(repeating: "0", count: 64 - hex.count) + hex),
          "tick": "0.01", "starts_ns": .int(1_700_000_000_000_000_000), "ends_ns": .int(Self.windowEnd),
          "token_yes": .string("1\(number)"), "token_no": .string("2\(number)"), "fee_rate": "0.07", "series": "BTC-5m",
          "category": .string(category), "event_group": .string(group),
        ])
      ])
  }

  public func newOrderID() -> String {
    defer { nextOrder += 1 }
    let hex = String(nextOrder, radix: 16)
    return "0x" + String(repeating: "0", count: 64 - hex.count) + hex
  }

  /// The argument of `submit_intent`; `changes` replace or add members.
  public func intent(
    _ id: String, agent: String, epoch: Int64, market: String, side: String, price: String, size: String,
    worst: String? = nil, changes: [(String, JSON)] = []
  ) throws -> JSON {
    let exact = try USD(Price(parsing: price), times: Shares(parsing: size), rounding: .up)
    var p: JSON = [
      "intent": .string(id), "agent": .string(agent), "epoch": .int(epoch), "gateway_epoch": .int(gatewayEpoch),
      "action": side == "BUY" ? "enter" : "exit", "market": .string(market), "outcome": "YES", "side": .string(side),
      "type": "GTC", "price": .string(price), "size": .string(size), "worst": .string(worst ?? exact.description),
      "order_id": .string(newOrderID()), "signed_body": "aGVsbG8=", "useful_until_ns": .int(Self.now + 10_000_000_000),
      "market_now_ns": .int(Self.now), "reason": "test",
    ]
    for (key, value) in changes { p = p.with(key, value) }
    return p
  }

  public func submit(_ p: JSON, through session: BlockingDatabase? = nil) throws -> JSON {
    try (session ?? gateway).query("SELECT submit_intent($1) AS j", [.json(p)]).one().json("j")
  }

  public func fill(
    _ order: String, trade: String, price: String, size: String, fee: String = "0", status: String = "MATCHED",
    through session: BlockingDatabase? = nil
  ) throws -> JSON {
    try (session ?? gateway).query(
      "SELECT record_fill($1) AS j",
      [
        .json([
          "gateway_epoch": .int(gatewayEpoch), "order_id": .string(order), "trade": .string(trade),
          "price": .string(price),
          "size": .string(size), "fee": .string(fee), "status": .string(status), "market_ns": .int(Self.now),
        ])
      ]
    ).one().json("j")
  }

  public func advance(_ order: String, _ state: String) throws -> JSON {
    try gateway.query(
      "SELECT advance_order($1) AS j",
      [.json(["gateway_epoch": .int(gatewayEpoch), "order_id": .string(order), "state": .string(state)])]
    ).one().json("j")
  }

  public func settle(_ slug: String, payoutYes: String) throws -> JSON {
    try gateway.query(
      "SELECT settle_market($1) AS j",
      [
        .json([
          "gateway_epoch": .int(gatewayEpoch), "slug": .string(slug), "payout_yes": .string(payoutYes),
          "market_now_ns": .int(Self.windowEnd),
        ])
      ]
    ).one().json("j")
  }

  /// See `TestDatabase`.
  public func brokenInvariants() throws -> [String] { try database.brokenInvariants() }
}
