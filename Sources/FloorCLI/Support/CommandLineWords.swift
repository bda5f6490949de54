import Shared

/// A command's line taken apart: plain words, `--name VALUE` options, `--name` flags. Options may stand anywhere. Pure.
struct CommandLineWords: Hashable {
  private(set) var words: [String] = []
  private var options: [String: [String]] = [:]
  private var flags: Set<String> = []

  init(
    _ arguments: some Collection<String>, options allowed: Set<String>, flags allowedFlags: Set<String>
  ) throws(FloorFailure) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "-h" {
        flags.insert("help")
      } else if argument == "--" {
        words += rest
        return
      } else if argument.hasPrefix("--") {
        let body = argument.dropFirst(2)
        let name = String(body.prefix { $0 != "=" })
        if allowedFlags.contains(name), !body.contains("=") {
          flags.insert(name)
        } else if allowed.contains(name) {
          if let equals = body.firstIndex(of: "=") {
            options[name, default: []].append(String(body[body.index(after: equals)...]))
          } else if let value = rest.popFirst() {
            options[name, default: []].append(value)
          } else {
            throw FloorFailure(.usage, "--\(name) needs a value")
          }
        } else {
          throw FloorFailure(.usage, "unknown option \(argument)")
        }
      } else {
        words.append(argument)
      }
    }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }
  /// The last one given wins.
  func option(_ name: String) -> String? { options[name]?.last }
  func every(_ name: String) -> [String] { options[name] ?? [] }

  func whole(_ name: String, default value: Int, in range: ClosedRange<Int>) throws(FloorFailure) -> Int {
    guard let text = option(name) else { return value }
    guard let number = Int(text), range.contains(number) else {
      throw FloorFailure(.usage, "--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func noWords() throws(FloorFailure) {
    if let word = words.first { throw FloorFailure(.usage, "unexpected argument \(word)") }
  }

  func oneWord(_ what: String) throws(FloorFailure) -> String {
    guard words.count == 1 else { throw FloorFailure(.usage, "give \(what)") }
    return words[0]
  }
}
