import Glibc
import Shared

/// An exclusive lock on a file (`flock`), held until `release` or the end of the process, however it ends. The file stays; it holds the
/// holder's pid for people.
public final class FileLock {
  private var descriptor: Int32

  /// Takes the lock at once; `nil` when another process has it.
  public static func take(_ path: String) throws -> FileLock? {
    let fd = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard fd >= 0 else { throw SystemError.last("open", path) }
    guard retryingInterrupts({ flock(fd, LOCK_EX | LOCK_NB) }) == 0 else {
      let error = SystemError.last("flock", path)
      close(fd)
      if error.number == EWOULDBLOCK { return nil }
      throw error
    }
    let lock = FileLock(descriptor: fd)
    guard ftruncate(fd, 0) == 0 else { throw SystemError.last("ftruncate", path) }
    try AtomicFile.writeAll(Array("\(getpid())\n".utf8), to: fd, path)
    return lock
  }

  private init(descriptor: Int32) { self.descriptor = descriptor }

  public func release() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
  }

  deinit { release() }
}
