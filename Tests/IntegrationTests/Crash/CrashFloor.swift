import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared

@testable import OrderGateway

/// A gateway that dies again and again, with everything around it: venue, record, bus, and a test that plays boss, feed and agent. One
/// thread. What is asked of it stands in `CrashFloor+Cell.swift`.
final class CrashFloor {
  /// One wish of the agent, and the cancel that it has sent after it.
  struct Wish {
    let message: IntentMessage
    let market: GammaMarket
    var cancel: IntentMessage?
    var id: IntentID { message.terms.intent }
  }

  enum Kind { case taking, resting, selling, tooLarge }

  let bench: GatewayBench
  let truth: TruthReader
  private let configuration: [JSON.Member]
  private var markets: [GammaMarket] = []
  private var turn = 0
  private(set) var deaths = 0

  /// - Parameter windowsEnd: market time runs so fast that a window of five minutes is over in five seconds.
  init(windowsEnd: Bool) throws {
    bench = try GatewayBench(
      venueArguments: [
        "--capital", "100000", "--activity", "0.3", "--mined-ms", "40", "--confirmed-ms", "90",
      ] + (windowsEnd ? ["--speed", "60", "--settlement-delay-s", "5"] : []))
    if windowsEnd { bench.slugWanted = { $0.windowStart != nil && $0.slug.text.contains("-5m-") } }
    configuration = [
      .init("floor", ["capital_usd": "100000"]),
      .init(
        "limits",
        [
          "per_trade_pct": "2", "per_agent_pct": "10", "system_pct": "40", "orders_per_min": 60_000,
          "loss_streak_count": 1000, "open_positions_count": 1000,
        ]),
      .init(
        "orders",
        [
          "request_timeout_ms": .int(VenueAnswer.patience), "absence_proof_s": 2, "reconcile_s": 1,
          "collar_points": "0.2", "duplicate_window_ms": 1,
        ]),
    ]
    truth = TruthReader(path: bench.directory.path + "/venue/truth.jsonl")
    bench.extraConfiguration = configuration
    try bench.startGateway()
    try bench.open(capital: 100_000, allocation: "9000")
    if !windowsEnd { try chooseMarkets() }
  }

  // MARK: The gateway's lives

  /// Another gateway, born to die at that point.
  func startDoomed(_ point: CrashPoint, pass: Int64, wait: Bool = true) throws {
    try bench.killGateway()
    bench.extraConfiguration =
      configuration + [.init("crash", ["point": .string(point.rawValue), "pass": .int(pass)])]
    try bench.startGateway(wait: wait, mayDie: true)
    if wait { _ = try turn(atMost: .seconds(10)) { !isAlive || bench.control?.progress?.mode == "ACTIVE" } }
  }

  /// Another gateway, born to live.
  func startSafe() throws {
    try bench.killGateway()
    bench.extraConfiguration = configuration
    try bench.startGateway()
    try bench.until("the mode to be ACTIVE") { bench.control?.progress?.mode == "ACTIVE" }
  }

  var isAlive: Bool { bench.gateway!.isRunning }

  /// The gateway is dead: of that point, or of something that nobody planned.
  func buried(_ point: CrashPoint) throws {
    bench.gateway!.waitUntilExit()
    let lines = try deathsWritten()
    guard bench.gateway!.terminationReason == .uncaughtSignal, bench.gateway!.terminationStatus == SIGKILL,
      lines.count == deaths + 1, lines.last == point.rawValue
    else {
      throw BenchFailure(
        "the gateway ended by itself with \(bench.gateway!.terminationStatus), points \(lines.suffix(2))\n\(bench.tail())"
      )
    }
    deaths = lines.count
  }

  /// The points at which gateways of this floor have died, in their order: their own last words.
  func deathsWritten() throws -> [String] {
    let path = bench.directory.path + "/state/log/order-gateway.crashes"
    guard SmallFile.exists(path) else { return [] }
    let text = String(decoding: try SmallFile.read(path, bytesMax: 1 << 20), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }

  // MARK: Waiting

  /// Turns the loop until the condition holds, at most for that long. Returns whether it holds.
  func turn(atMost limit: Duration, until holds: () throws -> Bool) throws -> Bool {
    let end = SystemClock.monotonic().advanced(by: limit)
    while try !holds() {
      if SystemClock.monotonic() >= end { return false }
      try bench.loop.turn(timeout: .milliseconds(5))
    }
    return true
  }

  // MARK: Markets

  /// Every question of the venue that is open for a while yet, written down for the gateway.
  private func chooseMarkets() throws {
    let soon = try bench.marketNow().advanced(by: .seconds(60))
    let known = Set(markets.map(\.slug))
    markets = try (bench.get("/markets?limit=100").array ?? []).compactMap { try? GammaMarket($0) }.filter {
      $0.acceptingOrders && $0.windowStart == nil && ($0.end.map { $0 > soon } ?? true)
    }
    for market in markets where !known.contains(market.slug) {
      bench.market = market
      try bench.recordMarket()
    }
    guard markets.count >= 3 else { throw BenchFailure("only \(markets.count) markets are open") }
  }

  /// Another market and outcome each time, in which the gateway may enter and somebody offers enough; the feed has told of it.
  private func place(_ side: Side) throws -> (outcome: Outcome, book: BookTop) {
    for attempt in 0..<200 {
      if attempt % 28 == 27 { try chooseMarkets() }
      turn += 1
      let market = markets[turn / 2 % markets.count]
      let outcome: Outcome = turn % 2 == 0 ? .yes : .no
      guard try !hasUnknown(market.token(of: outcome)) else { continue }
      bench.market = market
      let book = try bench.book(outcome)
      guard let bid = book.bestBid, let ask = book.bestAsk, ask.size >= Shares(whole: 10),
        bid.size >= Shares(whole: 10),
        bid.price.micros >= 100_000, ask.price.micros <= 900_000
      else {
        try bench.loop.turn(timeout: .milliseconds(10))
        continue
      }
      try bench.publishBook()
      return (outcome, book)
    }
    throw BenchFailure("nobody to trade with")
  }

  private func hasUnknown(_ token: TokenID) throws -> Bool {
    try bench.looker.query(
      "SELECT count(*) AS n FROM order_state WHERE token_id = $1 AND state = 'UNKNOWN'", [.id(token)]
    ).one().int("n") > 0
  }

  /// Shares that may be sold: none of a fill that is still settling.
  private func holding() throws -> (slug: MarketSlug, outcome: Outcome, free: Shares)? {
    let rows = try bench.looker.query(
      """
      SELECT t.slug, t.outcome, p.shares - p.reserved_shares AS free FROM positions p JOIN tokens t USING (token_id)
       WHERE p.shares - p.reserved_shares >= 5
         AND NOT EXISTS (SELECT FROM fills f JOIN fill_state s USING (venue_trade_id, order_id)
                          WHERE f.token_id = p.token_id AND s.status NOT IN ('CONFIRMED', 'FAILED'))
         AND NOT EXISTS (SELECT FROM order_state o WHERE o.token_id = p.token_id AND o.state = 'UNKNOWN')
       ORDER BY free DESC LIMIT 1
      """)
    guard let row = rows.first, let outcome = Outcome(rawValue: try row.text("outcome")) else { return nil }
    return (try row.id("slug"), outcome, try row.shares("free"))
  }

  // MARK: Wishes

  /// A wish of that kind with size, price and type by chance; `nil` when there is nothing to sell.
  func wish(_ kind: Kind, _ random: inout SeededGenerator) throws -> Wish? {
    let useful = Duration.seconds(40)
    let message: IntentMessage
    switch kind {
    case .taking:
      let (outcome, book) = try place(.buy)
      let price = moved(book.bestAsk!.price, ticks: 3)
      let type: TimeInForce = [.fillAndKill, .fillAndKill, .goodTillCancelled, .fillOrKill].randomElement(
        using: &random)!
      message = try bench.wish(.buy, outcome, price: price, size: size(price, &random), type: type, useful: useful)
    case .resting:
      let (outcome, book) = try place(.buy)
      let type: TimeInForce = Bool.random(using: &random) ? .goodTillCancelled : .goodTillDate
      message = try bench.wish(
        .buy, outcome, price: moved(book.bestBid!.price, ticks: -5), size: size(book.bestBid!.price, &random),
        type: type,
        useful: useful)
    case .tooLarge:
      let (outcome, book) = try place(.buy)
      message = try bench.wish(
        .buy, outcome, price: book.bestAsk!.price, size: Shares(whole: 500_000), useful: useful)
    case .selling:
      guard let holding = try holding(), let market = markets.first(where: { $0.slug == holding.slug }) else {
        return nil
      }
      bench.market = market
      let book = try bench.book(holding.outcome)
      guard let bid = book.bestBid, bid.size >= Shares(whole: 5) else { return nil }
      try bench.publishBook()
      let most = min(holding.free, Shares(whole: 9)).cut(decimals: 2)
      message = try bench.wish(
        .sell, holding.outcome, price: moved(bid.price, ticks: -3),
        size: Bool.random(using: &random) ? most : Shares(whole: 5), useful: useful)
    }
    return Wish(message: message, market: bench.market)
  }

  /// Five to nine shares and some hundredths, and never less than the dollar that the venue wants of who takes.
  private func size(_ price: Price, _ random: inout SeededGenerator) -> Shares {
    let least = max(500, 120_000_000 / price.micros + 1)
    return Shares(micros: (least + Int64.random(in: 0...400, using: &random)) * 10_000)
  }

  private func moved(_ price: Price, ticks: Int64) -> Price {
    let tick = bench.market.tick.micros
    return Price(micros: min(max(tick, price.micros + ticks * tick), 1_000_000 - tick))!
  }

  func cancel(_ wish: Wish) throws -> IntentMessage {
    bench.market = wish.market
    let terms = wish.message.terms
    let message = try bench.wish(
      terms.side, terms.outcome, price: terms.price, size: terms.size, cancels: wish.id)
    try bench.send(message)
    return message
  }
}
