import CLinux
import Glibc

/// A loopback port that a program wants to listen on: whether it can be had, and who has it if not.
public enum ListeningPort {
  public enum State: Hashable, Sendable {
    case free
    /// Somebody listens there. `holder` is `nil` when we may not look at the process: another user's, or one that hides its memory,
    /// as the floor's own do; `user` is whose it is, as the kernel says.
    case taken(holder: Holder?, user: UInt32?)
    /// The kernel does not give it to this user at all.
    case refused(String)
  }

  public struct Holder: Hashable, Sendable, CustomStringConvertible {
    public let pid: Int32
    public let name: String
    /// Path of its program, without the mark of one that was replaced since; empty when it may not be read.
    public let program: String
    public var description: String { "\(name) (pid \(pid))" }
  }

  /// Binds as a server would, and lets go again.
  public static func state(_ port: UInt16) -> State {
    do {
      close(try bind(port).descriptor)
      return .free
    } catch  where error.number == EADDRINUSE {
      let sockets = listeners(port)
      return .taken(holder: holder(of: Set(sockets.keys)), user: sockets.values.first)
    } catch  where error.call == "bind" {
      return .refused(unsafe String(cString: strerror(error.number)))
    } catch {
      return .refused(error.description)
    }
  }

  /// A port that nobody has at this moment, for a program that must be told its port. Nothing keeps it: whoever binds first gets it.
  public static func anyFree() throws(SystemError) -> UInt16 {
    let (descriptor, port) = try bind(0)
    close(descriptor)
    return port
  }

  /// A TCP socket bound to that port of the loopback address, 0 for any, that does not listen yet. The caller closes it.
  static func bind(_ port: UInt16) throws(SystemError) -> (descriptor: Int32, port: UInt16) {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard fd >= 0 else { throw SystemError.last("socket") }
    var yes: Int32 = 1
    guard unsafe setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
      throw failed("setsockopt", fd)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(fd, $0, size) == 0 && getsockname(fd, $0, &size) == 0
      }
    }
    guard isBound else { throw failed("bind", fd) }
    return (fd, UInt16(bigEndian: address.sin_port))
  }

  private static func failed(_ call: StaticString, _ fd: Int32) -> SystemError {
    let error = SystemError.last(call)
    close(fd)
    return error
  }

  /// Whether a process runs that was started by this path. Works for processes that hide everything else.
  public static func isRunning(program: String) -> Bool {
    let start = Array(program.utf8) + [0]
    do {
      return try DirectoryListing.names(in: "/proc").compactMap { Int32($0) }.contains { pid in
        do {
          return try SmallFile.read("/proc/\(pid)/cmdline", bytesMax: 1 << 20).starts(with: start)
        } catch {
          // Gone meanwhile.
          return false
        }
      }
    } catch {
      return false
    }
  }

  /// Who listens on that port, as far as this user may see it.
  private static func holder(of sockets: Set<String>) -> Holder? {
    guard !sockets.isEmpty else { return nil }
    do {
      for pid in try DirectoryListing.names(in: "/proc").compactMap({ Int32($0) }) where holds(pid, sockets) {
        return Holder(
          pid: pid, name: ProcessStat.read(pid: pid)?.name ?? "a process", program: link("/proc/\(pid)/exe").withoutMark
        )
      }
    } catch {
      // Without /proc nobody can be named; the port is taken all the same.
      return nil
    }
    return nil
  }

  /// Names of the sockets that listen on the port, on any address of this machine, each with its user.
  private static func listeners(_ port: UInt16) -> [String: UInt32] {
    var found: [String: UInt32] = [:]
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
      let bytes: [UInt8]
      do { bytes = try SmallFile.read(table, bytesMax: 1 << 24) } catch { continue }
      for line in bytes.split(separator: 0x0A).dropFirst() {
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode; 0A is LISTEN.
        let fields = line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count > 9, fields[3] == "0A", let number = fields[1].split(separator: ":").last,
          UInt16(number, radix: 16) == port
        else { continue }
        found["socket:[\(fields[9])]"] = UInt32(fields[7])
      }
    }
    return found
  }

  private static func holds(_ pid: Int32, _ sockets: Set<String>) -> Bool {
    let folder = "/proc/\(pid)/fd"
    do {
      return try DirectoryListing.names(in: folder).contains { sockets.contains(link("\(folder)/\($0)")) }
    } catch {
      // Another user's process, or gone.
      return false
    }
  }

  private static func link(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = unsafe readlink(path, &buffer, 4096)
    guard count > 0 else { return "" }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension String {
  fileprivate var withoutMark: String {
    let mark = " (deleted)"
    return hasSuffix(mark) ? String(dropLast(mark.count)) : self
  }
}
