/// A text that names one kind of thing. Distinct types, so that one kind cannot be passed where another is meant.
public protocol Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
  var text: String { get }
  /// `nil` when the text is not a legal identifier of this kind.
  init?(_ text: String)
}

extension Identifier {
  public var description: String { text }
  public static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// The venue's short name of a market, `btc-updown-5m-1795180500`. Lower-case letters, digits, `-`, `_`, `.`; at most 200 bytes.
public struct MarketSlug: Identifier {
  public let text: String
  public init?(_ text: String) {
    guard text.utf8.count <= 200, isWord(text, extra: "-_.") else { return nil }
    self.text = text
  }
}

/// The venue's condition id of a market: `0x` and 62 or 64 hex digits, kept in lower case.
public struct ConditionID: Identifier {
  public let text: String
  public init?(_ text: String) {
    guard let hex = lowerHex(text, digits: [62, 64]) else { return nil }
    self.text = hex
  }
}

/// One outcome token: an unsigned 256-bit number in decimal.
public struct TokenID: Identifier {
  public let text: String
  public init?(_ text: String) {
    let bytes = text.utf8
    guard (1...78).contains(bytes.count), bytes.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    self.text = text
  }
}

/// An order at the venue: its EIP-712 hash, known before it is sent.
public struct VenueOrderID: Identifier {
  public let text: String
  public init?(_ text: String) {
    guard let hex = lowerHex(text, digits: [64]) else { return nil }
    self.text = hex
  }
}

/// A match at the venue (an opaque text of at most 100 bytes).
public struct VenueTradeID: Identifier {
  public let text: String
  public init?(_ text: String) {
    guard (1...100).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
    self.text = text
  }
}

/// An agent's name, unique for ever: `[a-z0-9-]{1,40}`. Safe as a file name, a Redis key and a command-line argument.
public struct AgentName: Identifier {
  public let text: String
  public init?(_ text: String) {
    guard (1...40).contains(text.utf8.count), isWord(text, extra: "-") else { return nil }
    self.text = text
  }
}

/// An agent's wish, made by the agent as `<agent>.<decision number>`: stable across its restarts, so a repeat is recognised.
public struct IntentID: Identifier {
  public let text: String
  public init?(_ text: String) {
    guard (1...80).contains(text.utf8.count), isWord(text, extra: "-.") else { return nil }
    self.text = text
  }

  public init(agent: AgentName, decision: Int64) { text = "\(agent.text).\(decision)" }

  /// The number of that agent's decision; `nil` when the intent is none of its decisions.
  public func decision(of agent: AgentName) -> Int64? {
    guard text.hasPrefix(agent.text + ".") else { return nil }
    return Int64(text.dropFirst(agent.text.count + 1))
  }
}

/// How many times a role has been given to a process. Grows by one at each birth; what carries an older one is refused.
public struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let number: Int64
  public init(_ number: Int64) { self.number = number }
  public static func < (a: Epoch, b: Epoch) -> Bool { a.number < b.number }
  public var description: String { String(number) }
}

private func isWord(_ text: String, extra: String) -> Bool {
  let allowed = Array(extra.utf8)
  return !text.isEmpty
    && text.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || allowed.contains($0) }
}

private func lowerHex(_ text: String, digits: [Int]) -> String? {
  let lower = text.lowercased()
  guard lower.hasPrefix("0x"), digits.contains(lower.utf8.count - 2),
    lower.utf8.dropFirst(2).allSatisfy({ ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) })
  else { return nil }
  return lower
}
