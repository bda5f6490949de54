import Shared

/// A command line taken apart: words, `--name value` and `--flag`. Pure.
struct Arguments: Hashable, Sendable {
  var words: [String] = []
  var values: [String: String] = [:]
  var flags: Set<String> = []

  /// - Parameters:
  ///   - valued: option names (with dashes) that take a value.
  ///   - flags: option names that take none.
  /// - Throws: `FloorFailure(.usage)` that lists every problem at once.
  init(_ arguments: some Sequence<String>, valued: Set<String>, flags known: Set<String>) throws(FloorFailure) {
    var problems: [String] = []
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      guard argument.hasPrefix("--"), argument != "--" else {
        words.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts[0]
      if known.contains(name) {
        if parts.count > 1 { problems.append("\(name) takes no value") } else { flags.insert(name) }
      } else if valued.contains(name) {
        if let value = parts.count > 1 ? parts[1] : iterator.next() {
          values[name] = value
        } else {
          problems.append("\(name) needs a value")
        }
      } else {
        problems.append("unknown option \(name)")
      }
    }
    if !problems.isEmpty { throw FloorFailure(.usage, problems.joined(separator: "; ")) }
  }

  /// A whole number in a range, or the default when the option is absent.
  func number(_ name: String, in range: ClosedRange<Int64>, default fallback: Int64) throws(FloorFailure) -> Int64 {
    guard let text = values[name] else { return fallback }
    guard let number = Int64(text), range.contains(number) else {
      throw FloorFailure(.usage, "\(name) \(text): a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
