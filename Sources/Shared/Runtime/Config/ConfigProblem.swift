/// One thing that is wrong with the configuration: where, what, and what to do about it.
public struct ConfigProblem: Hashable, Sendable, CustomStringConvertible {
  /// `config/floor.yaml:12`, `environment FLOOR_…`, `command line`, or the file that lacks something.
  public let place: String
  public let key: String?
  /// As written; `nil` when there is none or it must not be shown.
  public let value: String?
  /// The end of the sentence that begins with key and value.
  public let reason: String
  public let remedy: String

  public init(_ place: String, key: String?, value: String?, _ reason: String, remedy: String) {
    self.place = place
    self.key = key
    self.value = value
    self.reason = reason
    self.remedy = remedy
  }

  public var description: String { "\(statement) → \(remedy)" }

  /// The problem without its remedy.
  public var statement: String {
    var subject = key ?? ""
    if let value {
      let shown = value.utf8.count > 60 ? String(value.prefix(57)) + "..." : value
      subject += subject.isEmpty ? "\"\(shown)\"" : " = \"\(shown)\""
    }
    return "\(place): " + (subject.isEmpty ? "" : subject + " ") + reason
  }
}

extension ConfigProblem {
  public var json: JSON {
    [
      "place": .string(place), "key": key.map { .string($0) } ?? .null, "value": value.map { .string($0) } ?? .null,
      "reason": .string(reason), "remedy": .string(remedy),
    ]
  }

  /// `nil` when it is none.
  public init?(_ json: JSON) {
    guard let place = json["place"]?.string, let reason = json["reason"]?.string, let remedy = json["remedy"]?.string
    else { return nil }
    self.init(place, key: json["key"]?.string, value: json["value"]?.string, reason, remedy: remedy)
  }
}

/// The configuration was refused, for all of these reasons.
public struct ConfigRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  public let problems: [ConfigProblem]
  public init(_ problems: [ConfigProblem]) { self.problems = problems }

  /// One message with every problem on its own line.
  public var description: String {
    let head =
      problems.count == 1 ? "configuration refused, 1 problem:" : "configuration refused, \(problems.count) problems:"
    return ([head] + problems.enumerated().map { "  \($0.offset + 1). \($0.element)" }).joined(separator: "\n")
  }
}
