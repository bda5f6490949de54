import FloorIOData
import Glibc
import Shared

/// The process's entry: command line, configuration, lock, then the boss. Returns the exit status.
func runFloorBoss(_ arguments: [String]) -> Int32 {
  do {
    let arguments = try BossArguments(Array(arguments.dropFirst()))
    switch arguments.purpose {
    case .help:
      print(BossArguments.help)
      return ExitCode.done.rawValue
    case .version:
      print("floor-boss \(FloorVersion.text)")
      return ExitCode.done.rawValue
    case .check, .run, .sweep: break
    }
    let settings = try BossSettings.load(arguments, environment: BossSettings.environment())
    switch arguments.purpose {
    case .check:
      print(settings.config.listing)
      print("agents: " + settings.agents.map(\.name.text).joined(separator: ", "))
      return ExitCode.done.rawValue
    case .sweep: return try Sweep(settings).run()
    case .help, .version, .run: break
    }
    let lock = try InstanceLock.take(arguments.stateDirectory + "/floor-boss.lock") {
      say("another boss of this instance is at work; standing by")
    }
    let birth = try BirthPlan(settings: settings).boss(boot: SystemRandom.hex(8))
    var boss: Boss?
    let status = FloorProcess.run(birth) { process in
      let made = try Boss(process: process, settings: settings, lock: lock)
      boss = made
      made.begin()
    }
    withExtendedLifetime(boss) {}
    return status
  } catch let refusal as ConfigRefusal {
    say(refusal.description)
    return ExitCode.configuration.rawValue
  } catch {
    say("\(error)")
    return ((error as? FloorFailure)?.exitCode ?? .broken).rawValue
  }
}

/// To standard error, for whoever started us; there is no log yet.
private func say(_ text: String) {
  let line = Array("floor-boss: \(text)\n".utf8)
  _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress!, $0.count) }
}
