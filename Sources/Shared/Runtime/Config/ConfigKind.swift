/// What a configured value may look like, and its reading from text.
public enum ConfigKind: Hashable, Sendable {
  /// `true` or `false`.
  case flag
  /// One of these words.
  case word([String])
  /// A list of distinct words, each one of these when the list is not empty.
  case words([String], atLeast: Int)
  /// A list of limits, `LimitRule`.
  case limitRules
  /// A line of text of at most so many bytes; may be empty when `optional`.
  case text(maxBytes: Int, optional: Bool)
  /// An address beginning with one of these schemes (`http://`); empty means "as the venue says".
  case url([String])
  /// A whole number.
  case whole(ClosedRange<Int64>, ConfigUnit)
  /// A decimal at 10⁻⁶: the range in millionths of the unit.
  case decimal(ClosedRange<Int64>, ConfigUnit)

  public var unit: ConfigUnit? {
    switch self {
    case .whole(_, let unit), .decimal(_, let unit): unit
    default: nil
    }
  }

  /// A decimal whose bounds are written as decimal text.
  /// - Precondition: both texts are decimals, in order.
  public static func decimal(from low: String, to high: String, _ unit: ConfigUnit) -> ConfigKind {
    guard let low = try? Decimal6.parse(low), let high = try? Decimal6.parse(high), low <= high else {
      preconditionFailure("the bounds of a decimal kind are decimals in order")
    }
    return .decimal(low...high, unit)
  }

  /// The legal values in words, for help texts and refusals.
  public var expectation: String {
    switch self {
    case .flag: "true or false"
    case .word(let allowed): "one of " + allowed.joined(separator: ", ")
    case .words(let allowed, let atLeast):
      "a list" + (atLeast > 0 ? " of at least \(atLeast)" : "")
        + (allowed.isEmpty ? " of words" : " of " + allowed.joined(separator: ", "))
    case .limitRules: LimitRule.expectation
    case .text(let maxBytes, let optional): "a text of at most \(maxBytes) bytes" + (optional ? ", may be empty" : "")
    case .url(let schemes): "an address beginning with " + schemes.joined(separator: " or ")
    case .whole(let range, let unit): "a whole number from \(range.lowerBound) to \(range.upperBound), \(unit.words)"
    case .decimal(let range, let unit):
      "a number from \(Decimal6.text(range.lowerBound)) to \(Decimal6.text(range.upperBound)), \(unit.words)"
    }
  }

  /// Reads what was written, or says why not.
  func read(_ written: ConfigSetting.Content) -> Result<ConfigValue, ConfigFault> {
    switch (self, written) {
    case (.words(let allowed, let atLeast), .list(let items)):
      if let stranger = items.first(where: { !allowed.isEmpty && !allowed.contains($0) }) {
        return .failure(ConfigFault("\"\(stranger)\" is not one of \(allowed.joined(separator: ", "))"))
      }
      if items.count < atLeast { return .failure(ConfigFault("is too short")) }
      if Set(items).count < items.count { return .failure(ConfigFault("names the same word twice")) }
      return .success(.list(items))
    case (.limitRules, .list(let items)): return readRules(items)
    // Environment and command line write lists with commas.
    case (.words, .scalar(let text)), (.limitRules, .scalar(let text)):
      let items = text.split(separator: ",").map { String($0.trimmed) }.filter { !$0.isEmpty }
      return read(.list(items))
    case (_, .scalar(let text)): return readScalar(text)
    case (_, .empty):
      if case .text(_, optional: true) = self { return .success(.text("")) }
      return .failure(ConfigFault("has no value"))
    case (_, .list): return .failure(ConfigFault("is a list, which this key does not take"))
    }
  }

  private func readRules(_ items: [String]) -> Result<ConfigValue, ConfigFault> {
    var rules: [String] = []
    for item in items {
      do throws(LimitRule.Fault) {
        rules.append(try LimitRule(parsing: item).text)
      } catch {
        return .failure(ConfigFault("rule \"\(item)\" \(error.reason)"))
      }
    }
    return .success(.list(rules))
  }

  private func readScalar(_ text: String) -> Result<ConfigValue, ConfigFault> {
    switch self {
    case .flag:
      switch text {
      case "true": return .success(.flag(true))
      case "false": return .success(.flag(false))
      default: return .failure(ConfigFault("is neither true nor false"))
      }
    case .word(let allowed):
      return allowed.contains(text) ? .success(.text(text)) : .failure(ConfigFault("is none of the known words"))
    case .text(let maxBytes, let optional):
      if text.isEmpty && !optional { return .failure(ConfigFault("is empty")) }
      if text.utf8.count > maxBytes { return .failure(ConfigFault("is too long")) }
      if text.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
        return .failure(ConfigFault("contains a control character"))
      }
      return .success(.text(text))
    case .url(let schemes):
      if text.isEmpty { return .success(.text("")) }
      guard let scheme = schemes.first(where: { text.hasPrefix($0) }), text.utf8.count > scheme.utf8.count,
        text.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
      else { return .failure(ConfigFault("is no such address")) }
      return .success(.text(text))
    case .whole(let range, _):
      guard let number = Int64(text), !text.hasPrefix("+") else {
        return .failure(ConfigFault("is not a whole number"))
      }
      return range.contains(number) ? .success(.whole(number)) : .failure(ConfigFault("is out of range"))
    case .decimal(let range, _):
      guard let micros = try? Decimal6.parse(text) else {
        return .failure(ConfigFault("is not a plain decimal number of at most six decimals"))
      }
      return range.contains(micros) ? .success(.decimal(micros: micros)) : .failure(ConfigFault("is out of range"))
    case .words, .limitRules: return read(.scalar(text))
    }
  }
}

/// Why one value was refused: the end of a sentence that begins with key and value.
struct ConfigFault: Error, Hashable {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

extension Substring {
  /// Without spaces at either end.
  fileprivate var trimmed: Substring {
    var rest = self
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return rest
  }
}
