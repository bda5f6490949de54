/// All keys that exist, in the order a person would want to read them.
public struct ConfigSchema: Sendable {
  public let keys: [ConfigKey]
  /// Other names for them; of a name that is also a key the key counts.
  let spellings: [LegacySpelling]
  /// The profile in whose words old spellings are read.
  let profile: String?
  private let index: [String: Int]

  /// - Precondition: no path appears twice.
  public init(_ keys: [ConfigKey], legacy spellings: [LegacySpelling] = [], profile: String? = nil) {
    self.keys = keys
    self.spellings = spellings
    self.profile = profile
    var index: [String: Int] = [:]
    for (position, key) in keys.enumerated() {
      precondition(index[key.path] == nil, "a configuration key is declared once")
      index[key.path] = position
    }
    self.index = index
  }

  public subscript(path: String) -> ConfigKey? { index[path].map { keys[$0] } }

  func legacy(_ path: String) -> LegacySpelling? { spellings.first { $0.old == path } }

  /// Environment variables of the founding texts that are read, or refused with a remedy.
  public var legacyEnvironmentNames: [String] {
    spellings.map(\.old).filter { $0.utf8.allSatisfy { (65...90).contains($0) || $0 == 95 } }
  }

  /// Whether some key lies below `path`.
  public func isSection(_ path: String) -> Bool { keys.contains { $0.path.hasPrefix(path + ".") } }

  /// What somebody who wrote `path` most likely meant, as the remedy of a refusal.
  public func remedy(forUnknown path: String) -> String {
    let parts = path.split(separator: ".").map(String.init)
    let name = parts.last ?? path
    let section = parts.dropLast().joined(separator: ".")
    let siblings = keys.filter { $0.path.split(separator: ".").dropLast().joined(separator: ".") == section }
    // The same thing in another unit, or without one: the commonest and the most dangerous mistake.
    if let key = siblings.first(where: { ConfigUnit.stem(of: $0.name) == ConfigUnit.stem(of: name) }),
      let unit = key.kind.unit
    {
      if ConfigUnit.named(at: name) == nil {
        return "the unit is part of the key: did you mean \(key.path) (in \(unit.words))?"
      }
      return "this is measured in \(unit.words): did you mean \(key.path)? convert the value too"
    }
    // A shortened name: `threshold_pct` for `threshold_reference_pct`.
    let stem = ConfigUnit.stem(of: name) + "_"
    let longer = siblings.filter { $0.name.hasPrefix(stem) }
    if stem.utf8.count > 4, longer.count == 1 || longer.count == 2 {
      return "did you mean \(longer.map(\.path).joined(separator: " or "))?"
    }
    if let elsewhere = keys.first(where: { $0.name == name }) { return "did you mean \(elsewhere.path)?" }
    let nearest = keys.map { ($0.path, Spelling.distance(path, $0.path)) }.min { $0.1 < $1.1 }
    if let (candidate, distance) = nearest, distance <= max(2, path.utf8.count / 4) {
      return "did you mean \(candidate)?"
    }
    let known = siblings.isEmpty ? "`floor config explain` lists all keys" : "known here: " + names(of: siblings)
    return "remove it; \(known)"
  }

  private func names(of keys: [ConfigKey]) -> String { keys.map(\.name).joined(separator: ", ") }
}

/// How far apart two words are.
public enum Spelling {
  /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, each counting one.
  public static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    var before: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
        row.append(best)
      }
      before = last
      last = row
    }
    return last[b.count]
  }

  /// The nearest of `words` if it is near enough to be meant.
  public static func nearest(to word: String, of words: [String]) -> String? {
    let best = words.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
    guard let (candidate, distance) = best, distance <= max(2, word.utf8.count / 3) else { return nil }
    return candidate
  }
}
