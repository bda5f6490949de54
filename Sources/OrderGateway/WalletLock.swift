import FloorIOData
import Glibc
import Shared

/// The file lock that one gateway of this state directory holds. The kernel gives it back when its holder is gone, whatever killed it, so
/// holding it *is* the proof that the predecessor on this machine can send nothing more.
final class WalletLock {
  private let descriptor: Int32
  let path: String

  /// `nil` while another process holds it.
  init?(directory: String) throws {
    if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", errno, directory) }
    path = directory + "/gateway.lock"
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw SystemError("open", errno, path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(descriptor)
      if number == EWOULDBLOCK { return nil }
      throw SystemError("flock", number, path)
    }
  }

  deinit { close(descriptor) }
}
