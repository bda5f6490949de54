import FloorIOData
import FloorTestSupport
import Shared
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
