import Glibc
import Shared

/// The operator's command. Each command stands in a file of its own under `Commands`.
func runFloorCLI(_ arguments: [String]) -> Int32 {
  // `floor status | head` must end quietly.
  _ = signal(SIGPIPE, SIG_DFL)
  do {
    return try FloorCommands.run(Array(arguments.dropFirst()), environment: Instance.environment()).rawValue
  } catch {
    Terminal.complain("floor: \(error)")
    return ((error as? FloorFailure)?.exitCode ?? .broken).rawValue
  }
}

/// One command of `floor`.
struct FloorCommand: Sendable {
  let name: String
  /// One line for the list of commands.
  let summary: String
  /// What follows the name in the usage line.
  let usage: String
  /// Further lines of `--help`.
  var details = ""
  /// Options with a value, and flags, beside the common ones.
  var options: Set<String> = []
  var flags: Set<String> = []
  /// What `--help` tells of one of its verbs, the first word behind the name.
  var verbDetails: [String: String] = [:]
  let run: @Sendable (CommandLineWords, Instance) throws -> ExitCode
}

enum FloorCommands {
  static let all: [FloorCommand] =
    [StatusCommand.command] + ListCommands.all + [
      WhyCommand.command, ExplainCommand.command, LedgerCommand.command, LimitsCommand.command,
      ReconcileCommand.command, LogsCommand.command,
      HaltCommand.command, ResumeCommand.command,
    ] + RosterCommands.all + [
      WaitCommand.command, DatabaseCommand.command, ConfigCommand.command, DoctorCommand.command, AuditCommand.command,
      BackupCommand.command, RestoreCommand.command, RecordingCommand.command, BacktestCommand.command,
      SweepCommand.command, ReplayCommand.command, CalibrateCommand.command, ShadowCommand.command,
      SmokeCommand.command,
    ]

  static let commonOptions: Set<String> = ["state", "run", "host", "port", "database", "user", "instance"]
  static let commonFlags: Set<String> = ["json", "help"]

  static func run(_ words: [String], environment: [String: String]) throws -> ExitCode {
    guard let first = words.first else {
      print(help)
      return .usage
    }
    switch first {
    case "--help", "-h", "help":
      print(help)
      return .done
    case "--version":
      print("floor \(FloorVersion.text)")
      return .done
    default: break
    }
    guard let command = all.first(where: { $0.name == first }) else {
      throw FloorFailure(.usage, "there is no command \(first); see floor --help")
    }
    let line = try CommandLineWords(
      words.dropFirst(), options: commonOptions.union(command.options), flags: commonFlags.union(command.flags))
    if line.has("help") {
      print(line.words.first.flatMap { command.verbDetails[$0] } ?? help(of: command))
      return .done
    }
    return try command.run(line, try Instance(line, environment: environment))
  }

  static var help: String {
    let width = all.map(\.name.count).max() ?? 0
    let list = all.map { "  \($0.name.padded(to: width))  \($0.summary)" }.joined(separator: "\n")
    let codes = ExitCode.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ")
    return """
      floor: the operator's command line of a trading floor

      usage: floor COMMAND [options]; floor COMMAND --help

      \(list)

      options of every command
        --state DIR      the instance's state directory (default: $FLOOR_STATE, else ./var)
        --run DIR        its directory of sockets (default: as set-up wrote it)
        --host --port --database --user   PostgreSQL, where set-up did not write it down
        --json           for programs: one JSON document
        --help, --version

      exit status: \(codes)
      """
  }

  static func help(of command: FloorCommand) -> String {
    "floor \(command.name): \(command.summary)\n\nusage: floor \(command.name) \(command.usage)"
      + (command.details.isEmpty ? "" : "\n\n" + command.details)
  }
}
