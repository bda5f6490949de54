import CLinux
import Glibc
import Shared

/// Replaces a small file as a whole: after a crash at any instruction the name holds the old bytes or the new ones.
public enum AtomicFile {
  /// Writes beside the target, waits for the disk, renames, waits for the directory. The last part of the path must be a plain name.
  /// - Parameter isDurable: false leaves out the waiting: whole after a crash of the process, perhaps old after a crash of the machine.
  public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600, isDurable: Bool = true) throws {
    guard let slash = path.lastIndex(of: "/") else { throw SystemError("open", EINVAL, path) }
    let directory = String(path[..<slash])
    guard isPlainName(String(path[path.index(after: slash)...])) else { throw SystemError("open", EINVAL, path) }
    let temporary = "\(path).\(getpid()).tmp"
    _ = unsafe unlink(temporary)
    let fd = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard fd >= 0 else { throw SystemError.last("open", temporary) }
    do {
      defer { close(fd) }
      try writeAll(bytes, to: fd, temporary)
      guard fchmod(fd, mode) == 0 else { throw SystemError.last("fchmod", temporary) }
      if isDurable, fsync(fd) != 0 { throw SystemError.last("fsync", temporary) }
      guard unsafe rename(temporary, path) == 0 else { throw SystemError.last("rename", path) }
    } catch {
      _ = unsafe unlink(temporary)
      throw error
    }
    if isDurable { try syncDirectory(directory) }
  }

  /// Makes names that were created, renamed or removed in the directory durable.
  public static func syncDirectory(_ path: String) throws {
    let fd = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard fd >= 0 else { throw SystemError.last("open", path) }
    defer { close(fd) }
    guard fsync(fd) == 0 else { throw SystemError.last("fsync", path) }
  }

  static func writeAll(_ bytes: [UInt8], to fd: Int32, _ subject: String) throws {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { space in
        retryingInterrupts { unsafe Glibc.write(fd, space.baseAddress! + done, space.count - done) }
      }
      guard count >= 0 else { throw SystemError.last("write", subject) }
      done += count
    }
  }

  /// Letters, digits, `-`, `_`, `.`, not starting with a dot: never a path.
  static func isPlainName(_ name: String) -> Bool {
    (1...200).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
      && name.utf8.allSatisfy {
        ($0 >= 97 && $0 <= 122) || ($0 >= 65 && $0 <= 90) || ($0 >= 48 && $0 <= 57) || Array("-_.".utf8).contains($0)
      }
  }
}
