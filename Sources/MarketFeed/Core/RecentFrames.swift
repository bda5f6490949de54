import Shared

/// The messages that a shard's sockets brought of late, by a 64-bit fingerprint of their bytes: what both say is taken in once. A socket
/// that says the same twice means it (a price that goes and comes back within one stamp), so each one's are counted. Two different
/// messages among the few thousand remembered ones share a fingerprint once in 10¹² cases.
struct RecentFrames: Sendable {
  private struct Entry: Sendable {
    var fingerprint: UInt64
    /// Tokens whose whole book it held.
    var snapshots: [TokenID]
    /// The markets it spoke of.
    var markets: [ConditionID]
    /// How often each twin brought it.
    var heard: SIMD2<Int32>

    /// How often it was taken in: as often as the one said it that said it more often.
    var taken: Int32 { heard.max() }
  }

  private var entries: [Entry] = []
  private var next = 0
  private var indices: [UInt64: Int] = [:]
  private static let kept = 4096

  /// Counts a message of a twin. Answers the snapshots that it held when its twin brought it; `nil` when it is new and to be taken in.
  mutating func snapshots(_ fingerprint: UInt64, from twin: Int) -> [TokenID]? {
    guard let index = indices[fingerprint] else { return nil }
    let taken = entries[index].taken
    entries[index].heard[twin] += 1
    return entries[index].heard[twin] <= taken ? entries[index].snapshots : nil
  }

  /// Remembers a message that was taken in.
  mutating func add(_ fingerprint: UInt64, from twin: Int, snapshots: [TokenID], markets: [ConditionID]) {
    // Said once more: it is counted already.
    if indices[fingerprint] != nil { return }
    var entry = Entry(fingerprint: fingerprint, snapshots: snapshots, markets: markets, heard: .zero)
    entry.heard[twin] = 1
    if entries.count < RecentFrames.kept {
      indices[fingerprint] = entries.count
      entries.append(entry)
    } else {
      // One that was forgotten and came again has a younger place.
      if indices[entries[next].fingerprint] == next { indices[entries[next].fingerprint] = nil }
      indices[fingerprint] = next
      entries[next] = entry
      next = (next + 1) % RecentFrames.kept
    }
  }

  /// What was said of this market counts as new again.
  mutating func forget(_ market: ConditionID) {
    for entry in entries where entry.markets.contains(market) { indices[entry.fingerprint] = nil }
  }

  mutating func clear() {
    entries.removeAll(keepingCapacity: true)
    indices.removeAll(keepingCapacity: true)
    next = 0
  }

  /// FNV-1a over words of eight bytes, with a stirring of the result: quick, and good enough against accidents. Nobody gains by making
  /// two messages collide but the venue itself, which can say what it likes.
  static func fingerprint(_ bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
    var index = 0
    while index + 8 <= bytes.count {
      var word: UInt64 = 0
      for offset in 0..<8 { word |= UInt64(bytes[index + offset]) << UInt64(8 * offset) }
      hash = (hash ^ word) &* 0x100_0000_01b3
      hash ^= hash >> 29
      index += 8
    }
    while index < bytes.count {
      hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3
      index += 1
    }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    return hash ^ (hash >> 33)
  }
}
