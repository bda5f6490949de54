import Shared

/// One thing the operator can ask for. A new command is one file and one line in `commands`.
protocol OperatorCommand: SendableMetatype {
  /// As typed: `status`, `db migrate`.
  static var name: String { get }
  /// One line for the list of commands.
  static var summary: String { get }
  /// What `floor <name> --help` prints after the summary: usage line and options.
  static var help: String { get }
  static var valued: Set<String> { get }
  static var flags: Set<String> { get }
  static func run(_ arguments: Arguments, _ instance: Instance) throws -> ExitCode
}

extension OperatorCommand {
  static var valued: Set<String> { [] }
  static var flags: Set<String> { [] }
}

/// Every command, in the order of `floor --help`.
let commands: [any OperatorCommand.Type] = [WaitCommand.self, MigrateCommand.self]
