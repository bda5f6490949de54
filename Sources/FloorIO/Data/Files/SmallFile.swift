import CLinux
import Glibc

/// Whole files that fit in memory.
public enum SmallFile {
  /// Reads all of it; throws `EFBIG` when it is longer than `bytesMax`. A symbolic link at the end of the path is refused.
  public static func read(_ path: String, bytesMax: Int) throws -> [UInt8] {
    let fd = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard fd >= 0 else { throw SystemError.last("open", path) }
    defer { close(fd) }
    return try read(descriptor: fd, path, bytesMax: bytesMax)
  }

  static func read(descriptor: Int32, _ path: String, bytesMax: Int) throws -> [UInt8] {
    var out: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(bytesMax + 1, 65536))
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { space in
        retryingInterrupts { unsafe Glibc.read(descriptor, space.baseAddress!, space.count) }
      }
      guard count >= 0 else { throw SystemError.last("read", path) }
      if count == 0 { return out }
      out.append(contentsOf: chunk[..<count])
      guard out.count <= bytesMax else { throw SystemError("read", EFBIG, path) }
    }
  }

  /// Whether something has that name (a dangling link counts).
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// The folder that holds a path.
  static func parent(of path: String) -> String {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return folder.isEmpty ? "/" : folder
  }
}
