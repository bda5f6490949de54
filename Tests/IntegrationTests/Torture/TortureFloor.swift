import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared

@testable import OrderGateway

/// A floor that is hurt all the time: a real gateway, PostgreSQL, Redis and venue of its own, a proxy before each of the three, and a test
/// that plays boss, feed, many agents and whoever restarts what has died. One thread, but for the restarts of servers. How wishes flow
/// stands in `TortureFloor+Run.swift`, what goes wrong in `TortureFault.swift`.
final class TortureFloor {
  /// One agent and what its events have told it.
  struct Agent {
    let name: AgentName
    let epoch: Epoch
    let allocation: USD
    var decisions: Int64 = 0
    var cursor: Int64 = 0
    var held: [Place: Holding] = [:]
    /// Where it wishes nothing for a while: the gateway does not know yet what became of somebody's order there.
    var rests: [Place: MonotonicTime] = [:]
    /// Until when it wishes nothing at all: venue or record are away.
    var pausesUntil: MonotonicTime?
  }

  /// An outcome of a market.
  struct Place: Hashable {
    let slug: MarketSlug
    let outcome: Outcome
  }

  struct Holding {
    var shares: Shares
    /// A fill that is still settling may fail: nothing of it is sold before it is old enough.
    var since: MonotonicTime
  }

  /// A market with its books as the feed saw them last.
  struct Market {
    let market: GammaMarket
    var yes = BookTop(bids: [], asks: [])
    var no = BookTop(bids: [], asks: [])

    func book(_ outcome: Outcome) -> BookTop { outcome == .yes ? yes : no }
  }

  let servers: TestServers
  let bench: GatewayBench
  let toVenue: FaultProxy
  let toRecord: FaultProxy
  let toBus: FaultProxy
  var agents: [Agent] = []
  var markets: [Market] = []
  var random: SeededGenerator
  private var clock = MarketClock.live
  private var feedSequence: Int64 = 0
  private var nextBook = 0
  private var nextMarkets: MonotonicTime
  private var nextBooks: MonotonicTime
  private var booksAsked = 0
  private var isGranted = false
  /// How often a gateway was started.
  private(set) var lives = 0
  var report = TortureReport()
  /// The largest share of its allocation that an agent had at risk at a time, once everything was compared.
  var fullest = 0.0
  /// Wishes that have not come to their end.
  var outstanding: [IntentID: Life] = [:]

  static let limits: JSON = [
    "per_trade_pct": "0.01", "per_agent_pct": "10", "system_pct": "40", "orders_per_min": 100_000,
    "loss_streak_count": 1_000_000, "open_positions_count": 1000, "daily_loss_pct": "90", "drawdown_pct": "90",
  ]
  /// Dollars. Most of it is never used: money must not be what ends a long run.
  static let capital: Int64 = 1_000_000
  /// The worst case that one order may have, in dollars: `per_trade_pct` of the capital.
  static let orderLimit = USD(dollars: 100)

  /// - Parameters:
  ///   - agents: how many; every fourth has so little that it is at its limit all the time.
  ///   - durable: PostgreSQL waits for the disk.
  ///   - isUnlimited: the gateway does not keep to half of what the venue's documents allow, which is a hundred orders a second.
  ///   - requestTimeout: for how long the gateway waits for the venue's answer to an order.
  init(
    agents count: Int, durable: Bool, isUnlimited: Bool, requestTimeout: Duration = .milliseconds(800), seed: UInt64
  ) throws {
    random = SeededGenerator(seed: seed)
    servers = try TestServers.own(durable: durable)
    bench = try GatewayBench(
      venueArguments: [
        "--capital", String(Self.capital), "--seed", String(seed % 1000), "--activity", "0.1", "--mined-ms", "40",
        "--confirmed-ms", "90",
      ], servers: servers)
    let folder = bench.directory.path + "/proxy"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    toVenue = try FaultProxy(listening: .port(0), upstream: .port(UInt16(bench.venuePort)))
    toRecord = try FaultProxy(
      listening: .socket(folder + "/.s.PGSQL.5432"), upstream: .socket(servers.runDirectory + "/.s.PGSQL.5432"))
    toBus = try FaultProxy(listening: .socket(folder + "/redis.sock"), upstream: .socket(servers.redisSocket))
    nextMarkets = SystemClock.monotonic()
    nextBooks = nextMarkets
    bench.extraConfiguration = [
      .init("floor", ["capital_usd": .string(String(Self.capital))]), .init("limits", Self.limits),
      .init("sim", ["port": .int(Int64(toVenue.port))]),
      .init(
        "database",
        ["host": .string(folder), "port": 5432, "name": .string(bench.database.name), "user": "floor_gateway"]),
      .init("redis", ["socket": .string(folder + "/redis.sock"), "user": "gateway"]),
      .init(
        "orders",
        [
          "request_timeout_ms": .int(requestTimeout.milliseconds), "absence_proof_s": 2, "reconcile_s": 3,
          "collar_points": "0.2",
          "duplicate_window_ms": 1, "floor_rate_per_s": 10_000, "venue_orders_per_s": 100_000,
        ]),
    ]
    if isUnlimited { bench.extraConfiguration.append(.init("drill", ["venue_limits": "none"])) }
    bench.agentBus.onMessage = { [unowned self] _, payload in heard(payload) }
    readClock(try bench.get("/sim/clock"))
    // The first gateway books what the venue holds as the first deposit.
    try startGateway()
    try bench.until("the gateway to be ready") { bench.control?.progress?.isReady ?? false }
    try hire(count)
    // At the end of an hour most questions are over, and the next ones open with the new one.
    try bench.until("markets to be open", within: .seconds(120)) {
      try chooseMarkets()
      return markets.count >= 3
    }
    try bench.until("the mode to be ACTIVE", within: .seconds(30)) {
      try tend()
      return bench.control?.progress?.mode == "ACTIVE" && isOpen
    }
  }

  /// Capital, and agents with their epochs, as the boss makes them.
  private func hire(_ count: Int) throws {
    let boss = bench.boss
    try boss.query("SELECT claim_lease('boss', 'here:1:1', 'boss-boot', '2 days')")
    let cap = Self.capital * 4 / 10
    try boss.query(
      "SELECT set_capital($1, $2, null, true, $3)", [.int(Self.capital), .int(cap), .int(bench.bossEpoch)])
    for number in 0..<count {
      let name = AgentName("torture-\(number)-\(String(random.next() % 1_000_000, radix: 36))")!
      let allocation = USD(dollars: number % 4 == 3 ? 20 : cap / Int64(count))
      try boss.query(
        "SELECT hire_agent($1)",
        [.json(["boss_epoch": .int(bench.bossEpoch), "name": .text(name), "strategy": "momentum"])])
      let answer = try boss.query(
        "SELECT allocate($1, $2::numeric, $3) AS j", [.id(name), .text(allocation.description), .int(bench.bossEpoch)]
      ).one().json("j")
      guard answer["outcome"] == "allocated" else { throw BenchFailure("allocate: \(answer.text)") }
      let epoch = try boss.query(
        "SELECT begin_agent_epoch($1, $2, 'test') AS e", [.id(name), .int(bench.bossEpoch)]
      ).one().int("e")
      try boss.query("SELECT set_agent_status($1, 'RUNNING', '', $2)", [.id(name), .int(bench.bossEpoch)])
      agents.append(Agent(name: name, epoch: Epoch(epoch), allocation: allocation))
      bench.agentBus.subscribe(Names.orderEvents(name))
    }
    try boss.query("SELECT set_mode('ACTIVE', 'ready', $1)", [.int(bench.bossEpoch)])
  }

  // MARK: The gateway's lives

  /// It has reconciled, and knows our agents.
  var isOpen: Bool { isGranted && bench.control?.progress?.isReady ?? false }

  private func startGateway() throws {
    isGranted = false
    lives += 1
    try bench.startGateway(wait: false)
  }

  /// What boss and supervisor do: a gateway that is gone is started again, and one that is ready hears of the agents.
  func tend() throws {
    guard let gateway = bench.gateway, gateway.isRunning else {
      if let gateway = bench.gateway, gateway.terminationReason == .exit {
        report.endings["status \(gateway.terminationStatus)", default: 0] += 1
      }
      return try startGateway()
    }
    guard !isGranted, let control = bench.control, control.progress?.isReady ?? false else { return }
    isGranted = true
    for agent in agents {
      control.send(.grant(agent: agent.name, epoch: agent.epoch, secret: Secret(GatewayBench.secretHex))) { _ in }
    }
  }

  // MARK: The feed's part

  func marketNow() -> MarketTime { clock.market(at: SystemClock.wall()) }

  private func readClock(_ json: JSON) {
    if let read = SimClock.clock(json) { clock = read }
  }

  /// Every question that is open for a while yet, written down for the gateway.
  private func chooseMarkets() throws {
    let soon = marketNow().advanced(by: .seconds(30))
    let open = try (bench.get("/markets?limit=100").array ?? []).compactMap { try? GammaMarket($0) }.filter {
      $0.acceptingOrders && $0.windowStart == nil && ($0.end.map { $0 > soon } ?? true)
    }
    let known = Dictionary(markets.map { ($0.market.slug, $0) }) { first, _ in first }
    for market in open where known[market.slug] == nil {
      bench.market = market
      try bench.recordMarket()
    }
    markets = open.map { known[$0.slug] ?? Market(market: $0) }
  }

  /// One book after another is read and told, and now and then what markets there are.
  func feed(_ now: MonotonicTime) {
    if now >= nextMarkets {
      nextMarkets = now.advanced(by: .seconds(20))
      ask("/sim/clock") { [weak self] in self?.readClock($0) }
      // A venue or a record that is away now will be asked again.
      do { try chooseMarkets() } catch { report.skipped += 1 }
    }
    guard now >= nextBooks, booksAsked < 4, !markets.isEmpty else { return }
    nextBooks = now.advanced(by: .milliseconds(40))
    nextBook += 1
    let market = markets[nextBook / 2 % markets.count].market
    let outcome: Outcome = nextBook % 2 == 0 ? .yes : .no
    booksAsked += 1
    ask("/book?token_id=\(market.token(of: outcome))") { [weak self] json in
      self?.take(json, of: market, outcome)
    } ended: { [weak self] in
      self?.booksAsked -= 1
    }
  }

  private func ask(_ path: String, _ read: @escaping (JSON) -> Void, ended: @escaping () -> Void = {}) {
    bench.http.send(HTTPRequest("GET", bench.venueBase + path), timeout: .seconds(2)) { result in
      ended()
      guard case .success(let response) = result, let json = try? JSON.parse(response.body) else { return }
      read(json)
    }
  }

  private func take(_ json: JSON, of market: GammaMarket, _ outcome: Outcome) {
    guard let index = markets.firstIndex(where: { $0.market.slug == market.slug }) else { return }
    func levels(_ key: String) -> [BookLevel] {
      (json[key]?.array ?? []).compactMap { item in
        guard let price = item["price"]?.price, let size = item["size"]?.shares else { return nil }
        return BookLevel(price: price, size: size)
      }
    }
    let top = BookTop(
      bids: Array(levels("bids").sorted { $0.price > $1.price }.prefix(5)),
      asks: Array(levels("asks").sorted { $0.price < $1.price }.prefix(5)))
    if outcome == .yes { markets[index].yes = top } else { markets[index].no = top }
    guard bench.feedBus.isConnected else { return }
    feedSequence += 1
    let update = MarketUpdate(
      envelope: Envelope(
        source: "market-feed", boot: "f1", sequence: feedSequence, time: marketNow(), sent: SystemClock.wall()),
      order: feedSequence, slug: market.slug, series: nil, state: .live, bookEpoch: 1, tick: market.tick,
      minimumSize: market.minimumSize, fee: market.fee, startsAt: nil, endsAt: market.end, yes: markets[index].yes,
      no: markets[index].no, last: nil, flow: .none)
    bench.feedBus.publish(Names.marketUpdates(market.slug), update.bytes)
  }
}
