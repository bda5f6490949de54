import CLinux
import Glibc
import Shared

/// Whether somebody listens on a port.
public enum TCPProbe {
  /// Connects and hangs up. Blocks for at most `limit` after the name is resolved: for commands and start-up, never inside a loop.
  /// - Parameter host: a name, a numeric address, or a path beginning with `/` for a unix socket (the port is ignored then).
  /// - Returns: `nil` when somebody answered, else why not, in words.
  public static func refusal(host: String, port: Int, limit: Duration) -> String? {
    if host.hasPrefix("/") { return socketRefusal(path: host) }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let resolved = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard resolved == 0 else {
      let words = unsafe String(cString: gai_strerror(resolved))
      return "\(host): \(words)"
    }
    defer { unsafe freeaddrinfo(list) }
    let deadline = SystemClock.monotonic().advanced(by: limit)
    var why = "\(host) has no address"
    var next = unsafe list
    while let candidate = unsafe next {
      guard let problem = unsafe attempt(candidate.pointee, deadline) else { return nil }
      why = "\(host):\(port): \(problem)"
      unsafe next = candidate.pointee.ai_next
    }
    return why
  }

  private static func attempt(_ info: addrinfo, _ deadline: MonotonicTime) -> String? {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let fd = unsafe socket(info.ai_family, kind, 0)
    guard fd >= 0 else { return SystemError.last("socket").description }
    defer { close(fd) }
    if unsafe connect(fd, info.ai_addr, info.ai_addrlen) == 0 { return nil }
    guard errno == EINPROGRESS else { return unsafe String(cString: strerror(errno)) }
    while true {
      var request = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
      let left = deadline.since(SystemClock.monotonic())
      if left <= .zero { return "no answer in time" }
      let ready = unsafe poll(&request, 1, Int32(clamping: left.milliseconds + 1))
      if ready > 0 { break }
      if ready < 0, errno != EINTR { return SystemError.last("poll").description }
    }
    var number: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 else {
      return SystemError.last("getsockopt").description
    }
    return number == 0 ? nil : unsafe String(cString: strerror(number))
  }

  private static func socketRefusal(path: String) -> String? {
    do {
      close(try UnixSocket.connect(path))
      return nil
    } catch {
      return "\(error)"
    }
  }

  public static func isAnswered(port: UInt16) -> Bool {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard fd >= 0 else { return false }
    defer { close(fd) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    // Loopback refuses or accepts at once.
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
