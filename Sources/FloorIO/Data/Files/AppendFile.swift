import CLinux
import Glibc
import Shared

/// A file that only grows, readable by its owner alone: journals and logs of whole records. An append is in it as a whole or not at all, so
/// that a record which failed does not make those after it unreadable. One writer at a time: who needs that enforced takes a `FileLock`.
public final class AppendFile {
  public let path: String
  /// Bytes in it.
  public private(set) var size: Int
  private let descriptor: Int32
  /// Part of a failed append is behind `size` still, and must go before anything else comes.
  private var isTorn = false

  /// Opens or makes it. A symbolic link at the end of the path is refused.
  /// - Parameter isDurable: waits until a new file's name is on the disk.
  public init(_ path: String, isDurable: Bool = true) throws {
    self.path = path
    size = 0
    let isNew = !SmallFile.exists(path)
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw SystemError.last("open", path) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError.last("fstat", path) }
    size = Int(status.st_size)
    if isNew, isDurable, let slash = path.lastIndex(of: "/") { try AtomicFile.syncDirectory(String(path[...slash])) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// - Parameter isDurable: waits for the disk; without it the kernel has it, which a killed process cannot take back.
  /// - Throws: `SystemError` when any of it failed; nothing of it counts then.
  public func append(_ bytes: [UInt8], isDurable: Bool) throws {
    if isTorn { try cut(to: size) }
    do {
      try AtomicFile.writeAll(bytes, to: descriptor, path)
      if isDurable { try sync() }
    } catch {
      isTorn = ftruncate(descriptor, off_t(size)) != 0
      throw error
    }
    size += bytes.count
  }

  /// Sets the length, and waits for the disk.
  public func cut(to length: Int) throws {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw SystemError.last("ftruncate", path) }
    size = length
    isTorn = false
    try sync()
  }

  private func sync() throws {
    guard fdatasync(descriptor) == 0 else { throw SystemError.last("fdatasync", path) }
  }
}
