import Shared

/// The book that the stand-in venue shows and how it moves, tick by tick. One market of two mirrored tokens: at rest both are offered at
/// 0.58; a *hit* offers one of them, either with the same chance, at 0.44 until the next tick. Whoever buys at or below 0.45 orders on
/// exactly the hits. Every tick changes the book, and its first change belongs to the cheap token.
struct TickPlan: Sendable {
  static let condition = "0x5f65177b394277fd294cd75650044e32ba009a95022d88a0c1d565897d72f8f1"
  static let tokens = [
    "52114319501245915516055106046884209969926127482827954674443846427813813222426",
    "71321045679252212594626385532706912750332728571942532289631379312455583992563",
  ]

  /// Which token is cheap after the last tick.
  private(set) var cheap: Outcome?
  private var random = SeededGenerator(seed: 7)
  private var number = 0

  /// One change of a level, told for one token.
  private struct Change {
    let outcome: Outcome
    let price: String
    let size: String
    let isBid: Bool
  }

  private static func best(_ outcome: Outcome, cheap: Outcome?) -> (bid: String, ask: String) {
    guard let cheap else { return ("0.42", "0.58") }
    return outcome == cheap ? ("0.42", "0.44") : ("0.56", "0.58")
  }

  /// The next message of the market channel.
  /// - Parameters:
  ///   - isHit: whether a token is cheap from now on.
  ///   - stamp: the venue's time, milliseconds.
  ///   - sent: when it is sent, monotonic nanoseconds: what the comparison bots send back.
  mutating func tick(isHit: Bool, stamp: Int64, sent: Int64) -> [UInt8] {
    number += 1
    let before = cheap
    cheap = isHit ? (random.next() & 1 == 0 ? .yes : .no) : nil
    let size = "\(1000 + number % 900).25"
    var changes: [Change] = []
    func offer(_ outcome: Outcome, _ size: String) {
      changes.append(Change(outcome: outcome, price: "0.44", size: size, isBid: false))
      changes.append(Change(outcome: outcome.other, price: "0.56", size: size, isBid: true))
    }
    if let cheap { offer(cheap, size) }
    if let before, before != cheap { offer(before, "0") }
    if changes.isEmpty || (cheap == nil && before != nil) {
      changes.insert(
        contentsOf: [
          Change(outcome: .yes, price: "0.42", size: size, isBid: true),
          Change(outcome: .no, price: "0.58", size: size, isBid: false),
        ], at: 0)
    }
    var out: [UInt8] = []
    out.reserveCapacity(1300)
    out += "{\"market\":\"\(TickPlan.condition)\",\"price_changes\":[".utf8
    for (index, change) in changes.enumerated() {
      let best = TickPlan.best(change.outcome, cheap: cheap)
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out +=
        "{\"asset_id\":\"\(TickPlan.tokens[change.outcome.index])\",\"price\":\"\(change.price)\",\"size\":\"\(change.size)\","
        .utf8
      out += "\"side\":\"\(change.isBid ? "BUY" : "SELL")\",\"hash\":\"bf32b3746fff40c76c98021b7f3f07261169dd26\",".utf8
      out += "\"best_bid\":\"\(best.bid)\",\"best_ask\":\"\(best.ask)\"}".utf8
    }
    out += "],\"timestamp\":\"\(stamp)\",\"event_type\":\"price_change\",\"t\":\(sent)}".utf8
    return out
  }

  /// One token's whole book as it stands, as an event of the market channel and as the answer to `GET /book`.
  func book(_ token: String, stamp: Int64) -> [UInt8]? {
    guard let index = TickPlan.tokens.firstIndex(of: token) else { return nil }
    let outcome: Outcome = index == Outcome.yes.index ? .yes : .no
    let best = TickPlan.best(outcome, cheap: cheap)
    func levels(_ prices: [String]) -> String {
      prices.map { "{\"price\":\"\($0)\",\"size\":\"1000.25\"}" }.joined(separator: ",")
    }
    let bids = best.bid == "0.42" ? ["0.42"] : ["0.42", best.bid]
    let asks = best.ask == "0.58" ? ["0.58"] : ["0.58", best.ask]
    return Array(
      """
      {"event_type":"book","market":"\(TickPlan.condition)","asset_id":"\(token)","timestamp":"\(stamp)",\
      "hash":"1895759e4df7a796bf4f1c5a5950b748306923e2","bids":[\(levels(bids))],"asks":[\(levels(asks))]}
      """.utf8)
  }
}
