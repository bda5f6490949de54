import CLinux
import Glibc
import Shared

/// Tells when files in a folder were written to, made or renamed, through the kernel's notices: nobody has to look again and again.
public final class FolderWatch {
  private let loop: EventLoop
  private let descriptor: Int32
  private var watch: WatchID?

  /// Several changes may come as one call.
  public var onChange: (() -> Void)?

  public init(loop: EventLoop, folder: String) throws {
    self.loop = loop
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { throw SystemError.last("inotify_init1") }
    do {
      let changes = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO)
      guard unsafe inotify_add_watch(descriptor, folder, changes) >= 0 else {
        throw SystemError.last("inotify_add_watch", folder)
      }
      watch = try loop.watch(descriptor, read: true, write: false) { [weak self] _ in self?.drain() }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  deinit { close() }

  public func close() {
    guard let watch else { return }
    loop.unwatch(watch)
    self.watch = nil
    Glibc.close(descriptor)
  }

  private func drain() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while unsafe read(descriptor, &buffer, buffer.count) > 0 {}
    onChange?()
  }
}
