import FloorIOData
import Glibc
import Shared

/// HTTP/1.1 and web sockets on one loopback port. Requests arrive whole; their answers may come later, in any order over connections
/// (one connection's requests are answered one after another). Handlers run on the loop's thread.
///
/// Written on the loop itself: the HTTP server of Debian's libwebsockets 4.1.6 spins on pipelined requests whose predecessor waits for
/// its answer, and cannot hold answers back otherwise.
public final class WebServer {
  /// The port that was bound: what port 0 became.
  public let port: UInt16

  /// Called for every request, `HEAD` included (its answer goes out without the body). Must answer each exchange once, now or later.
  public var onRequest: ((WebRequest, WebExchange) -> Void)?
  /// A web socket wants to open here; `true` lets it. Without a handler all are refused.
  public var acceptsSocket: ((WebRequest) -> Bool)?
  public var onOpen: ((WebPeer, WebRequest) -> Void)?
  /// One whole text (or binary) message.
  public var onText: ((WebPeer, [UInt8]) -> Void)?
  /// The socket is gone, whoever ended it. Called once for each opened one.
  public var onClose: ((WebPeer) -> Void)?

  let loop: EventLoop
  let limits: WebLimits
  private let identity: TLSIdentity?
  private let listener: Int32
  private var listenerWatch: WatchID?
  private var sweep: TimerID?
  private var connections: [UInt64: WebConnection] = [:]
  private var exchanges: [UInt64: WebConnection] = [:]
  private var lastNumber: UInt64 = 0
  private(set) var isClosed = false

  /// - Parameters:
  ///   - port: 0 lets the system choose; `port` tells. Throws `WebError.cannotListen`.
  ///   - identity: with one, only TLS is spoken.
  public init(
    loop: EventLoop, address: String = "127.0.0.1", port: UInt16, limits: WebLimits = WebLimits(),
    identity: TLSIdentity? = nil
  ) throws {
    self.loop = loop
    self.identity = identity
    self.limits = limits
    (listener, self.port) = try WebServer.listen(address, port)
    listenerWatch = try loop.watch(listener, read: true, write: false) { [unowned self] _ in accept() }
    sweep = loop.every(.seconds(1)) { [unowned self] in sweepIdle() }
  }

  deinit { close() }

  /// Stops listening and ends all connections. No handler is called any more.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    onClose = nil
    listenerWatch.map(loop.unwatch)
    sweep.map(loop.cancel)
    Glibc.close(listener)
    for connection in connections.values { connection.end() }
    connections = [:]
    exchanges = [:]
  }

  private static func listen(_ address: String, _ port: UInt16) throws -> (Int32, UInt16) {
    let refusal = WebError.cannotListen(address: address, port: port)
    let fd = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard fd >= 0 else { throw refusal }
    var on: Int32 = 1
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = unsafe withUnsafeMutablePointer(to: &name) { pointer in
      guard unsafe inet_pton(AF_INET, address, &pointer.pointee.sin_addr) == 1,
        unsafe setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)) == 0
      else { return false }
      return unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
        unsafe bind(fd, plain, size) == 0 && Glibc.listen(fd, 511) == 0 && getsockname(fd, plain, &size) == 0
      }
    }
    guard bound else {
      Glibc.close(fd)
      throw refusal
    }
    return (fd, UInt16(bigEndian: name.sin_port))
  }

  // MARK: Answers

  public func respond(_ exchange: WebExchange, _ response: WebResponse) {
    exchanges.removeValue(forKey: exchange.number)?.answer(response)
  }

  /// Breaks the connection instead of answering, as a crash or a cut line would.
  public func abandon(_ exchange: WebExchange) { exchanges.removeValue(forKey: exchange.number)?.end() }

  /// How an answer fails on its way.
  public enum Spoiling: Hashable, Sendable {
    /// Its first half comes, then the connection breaks.
    case torn
    /// Byte by byte, ten a second.
    case dripping
  }

  /// Answers as a failing line would: for those who test what a client makes of it.
  public func spoil(_ exchange: WebExchange, _ response: WebResponse, _ how: Spoiling) {
    exchanges.removeValue(forKey: exchange.number)?.spoil(response, how)
  }

  // MARK: Web sockets

  /// Queues a text message. `false` when the peer is gone or too far behind; the latter is cut off.
  @discardableResult
  public func send(_ text: [UInt8], to peer: WebPeer) -> Bool { connections[peer.number]?.send(text) ?? false }

  /// Ends a web socket with a farewell, or `abruptly` as a crash would.
  public func close(_ peer: WebPeer, abruptly: Bool = false) {
    guard let connection = connections[peer.number] else { return }
    guard abruptly else { return connection.farewell(1000) }
    // What was said before is not taken back.
    connection.flush()
    connection.end()
  }

  /// How many bytes wait for this peer.
  public func backlog(of peer: WebPeer) -> Int { connections[peer.number]?.backlog ?? 0 }

  public var openSockets: Int { connections.values.count { $0.isSocket } }

  // MARK: Connections

  private func accept() {
    // Some at a time: a flood must not starve the rest of the loop.
    for _ in 0..<32 {
      let fd = Glibc.accept(listener, nil, nil)
      if fd < 0 {
        if errno == EMFILE || errno == ENFILE { pauseAccepting() }
        return
      }
      guard connections.count < limits.connections, fcntl(fd, F_SETFD, FD_CLOEXEC) == 0,
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0
      else {
        Glibc.close(fd)
        continue
      }
      var on: Int32 = 1
      // A refusal would cost latency, nothing else.
      _ = unsafe setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      lastNumber += 1
      guard let wire = WebWire(fd, identity), let connection = WebConnection(self, wire, number: lastNumber) else {
        continue
      }
      connections[lastNumber] = connection
    }
  }

  /// Out of descriptors: a readable listener would spin. Some come back when connections end.
  private func pauseAccepting() {
    guard let watch = listenerWatch else { return }
    loop.unwatch(watch)
    listenerWatch = nil
    loop.after(.milliseconds(100)) { [weak self] in
      guard let self, !isClosed else { return }
      do {
        listenerWatch = try loop.watch(listener, read: true, write: false) { [unowned self] _ in accept() }
      } catch {
        pauseAgain()
      }
    }
  }

  private func pauseAgain() { loop.after(.seconds(1)) { [weak self] in self?.resumeAccepting() } }

  private func resumeAccepting() {
    guard !isClosed, listenerWatch == nil else { return }
    do {
      listenerWatch = try loop.watch(listener, read: true, write: false) { [unowned self] _ in accept() }
    } catch {
      pauseAgain()
    }
  }

  private func sweepIdle() {
    let now = SystemClock.monotonic()
    for connection in connections.values where connection.isOverdue(now) { connection.end() }
  }

  func begin(_ connection: WebConnection, _ request: WebRequest) {
    lastNumber += 1
    connection.exchange = lastNumber
    exchanges[lastNumber] = connection
    guard let onRequest else { return respond(WebExchange(number: lastNumber), .text("no handler\n", status: 503)) }
    onRequest(request, WebExchange(number: lastNumber))
  }

  func forget(_ connection: WebConnection) {
    connections[connection.number] = nil
    if let exchange = connection.exchange { exchanges[exchange] = nil }
    if connection.isSocket { onClose?(WebPeer(number: connection.number)) }
  }
}
