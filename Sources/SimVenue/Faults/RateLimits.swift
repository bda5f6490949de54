import Shared

/// The documented request limits (protocol document, sections 1.7, 2.16 and 6.1), in sliding windows of ten seconds of wall time counted
/// by the second. There is one caller here: the whole machine is one address. The real edge delays before it refuses; this one refuses.
/// Behind it each signer's orders and cancels have limits of their own.
struct RateLimits: Sendable {
  /// Per cent of the documented limits; `nil` is no limit.
  var percent: Int64?
  private(set) var refused: Int64 = 0
  private var signers = SignerLimits()
  /// Requests of the last seconds by class, each with its second.
  private var counts: [String: [(second: Int64, count: Int64)]] = [:]

  private static let window: Int64 = 10

  /// The refusal of a request that is one too many in one of its classes; a request that is let through counts in all of them.
  mutating func refusal(_ method: String, _ path: String, at wall: WallTime) -> Answer? {
    guard let percent else { return nil }
    let now = wall.seconds
    let classes = Self.classes(method, path)
    for (name, limit) in classes {
      counts[name]?.removeAll { now - $0.second >= Self.window }
      let recent = counts[name] ?? []
      guard recent.reduce(0, { $0 + $1.count }) >= max(1, limit * percent / 100) else { continue }
      refused += 1
      var answer = Answer.refused(429, "Too Many Requests")
      answer.retryAfter = max(1, (recent.first?.second ?? now) + Self.window - now)
      return answer
    }
    for (name, _) in classes {
      if counts[name]?.last?.second == now {
        counts[name]![counts[name]!.count - 1].count += 1
      } else {
        counts[name, default: []].append((now, 1))
      }
    }
    return nil
  }

  /// Counts what an authenticated request takes from its signer's buckets. `nil` without limits, when nothing is announced either: whoever
  /// reads of a limit keeps to half of it, and would be slow for nothing.
  /// - Parameter shown: the clock that the venue tells.
  mutating func take(
    _ cost: @autoclosure () -> SignerLimits.Cost?, of signer: String, at wall: WallTime, shown: WallTime
  ) -> (standing: SignerLimits.Standing, refusal: Answer?)? {
    guard let percent, let cost = cost() else { return nil }
    return signers.take(cost, of: signer, percent: percent, at: wall, shown: shown)
  }

  /// The classes a request counts in, with their limits for ten seconds.
  static func classes(_ method: String, _ path: String) -> [(String, Int64)] {
    let endpoint = "\(method) \(path)"
    if path.hasPrefix("/v2/") { return [("data v2", 800), (path, second[path] ?? 800)] }
    if let limit = first[path] { return [("data v1", 1_000), (path, limit)] }
    if path.hasPrefix("/events") { return [("gamma", 4_000), ("listings", 900), ("/events", 500)] }
    if path.hasPrefix("/markets"), method == "GET", !path.hasPrefix("/markets-by-token") {
      return [("gamma", 4_000), ("listings", 900), ("/markets", 300)]
    }
    var classes: [(String, Int64)] = [("clob", 9_000)]
    if let limit = orders[endpoint] { classes.append((endpoint, limit)) }
    if let limit = reads[path] { classes.append((path, limit)) }
    if path.hasPrefix("/auth/") { classes.append(("/auth", 100)) }
    if path.hasPrefix("/data/") || path == "/notifications" { classes.append(("ledger", 900)) }
    return classes
  }

  private static let orders: [String: Int64] = [
    "POST /order": 5_000, "DELETE /order": 5_000, "POST /orders": 2_000, "DELETE /orders": 2_000,
    "DELETE /cancel-all": 250, "DELETE /cancel-market-orders": 1_500,
  ]
  private static let reads: [String: Int64] = [
    "/ok": 100, "/book": 1_500, "/price": 1_500, "/midpoint": 1_500, "/books": 500, "/prices": 500, "/midpoints": 500,
    "/prices-history": 1_000, "/tick-size": 200, "/balance-allowance": 200, "/balance-allowance/update": 50,
    "/data/orders": 500, "/data/trades": 500, "/notifications": 125,
  ]
  private static let first: [String: Int64] = [
    "/trades": 200, "/positions": 150, "/closed-positions": 150, "/activity": 1_000, "/holders": 1_000,
    "/value": 1_000, "/traded": 1_000, "/oi": 1_000, "/live-volume": 1_000, "/v1/leaderboard": 1_000,
  ]
  private static let second: [String: Int64] = [
    "/v2/trades": 300, "/v2/positions": 200, "/v2/activity": 200, "/v2/prices-history": 200, "/v2/status": 100,
  ]

  /// `{"percent": …}`; 0 is no limit. With `tier`, `called` and `warns` for the signers' limits.
  mutating func set(_ value: WireValue) throws(FaultProblem) {
    guard let number = value["percent"]?.asNumber, (0...100).contains(number) else {
      throw FaultProblem("percent is between 0 and 100")
    }
    signers = try SignerLimits(value)
    percent = number == 0 ? nil : number
    counts = [:]
    refused = 0
  }

  var shown: WireValue {
    .object(
      ("percent", .integer(percent ?? 0)), ("tier", .text(signers.tier.rawValue)),
      ("called", .text(signers.word ?? signers.tier.rawValue)), ("warns", .flag(signers.onlyWarns)),
      ("refused", .integer(refused)), ("signer_refused", .integer(signers.refused)),
      ("signer_warned", .integer(signers.warned)))
  }
}
