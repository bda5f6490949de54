import FloorIOData
import Shared

/// One session's way to ask for a part of the dollar and to give it back.
protocol Admission: AnyObject {
  /// - Returns: whether it was granted; `nil` when the attempt was given up because the race was over.
  func attempt(_ wish: RaceWish) throws -> Bool?
  func release(_ wish: RaceWish) throws
  /// Transactions that were begun again after a conflict.
  var retries: Int { get }
}

/// An attempt: worst case, and the names of the intent and its order.
struct RaceWish {
  let intent: String
  let order: String
  let worst: USD
  /// Shares at half a dollar.
  var size: Shares { Shares(micros: worst.micros * 2) }

  static let price = "0.5"

  init(turn: Int, racer: Int, number: Int, worst: USD) {
    intent = "race.\(turn).\(racer).\(number)"
    let hex = String(turn << 48 | racer << 32 | number, radix: 16)
    order = "0x" + String(repeating: "0", count: 64 - hex.count) + hex
    self.worst = worst
  }
}

/// Who asks, and where.
struct RaceParty: Sendable {
  let racer: AllocationFloor.Racer
  let scope: AllocationScope
  let market: AllocationFloor.Market
}

/// The floor's own way: the statements of `RecordStatements`, as the gateway's role.
final class FloorAdmission: Admission {
  private let database: BlockingDatabase
  private let template: JSON
  private let gatewayEpoch: Int64
  let retries = 0

  init(_ floor: AllocationFloor, _ party: RaceParty) throws {
    database = try floor.gatewaySession()
    gatewayEpoch = floor.gatewayEpoch
    var template: JSON = [
      "agent": .string(party.racer.name), "epoch": .int(party.racer.epoch), "gateway_epoch": .int(gatewayEpoch),
      "origin": "agent", "action": "enter", "market": .string(party.market.slug), "outcome": "YES", "side": "BUY",
      "type": "GTC", "price": .string(RaceWish.price), "useful_until_ns": .int(AllocationFloor.now + 10_000_000_000),
      "market_now_ns": .int(AllocationFloor.now), "per_order_limit": .text(AllocationFloor.limit),
      "signed_body": .string(AllocationFloor.signedBody), "feed_order": 1, "book_ts_ns": .int(AllocationFloor.now),
      "reason": "race",
    ]
    if party.scope == .market { template = template.with("market_cap", .text(AllocationFloor.limit)) }
    self.template = template
  }

  func attempt(_ wish: RaceWish) throws -> Bool? {
    let argument = template.with("intent", .string(wish.intent)).with("order_id", .string(wish.order))
      .with("size", .text(wish.size)).with("worst", .text(wish.worst))
    let answer = try database.query("select submit_intent($1::jsonb) as answer", [.json(argument)]).one().json("answer")
    if answer["outcome"] == "accepted" { return true }
    guard answer["reason"] == "allocation" || answer["reason"] == "market_cap" else {
      throw BenchFailure("an attempt was answered with \(answer.text)")
    }
    return false
  }

  func release(_ wish: RaceWish) throws {
    let argument: JSON = [
      "gateway_epoch": .int(gatewayEpoch), "order_id": .string(wish.order), "state": "REJECTED", "reason": "race",
      "detail": "",
    ]
    let answer = try database.query("select advance_order($1::jsonb) as answer", [.json(argument)]).one().json("answer")
    guard answer["outcome"] == "advanced" else { throw BenchFailure("a release was answered with \(answer.text)") }
  }
}
