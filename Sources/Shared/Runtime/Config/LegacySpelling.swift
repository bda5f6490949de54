/// A name that the founding texts gave to a setting, and what it is here. A configuration may use it; one notice says which was read, and
/// as what. Where its unit is not the same everywhere, or nothing here corresponds, it is refused with the way to say it.
public struct LegacySpelling: Hashable, Sendable {
  /// What becomes of the value.
  public enum Reading: Hashable, Sendable {
    /// It is the same number or word.
    case same
    /// true and false as two words.
    case words(true: String, false: String)
    /// A fraction where we have per cent, or per cent where we have a part of one: the number times this, in millionths.
    case times(Int64)
  }

  /// One of our keys that is set by it.
  public struct Target: Hashable, Sendable {
    /// The path of our key.
    public let path: String
    public let reading: Reading
    /// Where the old word implies what it says nothing of: that value, whatever was written.
    public let implied: String?

    /// How a sentence names it.
    fileprivate var words: String { implied.map { "\(path): \($0)" } ?? path + reading.words }

    init(_ path: String, _ reading: Reading = .same, implied: String? = nil) {
      self.path = path
      self.reading = reading
      self.implied = implied
    }
  }

  public enum Meaning: Hashable, Sendable {
    case read([Target])
    /// With this profile it means that: its unit is only defined there (C-07).
    case readIn([String: [Target]], otherwise: String)
    /// It cannot be read; the remedy.
    case refused(String)
  }

  /// As a path in a file, or in capitals the name of an environment variable.
  public let old: String
  public let meaning: Meaning
  /// No other layer may say otherwise: between paper and real money the stronger layer does not decide (C-20).
  public let mustAgree: Bool

  init(_ old: String, _ targets: Target..., mustAgree: Bool = false) {
    self.old = old
    meaning = .read(targets)
    self.mustAgree = mustAgree
  }

  init(_ old: String, in profiles: [String: [Target]], otherwise remedy: String) {
    self.old = old
    meaning = .readIn(profiles, otherwise: remedy)
    mustAgree = false
  }

  init(_ old: String, refused remedy: String) {
    self.old = old
    meaning = .refused(remedy)
    mustAgree = false
  }

  /// What it sets under that profile; `nil` when it is refused.
  public func targets(profile: String?) -> [Target]? {
    switch meaning {
    case .read(let targets): targets
    case .readIn(let profiles, _): profile.flatMap { profiles[$0] }
    case .refused: nil
    }
  }

  /// How to say it instead.
  public var remedy: String {
    switch meaning {
    case .read(let targets): "write \(targets.map(\.path).joined(separator: " and "))"
    case .readIn(_, let remedy), .refused(let remedy): remedy
    }
  }

  /// What a person is told who asks what it is.
  public var explanation: String {
    switch meaning {
    case .read(let targets):
      "\(old) is an old spelling of \(targets.map(\.words).joined(separator: ", with "))"
    case .readIn(let profiles, let remedy):
      "\(old) is an old spelling whose unit hangs on the profile: "
        + profiles.sorted { $0.key < $1.key }.map { name, targets in
          "with \(name) it is \(targets.map(\.words).joined(separator: " with "))"
        }.joined(separator: ", ") + "; otherwise \(remedy)"
    case .refused(let remedy): "\(old) is an old spelling that is not read: \(remedy)"
    }
  }
}

extension LegacySpelling.Reading {
  fileprivate var words: String {
    switch self {
    case .same: ""
    case .words(let yes, let no): " (true: \(yes), false: \(no))"
    case .times(let micros): " (the number times \(Decimal6.text(micros)))"
    }
  }

  /// The value in our unit; `nil` for what it cannot be.
  func value(_ content: ConfigSetting.Content) -> ConfigSetting.Content? {
    switch (self, content) {
    case (.same, _): return content
    case (.words(let yes, let no), .scalar(let text)):
      switch text.lowercased() {
      case "true", "1": return .scalar(yes)
      case "false", "0": return .scalar(no)
      default: return nil
      }
    case (.times(let factor), .scalar(let text)):
      guard let number = try? Decimal6.parse(text),
        let product = Int64(exactly: divide(Int128(number) * Int128(factor), by: 1_000_000, rounding: .nearest))
      else { return nil }
      return .scalar(Decimal6.text(product))
    default: return nil
    }
  }
}

// MARK: - Reading layers

/// A layer in our words.
struct TranslatedLayer {
  var layer: ConfigLayer
  /// What was read, and as what.
  var notices: [String] = []
  /// Which of it no other layer may contradict.
  var binding: [ConfigSetting] = []
}

extension ConfigSchema {
  /// Old spellings become keys. One layer that says the same thing in two ways must say the same.
  func translate(_ layer: ConfigLayer) -> TranslatedLayer {
    guard layer.settings.contains(where: { self[$0.path] == nil && legacy($0.path) != nil }) else {
      return TranslatedLayer(layer: layer)
    }
    var binding: [ConfigSetting] = []
    var settings: [ConfigSetting] = []
    var problems = layer.problems
    var notices: [String] = []
    for setting in layer.settings {
      guard self[setting.path] == nil, let spelling = legacy(setting.path) else {
        settings.append(setting)
        continue
      }
      guard let targets = spelling.targets(profile: profile) else {
        problems.append(
          ConfigProblem(
            setting.place, key: setting.path, value: setting.content.text,
            "is an old spelling that cannot be read here",
            remedy: spelling.remedy))
        continue
      }
      var read: [String] = []
      for target in targets {
        guard let value = target.implied.map({ .scalar($0) }) ?? target.reading.value(setting.content) else {
          problems.append(
            ConfigProblem(
              setting.place, key: setting.path, value: setting.content.text, "cannot be read as \(target.path)",
              remedy: spelling.remedy))
          continue
        }
        settings.append(ConfigSetting(target.path, value, place: setting.place))
        if spelling.mustAgree { binding.append(ConfigSetting(target.path, value, place: setting.place)) }
        read.append("\(target.path) = \(value.text)")
      }
      if !read.isEmpty {
        notices.append(
          "\(setting.place): \(setting.path) is an old spelling, read as \(read.joined(separator: " and "))")
      }
    }
    problems += ConfigSchema.contradictions(settings, self)
    return TranslatedLayer(
      layer: ConfigLayer(name: layer.name, settings: settings, problems: problems), notices: notices, binding: binding)
  }

  private static func contradictions(_ settings: [ConfigSetting], _ schema: ConfigSchema) -> [ConfigProblem] {
    var problems: [ConfigProblem] = []
    for (index, setting) in settings.enumerated() {
      guard let key = schema[setting.path],
        let other = settings[..<index].first(where: {
          $0.path == setting.path && !key.agrees($0.content, setting.content)
        })
      else { continue }
      problems.append(
        ConfigProblem(
          setting.place, key: setting.path, value: setting.content.text,
          "contradicts \(other.place), which says \(other.content.text)", remedy: "keep one of the two"))
    }
    return problems
  }
}

extension ConfigKey {
  /// Do both mean the same value?
  func agrees(_ a: ConfigSetting.Content, _ b: ConfigSetting.Content) -> Bool {
    guard case .success(let x) = kind.read(a), case .success(let y) = kind.read(b) else { return a == b }
    return x == y
  }
}
