import FloorIOData
import Glibc
import Shared

/// Which floor a command is about, and how its parts are reached. The command line wins, then what set-up wrote into the instance's
/// `etc/instance.json`, then the environment.
struct Instance {
  let stateDirectory: String
  let runDirectory: String?
  let name: String
  let redisAddress: RedisSettings.Address?
  let database: DatabaseSettings
  /// What the boss of this instance is started with.
  let configurationFile: String
  /// Pairs `key=value` that set-up gave the boss on its command line.
  let settings: [String]
  /// Roles to try: the one that was named, or the operator's and then the administrator's, whichever this account is mapped to.
  let roles: [String]
  /// The role that migrates and dumps: the one that was named, or the administrator.
  let administratorRole: String
  /// Of the floor's own roles, where this account may read them; on a private floor the server knows us by our account.
  private let secrets: [String: Secret]
  private let isPasswordGiven: Bool
  let isJSON: Bool

  init(_ line: CommandLineWords, environment: [String: String]) throws {
    let state = Instance.absolute(line.option("state") ?? environment["FLOOR_STATE"] ?? "var")
    stateDirectory = state
    isJSON = line.has("json")
    let file = try Instance.file(state + "/etc/instance.json")
    // The environment speaks for the instance it names, and for no other.
    let surrounding =
      environment["FLOOR_STATE"].map(Instance.absolute) == state || (file.isNull && line.option("state") == nil)
      ? environment : [:]
    func find(_ option: String, _ key: String, _ variable: String) -> String? {
      line.option(option) ?? file[key]?.string ?? surrounding[variable]
    }
    let run = find("run", "run", "FLOOR_RUN").map(Instance.absolute)
    runDirectory = run
    name = find("instance", "instance", "FLOOR_INSTANCE") ?? "floor"
    let usualSocket = run.map { RedisSettings.Address.socket($0 + "/redis.sock") }
    if line.option("run") != nil {
      redisAddress = usualSocket
    } else if let host = file["redis_host"]?.string, let port = file["redis_port"]?.int {
      redisAddress = .tcp(host, port: Int(port))
    } else {
      redisAddress = file["redis_socket"]?.string.map { .socket($0) } ?? usualSocket
    }
    // PGUSER is who looks around; only an option changes who migrates and dumps.
    administratorRole = line.option("user") ?? file["administrator"]?.string ?? "floor_admin"
    // The administrator's is root's alone, in a file of its own.
    secrets = try SecretsFile.readIfOurs(state + "/etc/secrets.yaml").merging(
      file["administrator_secrets"]?.string.map { try SecretsFile.readIfOurs($0) } ?? [:], uniquingKeysWith: { $1 })
    configurationFile = file["config"]?.string ?? state + "/share/config/floor.yaml"
    settings = (file["settings"]?.array ?? []).compactMap(\.string)
    let port = try line.whole("port", default: file["postgres_port"]?.int.map { Int($0) } ?? 5432, in: 1...65535)
    if let named = line.option("user") ?? surrounding["PGUSER"] {
      roles = [named]
    } else {
      roles = ["floor_operator", administratorRole]
    }
    database = DatabaseSettings(
      host: find("host", "postgres_host", "PGHOST") ?? run ?? "/var/run/postgresql", port: port,
      database: find("database", "database", "PGDATABASE") ?? "polybot", user: roles[0],
      password: environment["PGPASSWORD"].map(Secret.init) ?? secrets["database_" + roles[0]], applicationName: "floor")
    isPasswordGiven = environment["PGPASSWORD"] != nil
  }

  /// PostgreSQL in the first role that this account may take.
  func connect(connectTimeout: Duration = .seconds(2), timeout: Duration = .seconds(10)) throws -> BlockingDatabase {
    var first: (any Error)?
    for role in roles {
      var settings = database
      settings.user = role
      if !isPasswordGiven { settings.password = password(of: role) }
      do {
        return try BlockingDatabase(settings, connectTimeout: connectTimeout, timeout: timeout)
      } catch let error as DatabaseError where error.message.contains("authentication failed") {
        first = first ?? error
      }
    }
    throw first ?? DatabaseError(.away, "no role to log in with")
  }

  /// The settings of the first role that this account may take; the first one while nobody answers.
  func reachable() -> DatabaseSettings {
    for role in roles {
      var settings = database
      settings.user = role
      do {
        _ = try BlockingDatabase(settings, connectTimeout: .seconds(1), timeout: .seconds(1))
        return settings
      } catch let error as DatabaseError where error.message.contains("authentication failed") {
        continue
      } catch {
        return settings
      }
    }
    return database
  }

  /// As `connect`, for commands that can do nothing without it.
  func openDatabase() throws -> BlockingDatabase {
    do {
      return try connect()
    } catch {
      throw FloorFailure(.tryAgain, "PostgreSQL does not answer: \(error). See floor doctor.")
    }
  }

  /// A role's password, where we were given one or may read it.
  func password(of role: String) -> Secret? { isPasswordGiven ? database.password : secrets["database_" + role] }

  var haltFile: String { stateDirectory + "/halt" }

  func redisSettings() -> RedisSettings? {
    redisAddress.map {
      let password = secrets["bus_operator"]
      return RedisSettings(
        address: $0, user: password == nil ? nil : "operator", password: password,
        keyPrefix: Names.prefix(instance: name), clientName: "floor")
    }
  }

  // MARK: Reading around

  static func environment() -> [String: String] {
    var result: [String: String] = [:]
    for name in [
      "FLOOR_STATE", "FLOOR_RUN", "FLOOR_INSTANCE", "PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD",
    ] {
      if let value = unsafe getenv(name) { result[name] = unsafe String(cString: value) }
    }
    return result
  }

  static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    var buffer = [CChar](repeating: 0, count: 4096)
    let found = unsafe buffer.withUnsafeMutableBufferPointer { unsafe getcwd($0.baseAddress!, $0.count) != nil }
    let here = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (found ? here : "") + "/" + path
  }

  /// `null` when there is none (yet).
  private static func file(_ path: String) throws -> JSON {
    do {
      return try JSON.parse(try SmallFile.read(path, bytesMax: 65536))
    } catch let error as SystemError where [ENOENT, ENOTDIR, EACCES].contains(error.number) {
      return .null
    } catch let error as JSONError {
      throw FloorFailure(.configuration, "\(path) is damaged (\(error)): run scripts/run again")
    }
  }
}
