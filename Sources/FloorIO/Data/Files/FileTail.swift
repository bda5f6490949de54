import CLinux
import Glibc

/// The end of a file that others write.
public enum FileTail {
  public static func size(_ path: String) throws -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw SystemError.last("stat", path) }
    return Int(status.st_size)
  }

  /// Everything from the offset on, at most 64 MB.
  public static func read(_ path: String, from offset: Int) throws -> [UInt8] {
    let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard fd >= 0 else { throw SystemError.last("open", path) }
    defer { close(fd) }
    guard lseek(fd, off_t(offset), SEEK_SET) >= 0 else { throw SystemError.last("lseek", path) }
    return try SmallFile.read(descriptor: fd, path, bytesMax: 64 << 20)
  }
}
