import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared

/// A real gateway process against a real `sim-venue`, PostgreSQL and Redis; the test plays boss, feed and agents. One thread: waiting
/// turns the loop.
final class GatewayBench {
  /// Redis is shared by all tests of this process: each bench has an agent of its own.
  let agent = AgentName("bench-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))")!
  static let secretHex = String(repeating: "5a", count: 16)

  let directory: TemporaryDirectory
  let loop: EventLoop
  let log: Log
  let database: TestDatabase
  let boss: BlockingDatabase
  let looker: BlockingDatabase
  let bossEpoch: Int64
  let http: HTTPClient
  let agentBus: RedisBus
  let feedBus: RedisBus
  private let venueArguments: [String]
  private var venue: Process?
  private(set) var venuePort = 0
  private(set) var venueBase = ""
  private(set) var credentials: JSON = .null
  private(set) var gateway: Process?
  private(set) var control: ControlClient?
  /// The one that prices, the feed's part and wishes are about.
  var market: GammaMarket!
  private(set) var agentEpoch: Int64 = 0
  private var partnerEpochs: [AgentName: Int64] = [:]
  private var boots = 0
  private var feedSequence: Int64 = 0
  private var decisions: Int64 = 0
  /// Order events in the order in which they came.
  private(set) var events: [OrderEventMessage] = []
  var slugWanted: (GammaMarket) throws -> Bool = { $0.windowStart == nil }
  var extraConfiguration: [JSON.Member] = []
  /// Their files go with them.
  private var authorities: [TestAuthority] = []
  /// Whether the gateway is told a wallet of the venue.
  var sendsWallet = true
  /// A Redis of this bench alone, which may go away; `nil` where all tests share one.
  let ownRedis: OwnRedis?
  /// The line from wall to market time, once it is known not to move: the venue is not asked for it then.
  var knownClock: MarketClock?

  /// - Parameters:
  ///   - authority: makes the venue speak TLS.
  ///   - hasOwnRedis: starts a Redis for this bench alone.
  ///   - servers: whose database and bus these are; those of all tests, when none are given.
  init(
    venueArguments: [String] = [], authority: TestAuthority? = nil, hasOwnRedis: Bool = false,
    servers own: TestServers? = nil
  ) throws {
    self.venueArguments = (authority.map { ["--tls", $0.certificate, $0.key] } ?? []) + venueArguments
    directory = try TemporaryDirectory()
    loop = try EventLoop()
    for folder in ["/testlog", "/state", "/state/log"] {
      try FileManager.default.createDirectory(
        atPath: directory.path + folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }
    log = try Log(directory: directory.path + "/testlog", process: "bench")
    let servers = try own ?? TestServers.shared()
    database = try servers.database()
    boss = try database.open(as: "floor_boss")
    looker = try database.openAsAdministrator()
    bossEpoch = try boss.query("SELECT claim_lease('boss', 'here:1:1', 'boss-boot', '1 hour') AS e").one().int("e")
    http = HTTPClient(loop: loop, authorities: authority?.authority)
    ownRedis = hasOwnRedis ? try OwnRedis(directory: directory.path, servers: servers) : nil
    let (loop, log, redisSocket) = (loop, log, ownRedis?.socket ?? servers.redisSocket)
    func settings(_ role: String) -> RedisSettings {
      RedisSettings(
        address: .socket(redisSocket), user: role, password: servers.busPassword(role),
        clientName: "bench-" + role)
    }
    agentBus = RedisBus(loop: loop, settings: settings("agent"), log: log)
    feedBus = RedisBus(loop: loop, settings: settings("feed"), log: log)
    agentBus.onMessage = { [unowned self] _, payload in
      if let json = try? JSON.parse(payload), let event = try? OrderEventMessage(json) { events.append(event) }
    }
    agentBus.subscribe(Names.orderEvents(agent))
    try startVenue()
    if let authority { trust(authority) }
  }

  /// The gateway's next start speaks TLS, and trusts this authority only.
  func trust(_ authority: TestAuthority) {
    authorities.append(authority)
    venueBase = "https://127.0.0.1:\(venuePort)"
    let http = JSON.string(venueBase)
    let stream = JSON.string("wss://127.0.0.1:\(venuePort)/ws/user")
    extraConfiguration = [
      .init(
        "endpoints",
        [
          "authorities_file": .string(authority.authority), "gamma_url": http, "clob_url": http, "data_url": http,
          "market_ws_url": "", "user_ws_url": stream, "reference_ws_url": "",
          "polybolt_ws_url": "",
        ])
    ]
  }

  deinit {
    control?.close()
    resumeVenue()
    for process in [gateway, venue] {
      guard let process, process.isRunning else { continue }
      process.terminate()
      do {
        try eventuallyTrue("a process to end", within: .seconds(5)) { !process.isRunning }
      } catch { print("\(error)") }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
  }

  // MARK: Waiting

  func until(_ what: String, within limit: Duration = .seconds(15), _ holds: () throws -> Bool) throws {
    let end = SystemClock.monotonic().advanced(by: limit)
    while try !holds() {
      guard SystemClock.monotonic() < end else {
        throw BenchFailure("\(what): not within \(limit)\n\(tail())")
      }
      try loop.turn(timeout: .milliseconds(10))
    }
  }

  /// The end of the gateway's own log, for whoever reads a failure.
  func tail() -> String {
    let path = directory.path + "/state/log/order-gateway.log"
    let lines = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n") ?? []
    // The bus is shared, and so are the wishes of other benches' agents.
    return lines.filter { !$0.contains("intent without proof") }.suffix(25).joined(separator: "\n")
  }

  /// A session of the superuser outside the bench's own database.
  func outside() throws -> BlockingDatabase {
    try BlockingDatabase(
      DatabaseSettings(
        host: database.servers.runDirectory, database: "postgres", user: "floor_admin", applicationName: "bench"))
  }

  /// PostgreSQL is gone for the gateway.
  func databaseAway() throws {
    try outside().execute(script: "ALTER DATABASE \(database.name) WITH ALLOW_CONNECTIONS false")
    try looker.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'floor_gateway'"
    )
  }

  func databaseBack() throws {
    try outside().execute(script: "ALTER DATABASE \(database.name) WITH ALLOW_CONNECTIONS true")
  }

  // MARK: The venue

  private func startVenue() throws {
    let process = Process()
    process.executableURL = URL(filePath: try Products.path("sim-venue"))
    process.arguments =
      ["--port", "\(venuePort)", "--data", directory.path + "/venue", "--capital", "1000", "--taker-hold-ms", "5"]
      + (venueArguments.contains("--source") ? [] : ["--seed", "7"]) + venueArguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    venue = process
    var line = ""
    while let byte = try output.fileHandleForReading.read(upToCount: 1), let first = byte.first, first != 10 {
      line.unicodeScalars.append(Unicode.Scalar(first))
    }
    guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
      throw BenchFailure("sim-venue said: \(line)")
    }
    venuePort = port
    venueBase = "http://127.0.0.1:\(port)"
    let bytes = try SmallFile.read(directory.path + "/venue/credentials.json", bytesMax: 1 << 16)
    credentials = try JSON.parse(bytes)
  }

  /// The venue dies, and comes back from its truth log, at the same address.
  func restartVenue() throws {
    if let venue, venue.isRunning {
      kill(venue.processIdentifier, SIGKILL)
      venue.waitUntilExit()
    }
    try startVenue()
  }

  /// The venue stands still: what is sent to it waits in its sockets.
  func pauseVenue() {
    if let venue, venue.isRunning { kill(venue.processIdentifier, SIGSTOP) }
  }

  func resumeVenue() {
    if let venue, venue.isRunning { kill(venue.processIdentifier, SIGCONT) }
  }

  /// How many bytes the venue has not read yet, of each of its connections.
  func unreadByVenue() throws -> [Int] {
    let table = String(decoding: try SmallFile.read("/proc/net/tcp", bytesMax: 1 << 24), as: UTF8.self)
    return table.split(separator: "\n").dropFirst().compactMap { line in
      // sl local_address rem_address st tx_queue:rx_queue …; 01 is ESTABLISHED.
      let fields = line.split(separator: " ")
      guard fields[3] == "01", fields[1].split(separator: ":").last.flatMap({ Int($0, radix: 16) }) == venuePort else {
        return nil
      }
      return fields[4].split(separator: ":").last.flatMap { Int($0, radix: 16) }
    }
  }

  func get(_ path: String) throws -> JSON { try request("GET", path, nil) }

  @discardableResult
  func request(_ method: String, _ path: String, _ body: JSON?) throws -> JSON {
    var result: Result<HTTPResponse, HTTPError>?
    let headers = body == nil ? [] : [WebField("Content-Type", "application/json")]
    http.send(
      HTTPRequest(method, venueBase + path, headers: headers, body: body?.bytes),
      timeout: .seconds(5)
    ) { result = $0 }
    try until("an answer to \(path)") { result != nil }
    return try JSON.parse(try result!.get().body)
  }

  /// The venue's own account of what was asked of it: lines of the truth log.
  func truth() throws -> [JSON] {
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/venue").filter {
      $0.contains("truth")
    }
    return try files.sorted().flatMap { file in
      let text = try String(contentsOfFile: directory.path + "/venue/" + file, encoding: .utf8)
      return try text.split(separator: "\n").map { try JSON.parse(String($0)) }
    }
  }

  /// These lines of a truth log, summed as below.
  func sumTruth(_ lines: [JSON]) throws -> (status: Int32, output: String) {
    let path = directory.path + "/truth-copy.jsonl"
    try Data(lines.flatMap { $0.bytes + [0x0A] }).write(to: URL(filePath: path))
    return try sumTruth(at: path)
  }

  /// A truth log, summed independently of the floor and compared with this bench's record: exit status and what it said.
  func sumTruth(at path: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", Repository.root + "/Tests/Tools/truth_sum.py", path, "--ledger"]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "PGHOST": database.servers.runDirectory, "PGDATABASE": database.name, "PGUSER": "floor_admin",
    ]) { $1 }
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  // MARK: The floor around the gateway

  func birth() -> BirthDocument {
    let servers = database.servers
    boots += 1
    var configuration: [JSON.Member] = [
      .init("mode", "paper"), .init("venue", "sim"), .init("sim", ["port": .int(venuePort)]),
      .init("floor", ["capital_usd": "1000"]),
      .init(
        "endpoints",
        [
          "authorities_file": "",
          "gamma_url": "", "clob_url": "", "data_url": "", "market_ws_url": "", "user_ws_url": "",
          "reference_ws_url": "", "polybolt_ws_url": "",
        ]),
      .init(
        "database",
        ["host": .string(servers.runDirectory), "port": 5432, "name": .string(database.name), "user": "floor_gateway"]),
      .init("redis", ["socket": .string(ownRedis?.socket ?? servers.redisSocket), "user": "gateway"]),
      .init("limits", ["per_trade_pct": "2", "per_agent_pct": "10", "system_pct": "40", "orders_per_min": 60_000]),
      .init(
        "orders",
        [
          "request_timeout_ms": 800, "absence_proof_s": 2, "reconcile_s": 2, "collar_points": "0.1",
          "duplicate_window_ms": 1,
        ]),
      .init("market", ["stale_after_ms": 60_000]),
    ]
    configuration.removeAll { member in extraConfiguration.contains { $0.key == member.key } }
    configuration += extraConfiguration
    return BirthDocument(
      process: "order-gateway", stateDirectory: directory.path + "/state", runDirectory: directory.path,
      epoch: Epoch(1),
      boot: "g\(boots)", configuration: .object(configuration),
      secrets: [
        "database_password": servers.databasePassword("floor_gateway"),
        "redis_password": servers.busPassword("gateway"),
      ].merging(sendsWallet ? ["venue": Secret(credentials.text)] : [:]) { $1 })
  }

  /// Starts a gateway and waits until it has reconciled.
  ///
  /// - Parameter mayDie: it is no fault if it is gone before anybody has seen it ready.
  func startGateway(wait: Bool = true, mayDie: Bool = false) throws {
    let path = directory.path + "/birth.json"
    try Data(birth().line).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let process = Process()
    // The kernel's word that a file may not grow is an error of the write, as that of a full disk; by default it kills.
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c", "trap '' XFSZ; exec \"$0\" \"$@\"", try Products.path("order-gateway"), "--birth", path,
    ]
    try process.run()
    gateway = process
    control?.close()
    let client = ControlClient(loop: loop, path: directory.path + "/order-gateway.sock", bossEpoch: Epoch(bossEpoch))
    control = client
    guard wait else { return }
    try until("the gateway to be ready") { client.progress?.isReady ?? false || mayDie && !process.isRunning }
    if agentEpoch != 0 { try grant() }
  }

  /// - Note: a gateway that dies meanwhile takes none; whoever plays the supervisor starts the next one.
  func grant() throws {
    var done = false
    control!.send(.grant(agent: agent, epoch: Epoch(agentEpoch), secret: Secret(Self.secretHex))) { result in
      if case .success = result { done = true }
    }
    try until("the grant to be taken") { [gateway] in done || gateway?.isRunning == false }
  }

  /// Capital, an agent, a market, a book: everything that an intent needs.
  func open(capital: Int64 = 1000, allocation: String = "100") throws {
    try boss.query(
      "SELECT set_capital($1, $2, null, true, $3)", [.int(capital), .int(capital * 4 / 10), .int(bossEpoch)])
    try boss.query(
      "SELECT hire_agent($1)",
      [.json(["boss_epoch": .int(bossEpoch), "name": .text(agent), "strategy": "momentum"])])
    let allocated = try boss.query(
      "SELECT allocate($1, $2::numeric, $3) AS j", [.id(agent), .text(allocation), .int(bossEpoch)]
    ).one().json("j")
    guard allocated["outcome"] == "allocated" else { throw BenchFailure("allocate: \(allocated.text)") }
    try beginEpoch()
    try boss.query("SELECT set_agent_status($1, 'RUNNING', '', $2)", [.id(agent), .int(bossEpoch)])
    try boss.query("SELECT set_mode('ACTIVE', 'ready', $1)", [.int(bossEpoch)])
    try chooseMarket()
    try until("the mode to be ACTIVE") { control?.progress?.mode == "ACTIVE" }
    try grant()
  }

  /// Another agent of the floor, as large as the first and ready to trade.
  func hirePartner(allocation: String = "100", strategy: String = "momentum") throws -> AgentName {
    let name = AgentName("bench-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))")!
    agentBus.subscribe(Names.orderEvents(name))
    try boss.query(
      "SELECT hire_agent($1)",
      [.json(["boss_epoch": .int(bossEpoch), "name": .text(name), "strategy": .string(strategy)])])
    try boss.query(
      "SELECT allocate($1, $2::numeric, $3) AS j", [.id(name), .text(allocation), .int(bossEpoch)])
    let epoch = try boss.query(
      "SELECT begin_agent_epoch($1, $2, 'test') AS e", [.id(name), .int(bossEpoch)]
    ).one().int("e")
    partnerEpochs[name] = epoch
    try boss.query("SELECT set_agent_status($1, 'RUNNING', '', $2)", [.id(name), .int(bossEpoch)])
    try grantPartner(name)
    return name
  }

  /// Once more to each gateway.
  func grantPartner(_ name: AgentName) throws {
    var done = false
    control!.send(.grant(agent: name, epoch: Epoch(partnerEpochs[name]!), secret: Secret(Self.secretHex))) { result in
      if case .success = result { done = true }
    }
    try until("the partner's grant to be taken") { done }
  }

  func beginEpoch() throws {
    agentEpoch = try boss.query(
      "SELECT begin_agent_epoch($1, $2, 'test') AS e", [.id(agent), .int(bossEpoch)]
    ).one().int("e")
  }

  func chooseMarket() throws {
    // At the end of an hour most questions are over within a minute, and the next ones open with the new one.
    try until("a market with a book on both sides", within: .seconds(150)) {
      let list = try get("/markets?limit=100").array ?? []
      let soon = try marketNow().advanced(by: .seconds(90))
      for item in list {
        guard let candidate = try? GammaMarket(item), candidate.acceptingOrders, try slugWanted(candidate) else {
          continue
        }
        if candidate.windowStart == nil, let end = candidate.end, end < soon { continue }
        market = candidate
        let book = try self.book(.yes)
        if let bid = book.bestBid, let ask = book.bestAsk, bid.size >= Shares(whole: 5), ask.size >= Shares(whole: 5) {
          return true
        }
      }
      return false
    }
    try recordMarket()
    try publishBook()
  }

  /// Plays the feed: the market is written down.
  func recordMarket() throws {
    let feed = try database.open(as: "floor_feed")
    try feed.query(
      "SELECT upsert_market($1)",
      [
        .json([
          "slug": .text(market.slug), "condition_id": .text(market.condition), "tick": .text(market.tick),
          "min_size": .text(market.minimumSize), "fee_rate": .string(Decimal6.text(market.fee.rateMicros)),
          "fee_exponent": .int(market.fee.exponent), "ends_ns": .optional(market.end.map { .int($0.nanoseconds) }),
          "token_yes": .text(market.token(of: .yes)), "token_no": .text(market.token(of: .no)),
          "neg_risk": .bool(market.negRisk), "category": .string(Market(market).groups.category),
          "event_group": .string(Market(market).groups.event),
        ])
      ])
  }

  func book(_ outcome: Outcome) throws -> BookTop {
    let json = try get("/book?token_id=\(market.token(of: outcome))")
    func levels(_ key: String) -> [BookLevel] {
      (json[key]?.array ?? []).compactMap { item in
        guard let price = item["price"]?.price, let size = item["size"]?.shares else { return nil }
        return BookLevel(price: price, size: size)
      }
    }
    return BookTop(
      bids: levels("bids").sorted { $0.price > $1.price }, asks: levels("asks").sorted { $0.price < $1.price })
  }

  /// The best price to take for a buy (or sell), once somebody offers at least five shares; the feed's picture is brought up to date.
  func touch(_ side: Side) throws -> BookLevel {
    var level: BookLevel?
    try until("somebody to trade with") {
      let book = try book(.yes)
      level = side == .buy ? book.bestAsk : book.bestBid
      return (level?.size ?? .zero) >= Shares(whole: 5)
    }
    try publishBook()
    return level!
  }

  /// A price at which a buy only rests.
  func restingPrice() throws -> Price {
    let bid = try touch(.sell).price
    try publishBook()
    return market.tick.rounded(Price(micros: max(market.tick.micros, bid.micros - 50_000))!, .down)
  }

  /// A price at which a buy trades though the ask may rise a little meanwhile; the collar allows twice that.
  func takingPrice() throws -> Price {
    let ask = try touch(.buy).price
    return market.tick.rounded(Price(micros: min(Price.one.micros - market.tick.micros, ask.micros + 50_000))!, .down)
  }

  func marketNow() throws -> MarketTime {
    if let knownClock { return knownClock.market(at: SystemClock.wall()) }
    return SimClock.clock(try get("/sim/clock"))!.market(at: SystemClock.wall())
  }

  /// Plays the feed: the market as it stands now.
  ///
  /// - Parameters:
  ///   - last: the newest trade.
  ///   - flow: what takers have moved so far.
  ///   - yes: a book of YES that is not the venue's.
  func publishBook(last: LastTrade? = nil, flow: TakerFlow = .none, yes: BookTop? = nil) throws {
    feedSequence += 1
    func top(_ book: BookTop) -> BookTop { BookTop(bids: Array(book.bids.prefix(5)), asks: Array(book.asks.prefix(5))) }
    let update = MarketUpdate(
      envelope: Envelope(
        source: "market-feed", boot: "f1", sequence: feedSequence, time: try marketNow(), sent: SystemClock.wall()),
      order: feedSequence, slug: market.slug, series: nil, state: .live, bookEpoch: 1, tick: market.tick,
      minimumSize: market.minimumSize, fee: market.fee, startsAt: nil, endsAt: market.end,
      yes: top(try yes ?? book(.yes)),
      no: top(try book(.no)), last: last, flow: flow)
    try until("the feed's bus") { feedBus.isConnected }
    feedBus.publish(Names.marketUpdates(market.slug), update.bytes)
  }

  // MARK: The agent

  func wish(
    _ side: Side = .buy, _ outcome: Outcome = .yes, price: Price, size: Shares, type: TimeInForce = .fillAndKill,
    useful: Duration = .seconds(20), cancels: IntentID? = nil, epoch: Int64? = nil,
    secret: String = GatewayBench.secretHex, by other: AgentName? = nil
  ) throws -> IntentMessage {
    decisions += 1
    let agent = other ?? agent
    let now = try marketNow()
    let terms = IntentMessage.Terms(
      intent: IntentID(agent: agent, decision: decisions), agent: agent,
      epoch: Epoch(epoch ?? partnerEpochs[agent] ?? agentEpoch),
      action: cancels != nil ? .cancel : side == .buy ? .enter : .exit, market: market.slug, outcome: outcome,
      side: side,
      type: type, price: price, size: size, usefulUntil: now.advanced(by: useful), cancels: cancels)
    return IntentMessage(
      envelope: Envelope(
        source: "agent-" + agent.text, boot: "a1", sequence: decisions, time: now, sent: SystemClock.wall()),
      terms: terms, feedOrder: feedSequence, bookTime: now, reason: "bench", secret: IntentSecret(hex: secret)!)
  }

  func send(_ message: IntentMessage) throws {
    try until("the agent's bus") { agentBus.isConnected }
    agentBus.publish(Names.intents, message.json.bytes)
  }

  func events(of intent: IntentID) -> [OrderEventMessage] { events.filter { $0.intent == intent } }

  @discardableResult
  func final(of intent: IntentID, within limit: Duration = .seconds(15)) throws -> OrderEventMessage {
    try until("the end of \(intent); so far \(events(of: intent).map(\.event))", within: limit) {
      events(of: intent).contains { $0.final }
    }
    return events(of: intent).last { $0.final }!
  }

  // MARK: What must hold

  /// Everything the gateway recorded equals what the venue did.
  func compareWithVenue() throws {
    let rows = try looker.query(
      "SELECT venue_trade_id, order_id, size, notional, fee, side FROM fills ORDER BY venue_trade_id, order_id")
    var ours: [String: (USD, USD, Shares)] = [:]
    for row in rows {
      ours[try row.text("venue_trade_id") + "/" + row.text("order_id")] = (
        try row.usd("notional"), try row.usd("fee"), try row.shares("size")
      )
    }
    var cash = USD(dollars: 1000)
    for row in rows {
      let notional = try row.usd("notional")
      cash += (try row.text("side") == "BUY" ? -notional : notional) - (try row.usd("fee"))
    }
    let proceeds = try looker.query("SELECT coalesce(sum(proceeds), 0) AS p FROM settlements").one().usd("p")
    cash += proceeds
    let balance = try ledgerCash()
    guard balance == cash else { throw BenchFailure("ledger \(balance), fills say \(cash)") }
    let venueCash = try venueBalance()
    guard balance == venueCash else {
      throw BenchFailure("ledger \(balance), venue \(venueCash); fills \(ours)")
    }
  }

  /// The gateway's answer to the operator's question whether venue and record agree.
  func reconcile() throws -> Rows.Row {
    let asking = try database.open(as: "floor_operator")
    let id = try asking.query("SELECT request_reconciliation() AS id").one().int("id")
    try until("venue and record to be compared", within: .seconds(30)) {
      try looker.query("SELECT ended_at FROM reconciliations WHERE id = $1", [.int(id)]).one()["ended_at"] != nil
    }
    let row = try looker.query("SELECT * FROM reconciliations WHERE id = $1", [.int(id)]).one()
    guard row.isNull("failure") else { throw BenchFailure("venue and record not compared: \(try row.text("failure"))") }
    return row
  }

  func ledgerCash() throws -> USD {
    try looker.query(
      "SELECT sum(balance) AS c FROM ledger_balances WHERE asset = 'USD' AND (account = 'treasury' OR account LIKE 'agent:%')"
    ).one().usd("c")
  }

  func venueBalance() throws -> USD {
    USD(micros: try ask("/balance-allowance", "?asset_type=COLLATERAL&signature_type=0")["balance"]!.int!)
  }

  /// How many of our orders the venue works.
  func venueOpenOrders() throws -> Int { try ask("/data/orders", "")["data"]?.array?.count ?? -1 }

  /// A question to the venue as the owner of the account.
  private func ask(_ path: String, _ query: String) throws -> JSON {
    let auth = try L2Authentication(
      address: EthereumAddress(credentials["address"]!.string!)!, apiKey: credentials["api_key"]!.string!,
      secret: credentials["secret"]!.string!, passphrase: credentials["passphrase"]!.string!)
    let headers = auth.headers(timestamp: SystemClock.wall().seconds, method: "GET", path: path, body: [])
    var result: Result<HTTPResponse, HTTPError>?
    http.send(
      HTTPRequest(
        "GET", venueBase + path + query,
        headers: headers.map { WebField($0.name, $0.value) }), timeout: .seconds(5)
    ) { result = $0 }
    try until("an answer to \(path)") { result != nil }
    return try JSON.parse(try result!.get().body)
  }

  /// `POST /order` requests that the venue took, by order.
  func acceptedOrders() throws -> Int {
    Int(try looker.query("SELECT count(*) AS n FROM orders").one().int("n"))
  }

  func faults(_ rules: JSON) throws { try request("POST", "/sim/faults", rules) }

  func killGateway() throws {
    guard let gateway else { return }
    kill(gateway.processIdentifier, SIGKILL)
    gateway.waitUntilExit()
  }
}

/// What went wrong on the bench, with the gateway's last words.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
