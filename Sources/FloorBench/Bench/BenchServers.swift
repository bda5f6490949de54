import FloorIOData
import Glibc
import Shared

/// A private, durable PostgreSQL with the floor's schema and a private Redis with the floor's users, for one measurement. Stopped and
/// removed by `stop`, and by themselves when this process dies.
final class BenchServers {
  let runDirectory: String
  let stateDirectory: String
  private let secrets: [String: String]
  private let child: ChildProcess
  private let bench: Bench

  static let database = "bench"
  var redisSocket: String { runDirectory + "/redis.sock" }

  /// - Parameter commitTimes: keep the time of each commit, for those that read the order of commits.
  init(_ bench: Bench, commitTimes: Bool = false) throws {
    self.bench = bench
    let output = bench.scratch.path + "/servers"
    var environment = ChildSpecification.allowedEnvironment()
    environment["SERVERS_DURABLE"] = "yes"
    if commitTimes { environment["SERVERS_COMMIT_TIMES"] = "yes" }
    // The script ends when its standard input does; `tail` holds it open for as long as we live.
    child = try ChildProcess.spawn(
      ChildSpecification(
        executable: "/bin/bash",
        arguments: [
          "-c", #"exec "$2" "$1" < <(exec tail --pid="$1" -f /dev/null)"#, "servers", String(getpid()),
          bench.root + "/scripts/lib/test-servers",
        ], environment: environment, output: .file(output)), on: bench.loop
    ) { _ in }
    var words: [String] = []
    let child = child
    try bench.wait("PostgreSQL and Redis", limit: .seconds(60)) {
      guard child.exit == nil else { throw BenchFailure("the servers did not start: \(Bench.said(output))") }
      words = try Bench.text(output).split(separator: "\n").last.map { $0.split(separator: " ").map(String.init) } ?? []
      return words.count == 3 && words[0] == "ready"
    }
    runDirectory = words[1]
    stateDirectory = words[2]
    secrets = BenchServers.secrets(try Bench.text(stateDirectory + "/etc/secrets.yaml"))
    do { try migrate() } catch {
      stop()
      throw error
    }
  }

  func stop() {
    child.end(grace: .seconds(20))
    do {
      // The script stops both servers before it ends.
      try bench.wait("the servers' end", limit: .seconds(25)) {
        self.child.exit != nil && !SmallFile.exists(self.stateDirectory)
      }
    } catch { print("\(error)") }
  }

  private static func secrets(_ text: String) -> [String: String] {
    var secrets: [String: String] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      if let colon = line.firstIndex(of: ":") {
        secrets[String(line[..<colon])] = String(line[line.index(after: colon)...].drop { $0 == " " })
      }
    }
    return secrets
  }

  private func migrate() throws {
    try administrator("postgres").execute(script: "CREATE DATABASE \(BenchServers.database)")
    let migrator = try Migrator(database: administrator(), root: bench.root)
    try migrator.migrate()
    let roles = secrets.filter { $0.key.hasPrefix("database_") }
    try migrator.setPasswords(
      Dictionary(uniqueKeysWithValues: roles.map { (String($0.key.dropFirst(9)), Secret($0.value)) }))
  }

  func administrator(_ database: String = BenchServers.database) throws -> BlockingDatabase {
    try BlockingDatabase(administratorSettings(database), timeout: .seconds(60))
  }

  func administratorSettings(_ database: String = BenchServers.database) -> DatabaseSettings {
    DatabaseSettings(
      host: runDirectory, database: database, user: "floor_admin", applicationName: "bench",
      statementTimeout: .seconds(60), lockTimeout: .seconds(10))
  }

  func settings(_ role: String) -> DatabaseSettings {
    DatabaseSettings(
      host: runDirectory, database: BenchServers.database, user: role, password: databasePassword(role),
      applicationName: "bench-\(role)")
  }

  func session(_ role: String) throws -> BlockingDatabase {
    try BlockingDatabase(settings(role), timeout: .seconds(10))
  }

  func databasePassword(_ role: String) -> Secret { Secret(secrets["database_" + role] ?? "") }
  func busPassword(_ role: String) -> Secret { Secret(secrets["bus_" + role] ?? "") }
}
