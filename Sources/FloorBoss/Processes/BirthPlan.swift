import Shared

/// What each child is told at its birth. Shapes: `database`, `redis` as `DatabaseSettings` and `RedisSettings` read them; the rest is the
/// effective configuration; agents find themselves under `agent`.
struct BirthPlan {
  let settings: BossSettings

  private var arguments: BossArguments { settings.arguments }

  /// Roles: `boss`, `gateway`, … for the desk, `agent` for agents (whose database role comes from the pool).
  private func document(
    process: String, databaseRole: String, busUser: String, epoch: Epoch, boot: String, lifeline: Bool,
    configuration: JSON, secrets: [String: Secret]
  ) throws -> BirthDocument {
    var secrets = secrets
    guard let database = settings.secrets["database_" + databaseRole], let bus = settings.secrets["bus_" + busUser]
    else { throw FloorFailure(.configuration, "no password for \(databaseRole) or \(busUser)") }
    secrets["database_password"] = database
    secrets["redis_password"] = bus
    return BirthDocument(
      process: process, instance: arguments.instance, stateDirectory: arguments.stateDirectory,
      runDirectory: arguments.runDirectory, epoch: epoch, boot: boot, lifeline: lifeline,
      configuration: configuration.with("database", try databaseSection(databaseRole))
        .with("redis", try redisSection(busUser)),
      secrets: secrets)
  }

  private func databaseSection(_ role: String) throws -> JSON {
    let reader = settings.reader
    let host = try reader.text("postgres.host")
    return [
      "host": .string(host.isEmpty ? arguments.runDirectory : host), "port": .int(try reader.whole("postgres.port")),
      "name": .string(try reader.text("postgres.database")), "user": .string(role),
    ]
  }

  private func redisSection(_ user: String) throws -> JSON {
    let who: JSON = [
      "user": .string(user), "key_prefix": .string(Names.prefix(instance: arguments.instance)),
    ]
    let host = try settings.reader.text("redis.host")
    guard host.isEmpty else {
      return who.with("host", .string(host)).with("port", .int(try settings.reader.whole("redis.port")))
    }
    let socket = try settings.reader.text("redis.socket")
    return who.with("socket", .string(socket.isEmpty ? arguments.runDirectory + "/redis.sock" : socket))
  }

  /// For the boss itself, before it holds the lease.
  func boss(boot: String) throws -> BirthDocument {
    try document(
      process: ProcessNames.boss, databaseRole: "floor_boss", busUser: "boss", epoch: Epoch(0), boot: boot,
      lifeline: false, configuration: settings.config.json, secrets: [:])
  }

  func desk(_ process: String, epoch: Epoch, boot: String) throws -> BirthDocument {
    guard let role = ProcessNames.deskRole(process) else {
      throw FloorFailure(.broken, "\(process) is no process of the desk")
    }
    var secrets: [String: Secret] = [:]
    // The gateway alone is told the wallet. Read anew at each birth: the boss that adopted a gateway never started one, and must be
    // able to.
    if process == ProcessNames.gateway, settings.figures.needsCredentials {
      secrets["venue"] = Secret(try VenueCredentials.read(settings).text)
    }
    if process == ProcessNames.marketFeed, try settings.reader.flag("market.polybolt") {
      secrets["venue_api"] = Secret(try VenueCredentials.readKey(settings).text)
    }
    return try document(
      process: process, databaseRole: "floor_" + role, busUser: role, epoch: epoch, boot: boot, lifeline: false,
      configuration: try located(), secrets: secrets)
  }

  /// The effective configuration with the venue's addresses written out, and the simulated venue's own port where any free one was asked for.
  private func located() throws -> JSON {
    var json = settings.config.json
    if try settings.reader.whole("sim.port") == 0, settings.figures.isVenueSimulated,
      let base = try VenueCredentials.read(settings)["base_url"]?.string,
      let port = base.split(separator: ":").last.flatMap({ Int64($0) })
    {
      json = json.with("sim", ["port": .int(port)])
    }
    return json.with("endpoints", try VenueEndpoints(ConfigReader(json)).json)
  }

  /// What an agent spends on an entry by its own wish, at its present allocation.
  private func wanted(_ facts: Roster.Agent) throws -> USD? {
    guard let size = facts.parameters["size_usd"]?.usd else { return nil }
    guard let sizing = PositionSizing(facts.parameters["sizing"]) else {
      throw FloorFailure(.configuration, "agent \(facts.name): its sizing does not read; hire it anew")
    }
    return sizing.most(size: size, allocation: facts.allocated)
  }

  /// Of an agent that wants to spend more on an entry than the floor allows: what it wants, and what it may.
  func clip(_ facts: Roster.Agent) throws -> (wanted: USD, allowed: USD)? {
    guard let wanted = try wanted(facts) else { return nil }
    let allowed = try settings.figures.limits(agents: 1).entry(wanting: wanted)
    return allowed < wanted ? (wanted, allowed) : nil
  }

  func agent(_ facts: Roster.Agent, databaseRole: String, epoch: Epoch, boot: String, proof: Secret) throws
    -> BirthDocument
  {
    let size =
      try (clip(facts)?.allowed ?? wanted(facts)).map { JSON.text($0) } ?? facts.parameters["size_usd"] ?? .string("1")
    let agent: JSON = [
      "name": .string(facts.name), "strategy": .string(facts.strategy),
      "series": facts.parameters["series"] ?? .array([]), "events": facts.parameters["events"] ?? .array([]),
      "size_usd": size,
      "parameters": facts.parameters["parameters"] ?? .object([]),
    ]
    guard let name = AgentName(facts.name) else { throw FloorFailure(.broken, "\(facts.name) is no agent's name") }
    return try document(
      process: ProcessNames.agent(name), databaseRole: databaseRole, busUser: "agent", epoch: epoch, boot: boot,
      lifeline: true, configuration: try located().with("agent", agent), secrets: ["intent_secret": proof])
  }
}
