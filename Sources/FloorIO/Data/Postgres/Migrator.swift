import Glibc
import Shared

/// Brings a database to the schema this program was built for, and gives the floor's roles their passwords. Needs a session of the
/// server's superuser (or of a role that owns the database and may create roles).
public struct Migrator {
  /// The newest migration this program knows. A test compares it with the folder.
  public static let newestKnown = 26

  private let database: BlockingDatabase
  private let files: [Migration]

  /// - Parameter root: the installation's folder; its `sql/migrations` is read.
  public init(database: BlockingDatabase, root: String) throws {
    self.init(database: database, files: try Migrator.files(in: root + "/sql/migrations"))
  }

  init(database: BlockingDatabase, files: [Migration]) {
    self.database = database
    self.files = files
  }

  /// What would be applied now. Throws `MigrationError` where the database and this program do not fit.
  public func plan() throws -> [Migration] {
    let exists = try database.query("SELECT to_regclass('public.schema_migrations') IS NOT NULL AS yes").one().bool(
      "yes")
    return try MigrationPlan(files: files, applied: exists ? applied() : [], known: Migrator.newestKnown).pending
  }

  /// Applies what is missing, each step in its own transaction, and returns it. Two at once take turns.
  @discardableResult
  public func migrate(_ progress: (Migration) -> Void = { _ in }) throws -> [Migration] {
    // The lock goes with the session, so a migrator that dies leaves none.
    try database.query("SELECT pg_advisory_lock(7300)")
    defer { unlock() }
    try database.query(
      """
      CREATE TABLE IF NOT EXISTS public.schema_migrations (
        number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), applied_by text NOT NULL DEFAULT session_user)
      """)
    let pending = try plan()
    for step in pending {
      progress(step)
      do {
        try database.transaction {
          try database.query("SET LOCAL statement_timeout = 0")
          try takeRoles()
          try database.execute(script: step.script)
          try database.query("RESET ROLE")
          try database.query(
            "INSERT INTO public.schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
            [.int(step.number), .text(step.name), .text(step.checksum)])
        }
      } catch let error as DatabaseError {
        throw MigrationError.failed(name: step.name, error)
      }
    }
    if !pending.isEmpty {
      try database.query("GRANT SELECT ON public.schema_migrations TO floor_readers, floor_agents")
    }
    return pending
  }

  /// Sets the passwords of the roles `floor_…`. The server keeps a SCRAM verifier of each; nothing of it reaches the server's log.
  public func setPasswords(_ passwords: [String: Secret]) throws {
    try database.transaction {
      try database.query("SET LOCAL log_statement = 'none'")
      try database.query("SET LOCAL log_min_duration_statement = -1")
      try database.query("SET LOCAL log_min_error_statement = 'panic'")
      try database.query("SET LOCAL password_encryption = 'scram-sha-256'")
      try takeRoles()
      for (role, password) in passwords.sorted(by: { $0.key < $1.key }) {
        precondition(role.hasPrefix("floor_"), "only the floor's own roles get passwords here")
        let statement = try database.query(
          "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text) AS sql",
          [.text(role), .text(password.reveal())]
        ).one().text("sql")
        try database.execute(script: statement)
      }
    }
  }

  /// Keeps other migrators of this server from its roles until the transaction ends; logins go on. Roles belong to the server, the
  /// advisory lock of `migrate` to one database: two new databases at once would both find a role missing and both make it. The lock is
  /// the superuser's; another role that may migrate goes without, and the second of two such fails and is run again.
  private func takeRoles() throws {
    let mayLock = try database.query("SELECT has_table_privilege('pg_catalog.pg_authid', 'UPDATE') AS yes").one()
    if try mayLock.bool("yes") {
      try database.query("LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE")
    }
  }

  /// The steps the database records, ascending.
  public func applied() throws -> [MigrationPlan.Applied] {
    try database.query("SELECT number, name, checksum FROM public.schema_migrations ORDER BY number").map { row in
      MigrationPlan.Applied(
        number: Int(try row.int("number")), name: try row.text("name"), checksum: try row.text("checksum"))
    }
  }

  private func unlock() {
    // A connection that is lost has given the lock back by itself; its error is already on its way to the caller.
    do { try database.query("SELECT pg_advisory_unlock(7300)") } catch { return }
  }

  /// The folder's migrations in order.
  static func files(in directory: String) throws -> [Migration] {
    guard let handle = unsafe opendir(directory) else { throw MigrationError.none(directory: directory) }
    defer { unsafe closedir(handle) }
    var names: [String] = []
    while let entry = unsafe readdir(handle) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { space in
        unsafe space.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasSuffix(".sql") { names.append(name) }
    }
    guard !names.isEmpty else { throw MigrationError.none(directory: directory) }
    return try names.sorted().map { name in
      let bytes = try SmallFile.read("\(directory)/\(name)", bytesMax: 4 << 20)
      guard let migration = Migration(name: name, script: String(decoding: bytes, as: UTF8.self)) else {
        throw MigrationError.strangeName(name)
      }
      return migration
    }
  }
}
