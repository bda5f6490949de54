import FloorIOData
import Glibc
import Shared

/// `floor backup`: the record by pg_dump, and the files that go with it. The floor may run meanwhile: the dump is one snapshot.
enum BackupCommand {
  static let command = FloorCommand(
    name: "backup", summary: "dump the record and the files beside it into STATE/backups",
    usage: "[--to DIR] [--keep N]",
    details: """
      Makes DIR/<time>/ with polybot.dump (pg_dump), files.tar.gz (checkpoints, journal, etc without secrets, the simulated venue's
      log) and manifest.json. Keeps the newest N (default 10) backups there. Secrets are not in it.
      """, options: ["to", "keep"], run: run)

  static let tools = "/usr/lib/postgresql/15/bin"
  static let parts = ["checkpoints", "journal", "venue", "etc", "audit-heads"]

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    let keep = try line.whole("keep", default: 10, in: 1...10_000)
    let root = Instance.absolute(line.option("to") ?? instance.stateDirectory + "/backups")
    let schema = try instance.openDatabase().query("SELECT max(number) AS n FROM public.schema_migrations").one().int(
      "n")
    let now = SystemClock.wall()
    let stamp = now.description.prefix(19).filter { $0.isNumber || $0 == "T" }
    let target = "\(root)/\(stamp)"
    let partial = target + ".partial"
    guard unsafe mkdir(partial, 0o700) == 0 else { throw SystemError("mkdir", errno, partial) }
    do {
      Terminal.tell("dumping the record …")
      try PostgresTool.run(
        "pg_dump", ["--format=custom", "--file=\(partial)/polybot.dump"], instance, timeout: .seconds(3600))
      Terminal.tell("packing the files …")
      let there = parts.filter { SmallFile.exists("\(instance.stateDirectory)/\($0)") }
      let packed = try Command.run(
        "/bin/tar",
        [
          "-czf", "\(partial)/files.tar.gz", "-C", instance.stateDirectory, "--exclude=etc/secrets.yaml",
          "--exclude=venue/credentials.json", "--warning=no-file-changed", "--",
        ] + there, timeout: .seconds(3600))
      // 1: a file changed while it was read, which a running floor's do.
      guard packed.succeeded || packed.status == .code(1) else { throw FloorFailure(.tryAgain, "tar: \(packed.text)") }
      let manifest: JSON = [
        "version": .string(FloorVersion.text), "made_at": .text(now), "schema": .int(schema),
        "instance": .string(instance.name),
        "dump_bytes": .int(try FileTail.size("\(partial)/polybot.dump")),
        "files_bytes": .int(try FileTail.size("\(partial)/files.tar.gz")),
      ]
      try AtomicFile.write(manifest.bytes + [0x0A], to: "\(partial)/manifest.json")
      guard unsafe rename(partial, target) == 0 else { throw SystemError("rename", errno, target) }
      try AtomicFile.syncDirectory(root)
    } catch {
      _ = try Command.run("/bin/rm", ["-rf", "--", partial], timeout: .seconds(60))
      throw error
    }
    try prune(root, keep)
    if instance.isJSON { print((["backup": .string(target)] as JSON).text) } else { print("backup: \(target)") }
    return .done
  }

  /// Only folders that look like ours are touched.
  private static func prune(_ root: String, _ keep: Int) throws {
    let ours = try DirectoryListing.names(in: root).filter { name in
      name.utf8.count == 15 && name.allSatisfy { $0.isNumber || $0 == "T" }
        && SmallFile.exists("\(root)/\(name)/manifest.json")
    }
    for name in ours.dropLast(keep) {
      _ = try Command.run("/bin/rm", ["-rf", "--", "\(root)/\(name)"], timeout: .seconds(600))
    }
  }
}

/// `floor restore`: the reverse, for a stopped floor.
enum RestoreCommand {
  static let command = FloorCommand(
    name: "restore", summary: "put a backup back; the floor must be stopped", usage: "BACKUP --yes",
    details: """
      BACKUP is a folder that floor backup made. The record is replaced as a whole, in one transaction; checkpoints and journal are
      replaced too. Secrets stay as they are. After it run floor db migrate, then start the floor.
      """, flags: ["yes"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    let backup = Instance.absolute(try line.oneWord("one backup's folder"))
    let manifest: JSON
    do {
      manifest = try JSON.parse(try SmallFile.read(backup + "/manifest.json", bytesMax: 65536))
    } catch {
      throw FloorFailure(.usage, "\(backup) is no backup: \(error)")
    }
    guard let schema = manifest["schema"]?.int, schema <= Migrator.newestKnown else {
      throw FloorFailure(.unavailable, "the backup's schema is newer than this program (\(Migrator.newestKnown))")
    }
    guard line.has("yes") else {
      throw FloorFailure(
        .refused,
        "this replaces the present record by that of \(manifest["made_at"]?.string ?? "?"); say --yes to do it")
    }
    if let run = instance.runDirectory {
      let alive = try ProcessProbe.ask(runDirectory: run).filter { $0.hello != nil }.map(\.process)
      guard alive.isEmpty else {
        throw FloorFailure(
          .tryAgain, "still running: \(alive.joined(separator: ", ")). supervisorctl stop floor first.")
      }
    }
    Terminal.tell("restoring the record …")
    try PostgresTool.run(
      "pg_restore",
      [
        "--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--dbname=\(instance.database.database)",
        "\(backup)/polybot.dump",
      ],
      instance, timeout: .seconds(3600))
    Terminal.tell("restoring the files …")
    let aside = try putAside(instance)
    let unpacked = try Command.run(
      "/bin/tar",
      [
        "-xzf", "\(backup)/files.tar.gz", "-C", instance.stateDirectory, "--no-same-owner", "--", "checkpoints",
        "journal",
      ],
      timeout: .seconds(3600))
    guard unpacked.succeeded else { throw FloorFailure(.tryAgain, "tar: \(unpacked.text)") }
    if geteuid() == 0 {
      // Root may restore the floor of another account, which has to be able to write here.
      let owned = try Command.run(
        "/bin/chown",
        ["-R", "--reference=\(instance.stateDirectory)", "--"] + replaced.map { "\(instance.stateDirectory)/\($0)" },
        timeout: .seconds(600))
      guard owned.succeeded else { throw FloorFailure(.tryAgain, "chown: \(owned.text)") }
    }
    print("restored \(backup); what was there before is in \(aside); next: floor db migrate, then start the floor")
    return .done
  }

  private static let replaced = ["checkpoints", "journal"]

  /// What is newer than the backup would not fit the record any more: journal, checkpoints and the audit log's heads leave together.
  private static func putAside(_ instance: Instance) throws -> String {
    let stamp = SystemClock.wall().description.prefix(19).filter { $0.isNumber || $0 == "T" }
    let folder = "\(instance.stateDirectory)/backups/replaced-\(stamp)"
    guard unsafe mkdir(folder, 0o700) == 0 else { throw SystemError("mkdir", errno, folder) }
    for name in replaced + ["audit-heads"] where SmallFile.exists("\(instance.stateDirectory)/\(name)") {
      guard unsafe rename("\(instance.stateDirectory)/\(name)", "\(folder)/\(name)") == 0 else {
        throw SystemError("rename", errno, name)
      }
    }
    return folder
  }
}

/// PostgreSQL's own programs, told where the server is.
enum PostgresTool {
  static func run(_ name: String, _ arguments: [String], _ instance: Instance, timeout: Duration) throws {
    var environment = ChildSpecification.allowedEnvironment()
    environment["PGHOST"] = instance.database.host
    environment["PGPORT"] = String(instance.database.port)
    environment["PGUSER"] = instance.administratorRole
    environment["PGDATABASE"] = instance.database.database
    if let password = instance.password(of: instance.administratorRole) {
      environment["PGPASSWORD"] = password.reveal()
    }
    let output = try Command.run(
      "\(BackupCommand.tools)/\(name)", arguments, environment: environment, timeout: timeout)
    guard output.succeeded else { throw FloorFailure(.tryAgain, "\(name): \(output.status): \(output.text)") }
  }
}
