import FloorIOData
import FloorTestSupport
import Glibc
import Shared
import Testing

/// A real trader-agent between a real Redis and a real PostgreSQL; the test plays feed and gateway. Market time stands near a window of
/// BTC-5m that began at `windowStart`, and runs at the wall's pace.
final class AgentHarness {
  static let windowStart: Int64 = 1_700_000_100
  static let secretHex = "00112233445566778899aabbccddeeff"

  let floor: DatabaseFloor
  let loop: EventLoop
  let directory: TemporaryDirectory
  let feed: RedisBus
  let gateway: RedisBus
  /// Its own Redis, with the floor's users: no other test's clock is heard, and it may be killed.
  private var redis: ChildProcess?
  private let redisSocket: String
  let name: AgentName
  let slug: MarketSlug
  let clock: MarketClock
  private(set) var epoch: Int64
  private(set) var agent: ChildProcess?
  private(set) var exit: ExitCause?
  private(set) var control: ControlClient?
  /// Every message of `orders:intents` by this agent.
  private(set) var intents: [IntentMessage] = []
  private var sequences = SequenceCounter()
  private var order: Int64 = 0
  private let parameters: JSON

  init(_ name: String, parameters: JSON) throws {
    guard let agentName = AgentName(name), let series = MarketSeries(alias: "BTC-5m"),
      let slug = series.slug(startingAt: AgentHarness.windowStart)
    else { throw DeadlinePassed(description: "the harness's names") }
    self.name = agentName
    self.slug = slug
    self.parameters = parameters
    let servers = try TestServers.shared()
    loop = try EventLoop()
    directory = try TemporaryDirectory()
    redisSocket = directory.path + "/redis.sock"
    for folder in ["log", "checkpoints"] where unsafe mkdir(directory.path + "/" + folder, 0o700) != 0 {
      throw SystemError("mkdir", errno, folder)
    }
    redis = try AgentHarness.startRedis(loop, directory.path, servers)
    floor = try DatabaseFloor()
    epoch = try floor.hire(name, allocation: "80")
    try floor.market(slug.text)
    clock = MarketClock(
      anchorWall: SystemClock.wall(), anchorMarket: MarketTime(seconds: AgentHarness.windowStart + 40), rateMilli: 1000)
    feed = RedisBus(
      loop: loop, settings: AgentHarness.bus(redisSocket, "feed", servers), log: .discarding())
    gateway = RedisBus(
      loop: loop, settings: AgentHarness.bus(redisSocket, "gateway", servers), log: .discarding())
    gateway.subscribe(Names.intents)
    gateway.onMessage = { [weak self] _, payload in
      guard let self else { return }
      do throws(MessageError) {
        let message = try IntentMessage(decoding: payload)
        if message.terms.agent == self.name { intents.append(message) }
      } catch {
        print("an intent could not be read: \(error)")
      }
    }
    try wait("both buses") { feed.isConnected && gateway.isConnected }
  }

  deinit {
    control?.close()
    feed.close()
    gateway.close()
    for child in [agent, redis].compactMap({ $0 }) where child.exit == nil {
      _ = child.signal(SIGKILL)
      do { _ = try loop.turn(until: { child.exit != nil }, limit: .seconds(5)) } catch { print("\(error)") }
    }
  }

  private static func bus(_ socket: String, _ role: String, _ servers: TestServers) -> RedisSettings {
    RedisSettings(
      address: .socket(socket), user: role, password: servers.busPassword(role), clientName: "test-\(role)")
  }

  private static func startRedis(_ loop: EventLoop, _ directory: String, _ servers: TestServers) throws -> ChildProcess
  {
    var made: ExitCause?
    let users = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/bin/bash",
        arguments: [Repository.root + "/scripts/lib/redis-acl", servers.stateDirectory + "/etc/secrets.yaml"],
        output: .file(directory + "/users.acl")), on: loop
    ) { made = $0 }
    guard try loop.turn(until: { made != nil }, limit: .seconds(10)), made == .code(0) else {
      users.end()
      throw DeadlinePassed(description: "no users for Redis")
    }
    let server = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/usr/bin/redis-server",
        arguments: [
          "--port", "0", "--unixsocket", directory + "/redis.sock", "--unixsocketperm", "700", "--save", "",
          "--aclfile",
          directory + "/users.acl", "--dir", directory,
        ], output: .file(directory + "/redis.log")), on: loop
    ) { _ in }
    let deadline = SystemClock.monotonic().advanced(by: .seconds(10))
    while !SmallFile.exists(directory + "/redis.sock") {
      guard server.exit == nil, SystemClock.monotonic() < deadline else {
        throw DeadlinePassed(description: "Redis did not start")
      }
      try loop.turn(timeout: .milliseconds(5))
    }
    return server
  }

  func killRedis() { _ = redis?.signal(SIGKILL) }

  // MARK: The agent

  /// Starts the agent under the present epoch, or under a new one after its first life.
  func spawn(newEpoch: Bool = false) throws {
    if newEpoch { epoch = try floor.beginEpoch(name.text) }
    exit = nil
    let servers = floor.database.servers
    let role = try floor.database.openAsAdministrator().query(
      "SELECT db_role FROM agents WHERE name = $1", [.id(name)]
    ).one().text("db_role")
    let secrets = [
      "database_password": servers.databasePassword(role), "redis_password": servers.busPassword("agent"),
      "intent_secret": Secret(AgentHarness.secretHex),
    ]
    let birth = BirthDocument(
      process: "agent-\(name)", stateDirectory: directory.path, runDirectory: directory.path, epoch: Epoch(epoch),
      boot: "boot-\(epoch)", lifeline: true,
      configuration: [
        "database": [
          "host": .string(servers.runDirectory), "port": 5432, "name": .string(floor.database.name),
          "user": .string(role),
        ],
        "redis": ["socket": .string(redisSocket), "user": "agent", "key_prefix": ""],
        "agent": [
          "name": .text(name), "strategy": "momentum", "series": ["btc-5m"], "size_usd": "20", "parameters": parameters,
        ],
      ], secrets: secrets)
    agent = try ChildProcess.spawn(
      ChildSpecification(
        executable: try Products.path("trader-agent"), arguments: ["--agent", name.text],
        output: .file(directory.path + "/output"), birth: birth), on: loop
    ) { [weak self] in self?.exit = $0 }
    control?.close()
    control = ControlClient(
      loop: loop, path: "\(directory.path)/agent-\(name).sock", bossEpoch: Epoch(floor.bossEpoch))
  }

  func waitReady() throws { try wait("the agent is ready") { control?.progress?.isReady == true } }

  func wait(_ what: String, within limit: Duration = .seconds(20), _ holds: () throws -> Bool) throws {
    let deadline = SystemClock.monotonic().advanced(by: limit)
    while try !holds() {
      if let exit { throw DeadlinePassed(description: "\(what): the agent ended (\(exit)): \(try log())") }
      if SystemClock.monotonic() > deadline { throw DeadlinePassed(description: "\(what): not in time: \(try log())") }
      try loop.turn(timeout: .milliseconds(5))
    }
  }

  func waitForExit() throws -> ExitCause {
    guard try loop.turn(until: { exit != nil }, limit: .seconds(10)), let exit else {
      throw DeadlinePassed(description: "the agent did not end: \(try log())")
    }
    return exit
  }

  /// What the agent said, for the message of a failed test.
  func log() throws -> String {
    try ["output", "log/agent-\(name).log"].map { "\(directory.path)/\($0)" }.filter { SmallFile.exists($0) }
      .map { String(decoding: try SmallFile.read($0, bytesMax: 1 << 20), as: UTF8.self) }.joined(separator: "\n")
  }

  // MARK: The feed

  var now: MarketTime { clock.market(at: SystemClock.wall()) }

  private func feedEnvelope(_ channel: String, at time: MarketTime) -> Envelope {
    Envelope(
      source: "market-feed", boot: "feed-1", sequence: sequences.next(channel), time: time, sent: SystemClock.wall())
  }

  /// Writes the clock and the market's keys, as the feed does.
  func publishKeys(bid: Int64 = 50, ask: Int64 = 51) {
    let envelope = feedEnvelope(Names.clock, at: now)
    feed.set(Names.clock, ClockMessage(envelope: envelope, clock: clock).bytes)
    feed.set(Names.knownMarkets, JSON.array([.text(slug)]).bytes)
    publishMarket(bid: bid, ask: ask)
  }

  /// - Parameter lost: as many messages before this one have their numbers and never arrive.
  func publishMarket(bid: Int64, ask: Int64, lost: Int = 0) {
    order += 1
    let channel = Names.marketUpdates(slug)
    for _ in 0..<lost { _ = sequences.next(channel) }
    func level(_ cents: Int64) -> [BookLevel] {
      [BookLevel(price: Price(micros: cents * 10_000) ?? .zero, size: Shares(whole: 500))]
    }
    let yes = BookTop(bids: level(bid), asks: level(ask))
    let update = MarketUpdate(
      envelope: feedEnvelope(channel, at: now), order: order, slug: slug, series: MarketSeries(alias: "BTC-5m"),
      state: .live,
      bookEpoch: 1, tick: .cent, minimumSize: Shares(whole: 5), fee: TakerFee(rateMicros: 70_000, exponent: 1) ?? .none,
      startsAt: MarketTime(seconds: AgentHarness.windowStart),
      endsAt: MarketTime(seconds: AgentHarness.windowStart + 300), yes: yes, no: yes.mirrored)
    feed.set(Names.market(slug), update.bytes)
    feed.publish(channel, update.bytes)
  }

  /// Observations are remembered, as a recording would.
  private(set) var recording: [RollingWindow.Sample] = []

  func publishReference(_ dollars: String, at time: MarketTime) {
    order += 1
    guard let value = ReferenceValue(parsing: dollars), let micros = value.micros else { return }
    recording.append(.init(time: time, value: micros))
    let price = ReferencePrice(
      envelope: feedEnvelope(Names.referencePrices("btc/usd"), at: time), order: order, symbol: "btc/usd",
      kind: .chainlink,
      value: value)
    feed.publish(Names.referencePrices("btc/usd"), price.bytes)
  }

  /// A price that stood still for ten seconds and then jumped by 1 %.
  func publishRise(from dollars: Int64 = 90_000) {
    let now = now
    for second in 0...10 { publishReference(String(dollars), at: now.advanced(by: .seconds(second - 12))) }
    publishReference(String(dollars + dollars / 100), at: now)
  }

  // MARK: The gateway

  /// The events that the agent would hear on its channel; `deliver` false loses them.
  func tell(_ event: JSON?, deliver: Bool = true) {
    guard let event, case .object(let members) = event else { return }
    let channel = Names.orderEvents(name)
    let envelope = Envelope(
      source: "order-gateway", boot: "gw-1", sequence: sequences.next(channel), time: now, sent: SystemClock.wall())
    if deliver { gateway.publish(channel, JSON.object(envelope.members + members).bytes) }
  }

  /// Accepts an intent in the database, fills it whole at its limit, ends it. Returns the shares bought or sold.
  @discardableResult
  func fill(_ message: IntentMessage, deliver: Bool = true) throws -> Shares {
    let id = try admit(message)
    let terms = message.terms
    let filled = try floor.fill(
      id, trade: "trade-\(terms.intent)", price: terms.price.description, size: terms.size.description)
    tell(filled["event"], deliver: deliver)
    tell(filled["done"], deliver: deliver)
    return terms.size
  }

  /// Accepts an intent in the database, where its order is then on its way. Returns the order's id.
  func admit(_ message: IntentMessage) throws -> String {
    let terms = message.terms
    let worst = PositionSizing.worstCost(
      terms.size, limit: terms.price, fee: TakerFee(rateMicros: 70_000, exponent: 1) ?? .none)
    let p = try floor.intent(
      terms.intent.text, agent: name.text, epoch: terms.epoch.number, market: terms.market.text,
      side: terms.side.rawValue,
      price: terms.price.description, size: terms.size.description, worst: worst?.description,
      changes: [
        ("outcome", .string(terms.outcome.rawValue)), ("type", .string(terms.type.rawValue)),
        ("action", .string(terms.action.rawValue)), ("reason", .string(message.reason)),
      ])
    let answer = try floor.submit(p)
    guard answer["outcome"] == "accepted", let id = answer["order_id"]?.string else {
      throw DeadlinePassed(description: "the database refused the intent: \(answer.text)")
    }
    return id
  }

  // MARK: Looking

  /// The agent's own key, as soon as it says what is wanted.
  func state(_ isWanted: @escaping (AgentStateMessage) -> Bool) throws -> AgentStateMessage {
    var found: AgentStateMessage?
    var isAsking = false
    try wait("the state key") {
      if !isAsking {
        isAsking = true
        gateway.get(Names.agentState(name)) { result in
          isAsking = false
          guard case .success(let bytes?) = result else { return }
          do {
            let state = try AgentStateMessage(decoding: bytes)
            if isWanted(state) { found = state }
          } catch { Issue.record("\(error)") }
        }
      }
      return found != nil
    }
    return try #require(found)
  }

  func decisions() throws -> Rows {
    try floor.database.openAsAdministrator().query(
      """
      SELECT kind, reason, outcome, intent_id, detail, feed_boot, feed_order, event_cursor, market_ns, epoch, count, number
        FROM decisions ORDER BY id
      """, [])
  }
}
