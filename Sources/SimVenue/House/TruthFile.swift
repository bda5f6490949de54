import FloorIOData
import Glibc
import Shared

/// The truth log on disk: `truth.jsonl` in the data directory, one writer at a time (locked), append only. A write is done when the
/// kernel has it, which a killed process cannot take back.
final class TruthFile {
  private let lock: FileLock
  private let file: AppendFile

  private static let pieceBytes = 1 << 20

  /// Opens or makes it. Throws `SystemError`.
  init(directory: String) throws {
    try Self.make(directory)
    let path = directory + "/truth.jsonl"
    guard let lock = try FileLock.take(path) else {
      throw SystemError("flock", EWOULDBLOCK, "\(path) (is another sim-venue using it?)")
    }
    self.lock = lock
    file = try AppendFile(path)
  }

  var path: String { file.path }

  /// Tells every record that is in it, in order, and cuts off what a crash left of a line. A log may be larger than the memory: one piece
  /// of it is held at a time. Throws `SystemError`, `TruthError`.
  func read(_ each: (TruthRecord) -> Void) throws {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw SystemError("open", errno, path) }
    defer { close(descriptor) }
    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
    var scan = TruthScan()
    while true {
      let count = unsafe piece.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress!, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("read", errno, path) }
      if count == 0 { break }
      try scan.take(piece[..<count], each)
    }
    if scan.whole < file.size { try file.cut(to: scan.whole) }
  }

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
