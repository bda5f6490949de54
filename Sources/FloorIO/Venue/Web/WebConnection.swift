import FloorIOData
import Shared

/// One accepted connection of a `WebServer`: first HTTP, perhaps later a web socket.
final class WebConnection {
  let number: UInt64
  var exchange: UInt64?
  private(set) var isSocket = false

  /// Gone while the server itself goes.
  private weak var server: WebServer?
  private let loop: EventLoop
  private let limits: WebLimits
  private let wire: WebWire
  private var watch: WatchID?
  private var parser: HTTPRequestParser
  private var frames: WebSocketParser
  private var current: WebRequest?
  private var out: [UInt8] = []
  private var sent = 0
  private var flushIsDue = false
  private var wantsWrite = false
  /// TLS has to write before it can read on.
  private var readWantsWrite = false
  private var endsWhenSent = false
  /// Reading only to throw away, so that the last answer is not lost in a reset.
  private var drains = false
  private var isProcessing = false
  private var isEnded = false
  private var lastActivity = SystemClock.monotonic()

  /// `nil` when the loop cannot watch it; the wire is closed then.
  init?(_ server: WebServer, _ wire: WebWire, number: UInt64) {
    self.server = server
    loop = server.loop
    limits = server.limits
    self.wire = wire
    self.number = number
    parser = HTTPRequestParser(bodyLimit: limits.body)
    frames = WebSocketParser(messageLimit: limits.message)
    do {
      watch = try loop.watch(wire.descriptor, read: true, write: false) { [unowned self] ready in handle(ready) }
    } catch {
      wire.close()
      return nil
    }
  }

  var backlog: Int { out.count - sent }

  func isOverdue(_ now: MonotonicTime) -> Bool {
    if isSocket || exchange != nil { return false }
    let idle = now.since(lastActivity)
    return idle > (drains || parser.pendingBytes > 0 ? .seconds(10) : limits.keepAlive)
  }

  /// Ends the connection at once. Further calls do nothing.
  func end() {
    guard !isEnded else { return }
    isEnded = true
    watch.map(loop.unwatch)
    wire.close()
    server?.forget(self)
  }

  // MARK: Reading

  private func handle(_ ready: Readiness) {
    if ready.contains(.writable), !isEnded { flush() }
    if ready.contains(.readable) || readWantsWrite, !isEnded { receive() }
  }

  private func receive() {
    let outcome = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64 << 10) { space in
      let outcome = unsafe wire.read(into: space)
      if case .moved(let count) = outcome, !drains {
        let bytes = unsafe UnsafeBufferPointer(start: space.baseAddress, count: count)
        if isSocket { unsafe frames.append(bytes) } else { unsafe parser.append(bytes) }
      }
      return outcome
    }
    switch outcome {
    case .ended: return end()
    case .waits(let forWriting):
      readWantsWrite = forWriting
      return updateInterest()
    case .moved: readWantsWrite = false
    }
    if drains { return }
    lastActivity = SystemClock.monotonic()
    process()
  }

  private func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    if !isSocket { cutRequests() }
    if isSocket { cutFrames() }
    if !isEnded { updateInterest() }
  }

  private func cutRequests() {
    while !isEnded, exchange == nil, !isSocket, !endsWhenSent {
      do throws(HTTPRequestError) {
        guard let request = try parser.next() else { return }
        current = request
        if request.wantsSocket { upgrade(request) } else { server?.begin(self, request) }
      } catch {
        let body: JSON = ["error": .string(WebResponse.reason(error.status))]
        write(WebResponse.json(body.bytes, status: error.status).wire(keepAlive: false, withoutBody: false))
        endsWhenSent = true
        flush()
      }
    }
  }

  func answer(_ response: WebResponse) {
    guard !isEnded, let request = current else { return }
    exchange = nil
    current = nil
    write(response.wire(keepAlive: request.keepsAlive, withoutBody: request.method == "HEAD"))
    endsWhenSent = !request.keepsAlive
    lastActivity = SystemClock.monotonic()
    flush()
    // The next request may have come already.
    if !isEnded { process() }
  }

  func spoil(_ response: WebResponse, _ how: WebServer.Spoiling) {
    guard !isEnded, current != nil else { return }
    // The exchange stays, so that nothing else is answered on this connection.
    let bytes = response.wire(keepAlive: false, withoutBody: false)
    switch how {
    case .torn:
      write(Array(bytes.prefix(bytes.count - max(1, response.body.count / 2))))
      flush()
      end()
    case .dripping: drip(bytes[...])
    }
  }

  private func drip(_ bytes: ArraySlice<UInt8>) {
    guard !isEnded, let byte = bytes.first else { return end() }
    write([byte])
    flush()
    loop.after(.milliseconds(100)) { [weak self] in self?.drip(bytes.dropFirst()) }
  }

  // MARK: Web socket

  private func upgrade(_ request: WebRequest) {
    guard request.method == "GET", request.header("sec-websocket-version") == "13",
      let key = request.header("sec-websocket-key"), Base64URL.decode(key)?.count == 16,
      server?.acceptsSocket?(request) == true
    else {
      write(WebResponse.text("no web socket here\n", status: 403).wire(keepAlive: false, withoutBody: false))
      endsWhenSent = true
      return flush()
    }
    let answer =
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
      + "sec-websocket-accept: \(WebSocketFrame.accept(key: key))\r\n\r\n"
    frames.append(parser.takeRest())
    isSocket = true
    write(Array(answer.utf8))
    flush()
    if !isEnded { server?.onOpen?(WebPeer(number: number), request) }
  }

  private func cutFrames() {
    while !isEnded, !endsWhenSent {
      do throws(WebSocketParser.Violation) {
        guard let event = try frames.next() else { return }
        switch event {
        case .message(let bytes): server?.onText?(WebPeer(number: number), bytes)
        case .ping(let bytes): queue(WebSocketFrame.pong(bytes))
        case .pong: break
        case .close(let code): farewell(code ?? 1000)
        }
      } catch {
        farewell(error.rawValue)
      }
    }
  }

  func send(_ text: [UInt8]) -> Bool {
    guard isSocket, !isEnded, !endsWhenSent else { return false }
    return queue(WebSocketFrame.text(text))
  }

  @discardableResult
  private func queue(_ frame: [UInt8]) -> Bool {
    guard backlog + frame.count <= limits.sendQueue else {
      // Not from inside a handler that may be walking over its peers.
      endsWhenSent = true
      loop.after(.zero) { [weak self] in self?.end() }
      return false
    }
    write(frame)
    // A turn that tells many peers much costs one system call a peer, not one a message. A burst does not wait for its end: what the socket
    // would take must not count as a peer that is too far behind.
    if backlog > Self.turnMax { flush() } else { flushAtTurnEnd() }
    return !isEnded
  }

  /// Bytes that one turn may collect for a web socket.
  private static let turnMax = 64 << 10

  private func flushAtTurnEnd() {
    guard !flushIsDue else { return }
    flushIsDue = true
    loop.atTurnEnd { [weak self] in
      self?.flushIsDue = false
      self?.flush()
    }
  }

  func farewell(_ code: UInt16) {
    guard !isEnded, !endsWhenSent else { return }
    write(WebSocketFrame.close(code))
    endsWhenSent = true
    flush()
  }

  // MARK: Writing

  private func write(_ bytes: [UInt8]) { out += bytes }

  /// Sends what the socket takes; the rest waits for readiness.
  func flush() {
    guard !isEnded else { return }
    sending: while sent < out.count {
      let outcome = unsafe out.withUnsafeBufferPointer { unsafe wire.write(UnsafeBufferPointer(rebasing: $0[sent...])) }
      switch outcome {
      case .moved(let count): sent += count
      case .waits: break sending
      case .ended: return end()
      }
    }
    if sent == out.count {
      out.removeAll(keepingCapacity: out.count <= 256 << 10)
      sent = 0
      if endsWhenSent, !drains {
        drains = true
        lastActivity = SystemClock.monotonic()
        // The client sees the end of our side, reads the answer, and closes; the sweep ends those who do not.
        if !wire.finish() { return end() }
        loop.after(.seconds(2)) { [weak self] in self?.end() }
      }
    } else if sent > 1 << 20 {
      out.removeFirst(sent)
      sent = 0
    }
    updateInterest()
  }

  private func updateInterest() {
    guard let watch, !isEnded else { return }
    let write = sent < out.count || readWantsWrite
    // A client that pipelines without end waits in its own socket.
    let read = isSocket || drains || parser.pendingBytes <= limits.body + 64 << 10
    guard write != wantsWrite || read != wantsRead else { return }
    wantsWrite = write
    wantsRead = read
    do { try loop.modify(watch, read: read, write: write) } catch { end() }
  }
  private var wantsRead = true
}
