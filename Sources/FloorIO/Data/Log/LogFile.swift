import CLinux
import Glibc
import Shared

/// A file that grows to a size, then is renamed to `.1`, `.2`, … of which the last falls away: bounded for ever. Never throws after it was
/// opened: a full disk must not stop trading, so `write` only answers whether the disk took the line.
@safe final class LogFile {
  let path: String
  let bytesMax: Int
  let filesMax: Int
  private var descriptor: Int32
  private var size: Int
  private var isTorn = false

  /// - Parameter filesMax: old files kept beside the current one, ≥ 1.
  init(path: String, bytesMax: Int, filesMax: Int) throws {
    precondition(bytesMax > 0 && filesMax > 0, "a log needs room")
    self.path = path
    self.bytesMax = bytesMax
    self.filesMax = filesMax
    (descriptor, size) = try LogFile.open(path)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private static func open(_ path: String) throws -> (Int32, Int) {
    let fd = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard fd >= 0 else { throw SystemError.last("open", path) }
    var status = stat()
    guard unsafe fstat(fd, &status) == 0 else {
      let error = SystemError.last("fstat", path)
      close(fd)
      throw error
    }
    return (fd, Int(status.st_size))
  }

  /// Appends one line (its newline included). Returns whether the disk took all of it.
  @discardableResult
  func write(_ line: [UInt8]) -> Bool {
    if size > 0, size + line.count > bytesMax { rotate() }
    if descriptor < 0 {
      // The reopening after a rotation failed (no inodes, no space): try again with each line.
      do { (descriptor, size) = try LogFile.open(path) } catch {
        return false
      }
    }
    // A line that was cut by a full disk ends here, so that the next one is whole.
    let text = isTorn ? [0x0A] + line : line
    let written = unsafe text.withUnsafeBytes { space in
      retryingInterrupts { unsafe Glibc.write(descriptor, space.baseAddress!, space.count) }
    }
    guard written == text.count else {
      if written > 0 {
        isTorn = true
        size += written
      }
      return false
    }
    isTorn = false
    size += written
    return true
  }

  private func rotate() {
    for number in stride(from: filesMax - 1, through: 1, by: -1) {
      // A missing older file is normal in a young log; nothing else can be done about a failure here.
      _ = unsafe rename("\(path).\(number)", "\(path).\(number + 1)")
    }
    guard unsafe rename(path, "\(path).1") == 0 else {
      // Could not move it away: go on in the same file rather than lose lines.
      size = 0
      return
    }
    close(descriptor)
    descriptor = -1
    size = 0
  }
}
