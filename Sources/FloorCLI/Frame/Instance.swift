import FloorIOData
import Glibc
import Shared

/// Which floor is meant and where its parts are: the state directory's `etc/instance.json`, written by the script that set it up.
struct Instance {
  let name: String
  let state: String
  /// Sockets of the floor's processes.
  let run: String
  /// PostgreSQL's socket directory or host, its port, the database's name.
  let postgresHost: String
  let postgresPort: Int
  let database: String
  let redisSocket: String

  /// From `--state`, else `FLOOR_STATE`, else `var` in the current directory.
  init(state given: String?) throws(FloorFailure) {
    let state = given ?? Instance.environment("FLOOR_STATE") ?? "var"
    let path = state + "/etc/instance.json"
    let text: [UInt8]
    do { text = try SmallFile.read(path, bytesMax: 1 << 16) } catch {
      throw FloorFailure(
        .configuration,
        "no floor at \(state): \(error). Give --state DIR, or set FLOOR_STATE, or start a floor with scripts/run")
    }
    guard let json = try? JSON.parse(text), let name = json["instance"]?.string, let run = json["run"]?.string,
      let host = json["postgres_host"]?.string, let redis = json["redis_socket"]?.string
    else { throw FloorFailure(.configuration, "\(path) is damaged: run scripts/run again") }
    self.name = name
    self.state = json["state"]?.string ?? state
    self.run = run
    postgresHost = host
    postgresPort = Int(json["postgres_port"]?.int ?? 5432)
    database = json["database"]?.string ?? "polybot"
    redisSocket = redis
  }

  /// A session as the operator (peer authentication), or as another role that the system's account is mapped to.
  func session(role: String = "floor_operator", timeout: Duration = .seconds(5)) throws -> BlockingDatabase {
    try BlockingDatabase(
      DatabaseSettings(
        host: postgresHost, port: postgresPort, database: database, user: role, applicationName: "floor"),
      timeout: timeout)
  }

  static func environment(_ name: String) -> String? {
    guard let pointer = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: pointer)
    return text.isEmpty ? nil : text
  }
}
