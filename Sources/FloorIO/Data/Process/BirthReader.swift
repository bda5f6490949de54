import CLinux
import Glibc
import Shared

/// Reads the one line of a birth document from a pipe or a file.
enum BirthReader {
  /// Reads up to the newline (or the end). The boss writes the line before it does anything else, so this waits at most `limit`.
  static func read(descriptor: Int32, limit: Duration = .seconds(10)) throws -> BirthDocument {
    let deadline = SystemClock.monotonic().advanced(by: limit)
    var line: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let left = deadline.since(SystemClock.monotonic())
      guard left > .zero else { throw FloorFailure(.configuration, "no birth document came within \(limit)") }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = retryingInterrupts { unsafe poll(&request, 1, Int32(clamping: left.milliseconds + 1)) }
      guard ready >= 0 else { throw SystemError.last("poll", "birth pipe") }
      guard ready > 0 else { continue }
      let count = unsafe chunk.withUnsafeMutableBytes { space in
        retryingInterrupts { unsafe Glibc.read(descriptor, space.baseAddress!, space.count) }
      }
      guard count >= 0 else { throw SystemError.last("read", "birth pipe") }
      line.append(contentsOf: chunk[..<count])
      if let end = line.firstIndex(of: 0x0A) {
        line.removeSubrange(end...)
        break
      }
      if count == 0 { break }
      guard line.count <= BirthDocument.bytesMax else {
        throw FloorFailure(.configuration, "the birth document is longer than \(BirthDocument.bytesMax) bytes")
      }
    }
    do {
      return try BirthDocument(parsing: line)
    } catch {
      throw FloorFailure(.configuration, "\(error)")
    }
  }

  /// For tests and for hands: a file with the same line. It may hold secrets, so others must not be able to read it.
  static func read(path: String) throws -> BirthDocument {
    let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard fd >= 0 else { throw FloorFailure(.configuration, SystemError.last("open", path).description) }
    defer { close(fd) }
    var status = stat()
    guard unsafe fstat(fd, &status) == 0 else { throw SystemError.last("fstat", path) }
    guard status.st_mode & 0o077 == 0 else {
      throw FloorFailure(.configuration, "\(path) may be read by others: chmod 600 it")
    }
    return try read(descriptor: fd)
  }
}
