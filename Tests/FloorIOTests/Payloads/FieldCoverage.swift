import Shared

/// Which members of a payload a decoder reads, found out from outside: a member is read when taking it away or changing it changes what the
/// decoder answers. So no list of a decoder's own has to be believed.
struct FieldCoverage {
  /// By kind of payload: members seen, with array places written as `[]`.
  private(set) var read: [String: Set<String>] = [:]
  private(set) var seen: [String: [String: Int]] = [:]
  private(set) var payloads: [String: Int] = [:]

  /// A member that is expected to be unread is tried in so many payloads; any other in all of them until it is.
  private static let tries = 6

  /// - Parameters:
  ///   - whole: members that are not looked into.
  ///   - ignored: whether a member is expected to be unread.
  ///   - decode: `nil` when the payload is refused.
  /// - Returns: whether the payload as it stands is decoded.
  mutating func add(
    _ kind: String, _ payload: JSON, whole: Set<String> = [], ignored: (String) -> Bool = { _ in false },
    _ decode: (JSON) -> AnyHashable?
  ) -> Bool {
    payloads[kind, default: 0] += 1
    guard let answer = decode(payload) else { return false }
    for (path, steps) in FieldCoverage.places(payload, "", [], whole) {
      if read[kind, default: []].contains(path) { continue }
      if seen[kind, default: [:]][path, default: 0] >= FieldCoverage.tries, ignored(path) { continue }
      seen[kind, default: [:]][path, default: 0] += 1
      let isRead = FieldCoverage.changes(FieldCoverage.value(payload, steps[...])).contains { change in
        decode(FieldCoverage.changed(payload, steps[...], to: change)) != answer
      }
      if isRead { read[kind, default: []].insert(path) }
    }
    return true
  }

  func unread(_ kind: String) -> Set<String> { Set(seen[kind, default: [:]].keys).subtracting(read[kind, default: []]) }

  // MARK: Places

  enum Step: Hashable {
    case key(String)
    case index(Int)
  }

  private static func places(
    _ json: JSON, _ path: String, _ steps: [Step], _ whole: Set<String>
  ) -> [(String, [Step])] {
    if !path.isEmpty, whole.contains(path) { return [(path, steps)] }
    if let members = json.members, !members.isEmpty {
      return members.flatMap {
        places($0.value, path.isEmpty ? $0.key : path + "." + $0.key, steps + [.key($0.key)], whole)
      }
    }
    if let items = json.array, items.contains(where: { $0.members != nil }) {
      // The first few of a long list stand for all of it.
      return items.prefix(4).enumerated().flatMap {
        places($0.element, path + "[]", steps + [.index($0.offset)], whole)
      }
    }
    return path.isEmpty ? [] : [(path, steps)]
  }

  private static func value(_ json: JSON, _ steps: ArraySlice<Step>) -> JSON {
    guard let step = steps.first else { return json }
    switch step {
    case .key(let key): return value(json[key] ?? .null, steps.dropFirst())
    case .index(let index): return value(json.array?[index] ?? .null, steps.dropFirst())
    }
  }

  /// `nil` takes the member away.
  private static func changed(_ json: JSON, _ steps: ArraySlice<Step>, to new: JSON?) -> JSON {
    guard let step = steps.first else { return new ?? .null }
    switch step {
    case .key(let key):
      return .object(
        (json.members ?? []).compactMap { member in
          if member.key != key { return member }
          if steps.count == 1, new == nil { return nil }
          return JSON.Member(key, changed(member.value, steps.dropFirst(), to: new))
        })
    case .index(let index):
      return .array(
        (json.array ?? []).enumerated().map {
          $0.offset == index ? changed($0.element, steps.dropFirst(), to: new) : $0.element
        })
    }
  }

  /// What a member could be instead, of its own kind and of others.
  private static func changes(_ value: JSON) -> [JSON?] {
    switch value {
    case .string(let text):
      var other = text
      if let last = other.popLast() { other.append(last == "1" ? "2" : "1") }
      let id = "0x" + String(repeating: "ab", count: 32)
      return [nil, .string(other), "0.31", "7", "x", "", "BUY", .string(id)]
    case .number: return [nil, .number("0.31"), .number("7"), .number("1")]
    case .bool(let flag): return [nil, .bool(!flag)]
    case .null: return [nil, "1", .number("7"), .bool(true)]
    case .array(let items): return [nil, .array([]), .array(Array(items.dropLast())), [["unheard-of": "x"]]]
    case .object: return [nil, .object([]), ["unheard-of": "x"]]
    }
  }
}
