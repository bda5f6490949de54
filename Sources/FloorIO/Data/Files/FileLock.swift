import Glibc
import Shared

/// An exclusive lock on a file (`flock`), held until `release` or the end of the process, however it ends: the kernel gives it back. The
/// file is made when it is not there; what is in it is neither read nor changed, so a full disk stops nobody from holding it.
public final class FileLock {
  private var descriptor: Int32

  /// Takes the lock at once; `nil` when another process has it.
  public static func take(_ path: String) throws -> FileLock? {
    let lock = try FileLock(path)
    return try lock.lock(LOCK_EX | LOCK_NB, path) ? lock : nil
  }

  /// Waits for as long as another process holds it; `onWait` is called once before a wait.
  public static func wait(_ path: String, onWait: () -> Void) throws -> FileLock {
    let lock = try FileLock(path)
    if try lock.lock(LOCK_EX | LOCK_NB, path) { return lock }
    onWait()
    _ = try lock.lock(LOCK_EX, path)
    return lock
  }

  private init(_ path: String) throws {
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw SystemError.last("open", path) }
  }

  /// False when another process has it and the operation does not wait.
  private func lock(_ operation: Int32, _ path: String) throws -> Bool {
    if retryingInterrupts({ flock(descriptor, operation) }) == 0 { return true }
    let error = SystemError.last("flock", path)
    if error.number == EWOULDBLOCK { return false }
    throw error
  }

  public func release() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
  }

  deinit { release() }
}
