import Shared

/// When a fault strikes: from a moment, until another, so many times, with a chance. `after_ms` and `for_ms` count from when the rule was
/// set; without them it is always time, without `count` there is no end, without `probability` it strikes whenever it can.
struct FaultSchedule: Hashable, Sendable {
  var from: WallTime
  var until: WallTime?
  var left: Int?
  /// Millionths.
  var probability: Int64

  init(_ item: WireValue, at wall: WallTime) throws(FaultProblem) {
    func milliseconds(_ name: String) throws(FaultProblem) -> Int64? {
      guard let value = item[name] else { return nil }
      guard let number = value.asNumber, (0...86_400_000).contains(number) else {
        throw FaultProblem("\(name) is between 0 and 86400000")
      }
      return number
    }
    from = wall.advanced(by: .milliseconds(try milliseconds("after_ms") ?? 0))
    let length = try milliseconds("for_ms")
    until = length.map { [from] in from.advanced(by: .milliseconds($0)) }
    let chance = item["probability"].map { $0.asMicros ?? -1 } ?? 1_000_000
    guard (0...1_000_000).contains(chance) else { throw FaultProblem("probability is between 0 and 1") }
    probability = chance
    left = nil
    if let value = item["count"] {
      guard let number = value.asNumber, number >= 1 else { throw FaultProblem("count is at least 1") }
      left = Int(number)
    }
  }

  /// Counts down when it strikes.
  /// - Parameter chance: drawn evenly from 0 to 1.
  mutating func strikes(at wall: WallTime, _ chance: Double) -> Bool {
    guard wall >= from, until.map({ wall < $0 }) ?? true, !isWornOut, Int64(chance * 1_000_000) < probability else {
      return false
    }
    left = left.map { $0 - 1 }
    return true
  }

  var isWornOut: Bool { left == 0 }

  var shown: [WireValue.Field] {
    [
      .init(name: "probability", value: .number(WireDecimal.text(probability))),
      .init(name: "count", value: left.map { .integer(Int64($0)) } ?? .null),
      .init(name: "from_ms", value: .integer(from.milliseconds)),
      .init(name: "until_ms", value: until.map { .integer($0.milliseconds) } ?? .null),
    ]
  }

  /// What the console shows of a list of rules: the members of each, then when it strikes; and how often any of them has.
  static func shown<Rule>(
    _ rules: [Rule], hits: Int64, when: (Rule) -> FaultSchedule, _ members: (Rule) -> [WireValue.Field]
  ) -> WireValue {
    .object(("rules", .list(rules.map { .record(members($0) + when($0).shown) })), ("hits", .integer(hits)))
  }
}

/// Why a list of faults does not read.
struct FaultProblem: Error, Hashable, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }

  /// Reads a JSON list, rule by rule; a problem names the rule it is in.
  static func each<Rule>(
    _ value: WireValue, _ read: (WireValue) throws(FaultProblem) -> Rule
  ) throws(FaultProblem) -> [Rule] {
    guard let list = value.asList else { throw FaultProblem("a JSON list of rules is wanted") }
    var rules: [Rule] = []
    for (index, item) in list.enumerated() {
      do throws(FaultProblem) {
        rules.append(try read(item))
      } catch {
        throw FaultProblem("rule \(index): \(error.description)")
      }
    }
    return rules
  }

  /// One of an enumeration's words.
  static func word<Word: RawRepresentable & CaseIterable>(
    _ item: WireValue, _ name: String
  ) throws(FaultProblem) -> Word where Word.RawValue == String {
    let text = item[name]?.asText
    for word in Word.allCases where word.rawValue == text { return word }
    throw FaultProblem("\(name) is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
  }
}
