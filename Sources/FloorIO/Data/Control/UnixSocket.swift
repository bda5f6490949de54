import CLinux
import Glibc
import Shared

/// Unix stream sockets by path, close-on-exec and non-blocking.
enum UnixSocket {
  /// The kernel's room for a path, without its final NUL.
  static let pathBytesMax = 107

  /// Listens on the path. A socket file that nobody answers on is removed first; one that is answered is another process's.
  static func listen(_ path: String) throws -> Int32 {
    try checkDirectory(of: path)
    if SmallFile.exists(path) {
      if isAnswered(path) { throw FloorFailure(.tryAgain, "\(path) is answered by another process") }
      guard unsafe unlink(path) == 0 else { throw SystemError.last("unlink", path) }
    }
    let fd = try make(path)
    do {
      let bound = unsafe try withAddress(path) { address, size in unsafe Glibc.bind(fd, address, size) }
      guard bound == 0 else { throw SystemError.last("bind", path) }
      guard unsafe chmod(path, 0o600) == 0 else { throw SystemError.last("chmod", path) }
      guard Glibc.listen(fd, 16) == 0 else { throw SystemError.last("listen", path) }
      return fd
    } catch {
      close(fd)
      throw error
    }
  }

  private static func isAnswered(_ path: String) -> Bool {
    do {
      close(try connect(path))
      return true
    } catch {
      // A full backlog is somebody too busy to answer, not nobody.
      return (error as? SystemError)?.number == EAGAIN
    }
  }

  /// Connects at once or fails at once: a unix socket never makes one wait, except for a full backlog (`EAGAIN`).
  static func connect(_ path: String) throws -> Int32 {
    let fd = try make(path)
    do {
      let result = unsafe try withAddress(path) { address, size in unsafe Glibc.connect(fd, address, size) }
      guard result == 0 else { throw SystemError.last("connect", path) }
      return fd
    } catch {
      close(fd)
      throw error
    }
  }

  private static func make(_ path: String) throws -> Int32 {
    guard path.utf8.count <= pathBytesMax else {
      throw FloorFailure(.configuration, "\(path) is longer than \(pathBytesMax) bytes, which no unix socket can be")
    }
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let fd = socket(AF_UNIX, type, 0)
    guard fd >= 0 else { throw SystemError.last("socket") }
    return fd
  }

  /// The directory must be ours and closed to others: whoever can reach the socket can stop the process.
  private static func checkDirectory(of path: String) throws {
    guard let slash = path.lastIndex(of: "/") else { throw FloorFailure(.configuration, "\(path) is no absolute path") }
    let directory = String(path[..<slash])
    var status = stat()
    guard unsafe lstat(directory, &status) == 0 else { throw SystemError.last("stat", directory) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw FloorFailure(.configuration, "\(directory) is no directory")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
      throw FloorFailure(.configuration, "\(directory) must belong to this user and be closed to others: chmod 700 it")
    }
  }

  private static func withAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) throws -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { space in
      unsafe space.copyBytes(from: path.utf8.prefix(pathBytesMax))
    }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
