import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// The venue's side of the measurement, `floor-bench stand-in`: one market, ticks on demand, orders read and answered, nothing matched.
/// It serves as much of the protocol as feed and gateway ask for, and the same ticks on `/ws` with a plain `POST /order` for the
/// comparison bots; so both are measured against the same clock and the same cost.
///
/// An order of the floor is answered as the venue answers a fill-and-kill order that met nobody: the position stays flat, so every tick
/// can be ordered on, and the floor does all that a real refusal makes it do.
///
/// `POST /bench/start?to=floor|peers&rate=&count=&every=&warm=` sends ticks; `GET /bench/state` and `/bench/report` tell.
final class StandInVenue {
  static let series = "btc-4h"

  private let loop: EventLoop
  private let server: WebServer
  /// What each side has been told; they hear different ticks.
  private var floorPlan = TickPlan()
  private var peerPlan = TickPlan()
  /// Market time is wall time plus this, so that a measurement never meets the end of a window.
  private let offset: Int64
  private let slug: String
  private let windowEnd: Int64
  private var floorSockets: [WebPeer] = []
  private var peerSockets: [WebPeer] = []
  private var run: TickSeries?
  private var timer: TimerID?
  private var idleTimer: TimerID?
  private var lastStamp: Int64 = 0
  private var ordersSeen = 0

  init(loop: EventLoop) throws {
    self.loop = loop
    server = try WebServer(loop: loop, port: 0, limits: WebLimits(sendQueue: 64 << 20))
    let length: Int64 = 14_400
    let now = SystemClock.wall().seconds
    // An hour into a window of four.
    let start = now / length * length
    offset = (start + 3600 - now) * 1000
    slug = "btc-updown-4h-\(start)"
    windowEnd = start + length
    wire()
  }

  /// The process: serves until it is told to stop.
  static func serve() throws -> Int32 {
    let loop = try EventLoop()
    let venue = try StandInVenue(loop: loop)
    var isOver = false
    try loop.onSignal(SIGTERM) { isOver = true }
    print("ready \(venue.server.port)")
    fflush(nil)
    while !isOver { try loop.turn(timeout: nil) }
    return ExitCode.done.rawValue
  }

  private func wire() {
    server.acceptsSocket = { ["/ws", "/ws/market", "/ws/user", "/rtds"].contains($0.path) }
    server.onOpen = { [unowned self] peer, request in
      if request.path == "/ws/market" { floorSockets.append(peer) }
      if request.path == "/ws" { peerSockets.append(peer) }
    }
    server.onClose = { [unowned self] peer in
      floorSockets.removeAll { $0 == peer }
      peerSockets.removeAll { $0 == peer }
    }
    server.onText = { [unowned self] peer, text in heard(peer, text) }
    server.onRequest = { [unowned self] request, exchange in
      // First of all: the moment the order is here.
      let now = SystemClock.monotonic().nanoseconds
      server.respond(exchange, answer(request, now))
    }
    idleTimer = loop.every(.milliseconds(100)) { [unowned self] in
      if run == nil || run?.toPeers == true { send(isHit: false, toPeers: false, stamp: stampNow()) }
    }
  }

  private var marketMilliseconds: Int64 { SystemClock.wall().milliseconds + offset }

  private func stampNow() -> Int64 {
    lastStamp = max(lastStamp + 1, marketMilliseconds)
    return lastStamp
  }

  /// The stamp of a whole book: that of the tick that made it. A series has its stamps given to it beforehand; a book stamped after them
  /// would say that every tick still to come is old news.
  private func bookStamp() -> Int64 {
    guard let run, !run.toPeers, !run.isOver else { return stampNow() }
    return run.bookStamp
  }

  // MARK: Sockets

  private func heard(_ peer: WebPeer, _ text: [UInt8]) {
    if text.elementsEqual("PING".utf8) {
      server.send(Array("PONG".utf8), to: peer)
      return
    }
    guard floorSockets.contains(peer), let message = StandInVenue.json(text) else { return }
    for token in message["assets_ids"]?.array ?? [] where message["operation"]?.string != "unsubscribe" {
      if let token = token.string, let book = floorPlan.book(token, stamp: bookStamp()) { server.send(book, to: peer) }
    }
  }

  private func send(isHit: Bool, toPeers: Bool, stamp: Int64) {
    let now = SystemClock.monotonic().nanoseconds
    let message =
      toPeers
      ? peerPlan.tick(isHit: isHit, stamp: stamp, sent: now) : floorPlan.tick(isHit: isHit, stamp: stamp, sent: now)
    for peer in toPeers ? peerSockets : floorSockets { server.send(message, to: peer) }
  }

  // MARK: Ticks

  private func start(_ request: WebRequest) -> WebResponse {
    guard let rate = request.query("rate").flatMap(Int64.init), let count = request.query("count").flatMap(Int.init),
      let every = request.query("every").flatMap(Int.init), (1...1000).contains(rate), 1000 % rate == 0, count > 0,
      every > 0
    else { return .text("rate (a divisor of 1000), count and every are wanted\n", status: 400) }
    if let timer { loop.cancel(timer) }
    let series = TickSeries(
      toPeers: request.query("to") == "peers", count: count, every: every, rate: rate, after: stampNow(),
      now: SystemClock.monotonic().nanoseconds)
    lastStamp = series.stamp(of: count)
    ordersSeen = 0
    run = series
    timer = loop.every(.nanoseconds(1_000_000_000 / rate)) { [unowned self] in beat() }
    return .text("started\n")
  }

  private func beat() {
    guard var current = run, !current.isOver else { return }
    var now = SystemClock.monotonic().nanoseconds
    // A late timer owes several.
    while !current.isOver, current.due <= now + 100_000 {
      current.worstLag = max(current.worstLag, now - current.due)
      let number = current.sent.count
      current.sent.append(SystemClock.monotonic().nanoseconds)
      // In the run as well: a book that is asked for now is that of this tick.
      run = current
      send(isHit: (number + 1) % current.every == 0, toPeers: current.toPeers, stamp: current.stamp(of: number))
      current.due += current.interval
      now = SystemClock.monotonic().nanoseconds
    }
    run = current
    if current.isOver, let timer {
      loop.cancel(timer)
      // A series that ends on a cheap tick must not leave it standing: it would be ordered on again, seconds later.
      self.timer = loop.after(.nanoseconds(current.interval)) { [unowned self] in
        self.timer = nil
        send(isHit: false, toPeers: current.toPeers, stamp: stampNow())
      }
    }
  }

  // MARK: Requests

  private static let refusal = Array(
    #"{"error":"no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."}"#
      .utf8)
  private static let success = Array(
    #"{"success":true,"orderID":"0x7d1f0c","status":"matched","errorMsg":""}"#.utf8)

  private func answer(_ request: WebRequest, _ now: Int64) -> WebResponse {
    switch (request.method, request.path) {
    case ("POST", "/order"):
      ordersSeen += 1
      if let sent = StandInVenue.digits(after: "\"t\":", in: request.body) {
        run?.orders.append((sent, now))
        return .json(StandInVenue.success)
      }
      if let salt = StandInVenue.digits(after: "\"salt\":", in: request.body) { run?.orders.append((salt, now)) }
      return .json(StandInVenue.refusal, status: 400)
    case ("POST", "/bench/start"): return start(request)
    case ("POST", "/bench/hit"):
      send(isHit: true, toPeers: request.query("to") == "peers", stamp: stampNow())
      return .text("sent\n")
    case ("GET", "/bench/state"): return state()
    case ("GET", "/bench/report"): return report()
    case ("GET", "/sim/clock"):
      let wall = SystemClock.wall().nanoseconds
      let clock: JSON = [
        "anchor_wall_ns": .int(wall), "anchor_market_ns": .int(wall + offset * 1_000_000), "rate_milli": 1000,
      ]
      return .json(clock.bytes)
    case ("GET", "/markets/slug/" + slug): return .json(listing.bytes)
    case ("GET", "/markets"): return .json(Array("[]".utf8))
    case ("GET", "/book"):
      guard let book = floorPlan.book(request.query("token_id") ?? "", stamp: bookStamp()) else {
        return .text("", status: 404)
      }
      return .json(book)
    case ("GET", "/data/orders"), ("GET", "/data/trades"):
      return .json(Array(#"{"data":[],"next_cursor":"LTE=","limit":100,"count":0}"#.utf8))
    case ("GET", "/balance-allowance"): return .json(Array(#"{"balance":"1000000000","allowances":{}}"#.utf8))
    case ("POST", "/v1/heartbeats"): return .json(Array(#"{"heartbeat_id":"1"}"#.utf8))
    default: return .json(Array(#"{"error":"not found"}"#.utf8), status: 404)
    }
  }

  private var listing: JSON {
    [
      "id": "1", "question": "Up or down?", "conditionId": .string(TickPlan.condition), "slug": .string(slug),
      "outcomes": "[\"Up\",\"Down\"]", "outcomePrices": "[\"0.5\",\"0.5\"]",
      "clobTokenIds": .string("[\"\(TickPlan.tokens[0])\",\"\(TickPlan.tokens[1])\"]"), "active": true, "closed": false,
      "acceptingOrders": true, "enableOrderBook": true, "orderPriceMinTickSize": .number("0.01"),
      "orderMinSize": .number("5"), "negRisk": false, "feesEnabled": true, "version": "v1",
      "feeSchedule": ["exponent": 1, "rate": .number("0.07"), "takerOnly": true],
      "endDate": .string(CivilTime.iso8601(nanoseconds: windowEnd * 1_000_000_000)),
    ]
  }

  private func state() -> WebResponse {
    let state: JSON = [
      "floor_sockets": .int(floorSockets.count), "peer_sockets": .int(peerSockets.count), "orders": .int(ordersSeen),
      "ticks": .int(run?.sent.count ?? 0), "wanted": .int(run?.count ?? 0),
    ]
    return .json(state.bytes)
  }

  /// What was sent and read since the start of the last series; ends it.
  private func report() -> WebResponse {
    guard let run else { return .text("nothing was started\n", status: 404) }
    self.run = nil
    let report: JSON = [
      "first_stamp_ms": .int(run.firstStamp), "step_ms": .int(run.stepMilliseconds), "every": .int(run.every),
      "worst_lag_ns": .int(run.worstLag), "sent_ns": .array(run.sent.map { .int($0) }),
      "orders": .array(run.orders.map { .array([.string($0.key), .int($0.read)]) }),
    ]
    return .json(report.bytes)
  }

  private static func json(_ text: [UInt8]) -> JSON? {
    do throws(JSONError) { return try JSON.parse(text) } catch { return nil }
  }

  private static func digits(after key: String, in body: [UInt8]) -> String? {
    guard let range = body.firstRange(of: Array(key.utf8)) else { return nil }
    let digits = body[range.upperBound...].drop { $0 == 32 || $0 == 34 }.prefix { (48...57).contains($0) }
    return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
  }
}
