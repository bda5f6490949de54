import FloorIOData
import Shared

/// Record calls as the arguments of the database's functions (contracts: `sql/README.md`).
struct RecordStatements {
  let gatewayEpoch: Epoch
  private let perOrder: USD
  private let marketCap: USD?
  /// What the record has to hold too where two orders race: as it is of the capital, and those rules that have to be worked out each time.
  private let rules: JSON?
  private let moving: [LimitRule]
  private let capital: USD
  private let floor: () -> FloorStanding?

  /// - Parameter floor: how it stands now; without it rules that are of its worth are held by the gate alone.
  init(gatewayEpoch: Epoch, limits: RiskLimits, capital: USD, floor: @escaping () -> FloorStanding? = { nil }) {
    self.capital = capital
    self.floor = floor
    self.gatewayEpoch = gatewayEpoch
    perOrder = limits.perTrade(capital)
    marketCap = limits.perMarketUSD
    let shared = limits.rules.filter { $0.scope != .order }
    moving = shared.contains { $0.base != .capital } ? shared : []
    rules =
      shared.isEmpty || !moving.isEmpty ? nil : .array(shared.map { Self.json($0, $0.limit(of: capital)) })
  }

  private static func json(_ rule: LimitRule, _ cap: USD?) -> JSON {
    let json: JSON = [
      "scope": .string(rule.scope.rawValue), "name": .optional(rule.name.map { .string($0) }),
      "cap": .optional(cap.map { .text($0) }), "code": .string(rule.scope.code.rawValue),
    ]
    guard rule.base == .allocation else { return json }
    return json.with("allocation_bps", .optional(rule.amount.basisPoints.map { .int($0) }))
  }

  /// The rules with what they come to now. Of an allocation the record knows more than we: it works the share out under its own locks.
  private var limits: JSON? {
    if moving.isEmpty { return rules }
    let floor = floor()
    return .array(
      moving.map { rule in
        switch rule.base {
        case .capital: Self.json(rule, rule.limit(of: capital))
        case .allocation: Self.json(rule, rule.amount.usd)
        case .equity, .dayEquity:
          Self.json(rule, floor.map { rule.limit(of: $0.base(rule.base, allocation: .zero)) } ?? rule.amount.usd)
        }
      })
  }

  static let submitIntent: StaticString = "select submit_intent($1::jsonb) as answer"
  static let submitOwnExit: StaticString = "select submit_own_exit($1::jsonb) as answer"
  static let advanceOrder: StaticString = "select advance_order($1::jsonb) as answer"
  static let recordFill: StaticString = "select record_fill($1::jsonb) as answer"
  static let settleFills: StaticString = "select settle_fills($1::jsonb) as answer"

  func statement(_ call: RecordCall, now: Moment) -> (sql: StaticString, argument: JSON) {
    switch call {
    case .submit(let submission):
      (submission.origin == .gateway ? Self.submitOwnExit : Self.submitIntent, submit(submission, now: now))
    case .deny(let terms, let origin, let refusal):
      (
        Self.submitIntent,
        wish(terms, origin, now: now).with(
          "denied", ["reason": .string(refusal.code.rawValue), "detail": .string(refusal.detail)])
      )
    case .acceptCancel(let terms): (Self.submitIntent, wish(terms, .agent, now: now))
    case .advance(let id, let state, let reason, let detail):
      (
        Self.advanceOrder,
        [
          "gateway_epoch": .int(gatewayEpoch.number), "order_id": .text(id), "state": .string(state.rawValue),
          "reason": .string(reason), "detail": .string(String(detail.prefix(300))),
        ]
      )
    case .fill(let fill): (Self.recordFill, told(fill, fill.settlement, now: now))
    case .settle(let fill, let state): (Self.recordFill, told(fill, state, now: now))
    }
  }

  /// News of many settlements in one statement; the answer is a list of theirs, in the same order.
  func settlements(_ calls: [RecordCall], now: Moment) -> (sql: StaticString, argument: JSON) {
    let told = calls.compactMap { call in
      if case .settle(let fill, let state) = call { self.told(fill, state, now: now) } else { nil }
    }
    return (Self.settleFills, ["gateway_epoch": .int(gatewayEpoch.number), "fills": .array(told)])
  }

  /// News of a settlement tells the fill whole: when the fill's own call had to be repeated, this one comes before it and makes its row.
  private func told(_ fill: FillRecord, _ state: SettlementState, now: Moment) -> JSON {
    [
      "gateway_epoch": .int(gatewayEpoch.number), "order_id": .text(fill.key.order), "trade": .text(fill.key.trade),
      "price": .text(fill.price), "size": .text(fill.size), "notional": .text(fill.cash), "fee": .text(fill.fee),
      "liquidity": .string(fill.isTaker ? "TAKER" : "MAKER"), "status": .string(state.rawValue),
      "executed_ns": .int(now.wall.nanoseconds), "market_ns": .int(fill.matchedAt.nanoseconds),
      "source": .string(fill.road.rawValue),
    ]
  }

  private func wish(_ terms: IntentMessage.Terms, _ origin: IntentOrigin, now: Moment) -> JSON {
    .object(wishMembers(terms, origin, now: now))
  }

  private func wishMembers(_ terms: IntentMessage.Terms, _ origin: IntentOrigin, now: Moment) -> [JSON.Member] {
    [
      .init("intent", .text(terms.intent)), .init("agent", .text(terms.agent)),
      .init("epoch", .int(terms.epoch.number)), .init("gateway_epoch", .int(gatewayEpoch.number)),
      .init("origin", .string(origin.rawValue)), .init("action", .string(terms.action.rawValue)),
      .init("market", .text(terms.market)), .init("outcome", .string(terms.outcome.rawValue)),
      .init("side", .string(terms.side.rawValue)), .init("type", .string(terms.type.rawValue)),
      .init("price", .text(terms.price)), .init("size", .text(terms.size)),
      .init("useful_until_ns", .int(terms.usefulUntil.nanoseconds)),
      .init("market_now_ns", .int(now.market.nanoseconds)),
      .init("cancels", .optional(terms.cancels.map { .text($0) })),
    ]
  }

  private func submit(_ submission: OrderSubmission, now: Moment) -> JSON {
    // A journaled order was judged when it left: the record follows with the time of that moment.
    let at = submission.journaled ? submission.signed.signedAt : now.wall
    let moment = Moment(monotonic: now.monotonic, wall: at, clock: now.clock)
    var members = wishMembers(submission.terms, submission.origin, now: moment)
    func add(_ key: String, _ value: JSON) { members.append(JSON.Member(key, value)) }
    add("worst", .text(submission.worst))
    add("per_order_limit", .text(perOrder))
    if let marketCap { add("market_cap", .text(marketCap)) }
    if let limits { add("limits", limits) }
    add("order_id", .text(submission.signed.id))
    add("signed_body", .string(Base64.encode(submission.signed.body)))
    add("expires_ns", .optional(submission.signed.expires.map { .int($0.nanoseconds) }))
    if submission.journaled { add("journaled", true) }
    add("feed_order", .int(submission.feedOrder))
    add("book_ts_ns", .int(submission.bookTime.nanoseconds))
    add("reason", .string(submission.reason))
    return .object(members)
  }
}

/// Plain base64 with padding (RFC 4648, section 4), as PostgreSQL's `decode(…, 'base64')` reads it.
enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      let a = UInt32(bytes[index]) << 16
      let b = left > 1 ? UInt32(bytes[index + 1]) << 8 : 0
      let group = a | b | (left > 2 ? UInt32(bytes[index + 2]) : 0)
      out.append(digits[Int(group >> 18)])
      out.append(digits[Int(group >> 12 & 63)])
      out.append(left > 1 ? digits[Int(group >> 6 & 63)] : UInt8(ascii: "="))
      out.append(left > 2 ? digits[Int(group & 63)] : UInt8(ascii: "="))
      index += 3
    }
    return String(decoding: out, as: UTF8.self)
  }
}
