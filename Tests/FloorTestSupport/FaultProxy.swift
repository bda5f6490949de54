import Foundation
import Glibc
import Synchronization

/// Stands between a client and a server on stream sockets, and breaks what passes when it is told to: connections, answers, requests in
/// their middle. Without an order it passes every byte on. Two threads a connection; ends with its value.
public final class FaultProxy: Sendable {
  public enum Address: Hashable, Sendable {
    case socket(String)
    /// Of the loopback address.
    case port(UInt16)
  }

  private let core: Core

  /// Where clients connect: the path that was asked for, or a port that was free.
  public let address: Address

  /// - Parameters:
  ///   - listening: port 0 takes a free one.
  ///   - upstream: the server; it may come later.
  public init(listening: Address, upstream: Address) throws {
    let (listener, bound) = try StreamSocket.listen(listening)
    address = bound
    core = Core(listener: listener, upstream: upstream)
    let core = core
    Thread { core.accept() }.start()
  }

  deinit { core.stop() }

  public var port: UInt16 {
    if case .port(let number) = address { number } else { 0 }
  }

  /// Connections from now on go there.
  public func lead(to upstream: Address) { core.state.withLock { $0.upstream = upstream } }

  /// Every connection breaks.
  public func cut() { for link in core.links() { link.cut() } }

  /// What is asked still arrives, and nothing of what is answered; until the next `cut`, which is the only way back.
  public func loseAnswers() { for link in core.links() { link.ways.withLock { $0.answersAreLost = true } } }

  /// Of the next bytes that a client sends on each connection the first half arrives; then it breaks.
  public func tearRequests() { for link in core.links() { link.ways.withLock { $0.tears = true } } }

  /// Nobody is let in, or everybody again. Connections that stand are not touched.
  public func refuse(_ refuses: Bool) { core.state.withLock { $0.refuses = refuses } }

  /// What it did so far.
  public var connections: Int { core.state.withLock { $0.accepted } }
}

/// What the threads hold, so that the proxy itself can end while they wait.
private final class Core: Sendable {
  struct State {
    var upstream: FaultProxy.Address
    var refuses = false
    var accepted = 0
    var isStopped = false
    var links: [ObjectIdentifier: Link] = [:]
  }

  let listener: Int32
  let state: Mutex<State>

  init(listener: Int32, upstream: FaultProxy.Address) {
    self.listener = listener
    state = Mutex(State(upstream: upstream))
  }

  func links() -> [Link] { state.withLock { Array($0.links.values) } }

  func stop() {
    state.withLock { $0.isStopped = true }
    shutdown(listener, Int32(SHUT_RDWR))
    for link in links() { link.cut() }
  }

  /// Runs on a thread of its own until the proxy ends.
  func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      let (isStopped, refuses, upstream) = state.withLock { ($0.isStopped, $0.refuses, $0.upstream) }
      if isStopped {
        if client >= 0 { close(client) }
        break
      }
      guard client >= 0 else { continue }
      guard !refuses, let server = StreamSocket.connect(upstream) else {
        close(client)
        continue
      }
      let link = Link(client: client, server: server) { [weak self] link in
        self?.state.withLock { $0.links[ObjectIdentifier(link)] = nil }
      }
      state.withLock {
        $0.accepted += 1
        $0.links[ObjectIdentifier(link)] = link
      }
      Thread { link.pump(answers: false) }.start()
      Thread { link.pump(answers: true) }.start()
    }
    close(listener)
  }
}

/// One connection: a client, a server, and what is done to the bytes between them.
private final class Link: Sendable {
  struct Ways {
    var answersAreLost = false
    var tears = false
    /// Threads that still use the descriptors.
    var threads = 2
  }

  let client: Int32
  let server: Int32
  let ways = Mutex(Ways())
  private let ended: @Sendable (Link) -> Void

  init(client: Int32, server: Int32, ended: @escaping @Sendable (Link) -> Void) {
    self.client = client
    self.server = server
    self.ended = ended
  }

  /// Wakes both threads, of which the last closes. Between the end of one and the end of the other the descriptors are still ours.
  func cut() {
    ways.withLock { ways in
      guard ways.threads > 0 else { return }
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(server, Int32(SHUT_RDWR))
    }
  }

  func pump(answers: Bool) {
    let (from, to) = answers ? (server, client) : (client, server)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(from, $0.baseAddress, $0.count, 0) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      let (isLost, tears) = ways.withLock { ($0.answersAreLost, $0.tears) }
      if answers, isLost { continue }
      if !answers, tears {
        _ = send(buffer[..<(count / 2)], to)
        break
      }
      guard send(buffer[..<count], to) else { break }
    }
    cut()
    let isLast = ways.withLock { ways in
      ways.threads -= 1
      return ways.threads == 0
    }
    guard isLast else { return }
    close(client)
    close(server)
    ended(self)
  }

  private func send(_ bytes: ArraySlice<UInt8>, _ to: Int32) -> Bool {
    var left = bytes
    while !left.isEmpty {
      let count = unsafe left.withUnsafeBytes { unsafe Glibc.send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      left = left.dropFirst(count)
    }
    return true
  }
}

/// Blocking stream sockets by address.
private enum StreamSocket {
  static func listen(_ address: FaultProxy.Address) throws -> (descriptor: Int32, bound: FaultProxy.Address) {
    let fd = try make(address)
    do {
      guard bound(fd, address) else { throw ProxyError("bind", errno) }
      if case .socket(let path) = address {
        guard unsafe chmod(path, 0o777) == 0 else { throw ProxyError("chmod", errno) }
      }
      guard Glibc.listen(fd, 128) == 0 else { throw ProxyError("listen", errno) }
      guard case .port = address else { return (fd, address) }
      var own = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let isKnown = unsafe withUnsafeMutablePointer(to: &own) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(fd, $0, &size) == 0 }
      }
      guard isKnown else { throw ProxyError("getsockname", errno) }
      return (fd, .port(UInt16(bigEndian: own.sin_port)))
    } catch {
      close(fd)
      throw error
    }
  }

  static func connect(_ address: FaultProxy.Address) -> Int32? {
    let fd: Int32
    do { fd = try make(address) } catch { return nil }
    let isConnected = unsafe with(address) { pointer, size in unsafe Glibc.connect(fd, pointer, size) == 0 }
    if isConnected { return fd }
    close(fd)
    return nil
  }

  private static func make(_ address: FaultProxy.Address) throws -> Int32 {
    let isLocal = if case .socket = address { true } else { false }
    let fd = socket(isLocal ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard fd >= 0 else { throw ProxyError("socket", errno) }
    if !isLocal {
      // Small answers must not wait for one another.
      var yes: Int32 = 1
      guard unsafe setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size)) == 0
      else {
        throw ProxyError("setsockopt", errno)
      }
    }
    return fd
  }

  private static func bound(_ fd: Int32, _ address: FaultProxy.Address) -> Bool {
    unsafe with(address) { pointer, size in unsafe bind(fd, pointer, size) == 0 }
  }

  private static func with(
    _ address: FaultProxy.Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) -> Bool {
    switch address {
    case .port(let port):
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      return unsafe withUnsafePointer(to: &name) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    case .socket(let path):
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      let isWritten = unsafe withUnsafeMutableBytes(of: &name.sun_path) { room in
        guard path.utf8.count < room.count else { return false }
        unsafe room.copyBytes(from: path.utf8)
        return true
      }
      guard isWritten else { return false }
      return unsafe withUnsafePointer(to: &name) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
  }
}

/// A socket that could not be had.
public struct ProxyError: Error, CustomStringConvertible {
  public let description: String
  init(_ call: String, _ number: Int32) { description = unsafe "\(call): \(String(cString: strerror(number)))" }
}
