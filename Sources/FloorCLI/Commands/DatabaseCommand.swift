import FloorIOData
import Shared

/// `floor db migrate`: the only way by which a schema changes. scripts/run and scripts/install do it before they start a floor; the boss
/// itself refuses to start on a schema that is older or newer than its own.
enum DatabaseCommand {
  static let command = FloorCommand(
    name: "db", summary: "bring the database to this program's schema and set the roles' passwords",
    usage: "migrate|plan [--root DIR]",
    details: """
      migrate applies what is missing, each step in its own transaction, and gives the floor's roles the passwords of
      STATE/etc/secrets.yaml when that file is there; plan only shows what would be applied.
        --root DIR   the installation whose sql/migrations is applied (default: STATE/share)
      Needs a system account that PostgreSQL maps to floor_admin (the server's own, or root).
      A database newer than this program is refused (exit status 69).
      """, options: ["root"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let verb = try line.oneWord("migrate or plan")
    guard ["migrate", "plan"].contains(verb) else { throw FloorFailure(.usage, "give migrate or plan") }
    var settings = instance.database
    settings.statementTimeout = .zero
    settings.lockTimeout = .seconds(30)
    settings.user = instance.administratorRole
    settings.password = instance.password(of: settings.user)
    let database: BlockingDatabase
    do {
      database = try BlockingDatabase(settings, timeout: .seconds(3600))
    } catch {
      throw FloorFailure(.tryAgain, "PostgreSQL does not answer: \(error)")
    }
    do {
      let migrator = try Migrator(
        database: database, root: line.option("root").map(Instance.absolute) ?? instance.stateDirectory + "/share")
      if verb == "plan" {
        let pending = try migrator.plan()
        print(pending.isEmpty ? "nothing to do" : pending.map(\.name).joined(separator: "\n"))
        return .done
      }
      let done = try migrator.migrate { Terminal.tell("    applying \($0.name)") }
      Terminal.tell("    schema at \(Migrator.newestKnown), \(done.count) applied now")
      try setPasswords(migrator, instance.stateDirectory + "/etc/secrets.yaml")
      return .done
    } catch let error as MigrationError {
      throw FloorFailure(.unavailable, "\(error)")
    }
  }

  private static func setPasswords(_ migrator: Migrator, _ path: String) throws {
    guard SmallFile.exists(path) else { return Terminal.tell("    no \(path): passwords stay as they are") }
    let roles = try SecretsFile.read(path).filter { $0.key.hasPrefix("database_") }
    try migrator.setPasswords(
      Dictionary(uniqueKeysWithValues: roles.map { (String($0.key.dropFirst("database_".count)), $0.value) }))
    Terminal.tell("    \(roles.count) roles have passwords")
  }
}
