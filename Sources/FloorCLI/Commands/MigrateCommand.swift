import FloorIOData
import Shared

/// Brings the database to this program's schema. Start-up of the floor refuses a newer one and applies an older one's steps the same way.
enum MigrateCommand: OperatorCommand {
  static let name = "db migrate"
  static let summary = "apply missing migrations and set the roles' passwords"
  static let help = """
    usage: floor db migrate [--root DIR] [--plan]
      --root DIR   the installation whose sql/migrations is applied (default: share in the state directory)
      --plan       only say what would be applied
    Needs a system account that PostgreSQL maps to floor_admin (the server's own, or root).
    """
  static let valued: Set<String> = ["--root"]
  static let flags: Set<String> = ["--plan"]

  static func run(_ arguments: Arguments, _ instance: Instance) throws -> ExitCode {
    let session = try instance.session(role: "floor_admin", timeout: .seconds(600))
    let migrator = try Migrator(database: session, root: arguments.values["--root"] ?? instance.state + "/share")
    if arguments.flags.contains("--plan") {
      let pending = try migrator.plan()
      print(pending.isEmpty ? "    nothing to apply" : pending.map { "    \($0.name)" }.joined(separator: "\n"))
      return .done
    }
    let applied = try migrator.migrate { print("    applying \($0.name)") }
    let secrets = try SecretsFile.read(instance.state + "/etc/secrets.yaml")
    let passwords = secrets.filter { $0.key.hasPrefix("database_") }
    try migrator.setPasswords(
      Dictionary(uniqueKeysWithValues: passwords.map { (String($0.key.dropFirst("database_".count)), $0.value) }))
    print(
      "    schema at \(Migrator.newestKnown), \(applied.count) applied now, \(passwords.count) roles have passwords")
    return .done
  }
}
