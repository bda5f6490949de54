import FloorIOData
import FloorIOVenue
import Glibc
import Shared

/// A floor for measuring: the real feed, gateway and agents, born as the boss gives birth to them, at the stand-in venue. What differs
/// from a floor's configuration is only what would end a measurement early: order rates, and settings under which the strategy
/// *reversion* answers each cheap tick with an order.
final class BenchFloor {
  let bench: Bench
  let servers: BenchServers
  let venue: ChildProcess
  let venuePort: Int
  /// Every process by its name.
  private(set) var processes: [(name: String, child: ChildProcess)] = []
  /// From just before the spawn to the process's own word that it is ready, as the boss hears it.
  private(set) var startUp: [(name: String, time: Duration)] = []
  private let boss: BlockingDatabase
  private let bossEpoch: Int64
  private let state: String
  private let run: String
  private var controls: [String: ControlClient] = [:]
  private let http: HTTPClient
  private let wallet: JSON
  private var births: Int64 = 0

  private static let intentSecret = String(repeating: "5a", count: 16)

  init(_ bench: Bench) throws {
    self.bench = bench
    servers = try BenchServers(bench)
    state = bench.scratch.path + "/state"
    run = bench.scratch.path + "/run"
    for folder in [state, run, state + "/log", state + "/checkpoints"] {
      guard unsafe mkdir(folder, 0o700) == 0 else { throw SystemError("mkdir", errno, folder) }
    }
    http = HTTPClient(loop: bench.loop)
    venue = try bench.child("/proc/self/exe", ["stand-in"], output: "venue")
    var port = 0
    let venue = venue
    try bench.wait("the venue") {
      guard venue.exit == nil else {
        throw BenchFailure("the venue ended: \(Bench.said(bench.scratch.path + "/venue"))")
      }
      let words = try Bench.text(bench.scratch.path + "/venue").split(whereSeparator: { $0 == " " || $0 == "\n" })
      port = words.count == 2 ? Int(words[1]) ?? 0 : 0
      return port > 0
    }
    venuePort = port
    let key = SystemRandom.bytes(32)
    wallet = [
      "private_key": .string("0x" + BenchFloor.hex(key)),
      "address": .string(try EthereumKey(privateKey: key).address.checksummed), "api_key": "bench",
      "secret": .string(Base64URL.encode(SystemRandom.bytes(32))), "passphrase": "bench",
    ]
    boss = try servers.session("floor_boss")
    bossEpoch = try boss.query("SELECT claim_lease('boss', 'bench:1:1', 'bench', '1 hour') AS e").one().int("e")
    try boss.query("SELECT set_capital(1000, 400, null, true, $1)", [.integer(bossEpoch)])
    try boss.query("SELECT set_mode('ACTIVE', 'measuring', $1)", [.integer(bossEpoch)])
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Ends everything in order; traces are written then.
  func stop() {
    for control in controls.values { control.close() }
    for process in processes.reversed() { process.child.end(grace: .seconds(5)) }
    venue.end()
    do {
      try bench.wait("the floor's end", limit: .seconds(10)) {
        self.venue.exit != nil && self.processes.allSatisfy { $0.child.exit != nil }
      }
    } catch { print("\(error)") }
    servers.stop()
  }

  /// Ends the floor's processes and leaves servers and venue.
  func stopProcesses() throws {
    for process in processes.reversed() { process.child.end(grace: .seconds(5)) }
    try bench.wait("the floor's end", limit: .seconds(10)) { processes.allSatisfy { $0.child.exit != nil } }
  }

  // MARK: Births

  private func configuration(_ databaseRole: String, _ busUser: String) -> JSON {
    [
      "mode": "paper", "venue": "sim", "sim": ["port": .int(venuePort)], "trace": true,
      "floor": ["capital_usd": "1000"],
      "endpoints": [
        "authorities_file": "",
        "gamma_url": "", "clob_url": "", "data_url": "", "market_ws_url": "", "user_ws_url": "",
        "reference_ws_url": "", "polybolt_ws_url": "",
      ],
      "market": [
        "series": [.string(StandInVenue.series)], "events": [], "windows_ahead_count": 0, "stale_after_ms": 10_000,
        "record": true,
        "warm_second": true, "polybolt": false, "socket_assets_max_count": 500,
        "recording_max_mb": 64,
      ],
      "retention": ["ticks_days": 7],
      "limits": ["per_trade_pct": "2", "per_agent_pct": "10", "system_pct": "40", "orders_per_min": 60_000],
      "orders": [
        "collar_points": "0.05", "duplicate_window_ms": 1, "floor_rate_per_s": 1000, "venue_orders_per_s": 2000,
        "reconcile_s": 15,
      ],
      "database": [
        "host": .string(servers.runDirectory), "port": 5432, "name": .string(BenchServers.database),
        "user": .string(databaseRole),
      ],
      "redis": ["socket": .string(servers.redisSocket), "user": .string(busUser), "key_prefix": ""],
    ]
  }

  /// Starts a process and waits for its word that it is ready.
  private func spawn(
    _ name: String, program: String, arguments: [String] = [], databaseRole: String, busUser: String, epoch: Int64,
    lifeline: Bool = false, secrets more: [String: Secret] = [:], agent: JSON? = nil
  ) throws {
    births += 1
    var secrets = more
    secrets["database_password"] = servers.databasePassword(databaseRole)
    secrets["redis_password"] = servers.busPassword(busUser)
    let base = configuration(databaseRole, busUser)
    let birth = BirthDocument(
      process: name, stateDirectory: state, runDirectory: run, epoch: Epoch(epoch), boot: "b\(births)",
      lifeline: lifeline, configuration: agent.map { base.with("agent", $0) } ?? base, secrets: secrets)
    let begun = SystemClock.monotonic()
    let child = try bench.child(bench.programs + "/" + program, arguments, output: name, birth: birth)
    processes.removeAll { $0.name == name }
    processes.append((name, child))
    let control = ControlClient(loop: bench.loop, path: "\(run)/\(name).sock", bossEpoch: Epoch(bossEpoch))
    controls[name]?.close()
    controls[name] = control
    var ready: MonotonicTime?
    control.onProgress = { progress in
      if progress.isReady, ready == nil { ready = SystemClock.monotonic() }
    }
    let deadline = begun.advanced(by: .seconds(20))
    while ready == nil {
      guard child.exit == nil, SystemClock.monotonic() < deadline else {
        throw BenchFailure("\(name) is not ready: \(Bench.said(bench.scratch.path + "/" + name))\(log(name))")
      }
      try bench.loop.turn(timeout: .milliseconds(20))
    }
    if let ready { startUp.append((name, ready.since(begun))) }
  }

  /// The end of a process's own log.
  func log(_ name: String) -> String {
    Bench.said("\(state)/log/\(name).log").split(separator: "\n").suffix(12).joined(separator: "\n")
  }

  func startFeed() throws {
    try spawn(
      ProcessNames.marketFeed, program: "market-feed", databaseRole: "floor_feed", busUser: "feed", epoch: 1)
  }

  func startGateway() throws {
    try spawn(
      ProcessNames.gateway, program: "order-gateway", databaseRole: "floor_gateway", busUser: "gateway", epoch: 1,
      secrets: ["venue": Secret(wallet.text)])
  }

  /// Hires, pays and starts an agent, or gives one that was hired another life.
  func startAgent(_ text: String, isNew: Bool = true) throws {
    guard let name = AgentName(text) else { throw BenchFailure("\(text) is no agent's name") }
    if isNew {
      try boss.query(
        "SELECT hire_agent($1)",
        [.json(["boss_epoch": .int(bossEpoch), "name": .text(name), "strategy": "reversion"])])
      let allocated = try boss.query(
        "SELECT allocate($1, 50, $2) AS j", [.id(name), .integer(bossEpoch)]
      ).one().json("j")
      guard allocated["outcome"] == "allocated" else { throw BenchFailure("allocate: \(allocated.text)") }
    }
    let epoch = try boss.query(
      "SELECT begin_agent_epoch($1, $2, 'measuring') AS e", [.id(name), .integer(bossEpoch)]
    ).one().int("e")
    try boss.query("SELECT set_agent_status($1, 'RUNNING', '', $2)", [.id(name), .integer(bossEpoch)])
    let role = try servers.administrator().query("SELECT db_role FROM agents WHERE name = $1", [.id(name)]).one()
      .text("db_role")
    var granted = false
    controls[ProcessNames.gateway]?.send(
      .grant(agent: name, epoch: Epoch(epoch), secret: Secret(BenchFloor.intentSecret))
    ) { if case .success = $0 { granted = true } }
    try bench.wait("the grant") { granted }
    try spawn(
      "agent-" + text, program: "trader-agent", arguments: ["--agent", text], databaseRole: role, busUser: "agent",
      epoch: epoch, lifeline: true, secrets: ["intent_secret": Secret(BenchFloor.intentSecret)],
      agent: [
        "name": .text(name), "strategy": "reversion", "series": [.string(StandInVenue.series)], "size_usd": "5",
        "parameters": [
          "input": "token_mid", "lookback_s": 3, "threshold_token_mid_points": "0.035", "cooldown_s": 0,
          "entries_max_count": 1000, "fee_cover_ratio": "0", "spread_max_points": "0.5",
          "entry_slippage_ticks_count": 0,
        ],
      ])
  }

  func stopAgent(_ text: String) throws {
    guard let index = processes.firstIndex(where: { $0.name == "agent-" + text }) else { return }
    let child = processes[index].child
    child.end()
    try bench.wait("the agent's end") { child.exit != nil }
  }

  // MARK: The venue

  @discardableResult
  func ask(_ method: String, _ path: String) throws -> [UInt8] {
    var answer: Result<HTTPResponse, HTTPError>?
    http.send(HTTPRequest(method, "http://127.0.0.1:\(venuePort)\(path)", answerLimit: 64 << 20), timeout: .seconds(10))
    {
      answer = $0
    }
    try bench.wait("the venue's answer to \(path)", limit: .seconds(12)) { answer != nil }
    guard case .success(let response) = answer, response.status == 200 else {
      throw BenchFailure("\(method) \(path): \(String(describing: answer))")
    }
    return response.body
  }

  func state(_ key: String) throws -> Int64 { try JSON.parse(try ask("GET", "/bench/state"))[key]?.int ?? 0 }

  /// Sends cheap ticks until one is ordered on: then everybody is in step.
  func warmUp(_ side: String) throws {
    let before = try state("orders")
    let deadline = SystemClock.monotonic().advanced(by: .seconds(20))
    while try state("orders") == before {
      guard SystemClock.monotonic() < deadline else {
        let logs = processes.map { "\($0.name): \(log($0.name))" }.joined(separator: "\n")
        throw BenchFailure("no order came\n\(side == "floor" ? logs : "")")
      }
      try ask("POST", "/bench/hit?to=\(side)")
      try bench.pause(.milliseconds(100))
    }
    try bench.pause(.milliseconds(300))
  }

  /// One series of ticks to one side, and what the venue saw.
  func series(_ side: String, _ scenario: PathBench.Scenario) throws -> JSON {
    try ask(
      "POST", "/bench/start?to=\(side)&rate=\(scenario.rate)&count=\(scenario.count)&every=\(scenario.every)")
    try bench.pause(.milliseconds(Int64(scenario.count) * 1000 / Int64(scenario.rate)))
    let wanted = Int64(scenario.count / scenario.every)
    let deadline = SystemClock.monotonic().advanced(by: .seconds(3))
    while try state("orders") < wanted || state("ticks") < Int64(scenario.count),
      SystemClock.monotonic() < deadline
    { try bench.pause(.milliseconds(100)) }
    return try JSON.parse(try ask("GET", "/bench/report"), limits: JSONLimits(bytes: 64 << 20))
  }

  // MARK: What the record and the traces say

  /// Every order of the floor: the stamp of the price it was decided on, the number of its intent, the salt in the recorded bytes.
  func recordedOrders() throws -> [PathHops.Order] {
    let rows = try servers.administrator().query(
      """
      SELECT o.intent_id, (extract(epoch FROM i.book_at) * 1000)::bigint AS stamp,
             convert_from(o.signed_body, 'UTF8')::jsonb -> 'order' ->> 'salt' AS salt
        FROM orders o JOIN intents i ON i.id = o.intent_id
      """)
    return try rows.map { row in
      let name = try row.text("intent_id")
      return PathHops.Order(
        stamp: try row.int("stamp") * 1_000_000, intent: Int64(name.split(separator: ".").last ?? "") ?? 0,
        salt: try row.text("salt"))
    }
  }

  func traces() throws -> String {
    try [ProcessNames.marketFeed, ProcessNames.gateway, "agent-bench"]
      .map { try Bench.text("\(state)/log/\($0).trace") }.joined()
  }
}

extension BenchFloor {
  /// The numbers of the database's and the bus's processes.
  func serverProcesses() throws -> (postgres: [Int32], redis: [Int32]) {
    func number(_ path: String) throws -> Int32 {
      guard let number = Int32(try Bench.text(path).prefix { $0.isNumber }) else {
        throw BenchFailure("\(path) holds no process number")
      }
      return number
    }
    let postmaster = try number(servers.stateDirectory + "/pg/postmaster.pid")
    let sessions = try DirectoryListing.names(in: "/proc").compactMap { Int32($0) }
      .filter { ProcessStat.read(pid: $0)?.parent == postmaster }
    return ([postmaster] + sessions, [try number(servers.stateDirectory + "/redis/redis.pid")])
  }
}
