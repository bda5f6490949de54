import FloorIOData
import Glibc
import Shared

/// `floor doctor`: what is missing or wrong on this machine, each with its remedy.
enum DoctorCommand {
  static let command = FloorCommand(
    name: "doctor", summary: "what is missing or wrong on this machine, each with its remedy", usage: "[--json]",
    details: "Exit status 0: nothing is wrong. 1: something is; each problem is followed by what to do.", run: run)

  struct Finding {
    enum Verdict: String {
      case good = "ok"
      case warning = "warning"
      case wrong = "WRONG"
    }
    let subject: String
    let verdict: Verdict
    let detail: String
    var remedy = ""
  }

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    try line.noWords()
    let (configured, config) = configuration(instance)
    let findings =
      programs() + directories(instance) + configured + postgres(instance) + redis(instance) + processes(instance)
      + disk(instance, config)
    if instance.isJSON {
      let list = findings.map { finding -> JSON in
        [
          "subject": .string(finding.subject), "verdict": .string(finding.verdict.rawValue),
          "detail": .string(finding.detail), "remedy": .string(finding.remedy),
        ]
      }
      print(JSON.array(list).text)
    } else {
      for finding in findings {
        print(
          "\(finding.verdict.rawValue.padded(to: 8)) \(finding.subject.padded(to: 22)) \(Table.plain(finding.detail))")
        if finding.verdict != .good, !finding.remedy.isEmpty { print("         → \(Table.plain(finding.remedy))") }
      }
    }
    return findings.contains { $0.verdict == .wrong } ? .refused : .done
  }

  // MARK: Programs

  private static func programs() -> [Finding] {
    let needed: [(String, [String], String)] = [
      ("PostgreSQL 15", ["/usr/lib/postgresql/15/bin/postgres"], "postgresql-15"),
      ("psql", ["/usr/lib/postgresql/15/bin/psql"], "postgresql-client-15"),
      ("Redis", ["/usr/bin/redis-server"], "redis-server"), ("redis-cli", ["/usr/bin/redis-cli"], "redis-tools"),
      ("supervisord", ["/usr/bin/supervisord", "/usr/local/bin/supervisord"], "supervisor"),
    ]
    var findings = needed.map { name, paths, package in
      if let path = paths.first(where: { unsafe access($0, X_OK) == 0 }) {
        return Finding(subject: name, verdict: .good, detail: path)
      }
      return Finding(
        subject: name, verdict: .wrong, detail: "\(paths[0]) is not there", remedy: "apt-get install \(package)")
    }
    for name in ["floor-boss", "market-feed", "trader-agent", "order-gateway", "auditor", "perf-monitor", "floor-web"] {
      do {
        findings.append(Finding(subject: name, verdict: .good, detail: try Siblings.path(name)))
      } catch {
        findings.append(
          Finding(subject: name, verdict: .wrong, detail: "\(error)", remedy: "scripts/run builds and installs it"))
      }
    }
    return findings
  }

  // MARK: Places

  private static func directories(_ instance: Instance) -> [Finding] {
    var findings: [Finding] = []
    let remedy = "scripts/run makes it; or name the right one with --state DIR"
    guard let state = FileFacts(instance.stateDirectory) else {
      return [
        Finding(
          subject: "state directory", verdict: .wrong, detail: "\(instance.stateDirectory) is not there", remedy: remedy
        )
      ]
    }
    findings.append(
      state.isDirectory
        ? Finding(subject: "state directory", verdict: .good, detail: instance.stateDirectory)
        : Finding(
          subject: "state directory", verdict: .wrong, detail: "\(instance.stateDirectory) is no directory",
          remedy: remedy))
    for name in ["etc", "log", "checkpoints", "journal", "recordings", "backups"] {
      let path = instance.stateDirectory + "/" + name
      guard let facts = FileFacts(path), facts.isDirectory else {
        findings.append(
          Finding(
            subject: name, verdict: .wrong, detail: "\(path) is not there",
            remedy: "mkdir -m 700 \(path), or scripts/run"))
        continue
      }
      if facts.isOpenToOthers {
        findings.append(
          Finding(subject: name, verdict: .wrong, detail: "\(path) is open to other users", remedy: "chmod 700 \(path)")
        )
      }
    }
    let secrets = instance.stateDirectory + "/etc/secrets.yaml"
    if let facts = FileFacts(secrets) {
      findings.append(
        facts.isOpenToOthers
          ? Finding(
            subject: "secrets", verdict: .wrong, detail: "\(secrets) may be read by others",
            remedy: "chmod 600 \(secrets)")
          : Finding(subject: "secrets", verdict: .good, detail: secrets))
    } else {
      findings.append(
        Finding(
          subject: "secrets", verdict: .wrong, detail: "\(secrets) is not there or hidden from this user",
          remedy: "scripts/run makes it; or run as the floor's user"))
    }
    guard let run = instance.runDirectory else {
      return findings + [
        Finding(
          subject: "run directory", verdict: .wrong, detail: "unknown",
          remedy: "give --run DIR; scripts/run writes it to STATE/etc/instance.json")
      ]
    }
    if let facts = FileFacts(run), facts.isDirectory {
      findings.append(
        facts.isOpenToOthers
          ? Finding(
            subject: "run directory", verdict: .wrong, detail: "\(run) is open to other users",
            remedy: "chmod 700 \(run)")
          : Finding(subject: "run directory", verdict: .good, detail: run))
    } else {
      findings.append(
        Finding(subject: "run directory", verdict: .wrong, detail: "\(run) is not there", remedy: "scripts/run"))
    }
    // agent-<40>.sock is the longest name in it.
    if run.utf8.count + 52 > 107 {
      findings.append(
        Finding(
          subject: "socket paths", verdict: .wrong, detail: "\(run) is too long: a socket's path has at most 107 bytes",
          remedy: "give a shorter --run DIR"))
    }
    if SmallFile.exists(instance.haltFile) {
      findings.append(
        Finding(
          subject: "halt file", verdict: .warning, detail: "\(instance.haltFile) exists: nothing trades",
          remedy: "floor resume"))
    }
    return findings
  }

  private struct FileFacts {
    let isDirectory: Bool
    let isOpenToOthers: Bool

    init?(_ path: String) {
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { return nil }
      isDirectory = status.st_mode & S_IFMT == S_IFDIR
      isOpenToOthers = status.st_mode & 0o077 != 0
    }
  }

  // MARK: Configuration

  /// What the boss itself says of it, ports and servers included; then who listens on this instance's own ports.
  private static func configuration(_ instance: Instance) -> ([Finding], EffectiveConfig?) {
    let answer: ConfigCommand.Answer
    do {
      answer = try ConfigCommand.ask(instance, isLive: true)
    } catch {
      let finding = Finding(
        subject: "configuration", verdict: .wrong, detail: "cannot be checked: \(error)", remedy: "scripts/run")
      return ([finding], nil)
    }
    guard answer.problems.isEmpty else {
      let findings = answer.problems.map {
        Finding(subject: "configuration", verdict: .wrong, detail: $0.statement, remedy: $0.remedy)
      }
      return (findings, answer.config)
    }
    var findings = [Finding(subject: "configuration", verdict: .good, detail: instance.configurationFile)]
    let ports = ["web.port", "web.metrics_port"] + (answer.config.value("venue") == .text("sim") ? ["sim.port"] : [])
    for key in ports {
      guard case .whole(let number)? = answer.config.value(key), let port = UInt16(exactly: number), port > 0 else {
        continue
      }
      findings.append(
        TCPProbe.isAnswered(port: port)
          ? Finding(subject: "port \(port)", verdict: .good, detail: "answered (\(key))")
          : Finding(
            subject: "port \(port)", verdict: .warning, detail: "nobody listens (\(key))",
            remedy: "normal when the floor is stopped"))
    }
    return (findings, answer.config)
  }

  // MARK: Servers

  private static func postgres(_ instance: Instance) -> [Finding] {
    do {
      let before = SystemClock.wall()
      let database = try instance.connect(timeout: .seconds(5))
      let row = try database.query(
        """
        SELECT clock_timestamp() AS now, current_setting('fsync') AS fsync, current_setting('server_version') AS version,
               session_user::text AS role
        """
      ).one()
      let after = SystemClock.wall()
      let clock = try row.wall("now")
      var findings = [
        Finding(
          subject: "PostgreSQL", verdict: .good,
          detail: "version \(try row.text("version")), user \(try row.text("role"))")
      ]
      if try row.text("fsync") != "on" {
        findings.append(
          Finding(
            subject: "durability", verdict: .warning, detail: "fsync is off: a power cut loses the record",
            remedy: "set fsync = on"))
      }
      let drift = clock < before ? before.since(clock) : clock.since(after)
      findings.append(
        drift > .milliseconds(500)
          ? Finding(
            subject: "clock", verdict: .wrong, detail: "\(drift.milliseconds) ms between this machine and the database",
            remedy: "both must keep time: timedatectl set-ntp true")
          : Finding(subject: "clock", verdict: .good, detail: "agrees with the database's"))
      return findings + [schema(database)]
    } catch {
      return [
        Finding(
          subject: "PostgreSQL", verdict: .wrong, detail: "\(error)",
          remedy:
            "supervisorctl status; \(instance.stateDirectory)/log/postgres.log; right user? (--user; tried \(instance.roles.joined(separator: ", ")))"
        )
      ]
    }
  }

  private static func schema(_ database: BlockingDatabase) -> Finding {
    do {
      let row = try database.query("SELECT max(number) AS n FROM public.schema_migrations").one()
      let newest = row.isNull("n") ? nil : try row.int("n")
      let fit = SchemaFit(newest: newest)
      return Finding(
        subject: "schema", verdict: fit == .good ? .good : .wrong, detail: fit.reason() ?? "\(newest ?? 0)",
        remedy: fit.remedy)
    } catch {
      return Finding(subject: "schema", verdict: .wrong, detail: "\(error)", remedy: "floor db migrate")
    }
  }

  private static func redis(_ instance: Instance) -> [Finding] {
    guard let settings = instance.redisSettings() else { return [] }
    do {
      let loop = try EventLoop()
      let bus = RedisBus(loop: loop, settings: settings, log: .discarding(process: "floor"))
      defer { bus.close() }
      if try loop.turn(until: { bus.isConnected }, limit: .seconds(2)) {
        return [Finding(subject: "Redis", verdict: .good, detail: "answers")]
      }
      return [
        Finding(
          subject: "Redis", verdict: .wrong, detail: bus.lastError ?? "no answer",
          remedy: "supervisorctl status; \(instance.stateDirectory)/log/redis.log")
      ]
    } catch {
      return [Finding(subject: "Redis", verdict: .wrong, detail: "\(error)", remedy: "supervisorctl status")]
    }
  }

  private static func processes(_ instance: Instance) -> [Finding] {
    guard let run = instance.runDirectory else { return [] }
    do {
      return try ProcessProbe.ask(runDirectory: run).map { answer in
        if let progress = answer.progress {
          return Finding(
            subject: answer.process, verdict: progress.isReady ? .good : .warning,
            detail: progress.isReady ? "up" : "up, not ready: \(progress.note)",
            remedy: "floor logs \(answer.process)")
        }
        return Finding(
          subject: answer.process, verdict: .wrong, detail: answer.silence ?? "silent",
          remedy: answer.process == ProcessNames.boss
            ? "supervisorctl start floor; \(instance.stateDirectory)/log/floor-boss.log"
            : "the boss restarts it; floor logs \(answer.process)")
      }
    } catch {
      return [Finding(subject: "processes", verdict: .wrong, detail: "\(error)", remedy: "scripts/run")]
    }
  }

  // MARK: Machine

  private static func disk(_ instance: Instance, _ config: EffectiveConfig?) -> [Finding] {
    func bound(_ path: String) -> Int64? {
      if case .decimal(let micros)? = config?.value(path) { micros } else { nil }
    }
    do {
      let space = try DiskSpace(at: instance.stateDirectory)
      guard let alarm = bound("disk.alarm_free_pct"), let stop = bound("disk.reduce_only_free_pct") else {
        // The configuration could not be read, which is a finding of its own.
        return [Finding(subject: "disk", verdict: .good, detail: "\(space.bytesFree >> 20) MB free")]
      }
      let judged = DiskJudgement(
        bytesFree: space.bytesFree, bytesTotal: space.bytesTotal, alarmMicros: alarm, stopMicros: stop)
      let verdict: Finding.Verdict =
        switch judged.verdict {
        case .enough: .good
        case .scarce: .warning
        case .entriesStopped: .wrong
        }
      return [
        Finding(
          subject: "disk", verdict: verdict, detail: judged.detail,
          remedy: "make room: \(instance.stateDirectory)/recordings and backups are the largest")
      ]
    } catch {
      return [Finding(subject: "disk", verdict: .wrong, detail: "\(error)", remedy: "scripts/run")]
    }
  }
}
