import FloorIOData
import Glibc
import Shared

/// `floor`: the operator's command line. Every command is one file in `Commands` and one line in `Frame/Command.swift`.
func runFloorCLI(_ arguments: [String]) -> Int32 {
  let words = Array(arguments.dropFirst())
  guard let first = words.first, first != "--help", first != "-h", first != "help" else {
    print(overview())
    return words.isEmpty ? ExitCode.usage.rawValue : ExitCode.done.rawValue
  }
  if first == "--version" {
    print("floor \(FloorVersion.text)")
    return ExitCode.done.rawValue
  }
  guard let command = commands.last(where: { words.starts(with: $0.name.split(separator: " ").map(String.init)) })
  else {
    return complain(FloorFailure(.usage, "there is no command '\(first)'; floor --help lists them"))
  }
  let rest = words.dropFirst(command.name.split(separator: " ").count)
  if rest.contains("--help") || rest.contains("-h") {
    print("floor \(command.name): \(command.summary)\n\n\(command.help)\n\n\(commonOptions)")
    return ExitCode.done.rawValue
  }
  do {
    let arguments = try Arguments(rest, valued: command.valued.union(["--state"]), flags: command.flags)
    return try command.run(arguments, Instance(state: arguments.values["--state"])).rawValue
  } catch {
    return complain(error)
  }
}

private let commonOptions = "  --state DIR        the floor's state directory (default: FLOOR_STATE, else var)"

private func overview() -> String {
  let width = commands.map { $0.name.count }.max() ?? 0
  let lines = commands.map { command in
    "  " + command.name + String(repeating: " ", count: width - command.name.count + 3) + command.summary
  }
  return """
    floor: the operator's command line of a PolyFloor trading floor.

    usage: floor COMMAND [options]        floor COMMAND --help explains one

    \(lines.joined(separator: "\n"))

    \(commonOptions)
      --version
    exit status: 0 done, 1 refused, 64 usage, 69 a service refused, 70 defect, 75 try again later, 78 configuration
    """
}

private func complain(_ error: any Error) -> Int32 {
  let code =
    (error as? FloorFailure)?.exitCode ?? ((error as? DatabaseError)?.retryable == true ? .tryAgain : .unavailable)
  var line = Array("floor: \(error)\n".utf8)
  unsafe line.withUnsafeMutableBytes { bytes in
    // Standard error may be gone; there is nowhere left to say so.
    _ = unsafe write(2, bytes.baseAddress, bytes.count)
  }
  return code.rawValue
}
