import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared

/// A floor on which entries are wished for all the time, and which is halted again and again. One thread. What is asked of it stands in
/// `HaltFloor+Cell.swift`.
final class HaltFloor {
  let bench: GatewayBench
  let truth: OpenOrderReader
  /// Sessions that are open before anything goes wrong.
  let person: BlockingDatabase
  let auditor: BlockingDatabase
  private var timer: TimerID?
  private var wishes: Int64 = 0
  /// With Redis away agents offer through the record.
  var offersThroughRecord = false
  private var resting = Price.one
  private var taking = Price.one
  private(set) var offerFailure: String?

  /// - Parameter hasDrawdown: equity may fall by a ten-thousandth only.
  init(hasDrawdown: Bool) throws {
    bench = try GatewayBench(
      venueArguments: ["--capital", "100000", "--activity", "0.3", "--mined-ms", "40", "--confirmed-ms", "90"],
      hasOwnRedis: true)
    bench.extraConfiguration = [
      .init("floor", ["capital_usd": "100000"]),
      .init(
        "limits",
        [
          "per_trade_pct": "2", "per_agent_pct": "10", "system_pct": "40", "orders_per_min": 60_000,
          "loss_streak_count": 1000, "open_positions_count": 1000, "drawdown_pct": hasDrawdown ? "0.01" : "50",
          "daily_loss_pct": "50", "api_error_pct": "100",
        ]),
      .init(
        "orders",
        [
          "request_timeout_ms": 400, "absence_proof_s": 2, "reconcile_s": 1, "collar_points": "0.2",
          "duplicate_window_ms": 1,
        ]),
    ]
    truth = OpenOrderReader(path: bench.directory.path + "/venue/truth.jsonl")
    person = try bench.database.open(as: "floor_operator")
    auditor = try bench.database.open(as: "floor_auditor")
    bench.knownClock = SimClock.clock(try bench.get("/sim/clock"))
    try bench.startGateway()
    try bench.open(capital: 100_000, allocation: "9000")
  }

  deinit { stopOffering() }

  var haltFile: String { bench.directory.path + "/state/halt" }
  var latch: String { bench.directory.path + "/state/halt.latch" }

  // MARK: Waiting

  /// Turns the loop until the condition holds, at most for that long. Returns whether it holds.
  @discardableResult
  func turn(atMost limit: Duration, until holds: () throws -> Bool = { false }) throws -> Bool {
    let end = SystemClock.monotonic().advanced(by: limit)
    while try !holds() {
      if SystemClock.monotonic() >= end { return false }
      try bench.loop.turn(timeout: .milliseconds(2))
    }
    return true
  }

  func milliseconds(_ time: WallTime, since start: WallTime) -> Double {
    Double(time.nanoseconds - start.nanoseconds) / 1_000_000
  }

  // MARK: Wishes without an end

  /// A wish every 40 ms from now on: most of them rest, some take.
  func startOffering(inNewMarket: Bool) throws {
    if inNewMarket { try bench.chooseMarket() } else { try bench.publishBook() }
    let book = try bench.book(.yes)
    guard let bid = book.bestBid, let ask = book.bestAsk else { throw BenchFailure("no book") }
    resting = moved(bid.price, ticks: -8)
    taking = moved(ask.price, ticks: 3)
    offerFailure = nil
    timer = bench.loop.every(.milliseconds(40)) { [unowned self] in
      do { try offer() } catch { offerFailure = "\(error)" }
    }
  }

  func stopOffering() {
    if let timer { bench.loop.cancel(timer) }
    timer = nil
  }

  private func offer() throws {
    wishes += 1
    let takes = wishes % 7 == 0
    // No two alike: the same wish again would be held for a runaway loop.
    let size = Shares(micros: (500 + wishes % 400) * 10_000)
    let wish = try bench.wish(
      price: takes ? taking : resting, size: size, type: takes ? .fillAndKill : .goodTillCancelled,
      useful: .seconds(600))
    if offersThroughRecord {
      try bench.looker.query("SELECT offer_intent($1)", [.json(wish.json)])
    } else {
      bench.agentBus.publish(Names.intents, wish.json.bytes)
    }
  }

  private func moved(_ price: Price, ticks: Int64) -> Price {
    let tick = bench.market.tick.micros
    return Price(micros: min(max(tick, price.micros + ticks * tick), 1_000_000 - tick))!
  }

  /// Buys until so many shares are held, one order after another.
  func hold(_ shares: Int64) throws {
    try bench.until("\(shares) shares to be held", within: .seconds(30)) {
      let wish = try bench.wish(price: bench.takingPrice(), size: Shares(whole: 20))
      try bench.send(wish)
      try bench.final(of: wish.terms.intent)
      return try bench.looker.query("SELECT coalesce(sum(shares), 0) AS s FROM positions").one().shares("s")
        >= Shares(whole: shares)
    }
  }

  // MARK: What the gateway said

  /// A line of the gateway's log.
  struct Line {
    let at: WallTime
    let json: JSON
    var message: String { json["message"]?.string ?? "" }
    var code: String { json["code"]?.string ?? "" }
    var detail: String { json["detail"]?.string ?? "" }
  }

  private var logOffset = 0
  private(set) var lines: [Line] = []

  /// Takes in what was logged since the last time; `forget` drops what came before.
  func readLog(forget: Bool = false) throws {
    if forget { lines.removeAll() }
    let path = bench.directory.path + "/state/log/order-gateway.log"
    let data = [UInt8](try Data(contentsOf: URL(filePath: path)))
    guard let end = data.lastIndex(of: 0x0A), end >= logOffset else { return }
    for piece in data[logOffset...end].split(separator: 0x0A) {
      let json = try JSON.parse(Array(piece))
      guard let nanoseconds = CivilTime.nanoseconds(parsing: json["ts"]?.string ?? "") else {
        throw BenchFailure("no time in \(json.text)")
      }
      lines.append(Line(at: WallTime(nanoseconds: nanoseconds), json: json))
    }
    logOffset = end + 1
  }

  func note(_ code: String) -> Line? { lines.first { $0.message == "gateway note" && $0.code == code } }
}
