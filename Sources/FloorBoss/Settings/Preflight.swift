import FloorIOData
import Glibc
import Shared

/// The configuration held against this machine: ports that somebody else has, servers that do not answer. What it finds is told together
/// with what is wrong in the configuration itself.
///
/// The line between a mistake and an outage: a server that has answered at this address before and does not now is away, and a floor waits
/// for it; an address that never answered is a mistake in the configuration, and a floor is not started with it.
struct Preflight {
  /// What the boss starts from; values that were refused have been replaced by those of the layers below.
  let settings: BossSettings
  /// Keys that have a problem already: what they say is not looked at.
  let spoiled: Set<String>
  /// The private servers are about to be started by whoever asks: that they do not answer yet is no problem.
  private let isBeforeServers: Bool

  /// Nobody there is known at once; this is for a server on a busy machine.
  private static let limit: Duration = .seconds(3)

  private var config: EffectiveConfig { settings.config }
  private var run: String { settings.arguments.runDirectory }

  /// - Parameter problems: what is known to be wrong already.
  init(_ settings: BossSettings, problems: [ConfigProblem]) {
    self.settings = settings
    isBeforeServers = settings.arguments.isBeforeServers
    spoiled = Set(problems.compactMap(\.key))
  }

  /// Everything, for `--check --live`.
  func all() -> [ConfigProblem] { ports() + postgres() + redis() + venue() }

  /// For the start of a boss: ports, and the servers that have never answered yet. The schema of a database that is known is looked at by the
  /// boss itself, which waits for one that is away.
  /// - Parameter reached: addresses that did; those that answer now are added.
  func atStart(_ reached: inout ReachedServers) -> [ConfigProblem] {
    var problems = ports()
    if reached.postgres != postgresAddress {
      let found = postgres()
      if found.isEmpty { reached.postgres = postgresAddress }
      problems += found
    }
    if reached.redis != redisAddress {
      let found = redis()
      if found.isEmpty { reached.redis = redisAddress }
      problems += found
    }
    return problems
  }

  // MARK: Ports

  private func ports() -> [ConfigProblem] {
    var wanted = ["web.port", "web.metrics_port"]
    if text("venue") == "sim" { wanted.append("sim.port") }
    return wanted.compactMap { path in
      guard !spoiled.contains(path), let number = whole(path), number > 0, let port = UInt16(exactly: number) else {
        return nil
      }
      switch ListeningPort.state(port) {
      case .free: return nil
      case .taken(let holder, let user):
        if isOwn(holder, user, program: path == "sim.port" ? "sim-venue" : "floor-web") { return nil }
        let whose = user.map { " of user \($0)" } ?? ""
        return config.problem(
          path, "is in use by " + (holder.map { "\($0)" } ?? "a process that hides itself\(whose)"),
          "end that process, or give another port: \(path) in the configuration, or --set \(path)=N")
      case .refused(let why):
        return config.problem(path, "cannot be listened on by this user: \(why)", "choose a port from 1024 to 65535")
      }
    }
  }

  /// A program of this very installation: this floor's own, which runs already. The floor's processes hide their memory and with it what
  /// they hold, even from their own user: then it counts that the port is its user's and that such a process runs.
  private func isOwn(_ holder: ListeningPort.Holder?, _ user: UInt32?, program: String) -> Bool {
    // The boss starts its processes by the path without links, supervisord by the one it was given.
    let state = settings.arguments.stateDirectory
    var folders = [state + "/bin"]
    do { folders += [try Files.resolved(state) + "/bin", try Files.ownFolder()] } catch { return false }
    if let holder, !holder.program.isEmpty { return folders.contains(Files.folder(of: holder.program)) }
    return user != nil && user == Files.owner(of: state)
      && folders.contains { ListeningPort.isRunning(program: $0 + "/" + program) }
  }

  // MARK: Servers

  private var postgresHost: String {
    let host = text("postgres.host")
    return host.isEmpty ? run : host
  }

  private var postgresAddress: String {
    "\(postgresHost) \(whole("postgres.port") ?? 0) \(text("postgres.database"))"
  }

  private func postgres() -> [ConfigProblem] {
    let keys = ["postgres.host", "postgres.port", "postgres.database"]
    guard spoiled.isDisjoint(with: keys), let port = whole("postgres.port") else { return [] }
    // The private server's socket has a directory of its own beside the floor's.
    if isBeforeServers, [run, run + "-pg"].contains(postgresHost) { return [] }
    let place = config.offer("postgres.host")?.place ?? "the program"
    func problem(_ reason: String, _ remedy: String) -> [ConfigProblem] {
      [ConfigProblem(place, key: "postgres.host", value: postgresHost, reason, remedy: remedy)]
    }
    guard let password = settings.secrets["database_floor_boss"], !password.isEmpty else {
      // The missing password is a problem of its own; here only whether anybody is there.
      let host = postgresHost.hasPrefix("/") ? postgresHost + "/.s.PGSQL.\(port)" : postgresHost
      return TCPProbe.refusal(host: host, port: Int(port), limit: Preflight.limit).map {
        problem("leads to no PostgreSQL: \($0)", startPostgres)
      } ?? []
    }
    let login = DatabaseSettings(
      host: postgresHost, port: Int(port), database: text("postgres.database"), user: "floor_boss", password: password,
      applicationName: "floor-boss check")
    do {
      let database = try BlockingDatabase(login, connectTimeout: Preflight.limit, timeout: .seconds(5))
      let fit = try schema(database)
      // Set-up is about to bring an older schema up to date.
      if isBeforeServers, !fit.isNewer { return [] }
      return Preflight.schemaProblem(fit, place: place, database: text("postgres.database")).map { [$0] } ?? []
    } catch {
      let words = (error as? DatabaseError)?.message ?? "\(error)"
      let line = words.split(separator: "\n").joined(separator: " ")
      // Set-up is about to make database, roles and passwords.
      if isBeforeServers, words.contains("authentication failed") || words.contains("does not exist") { return [] }
      if words.contains("authentication failed") {
        return problem(
          "refuses the password of floor_boss: \(line)",
          "floor db migrate gives the roles the passwords of etc/secrets.yaml")
      }
      if words.contains("does not exist") {
        return problem(
          "has no such database or role: \(line)",
          "make the database \(text("postgres.database")), then floor db migrate")
      }
      return problem("leads to no PostgreSQL: \(line)", startPostgres)
    }
  }

  private func schema(_ database: BlockingDatabase) throws -> SchemaFit {
    do {
      let row = try database.query("SELECT max(number) AS n FROM public.schema_migrations").one()
      return SchemaFit(newest: row.isNull("n") ? nil : try row.int("n"))
    } catch let error as DatabaseError {
      guard let fit = SchemaFit(error) else { throw error }
      return fit
    }
  }

  /// What a schema that does not fit is told as, here and by a boss that had to wait for its database.
  static func schemaProblem(_ fit: SchemaFit, place: String, database: String) -> ConfigProblem? {
    fit.reason().map {
      ConfigProblem(place, key: "postgres.database", value: database, $0, remedy: fit.remedy)
    }
  }

  private var startPostgres: String {
    "start PostgreSQL there (scripts/run starts the private one), or correct postgres.host and postgres.port"
  }

  private var redisTarget: RedisSettings.Address {
    let host = text("redis.host")
    if !host.isEmpty { return .tcp(host, port: Int(whole("redis.port") ?? 0)) }
    let socket = text("redis.socket")
    return .socket(socket.isEmpty ? run + "/redis.sock" : socket)
  }

  private var redisAddress: String {
    switch redisTarget {
    case .socket(let path): path
    case .tcp(let host, let port): "\(host):\(port)"
    }
  }

  private func redis() -> [ConfigProblem] {
    guard spoiled.isDisjoint(with: ["redis.socket", "redis.host", "redis.port"]) else { return [] }
    let key: String
    let refusal: String?
    switch redisTarget {
    case .socket(let path):
      if isBeforeServers, path == run + "/redis.sock" { return [] }
      key = "redis.socket"
      refusal = TCPProbe.refusal(host: path, port: 0, limit: Preflight.limit)
    case .tcp(let host, let port):
      key = "redis.host"
      refusal = TCPProbe.refusal(host: host, port: port, limit: Preflight.limit)
    }
    let place = config.offer(key)?.place ?? "the program"
    func problem(_ reason: String, _ remedy: String) -> [ConfigProblem] {
      [ConfigProblem(place, key: key, value: redisAddress, reason, remedy: remedy)]
    }
    let start = "start Redis there (scripts/run starts the private one), or correct \(key)"
    if let refusal { return problem("leads to no Redis: \(refusal)", start) }
    // Its users are made by set-up; a missing password is a problem of its own.
    guard !isBeforeServers, let password = settings.secrets["bus_boss"], !password.isEmpty else { return [] }
    do {
      let loop = try EventLoop()
      let bus = RedisBus(
        loop: loop,
        settings: RedisSettings(
          address: redisTarget, user: "boss", password: password, clientName: "floor-boss-check"),
        log: .discarding(process: "floor-boss"))
      defer { bus.close() }
      if try loop.turn(until: { bus.isConnected }, limit: Preflight.limit) { return [] }
      let why = bus.lastError ?? "no answer"
      return problem(
        "does not take floor-boss in: \(why)",
        why.contains("WRONGPASS")
          ? "give Redis the floor's users: scripts/run or scripts/install again (scripts/lib/redis-acl lists them)"
          : start)
    } catch {
      return problem("cannot be tried: \(error)", start)
    }
  }

  // MARK: Venue

  private func venue() -> [ConfigProblem] {
    let endpoints: VenueEndpoints
    do {
      endpoints = try VenueEndpoints(settings.reader)
    } catch {
      return [config.problem("venue", "has no addresses: \(error)", "correct the section endpoints")]
    }
    var problems: [ConfigProblem] = []
    let key = "endpoints.authorities_file"
    if let file = endpoints.authorities, !spoiled.contains(key), unsafe access(file, R_OK) != 0 {
      problems.append(
        config.problem(
          key, "cannot be read (\(SystemError("access", errno))), and secure addresses are held against it",
          "apt-get install ca-certificates, or name the PEM file of the venue's authority"))
    }
    var asked: Set<String> = []
    for (path, address) in zip(VenueEndpoints.paths, endpoints.inOrder) {
      guard let target = VenueEndpoints.target(of: address) else { continue }
      let isUsual = text(path).isEmpty
      if spoiled.contains(path) || isUsual && !spoiled.isDisjoint(with: ["venue", "sim.port"]) { continue }
      // Any free port, or one that is about to be opened.
      if isUsual, text("venue") == "sim", isBeforeServers || target.port == 0 { continue }
      guard asked.insert("\(target.host):\(target.port)").inserted else { continue }
      guard let why = TCPProbe.refusal(host: target.host, port: target.port, limit: .seconds(3)) else { continue }
      let key = isUsual ? (text("venue") == "sim" ? "sim.port" : "venue") : path
      problems.append(
        config.problem(
          key, "leads to no venue: \(why)",
          text("venue") == "sim"
            ? "supervisorctl start sim-venue (scripts/run does), or correct sim.port and endpoints"
            : "check this machine's way to the internet, or correct endpoints"))
    }
    return problems
  }

  private func text(_ path: String) -> String {
    guard case .text(let text)? = config.value(path) else { return "" }
    return text
  }

  private func whole(_ path: String) -> Int64? {
    guard case .whole(let number)? = config.value(path) else { return nil }
    return number
  }
}
