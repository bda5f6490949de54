import FloorIOData
import Glibc
import Shared

/// The process's entry: command line, configuration, lock, then the boss. Returns the exit status.
func runFloorBoss(_ arguments: [String]) -> Int32 {
  var state: String?
  do {
    let arguments = try BossArguments(Array(arguments.dropFirst()))
    switch arguments.purpose {
    case .help:
      print(BossArguments.help)
      return ExitCode.done.rawValue
    case .version:
      print("floor-boss \(FloorVersion.text)")
      return ExitCode.done.rawValue
    case .sweep: return try Sweep(arguments).run()
    case .check, .run: break
    }
    if arguments.purpose == .run { state = arguments.stateDirectory }
    var (settings, problems) = BossSettings.examine(arguments, environment: BossSettings.environment())
    let preflight = Preflight(settings, problems: problems)
    if arguments.purpose == .check {
      if arguments.isLive { problems += preflight.all() }
      return check(settings, problems)
    }
    var reached = ReachedServers.read(stateDirectory: arguments.stateDirectory)
    let before = reached
    problems += preflight.atStart(&reached)
    guard problems.isEmpty else { throw ConfigRefusal(problems) }
    for notice in settings.notices { say(notice) }
    let isRetry = try RefusalNote.remove(stateDirectory: arguments.stateDirectory)
    if reached != before { try reached.write(stateDirectory: arguments.stateDirectory) }
    let lock = try InstanceLock.take(arguments.stateDirectory + "/floor-boss.lock") {
      say("another boss of this instance is at work; standing by")
    }
    try VenueOfRecord.note(settings)
    let birth = try BirthPlan(settings: settings).boss(boot: SystemRandom.hex(8))
    var boss: Boss?
    let status = FloorProcess.run(birth) { process in
      let made = try Boss(process: process, settings: settings, lock: lock, isRetry: isRetry)
      boss = made
      made.begin()
    }
    withExtendedLifetime(boss) {}
    return status
  } catch let refusal as ConfigRefusal {
    if let state {
      RefusalNote.tell(refusal, stateDirectory: state, isRetry: RefusalNote.isRecent(state))
    } else {
      say(refusal.description)
    }
    return ExitCode.configuration.rawValue
  } catch {
    say("\(error)")
    return ((error as? FloorFailure)?.exitCode ?? .broken).rawValue
  }
}

/// The answer of `--check`.
private func check(_ settings: BossSettings, _ problems: [ConfigProblem]) -> Int32 {
  let status = problems.isEmpty ? ExitCode.done : .configuration
  if settings.arguments.isJSON {
    let answer: JSON = [
      "problems": .array(problems.map(\.json)), "settings": settings.config.layersJSON,
      "agents": .array(settings.agents.map { .string($0.name.text) }),
      "notices": .array(settings.notices.map { .string($0) }),
    ]
    print(answer.text)
  } else if problems.isEmpty {
    print(settings.config.listing)
    print("agents: " + settings.agents.map(\.name.text).joined(separator: ", "))
    for notice in settings.notices { say(notice) }
  } else {
    say(ConfigRefusal(problems).description)
  }
  return status.rawValue
}

/// To standard error, for whoever started us; there is no log yet.
func say(_ text: String) {
  let line = Array("floor-boss: \(text)\n".utf8)
  _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress!, $0.count) }
}
