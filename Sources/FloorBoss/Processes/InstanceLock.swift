import FloorIOData

/// The lock of one instance on this machine: held by the kernel for as long as the process lives, gone with it however it ends.
final class InstanceLock {
  private let file: FileLock

  private init(_ file: FileLock) { self.file = file }

  /// Waits for as long as another process holds it; `onWait` is called once before a wait. A second boss stands by here: it comes alive at
  /// the very moment the first is gone.
  static func take(_ path: String, onWait: () -> Void) throws -> InstanceLock {
    InstanceLock(try FileLock.wait(path, onWait: onWait))
  }

  /// `nil` when another process holds it.
  static func takeIfFree(_ path: String) throws -> InstanceLock? { try FileLock.take(path).map { InstanceLock($0) } }
}
