import FloorIOData
import Shared

/// One test's own database with the floor's schema. It goes with the servers when the test process ends.
public final class TestDatabase: Sendable {
  public let name: String
  public let servers: TestServers

  init(servers: TestServers, name: String) {
    self.servers = servers
    self.name = name
  }

  /// How a role of the floor logs in here, with its password.
  public func settings(role: String) -> DatabaseSettings {
    DatabaseSettings(
      host: servers.runDirectory, database: name, user: role, password: servers.databasePassword(role),
      applicationName: "tests-\(role)")
  }

  /// A session of a role of the floor.
  public func open(as role: String) throws -> BlockingDatabase { try BlockingDatabase(settings(role: role)) }

  /// A session of the superuser, for arranging and looking.
  /// - Parameter patience: how long one question may take.
  public func openAsAdministrator(patience: Duration = .seconds(30)) throws -> BlockingDatabase {
    try BlockingDatabase(servers.administrator(database: name, patience: patience), timeout: patience)
  }

  /// The rows of `sql/operator/invariants.sql`: empty in a healthy database.
  /// - Parameter patience: how long one of its questions may take.
  public func brokenInvariants(patience: Duration = .seconds(30)) throws -> [String] {
    let script = String(
      decoding: try SmallFile.read(Repository.root + "/sql/operator/invariants.sql", bytesMax: 1 << 20), as: UTF8.self)
    return try openAsAdministrator(patience: patience).execute(script: script).map { row in
      "\(row["invariant"] ?? ""): \(row["subject"] ?? ""): \(row["found"] ?? "")"
    }
  }
}
