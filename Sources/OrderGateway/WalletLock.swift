import FloorIOData
import Glibc

/// The file lock that one gateway of this state directory holds. The kernel gives it back when its holder is gone, whatever killed it, so
/// holding it *is* the proof that the predecessor on this machine can send nothing more.
final class WalletLock {
  private let file: FileLock

  /// `nil` while another process holds it.
  init?(directory: String) throws {
    if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", errno, directory) }
    guard let file = try FileLock.take(directory + "/gateway.lock") else { return nil }
    self.file = file
  }
}
