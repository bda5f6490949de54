import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared

/// The real feed, gateway and agents at a real `sim-venue --lockstep`, PostgreSQL and Redis; the test is their boss and moves their time.
/// One thing happens at a time: the next one only when everybody has heard of the last and nothing is on its way any more.
final class LockstepFloor {
  struct Trader {
    let name: AgentName
    let strategy: String
    let parameters: JSON
    let series: [MarketSeries]
    let size: String
  }

  /// What all parties have said and heard, of each kind.
  struct Standing: Hashable {
    var venueFrames: Int64 = 0
    var venueUser: Int64 = 0
    var venuePending: Int64 = 0
    var feedFrames: Int64 = 0
    var feedPublished: Int64 = 0
    var feedQuestions: Int64 = 0
    var gatewayIntents: Int64 = 0
    var gatewayEvents: Int64 = 0
    var gatewayUser: Int64 = 0
    var gatewayBusy: Int64 = 0
    var heard: [Int64] = []
    var asked: [Int64] = []
    var told: [Int64] = []
  }

  static let orders: JSON = [
    "request_timeout_ms": 5000, "absence_proof_s": 90, "reconcile_s": 15, "collar_points": "0.05",
    "duplicate_window_ms": 1,
  ]
  static let secretHex = String(repeating: "6b", count: 16)

  let loop: EventLoop
  let directory: TemporaryDirectory
  let database: TestDatabase
  let boss: BlockingDatabase
  let looker: BlockingDatabase
  let traders: [Trader]
  let http: HTTPClient
  private let bossEpoch: Int64
  private let limits: JSON
  private var redis: ChildProcess?
  private var venue: ChildProcess?
  private var port = 0
  private var processes: [(name: String, child: ChildProcess, control: ControlClient)] = []
  private(set) var now: MarketTime
  /// How all stood when nobody had done anything yet.
  private var origin = Standing()
  private(set) var steps = 0

  init(
    recording: [String], at begins: MarketTime, traders: [Trader], limits: JSON, allocation: String,
    venueArguments: [String]
  ) throws {
    self.traders = traders
    self.limits = limits
    now = begins
    loop = try EventLoop()
    directory = try TemporaryDirectory()
    for folder in ["/log", "/checkpoints", "/journal"] {
      try FileManager.default.createDirectory(
        atPath: directory.path + folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }
    let servers = try TestServers.shared()
    database = try servers.database()
    boss = try database.open(as: "floor_boss")
    looker = try database.openAsAdministrator()
    bossEpoch = try boss.query("SELECT claim_lease('boss', 'here:1:1', 'boss-boot', '1 hour') AS e").one().int("e")
    http = HTTPClient(loop: loop)
    try startRedis(servers)
    try startVenue(["--source", "frames"] + recording + ["--lockstep"] + venueArguments)
    try boss.query("SELECT set_capital(1000, 400, null, true, $1)", [.int(bossEpoch)])
    try start(ProcessNames.marketFeed, "market-feed", role: "floor_feed", user: "feed", epoch: 1)
    try start(
      ProcessNames.gateway, "order-gateway", role: "floor_gateway", user: "gateway", epoch: 1,
      secrets: [
        "venue": Secret(try String(contentsOfFile: directory.path + "/venue/credentials.json", encoding: .utf8))
      ])
    try until("the gateway to be ready") { control(ProcessNames.gateway).progress?.isReady == true }
    for trader in traders { try hire(trader, allocation) }
    for trader in traders { try start(trader) }
    // Last: with the mode the gateway reads who is at work.
    try boss.query("SELECT set_mode('ACTIVE', 'ready', $1)", [.int(bossEpoch)])
    try until("the mode to be ACTIVE") { control(ProcessNames.gateway).progress?.mode == "ACTIVE" }
    var since = SystemClock.monotonic()
    try until("everybody's market to stand where it begins") {
      // What some heard before the others listened is left out of the counts: from here on all hear all.
      let standing = try begin() ? try standing() : nil
      if standing == nil || standing != origin { since = SystemClock.monotonic() }
      origin = standing ?? origin
      return SystemClock.monotonic().since(since) >= .milliseconds(300)
    }
  }

  deinit {
    for process in processes { process.control.close() }
    for child in processes.map(\.child) + [venue, redis].compactMap({ $0 }) where child.exit == nil {
      child.kill()
      do { _ = try loop.turn(until: { child.exit != nil }, limit: .seconds(5)) } catch { print("\(error)") }
    }
  }

  // MARK: Beginnings

  private func startRedis(_ servers: TestServers) throws {
    let acl = try Command.run(
      "/bin/bash", [Repository.root + "/scripts/lib/redis-acl", servers.stateDirectory + "/etc/secrets.yaml"],
      timeout: .seconds(10))
    try acl.text.write(toFile: directory.path + "/users.acl", atomically: true, encoding: .utf8)
    redis = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/usr/bin/redis-server",
        arguments: [
          "--port", "0", "--unixsocket", directory.path + "/redis.sock", "--save", "", "--aclfile",
          directory.path + "/users.acl", "--dir", directory.path,
        ], output: .file(directory.path + "/redis.log")), on: loop
    ) { _ in }
    try until("Redis") { SmallFile.exists(directory.path + "/redis.sock") }
  }

  private func startVenue(_ arguments: [String]) throws {
    let output = directory.path + "/venue.out"
    venue = try ChildProcess.spawn(
      ChildSpecification(
        executable: try Products.path("sim-venue"),
        arguments: ["--port", "0", "--data", directory.path + "/venue", "--capital", "1000"] + arguments,
        output: .file(output)), on: loop
    ) { _ in }
    try until("the venue's ready line") {
      let text = SmallFile.exists(output) ? try String(contentsOfFile: output, encoding: .utf8) : ""
      port =
        text.contains("ready") ? text.split(whereSeparator: { ":\n".contains($0) }).last.flatMap { Int($0) } ?? 0 : 0
      return port > 0
    }
  }

  private func configuration(_ role: String, _ user: String) -> JSON {
    [
      "mode": "paper", "venue": "sim", "sim": ["port": .int(port)], "lockstep": true,
      "floor": ["capital_usd": "1000"], "limits": limits, "retention": ["ticks_days": 7],
      // There is no boss here, and a recording takes as long as it takes.
      "supervision": ["desk_alone_s": 3600],
      "market": [
        "series": .array(
          Set(traders.flatMap(\.series).map(\.alias)).sorted().map { .string($0.lowercased()) }),
        "events": [], "windows_ahead_count": 3, "stale_after_ms": 15_000, "record": false, "warm_second": false,
        "polybolt": false,
        "socket_assets_max_count": 500, "recording_max_mb": 16,
      ],
      "orders": Self.orders,
      "endpoints": [
        "authorities_file": "", "gamma_url": "", "clob_url": "", "data_url": "", "market_ws_url": "", "user_ws_url": "",
        "reference_ws_url": "", "polybolt_ws_url": "",
      ],
      "database": [
        "host": .string(database.servers.runDirectory), "port": 5432, "name": .string(database.name),
        "user": .string(role),
      ],
      "redis": ["socket": .string(directory.path + "/redis.sock"), "user": .string(user), "key_prefix": ""],
    ]
  }

  private func start(
    _ name: String, _ program: String, _ arguments: [String] = [], role: String, user: String, epoch: Int64,
    lifeline: Bool = false, secrets more: [String: Secret] = [:], agent: JSON? = nil
  ) throws {
    var secrets = more
    secrets["database_password"] = database.servers.databasePassword(role)
    secrets["redis_password"] = database.servers.busPassword(user)
    let base = configuration(role, user)
    let birth = BirthDocument(
      process: name, stateDirectory: directory.path, runDirectory: directory.path, epoch: Epoch(epoch),
      boot: "lockstep", lifeline: lifeline, configuration: agent.map { base.with("agent", $0) } ?? base,
      secrets: secrets)
    let child = try ChildProcess.spawn(
      ChildSpecification(
        executable: try Products.path(program), arguments: arguments, output: .file(directory.path + "/\(name).out"),
        birth: birth), on: loop
    ) { _ in }
    let control = ControlClient(loop: loop, path: "\(directory.path)/\(name).sock", bossEpoch: Epoch(bossEpoch))
    processes.append((name, child, control))
    try until("\(name) to speak") { control.hello != nil }
  }

  private func hire(_ trader: Trader, _ allocation: String) throws {
    try boss.query(
      "SELECT hire_agent($1)",
      [
        .json([
          "boss_epoch": .int(bossEpoch), "name": .text(trader.name), "strategy": .string(trader.strategy),
        ])
      ])
    let answer = try boss.query(
      "SELECT allocate($1, $2::numeric, $3) AS j", [.id(trader.name), .text(allocation), .int(bossEpoch)]
    ).one().json("j")
    guard answer["outcome"] == "allocated" else { throw LockstepFailure("allocate: \(answer.text)") }
  }

  private func start(_ trader: Trader) throws {
    let epoch = try boss.query(
      "SELECT begin_agent_epoch($1, $2, 'lockstep') AS e", [.id(trader.name), .int(bossEpoch)]
    ).one().int("e")
    try boss.query("SELECT set_agent_status($1, 'RUNNING', '', $2)", [.id(trader.name), .int(bossEpoch)])
    var isGranted = false
    control(ProcessNames.gateway).send(
      .grant(agent: trader.name, epoch: Epoch(epoch), secret: Secret(Self.secretHex))
    ) { if case .success = $0 { isGranted = true } }
    try until("the grant") { isGranted }
    let role = try looker.query("SELECT db_role FROM agents WHERE name = $1", [.id(trader.name)]).one().text("db_role")
    try start(
      "agent-\(trader.name)", "trader-agent", ["--agent", trader.name.text], role: role, user: "agent", epoch: epoch,
      lifeline: true, secrets: ["intent_secret": Secret(Self.secretHex)],
      agent: [
        "name": .text(trader.name), "strategy": .string(trader.strategy),
        "series": .array(trader.series.map { .string($0.alias.lowercased()) }), "size_usd": .string(trader.size),
        "parameters": trader.parameters,
      ])
    try until("\(trader.name) to know the record") { try log("agent-\(trader.name)").contains("\"reconciled\"") }
  }

  /// The feed follows what is open, and both its sockets are at the venue.
  private func begin() throws -> Bool {
    try command(beat: true)
    let status = try get("/sim/status")
    let feed = control(ProcessNames.marketFeed).progress?.counters
    return feed?["markets"]?.int ?? 0 > 0 && feed?["questions_out"]?.int == 0
      && status["market_listeners"]?.int == 1 && status["reference_listeners"]?.int == 1
  }

  // MARK: Time

  /// The market stands at a later time; `beat` names who does then what it otherwise does by a timer.
  func move(to time: MarketTime, beat: Set<String> = []) throws {
    now = max(now, time)
    try command(beat: beat)
    try settle()
  }

  var agents: Set<String> { Set(traders.map { "agent-\($0.name)" }) }

  /// The market stands at a later time, and everything of the recording that is due by then happens, one by one.
  func play(until time: MarketTime) throws {
    now = max(now, time)
    try command(beat: [])
    repeat { try settle() } while try post("/sim/step?until_ns=\(now.nanoseconds)")["happened"]?.bool == true
  }

  private func command(beat: Bool) throws {
    try command(beat: beat ? Set(processes.map(\.name)) : [])
  }

  private func command(beat: Set<String>) throws {
    var answers = 0
    var refused: [String] = []
    for process in processes {
      process.control.send(.clock(now, beat: beat.contains(process.name))) { result in
        answers += 1
        if case .failure(let error) = result { refused.append("\(process.name): \(error)") }
      }
    }
    try until("everybody's clock") { answers == processes.count }
    guard refused.isEmpty else { throw LockstepFailure(refused.joined(separator: "; ")) }
  }

  // MARK: Waiting

  /// Until everybody has heard everything and nothing is on its way; twice the same, because what was heard may have begun something.
  func settle() throws {
    steps += 1
    var last: Standing?
    var first: (why: String, standing: Standing)?
    let deadline = SystemClock.monotonic().advanced(by: .seconds(20))
    while true {
      let standing = try standing()
      let isQuiet = why(standing) == nil
      if isQuiet, standing == last { return }
      last = standing
      if first == nil, let why = why(standing) { first = (why, standing) }
      guard SystemClock.monotonic() < deadline else {
        throw LockstepFailure(
          "\(why(standing) ?? "no rest") at \(now) after \(steps) steps: \(standing)\nfirst \(String(describing: first))\(tails)"
        )
      }
      try command(beat: false)
    }
  }

  /// What is missing; `nil` when all is quiet.
  private func why(_ now: Standing) -> String? {
    if now.feedFrames - origin.feedFrames != now.venueFrames - origin.venueFrames { return "frames on their way" }
    if now.feedQuestions > 0 { return "the feed asks the venue" }
    for index in traders.indices
    where now.heard[index] - origin.heard[index] != now.feedPublished - origin.feedPublished {
      return "prices on their way to \(traders[index].name)"
    }
    if now.asked.reduce(0, +) != now.gatewayIntents { return "intents on their way" }
    if now.gatewayBusy > 0 { return "the gateway is at work" }
    if now.venuePending > 0 { return "the venue holds orders" }
    if now.venueUser != now.gatewayUser { return "the account's news on their way" }
    return now.told.reduce(0, +) == now.gatewayEvents ? nil : "order events on their way"
  }

  private func standing() throws -> Standing {
    let venue = try get("/sim/standing")
    func counters(_ name: String) -> JSON { control(name).progress?.counters ?? .null }
    func number(_ json: JSON, _ keys: String...) -> Int64 { keys.reduce(0) { $0 + (json[$1]?.int ?? 0) } }
    let feed = counters(ProcessNames.marketFeed)
    let gateway = counters(ProcessNames.gateway)
    let agents = traders.map { counters("agent-\($0.name)") }
    return Standing(
      venueFrames: number(venue, "market_frames", "reference_frames"), venueUser: number(venue, "user_events"),
      venuePending: number(venue, "held_orders"), feedFrames: number(feed, "frames", "repeated"),
      feedPublished: number(feed, "published"), feedQuestions: number(feed, "questions_out"),
      gatewayIntents: number(gateway, "heard_intents"), gatewayEvents: number(gateway, "told_events"),
      gatewayUser: number(gateway, "stream_events"),
      gatewayBusy: number(gateway, "record_queue", "calls_out", "questions_out"),
      heard: agents.map { number($0, "heard") }, asked: agents.map { number($0, "asked") },
      told: agents.map { number($0, "told") })
  }

  func until(_ what: String, within limit: Duration = .seconds(20), _ holds: () throws -> Bool) throws {
    let deadline = SystemClock.monotonic().advanced(by: limit)
    while try !holds() {
      guard SystemClock.monotonic() < deadline else { throw LockstepFailure("\(what): not within \(limit)\(tails)") }
      for process in processes where process.child.exit != nil {
        throw LockstepFailure("\(what): \(process.name) has ended\(tails)")
      }
      try loop.turn(timeout: .milliseconds(2))
    }
  }

  private func control(_ name: String) -> ControlClient { processes.first { $0.name == name }!.control }

  func log(_ name: String) throws -> String {
    let path = directory.path + "/log/\(name).log"
    return SmallFile.exists(path) ? try String(contentsOfFile: path, encoding: .utf8) : ""
  }

  /// The ends of all logs, for whoever reads a failure.
  private var tails: String {
    processes.map { process in
      let lines = ((try? log(process.name)) ?? "").split(separator: "\n").suffix(6).joined(separator: "\n")
      return "\n\(process.name):\n\(lines)"
    }.joined()
  }

  // MARK: The venue

  func get(_ path: String) throws -> JSON { try ask("GET", path) }
  func post(_ path: String) throws -> JSON { try ask("POST", path) }

  private func ask(_ method: String, _ path: String) throws -> JSON {
    var answer: Result<HTTPResponse, HTTPError>?
    http.send(HTTPRequest(method, "http://127.0.0.1:\(port)\(path)"), timeout: .seconds(10)) { answer = $0 }
    let deadline = SystemClock.monotonic().advanced(by: .seconds(12))
    while answer == nil, SystemClock.monotonic() < deadline { try loop.turn(timeout: .milliseconds(2)) }
    guard case .success(let response)? = answer, response.status == 200 else {
      throw LockstepFailure("\(method) \(path): \(String(describing: answer))")
    }
    return try JSON.parse(response.body)
  }

  // MARK: The end

  /// Agents first, so that their last rows are written; then the rest.
  func end() throws {
    for process in processes.reversed() {
      process.child.signal(SIGTERM)
      let deadline = SystemClock.monotonic().advanced(by: .seconds(25))
      while process.child.exit == nil, SystemClock.monotonic() < deadline { try loop.turn(timeout: .milliseconds(5)) }
      guard process.child.exit == .code(0) else {
        throw LockstepFailure("\(process.name) ended with \(String(describing: process.child.exit))\(tails)")
      }
    }
  }
}

struct LockstepFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
