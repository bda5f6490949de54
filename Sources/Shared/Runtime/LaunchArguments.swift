/// The command line of a floor process: where its birth document comes from, or a question about the program. Pure.
public enum LaunchArguments: Hashable, Sendable {
  case help
  case version
  case birthDescriptor(Int32, options: [String: String])
  case birthFile(String, options: [String: String])

  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - options: names of further `--name VALUE` options that this program takes.
  public static func parse(
    _ arguments: some Collection<String>, options allowed: Set<String> = []
  ) throws(FloorFailure) -> LaunchArguments {
    var options: [String: String] = [:]
    var descriptor: Int32?
    var file: String?
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" { return .help }
      if argument == "--version" { return .version }
      guard argument.hasPrefix("--") else { throw FloorFailure(.usage, "unexpected argument \(argument)") }
      let name = String(argument.dropFirst(2))
      guard name == "birth-fd" || name == "birth" || allowed.contains(name) else {
        throw FloorFailure(.usage, "unknown option --\(name)")
      }
      guard let value = rest.popFirst() else { throw FloorFailure(.usage, "--\(name) needs a value") }
      switch name {
      case "birth-fd":
        guard let number = Int32(value), number >= 0 else {
          throw FloorFailure(.usage, "--birth-fd needs the number of an open descriptor")
        }
        descriptor = number
      case "birth": file = value
      default:
        guard options.updateValue(value, forKey: name) == nil else {
          throw FloorFailure(.usage, "--\(name) is given twice")
        }
      }
    }
    switch (descriptor, file) {
    case (let number?, nil): return .birthDescriptor(number, options: options)
    case (nil, let path?): return .birthFile(path, options: options)
    case (nil, nil): throw FloorFailure(.usage, "a birth document is needed: --birth-fd N or --birth FILE")
    case (_?, _?): throw FloorFailure(.usage, "give one of --birth-fd and --birth")
    }
  }
}
