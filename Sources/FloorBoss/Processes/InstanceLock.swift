import FloorIOData
import Glibc

/// The lock of one instance on this machine: held by the kernel for as long as the process lives, gone with it however it ends.
final class InstanceLock {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Waits for as long as another process holds it; `onWait` is called once before a wait. A second boss stands by here: it comes alive at
  /// the very moment the first is gone.
  static func take(_ path: String, onWait: () -> Void) throws -> InstanceLock {
    let fd = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard fd >= 0 else { throw SystemError("open", errno, path) }
    if flock(fd, LOCK_EX | LOCK_NB) == 0 { return InstanceLock(fd) }
    onWait()
    while flock(fd, LOCK_EX) != 0 {
      if errno != EINTR {
        let error = SystemError("flock", errno, path)
        close(fd)
        throw error
      }
    }
    return InstanceLock(fd)
  }

  /// `nil` when another process holds it.
  static func takeIfFree(_ path: String) throws -> InstanceLock? {
    let fd = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard fd >= 0 else { throw SystemError("open", errno, path) }
    if flock(fd, LOCK_EX | LOCK_NB) == 0 { return InstanceLock(fd) }
    let number = errno
    close(fd)
    guard number == EWOULDBLOCK else { throw SystemError("flock", number, path) }
    return nil
  }

  deinit { close(descriptor) }
}
