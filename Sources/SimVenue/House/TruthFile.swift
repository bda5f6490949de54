import FloorIOData
import Glibc
import Shared

/// The truth log on disk: `truth.jsonl` in the data directory, one writer at a time (locked), append only. A write is done when the
/// kernel has it, which a killed process cannot take back.
@safe final class TruthFile {
  private let descriptor: Int32
  let path: String
  /// What was in it at the opening.
  private(set) var records: [TruthRecord] = []

  /// Opens or makes it, reads it, and cuts off what a crash left of a line. Throws `SystemError`, `TruthError`.
  init(directory: String) throws {
    try Self.make(directory)
    path = directory + "/truth.jsonl"
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw SystemError("open", errno, path) }
    descriptor = opened
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      throw SystemError("flock", errno, "\(path) (is another sim-venue using it?)")
    }
    let text = try Self.contents(opened, path)
    let read = try TruthReading.records(text)
    records = read.records
    if read.whole < text.count, ftruncate(opened, off_t(read.whole)) != 0 {
      throw SystemError("ftruncate", errno, path)
    }
  }

  deinit { close(descriptor) }

  /// Lets go of what was read at the opening.
  func forget() { records = [] }

  /// Appends whole lines.
  func append(_ lines: [UInt8]) throws {
    var start = 0
    while start < lines.count {
      let count = unsafe lines.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress! + start, $0.count - start) }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("write", errno, path)
      }
      start += count
    }
  }

  /// Makes a directory and those above it.
  private static func make(_ directory: String) throws {
    var path = directory.hasPrefix("/") ? "/" : ""
    for part in directory.split(separator: "/") {
      path += part
      if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", errno, path) }
      path += "/"
    }
  }

  private static func contents(_ descriptor: Int32, _ path: String) throws -> [UInt8] {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw SystemError("read", errno, path)
      }
      if count == 0 { return text }
      text += buffer[0..<count]
    }
  }
}
