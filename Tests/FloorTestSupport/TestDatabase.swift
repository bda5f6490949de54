import FloorIOData
import Shared

/// One test's own database with the floor's schema. Dropped when released, with whatever sessions are still on it.
public final class TestDatabase: Sendable {
  public let name: String
  public let servers: TestServers

  init(servers: TestServers, name: String) {
    self.servers = servers
    self.name = name
  }

  deinit {
    do {
      try BlockingDatabase(servers.administrator(database: "postgres"), timeout: .seconds(30))
        .execute(script: "DROP DATABASE \(name) WITH (FORCE)")
    } catch {
      // The whole server is removed with the test process; an undropped database costs only disk until then.
      print("could not drop \(name): \(error)")
    }
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
  public func openAsAdministrator() throws -> BlockingDatabase {
    try BlockingDatabase(servers.administrator(database: name), timeout: .seconds(30))
  }
}
