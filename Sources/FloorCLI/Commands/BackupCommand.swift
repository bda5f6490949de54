import FloorIOData
import Glibc
import Shared

/// `floor backup`: the record by pg_dump, and the files that go with it. The floor may run meanwhile: the dump is one snapshot.
enum BackupCommand {
  static let command = FloorCommand(
    name: "backup", summary: "dump the record and the files beside it into STATE/backups",
    usage: "[--to DIR] [--keep N]",
    details: """
      Makes DIR/<time>/ with polybot.dump (pg_dump), files.tar.gz (checkpoints, journal, audit heads, configuration, the simulated
      venue's log) and manifest.json. Keeps the newest N (default 10) backups there. Passwords and wallets are not in it: keep
      etc/secrets.yaml, etc/venue.json and venue/credentials.json elsewhere.
      """, options: ["to", "keep"], run: run)

  static let tools = "/usr/lib/postgresql/15/bin"

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
      let members = BackupContents.members { SmallFile.exists("\(instance.stateDirectory)/\($0)") }
      let packed = try Command.run(
        "/bin/tar",
        [
          "-czf", "\(partial)/files.tar.gz", "-C", instance.stateDirectory, "--warning=no-file-changed", "--",
        ] + members, timeout: .seconds(3600))
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
    let stamp = SystemClock.wall().description.prefix(19).filter { $0.isNumber || $0 == "T" }
    let aside = "\(instance.stateDirectory)/backups/replaced-\(stamp)"
    guard unsafe mkdir(aside, 0o700) == 0 else { throw SystemError("mkdir", errno, aside) }
    let unpacked: String
    do {
      Terminal.tell("unpacking the files …")
      // An archive that cannot be read is found out before anything is touched.
      unpacked = try unpack(backup, instance, beside: aside)
      // Before the record: a newer journal must never stand beside an older record, whose gateway would replay it.
      try move(replaced, from: instance.stateDirectory, to: aside)
      Terminal.tell("restoring the record; checkpoints and journal are in \(aside) …")
      try PostgresTool.run(
        "pg_restore",
        [
          "--clean", "--if-exists", "--single-transaction", "--exit-on-error",
          "--dbname=\(instance.database.database)", "\(backup)/polybot.dump",
        ],
        instance, timeout: .seconds(3600))
    } catch {
      // The record is as it was, so its files belong to it again.
      try move(replaced, from: aside, to: instance.stateDirectory)
      _ = try Command.run("/bin/rm", ["-rf", "--", aside], timeout: .seconds(60))
      throw error
    }
    try move(BackupContents.restored, from: unpacked, to: instance.stateDirectory)
    guard unsafe rmdir(unpacked) == 0 else { throw SystemError("rmdir", errno, unpacked) }
    print("restored \(backup); what was there before is in \(aside); next: floor db migrate, then start the floor")
    return .done
  }

  /// What is newer than the backup would not fit the record any more: journal, checkpoints and the audit log's heads leave together.
  private static let replaced = BackupContents.restored + ["audit-heads"]

  /// Unpacks what will be put back into a folder on the same file system and returns that folder.
  private static func unpack(_ backup: String, _ instance: Instance, beside aside: String) throws -> String {
    let folder = aside + "/restoring"
    for name in [""] + BackupContents.restored.map({ "/" + $0 }) {
      guard unsafe mkdir(folder + name, 0o700) == 0 else { throw SystemError("mkdir", errno, folder + name) }
    }
    let others = ["audit-heads", "etc", "share", "venue"].map { "--exclude=\($0)" }
    let unpacked = try Command.run(
      "/bin/tar",
      ["-xzf", "\(backup)/files.tar.gz", "-C", folder, "--no-same-owner", "--anchored"] + others,
      timeout: .seconds(3600))
    guard unpacked.succeeded else { throw FloorFailure(.tryAgain, "tar: \(unpacked.text)") }
    if geteuid() == 0 {
      // Root may restore the floor of another account, which has to be able to write here.
      let owned = try Command.run(
        "/bin/chown", ["-R", "--reference=\(instance.stateDirectory)", "--", folder], timeout: .seconds(600))
      guard owned.succeeded else { throw FloorFailure(.tryAgain, "chown: \(owned.text)") }
    }
    return folder
  }

  private static func move(_ names: [String], from source: String, to target: String) throws {
    for name in names where SmallFile.exists("\(source)/\(name)") {
      guard unsafe rename("\(source)/\(name)", "\(target)/\(name)") == 0 else {
        throw SystemError("rename", errno, name)
      }
    }
    for folder in [source, target] { try AtomicFile.syncDirectory(folder) }
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
