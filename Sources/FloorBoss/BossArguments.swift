import Shared

/// The command line of `floor-boss`.
struct BossArguments: Hashable {
  enum Purpose: Hashable { case help, version, check, sweep, run }

  var purpose = Purpose.run
  var configurationFile = "config/floor.yaml"
  var profile: String?
  /// Instead of the folder `agents` beside the configuration.
  var agentsDirectory: String?
  var stateDirectory = ""
  var runDirectory = ""
  var instance = "floor"
  /// After so long without an end our starter kills us; `nil` when nobody does.
  var stopWait: Duration?
  /// `key=value`, in their order.
  var settings: [String] = []
  /// With `check`: hold the configuration against this machine too, before or after the private servers are started; answer in JSON.
  var isLive = false
  var isBeforeServers = false
  var isJSON = false

  static let help = """
    floor-boss: keeps a trading floor alive. Started by supervisord as the program `floor`; stops the whole floor in order on SIGTERM.

    usage: floor-boss --state DIR --run DIR [options]
      --config FILE      the floor's configuration (default config/floor.yaml); profiles/ and agents/ are looked for beside it
      --agents DIR       the first roster (default: agents/ beside the configuration)
      --profile NAME     capital and limits from profiles/NAME.yaml (default: the key `profile`)
      --state DIR        the instance's state directory: etc, log, checkpoints, venue, ...
      --run DIR          short 0700 directory for the sockets
      --instance NAME    name of the floor (default floor)
      --set KEY=VALUE    overrides one key of the configuration; may be repeated
      --stop-wait N      supervisord's stopwaitsecs: seconds after which it kills a floor that was told to stop
      --check            checks configuration, agents and secrets, prints what would count, starts nothing
      --live             with --check: also ports in use and servers that do not answer
      --before-servers   with --live: private servers that are not up yet are about to be started
      --json             with --check: every key with its layers, and the problems, as one JSON document
      --sweep            ends what an earlier floor of this instance left running (not while a boss is at work), and exits: 0 when
                         nothing is left, 75 with the names of what is; reads no configuration
      --version, --help

    exit status: 0 done or told to stop, 64 usage, 70 broken invariant, 75 try again later, 78 configuration refused
    """

  init(_ arguments: [String]) throws(FloorFailure) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--help", "-h": purpose = .help
      case "--version": purpose = .version
      case "--check": purpose = .check
      case "--live": isLive = true
      case "--before-servers": isBeforeServers = true
      case "--json": isJSON = true
      case "--agents": agentsDirectory = try BossArguments.value(of: argument, &rest)
      case "--sweep": purpose = .sweep
      case "--config": configurationFile = try BossArguments.value(of: argument, &rest)
      case "--profile": profile = try BossArguments.value(of: argument, &rest)
      case "--state": stateDirectory = try BossArguments.value(of: argument, &rest)
      case "--run": runDirectory = try BossArguments.value(of: argument, &rest)
      case "--instance": instance = try BossArguments.value(of: argument, &rest)
      case "--stop-wait":
        let text = try BossArguments.value(of: argument, &rest)
        guard let seconds = Int64(text), (1...86_400).contains(seconds) else {
          throw FloorFailure(.usage, "--stop-wait takes seconds from 1 to 86400")
        }
        stopWait = .seconds(seconds)
      case "--set": settings.append(try BossArguments.value(of: argument, &rest))
      default: throw FloorFailure(.usage, "unknown argument \(argument); see floor-boss --help")
      }
    }
    guard purpose != .help, purpose != .version else { return }
    for (name, directory) in [("--state", stateDirectory), ("--run", runDirectory)] where !directory.hasPrefix("/") {
      throw FloorFailure(.usage, "\(name) needs an absolute path")
    }
    guard instance.utf8.count <= 20, BirthDocument.isName(instance) else {
      throw FloorFailure(.usage, "--instance takes at most 20 of a-z, 0-9 and -")
    }
  }

  private static func value(of option: String, _ rest: inout ArraySlice<String>) throws(FloorFailure) -> String {
    guard let value = rest.popFirst() else { throw FloorFailure(.usage, "\(option) needs a value") }
    return value
  }
}
