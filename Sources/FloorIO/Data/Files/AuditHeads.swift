import CLinux
import Glibc
import Shared

/// Heads of the audit chain, noted outside the database in `<state>/audit-heads`: a line of JSON each, oldest first. A record that was rewritten or
/// cut as a whole is a whole chain again; these lines do not agree with it.
public enum AuditHeads {
  public struct Head: Hashable, Sendable {
    public let seq: Int64
    /// Hexadecimal.
    public let hash: String
    public let at: String
    public init(seq: Int64, hash: String, at: String) {
      self.seq = seq
      self.hash = hash
      self.at = at
    }
  }

  /// At this size the file is put aside as `.1`, over the one that was there.
  static let bytesMax = 4 << 20

  public static func path(stateDirectory: String) -> String { stateDirectory + "/audit-heads" }

  /// Adds a line and waits for the disk.
  public static func append(_ head: Head, to path: String) throws {
    if SmallFile.exists(path), try FileTail.size(path) > bytesMax, unsafe rename(path, path + ".1") != 0 {
      throw SystemError.last("rename", path)
    }
    let line: JSON = ["seq": .int(head.seq), "hash": .string(head.hash), "at": .string(head.at)]
    try AppendFile(path).append(line.bytes + [0x0A], isDurable: true)
  }

  /// All noted heads with those put aside, oldest first; a line torn by a crash is left out. No file: none.
  public static func read(_ path: String) throws -> [Head] {
    var heads: [Head] = []
    for file in [path + ".1", path] where SmallFile.exists(file) {
      for line in try FileTail.read(file, from: 0).split(separator: 0x0A) {
        guard let json = parsed(line), let seq = json["seq"]?.int, let hash = json["hash"]?.string else { continue }
        heads.append(Head(seq: seq, hash: hash, at: json["at"]?.string ?? ""))
      }
    }
    return heads
  }

  private static func parsed(_ line: ArraySlice<UInt8>) -> JSON? {
    do { return try JSON.parse(line) } catch { return nil }
  }
}
