import FloorIOData
import FloorIOVenue
import Shared

/// How quickly the simulated venue answers under load: orders at an exact rate over kept connections, while many web sockets listen to the
/// market channel. Open loop: each order has its moment, whatever became of the one before, and its time counts from that moment, so that
/// a venue that stalls is charged for all that waited. Orders are signed before the measured time.
final class VenueLoad {
  struct Settings {
    var rate = 2000
    var sockets = 200
    var seconds = 10
    var rounds = 3
    var connections = 64
  }

  private let settings: Settings
  private let bench: Bench
  private let http: HTTPClient
  private let context: WebContext
  private let venue: ChildProcess
  private let base: String
  private let key: EthereumKey
  private let owner: String
  private let credentials: L2Authentication
  private var markets: [GammaMarket] = []
  private var sockets: [WebSocketClient] = []
  private var open = 0
  private var ended = 0
  private var heard: [Int]
  private var salt: UInt64 = 0

  static func run(_ settings: Settings, say: (String) -> Void) throws -> JSON {
    let bench = try Bench()
    defer { bench.scratch.remove() }
    let load = try VenueLoad(settings, bench)
    defer { load.stop() }
    var rounds: [JSON] = []
    for number in 1...settings.rounds {
      let round = try load.round()
      say("round \(number): p99 \(round["p99"]?.int ?? 0) µs")
      rounds.append(round)
    }
    return [
      "scenario": "venue", "rate": .int(settings.rate), "sockets": .int(settings.sockets),
      "seconds": .int(settings.seconds),
      "markets": .int(load.markets.count), "rounds": .array(rounds),
    ]
  }

  private init(_ settings: Settings, _ bench: Bench) throws {
    self.settings = settings
    self.bench = bench
    heard = [Int](repeating: 0, count: settings.sockets)
    let data = bench.scratch.path + "/venue-data"
    venue = try bench.child(
      bench.programs + "/sim-venue",
      ["--port", "0", "--data", data, "--seed", "1", "--capital", "100000000"], output: "sim-venue")
    let process = venue
    let output = bench.scratch.path + "/sim-venue"
    try bench.wait("sim-venue", limit: .seconds(20)) {
      guard process.exit == nil else { throw BenchFailure("sim-venue ended: \(Bench.said(output))") }
      return try Bench.text(output).contains("ready on")
    }
    let file = try JSON.parse(try Bench.text(data + "/credentials.json"))
    func text(_ name: String) throws -> String {
      guard let value = file[name]?.string else { throw BenchFailure("the venue's credentials have no \(name)") }
      return value
    }
    base = try text("base_url")
    guard let bytes = Word256(hex: try text("private_key")) else { throw BenchFailure("the venue's key is none") }
    key = try EthereumKey(privateKey: bytes.bytes)
    owner = try text("api_key")
    credentials = try L2Authentication(
      address: key.address, apiKey: owner, secret: try text("secret"), passphrase: try text("passphrase"))
    http = HTTPClient(loop: bench.loop, connections: settings.connections)
    context = try WebContext(loop: bench.loop)
    try findMarkets()
    try openSockets()
  }

  private func stop() {
    for socket in sockets { socket.close() }
    http.close()
    context.close()
    venue.end(grace: .seconds(2))
    do { try bench.wait("sim-venue's end") { venue.exit != nil } } catch { venue.end(grace: .zero) }
  }

  private func findMarkets() throws {
    let gamma = GammaClient(http: http, base: base)
    try bench.wait("open markets", limit: .seconds(20)) {
      var page: Result<GammaClient.Page<GammaMarket>, VenueCallError>?
      gamma.openMarkets { page = $0 }
      try bench.wait("a page of markets") { page != nil }
      // Up/down windows end while we measure.
      markets = try page?.get().items.filter { $0.acceptingOrders && MarketSeries.contract($0.slug) == nil } ?? []
      return !markets.isEmpty
    }
  }

  /// Each listens to both tokens of one market, the markets in turn.
  private func openSockets() throws {
    let endpoint = try WebEndpoint("ws" + base.dropFirst(4) + "/ws/market")
    for number in 0..<settings.sockets {
      let socket = try WebSocketClient(context: context, endpoint: endpoint)
      let market = markets[number % markets.count]
      let frame: JSON = ["type": "market", "assets_ids": .array(market.tokens.map { .text($0.token) })]
      socket.onOpen = { [unowned self, unowned socket] in
        open += 1
        socket.send(frame.bytes)
      }
      socket.onText = { [unowned self] _ in heard[number] += 1 }
      socket.onEnd = { [unowned self] _ in ended += 1 }
      sockets.append(socket)
      socket.connect()
      // A few at a time, as a listening queue wants it.
      if number % 20 == 19 { try bench.wait("web sockets", limit: .seconds(20)) { open + ended > number } }
    }
    try bench.wait("all web sockets", limit: .seconds(20)) { open + ended == settings.sockets && !heard.contains(0) }
    guard ended == 0 else { throw BenchFailure("\(ended) web sockets ended") }
  }

  /// Resting buys far below every market, of the smallest size.
  private func prepare(_ count: Int) throws -> [[UInt8]] {
    let signer = OrderSigner(key: key)
    return try (0..<count).map { number in
      let market = markets[number % markets.count]
      let token = market.tokens[number / markets.count % 2].token
      salt += 1
      let steps = Int64(number / markets.count / 2 % 3 + 1)
      guard let price = Price(micros: market.tick.micros * steps) else {
        throw BenchFailure("a tick of \(market.tick)")
      }
      let order = ExchangeOrder(
        salt: salt, maker: key.address, signer: key.address, token: token,
        amounts: try .limit(.buy, price: price, size: market.minimumSize, tick: market.tick), side: .buy,
        createdAtMilliseconds: UInt64(SystemClock.wall().milliseconds))
      let domain = ExchangeDomain(token: try Word256(token), negRisk: market.negRisk, chainID: ExchangeDomain.polygon)
      return try signer.sign(order, for: domain).body(owner: owner, timeInForce: .goodTillCancelled)
    }
  }

  private func round() throws -> JSON {
    let bodies = try prepare(settings.rate * settings.seconds)
    let frames = heard.reduce(0, +)
    var times: [Int64] = []
    times.reserveCapacity(bodies.count)
    var lateness: [Int64] = []
    lateness.reserveCapacity(bodies.count)
    var refused: [String: Int] = [:]
    var sent = 0
    var answered = 0
    let interval = 1_000_000_000 / Int64(settings.rate)
    let start = SystemClock.monotonic().advanced(by: .milliseconds(50))
    let limit = start.advanced(by: .seconds(Int64(settings.seconds) + 20))
    while answered < bodies.count {
      var now = SystemClock.monotonic()
      guard now < limit else { throw BenchFailure("\(answered) of \(bodies.count) orders answered, \(sent) sent") }
      while sent < bodies.count {
        let due = start.advanced(by: .nanoseconds(Int64(sent) * interval))
        guard due <= now else { break }
        let body = bodies[sent]
        sent += 1
        lateness.append(now.since(due).nanoseconds)
        var headers = credentials.headers(
          timestamp: SystemClock.wall().seconds, method: "POST", path: "/order", body: body
        ).map { WebField($0.name, $0.value) }
        headers.append(WebField("Content-Type", "application/json"))
        http.send(HTTPRequest("POST", base + "/order", headers: headers, body: body), timeout: .seconds(15)) { result in
          answered += 1
          times.append(SystemClock.monotonic().since(due).nanoseconds)
          switch result {
          case .success(let answer) where answer.status == 200: break
          case .success(let answer):
            refused["\(answer.status) \(String(decoding: answer.body.prefix(80), as: UTF8.self))", default: 0] += 1
          case .failure(let error): refused[error.description, default: 0] += 1
          }
        }
        now = SystemClock.monotonic()
      }
      let next = start.advanced(by: .nanoseconds(Int64(sent) * interval))
      let wait = sent < bodies.count ? max(next.since(now), .zero) : .milliseconds(20)
      try bench.loop.turn(timeout: wait)
    }
    let took = SystemClock.monotonic().since(start).nanoseconds
    guard ended == 0 else { throw BenchFailure("\(ended) web sockets ended") }
    let answers = Percentiles(times)
    let late = Percentiles(lateness)
    return [
      "orders": .int(bodies.count), "accepted": .int(bodies.count - refused.values.reduce(0, +)),
      "per_second": .int(Int64(bodies.count) * 1_000_000_000 / took), "p50": .int(answers.p50 / 1000),
      "p99": .int(answers.p99 / 1000), "p999": .int(answers.p999 / 1000), "late_p99": .int(late.p99 / 1000),
      "frames": .int(heard.reduce(0, +) - frames),
      "refused": .object(refused.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .int($0.value)) }),
    ]
  }

  static func table(_ result: JSON) -> String {
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
    var lines = [
      "\(result["rate"]?.int ?? 0) orders a second for \(result["seconds"]?.int ?? 0) s, \(result["sockets"]?.int ?? 0) web sockets "
        + "over \(result["markets"]?.int ?? 0) markets; scheduled moment to answer, µs",
      "round     p50     p99   p99.9  sent late p99  orders/s  accepted      frames",
    ]
    for (number, round) in (result["rounds"]?.array ?? []).enumerated() {
      lines.append(
        cell(String(number + 1), 5)
          + [
            ("p50", 8), ("p99", 8), ("p999", 8), ("late_p99", 15), ("per_second", 10), ("accepted", 10), ("frames", 12),
          ]
          .map { cell(round[$0.0]?.text ?? "", $0.1) }.joined())
      for member in round["refused"]?.members ?? [] { lines.append("      \(member.value.text) × \(member.key)") }
    }
    return lines.joined(separator: "\n")
  }
}
