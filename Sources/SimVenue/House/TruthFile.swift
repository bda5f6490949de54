import FloorIOData
import Glibc
import Shared

/// The truth log on disk: `truth.jsonl` in the data directory, one writer at a time (locked), append only. A write is done when the
/// kernel has it, which a killed process cannot take back.
final class TruthFile {
  private let lock: FileLock
  private let file: AppendFile
  /// What was in it at the opening.
  private(set) var records: [TruthRecord] = []

  /// More than any machine holds in memory: the size of a log is not judged here.
  private static let bytesMax = 1 << 40

  /// Opens or makes it, reads it, and cuts off what a crash left of a line. Throws `SystemError`, `TruthError`.
  init(directory: String) throws {
    try Self.make(directory)
    let path = directory + "/truth.jsonl"
    guard let lock = try FileLock.take(path) else {
      throw SystemError("flock", EWOULDBLOCK, "\(path) (is another sim-venue using it?)")
    }
    self.lock = lock
    file = try AppendFile(path)
    let read = try TruthReading.records(try SmallFile.read(path, bytesMax: Self.bytesMax))
    records = read.records
    if read.whole < file.size { try file.cut(to: read.whole) }
  }

  var path: String { file.path }

  /// Lets go of what was read at the opening.
  func forget() { records = [] }

  /// Appends whole lines.
  func append(_ lines: [UInt8]) throws { try file.append(lines, isDurable: false) }

  /// Makes a directory and those above it.
  private static func make(_ directory: String) throws {
    var path = directory.hasPrefix("/") ? "/" : ""
    for part in directory.split(separator: "/") {
      path += part
      if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", errno, path) }
      path += "/"
    }
  }
}
