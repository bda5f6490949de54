import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Synchronization
import Testing

@Suite("Migrator")
struct MigratorTests {
  @Test("the program knows exactly the migrations of the folder, and a second run changes nothing")
  func appliesOnce() throws {
    let database = try TestServers.shared().emptyDatabase()
    let session = try database.openAsAdministrator()
    let migrator = try Migrator(database: session, root: Repository.root)
    #expect(try migrator.migrate().last?.number == Migrator.newestKnown)
    #expect(try migrator.migrate() == [])
    #expect(try migrator.applied().map(\.number) == Array(1...Migrator.newestKnown))
    let mayClutter = try session.query(
      "SELECT has_database_privilege('floor_gateway', current_database(), 'TEMPORARY') AS yes")
    #expect(try mayClutter.one().bool("yes") == false)
  }

  @Test("two migrators at once take turns")
  func twoAtOnce() async throws {
    let database = try TestServers.shared().emptyDatabase()
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          try Migrator(database: try database.openAsAdministrator(), root: Repository.root).migrate().count
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.sorted() == [0, Migrator.newestKnown])
  }

  @Test("two databases of one server are migrated one after the other as far as roles go, and logins do not wait")
  func twoDatabases() throws {
    let server = try TestServers.shared().database()
    let database = try TestServers.shared().emptyDatabase()
    let other = try server.openAsAdministrator()
    try other.query("BEGIN")
    try other.query("LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE")
    // A thread of its own: those of the tests may all be busy with waiting.
    let steps = Mutex<Result<Int, any Error>?>(nil)
    Thread.detachNewThread {
      let result = Result {
        try Migrator(database: try database.openAsAdministrator(), root: Repository.root).migrate().count
      }
      steps.withLock { $0 = result }
    }
    let looker = try server.openAsAdministrator()
    try eventuallyTrue("the migrator waits for the roles", within: .seconds(30)) {
      try looker.query(
        """
        SELECT count(*) AS n FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE a.datname = $1 AND l.relation = 'pg_authid'::regclass AND NOT l.granted
        """, [.text(database.name)]
      ).one().int("n") == 1
    }
    #expect(try server.open(as: "floor_gateway").query("SELECT 1 AS n").one().int("n") == 1)
    try other.query("ROLLBACK")
    let result = try eventually("the migrator ends", within: .seconds(60)) { steps.withLock { $0 } }
    #expect(try result.get() == Migrator.newestKnown)
  }

  @Test("a database that is newer than this program is left alone")
  func newer() throws {
    let database = try TestServers.shared().database()
    let session = try database.openAsAdministrator()
    try session.query(
      "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, '9999_later.sql', 'x')",
      [.int(Migrator.newestKnown + 1)])
    #expect(throws: MigrationError.newerSchema(applied: "9999_later.sql", known: Migrator.newestKnown)) {
      try Migrator(database: session, root: Repository.root).migrate()
    }
  }

  @Test("roles get their passwords as SCRAM verifiers, and a wrong password is refused")
  func passwords() throws {
    let database = try TestServers.shared().database()
    let kept = try database.openAsAdministrator().query(
      "SELECT count(*) AS n FROM pg_authid WHERE rolname LIKE 'floor\\_%' AND rolcanlogin AND rolname <> 'floor_admin' AND rolpassword LIKE 'SCRAM-SHA-256$%'"
    ).one().int("n")
    #expect(kept == 7 + 32)
    var settings = database.settings(role: "floor_gateway")
    settings.password = Secret("wrong")
    #expect(throws: DatabaseError.self) { try BlockingDatabase(settings) }
    #expect(try database.open(as: "floor_gateway").query("SELECT session_user AS u").one().text("u") == "floor_gateway")
  }
}
