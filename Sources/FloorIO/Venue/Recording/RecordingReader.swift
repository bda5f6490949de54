import Glibc
import Shared

/// Reads what `RecordingWriter` kept, also a file whose writer was killed: everything up to its last flush.
@safe public struct RecordingReader {
  /// How much of a file could be read.
  public struct Reading: Hashable, Sendable {
    /// Its writer ended it. Not so the newest while it is being written, that of a killed writer, and one whose compression is damaged.
    public internal(set) var isEnded = false
    /// Lines that were left out because they cannot be read.
    public internal(set) var damagedLines = 0
    /// Where the last damage was met and what it is; `nil` where everything up to the file's end, proper or not, was read.
    public internal(set) var lastDamage: String?

    /// The file was ended properly and all of it could be read.
    public var isWhole: Bool { isEnded && lastDamage == nil }
  }

  /// The recordings of a folder: those of a prefix, oldest first, or all, by name.
  public static func files(in directory: String, prefix: String? = nil) -> [String] {
    guard let handle = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(handle) }
    var names: [String] = []
    while let entry = unsafe readdir(handle) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if prefix.map({ name.hasPrefix($0 + "-") }) ?? true, name.hasSuffix(".jsonl.zst") { names.append(name) }
    }
    // The stamp in the name has the same number of digits until the year 2286.
    return names.sorted().map { directory + "/" + $0 }
  }

  /// Calls `body` for every frame of all files of a prefix, oldest first.
  /// - Returns: the files of which not all could be read, with what could (see `Reading`).
  public static func readAll(
    in directory: String, prefix: String, _ body: (RecordedFrame) throws -> Void
  ) throws -> [(path: String, reading: Reading)] {
    try files(in: directory, prefix: prefix).map { ($0, try read($0, body)) }.filter { !$0.1.isWhole }
  }

  /// Calls `body` for every frame in order.
  public static func read(_ path: String, _ body: (RecordedFrame) throws -> Void) throws -> Reading {
    let file = try RecordingFile(path: path)
    while let frame = try file.next() { try body(frame) }
    return file.reading
  }
}
