import CLinux
import Glibc

/// Room on the file system that holds a path.
public struct DiskSpace: Hashable, Sendable {
  public let bytesTotal: Int64
  /// What this user may still take.
  public let bytesFree: Int64

  public init(at path: String) throws {
    var status = statvfs()
    guard unsafe statvfs(path, &status) == 0 else { throw SystemError.last("statvfs", path) }
    bytesTotal = Int64(status.f_blocks) * Int64(status.f_frsize)
    bytesFree = Int64(status.f_bavail) * Int64(status.f_frsize)
  }
}
