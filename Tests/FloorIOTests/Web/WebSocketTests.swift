import FloorIOData
import FloorIOVenue
import Shared
import Testing

/// Our server on the loop, and the client through libwebsockets: two implementations on one thread.
@Suite("Web sockets")
struct WebSocketTests {
  final class Pair {
    let loop: EventLoop
    let context: WebContext
    let server: WebServer
    let client: WebSocketClient
    var opened: [WebPeer] = []
    var closed: [WebPeer] = []
    var received: [[UInt8]] = []
    var ends: [WebSocketEnd] = []
    var paths: [String] = []

    init(limits: WebLimits = WebLimits(message: 8 << 20), messageLimit: Int = 16 << 20, accepts: Bool = true) throws {
      loop = try EventLoop()
      context = try WebContext(loop: loop)
      server = try WebServer(loop: loop, port: 0, limits: limits)
      client = try WebSocketClient(
        context: context, endpoint: WebEndpoint("ws://127.0.0.1:\(server.port)/ws/market?a=1"),
        messageLimit: messageLimit)
      server.acceptsSocket = { [unowned self] in
        paths.append($0.path)
        return accepts
      }
      server.onOpen = { [unowned self] peer, _ in opened.append(peer) }
      server.onText = { [unowned self] in server.send($1, to: $0) }
      server.onClose = { [unowned self] in closed.append($0) }
      client.onText = { [unowned self] in received.append($0) }
      client.onEnd = { [unowned self] in ends.append($0) }
    }

    func wait(_ seconds: Int64 = 10, _ condition: () -> Bool) throws -> Bool {
      try loop.turn(until: condition, limit: .seconds(seconds))
    }

    func open() throws {
      client.connect()
      try #require(try wait { client.isOpen && !opened.isEmpty })
    }
  }

  @Test("Messages of every size go there and back whole and in order")
  func echo() throws {
    let pair = try Pair()
    try pair.open()
    #expect(pair.paths == ["/ws/market"])
    var random = SeededGenerator(seed: 13)
    let sizes = [0, 1, 4, 125, 126, 127, 65_535, 65_536, 200_000]
    let messages = sizes.map { size in (0..<size).map { _ in UInt8.random(in: 97...122, using: &random) } }
    for message in messages { #expect(pair.client.send(message)) }
    #expect(try pair.wait { pair.received.count == messages.count })
    #expect(pair.received == messages)
  }

  @Test("What a message's handler puts off to the end of the turn is done when that turn ends")
  func turnEnd() throws {
    let pair = try Pair()
    try pair.open()
    var inHandler = false
    var wasCollected = true
    var done = 0
    pair.client.onText = { _ in
      inHandler = true
      wasCollected = wasCollected && pair.loop.isDispatching
      pair.loop.atTurnEnd {
        done += 1
        // Collected until the handler is over.
        wasCollected = wasCollected && !inHandler
      }
      inHandler = false
    }
    #expect(pair.client.send(Array("x".utf8)))
    let deadline = SystemClock.monotonic().advanced(by: .seconds(10))
    while done == 0, SystemClock.monotonic() < deadline {
      let before = inHandler
      try pair.loop.turn(timeout: .seconds(1))
      #expect(!before && !inHandler)
    }
    #expect(done == 1)
    #expect(wasCollected)
    #expect(!pair.loop.isDispatching)
  }

  @Test("The loop's own timers and the web sockets share one thread without delaying each other")
  func latency() throws {
    let pair = try Pair()
    try pair.open()
    var hops: [Int64] = []
    var sentAt = SystemClock.monotonic()
    pair.client.onText = { _ in
      hops.append(SystemClock.monotonic().since(sentAt).nanoseconds)
      sentAt = SystemClock.monotonic()
      pair.client.send(Array(repeating: 97, count: 300))
    }
    var lags: [Int64] = []
    var due = SystemClock.monotonic()
    func tick() {
      lags.append(SystemClock.monotonic().since(due).nanoseconds)
      due = SystemClock.monotonic().advanced(by: .milliseconds(1))
      pair.loop.after(.milliseconds(1), tick)
    }
    pair.loop.after(.zero, tick)
    pair.client.send(Array(repeating: 97, count: 300))
    #expect(try pair.wait { hops.count >= 2000 && lags.count >= 100 })
    hops.sort()
    lags.sort()
    print(
      "web socket round trip p50 \(hops[hops.count / 2] / 1000) µs, p99 \(hops[hops.count * 99 / 100] / 1000) µs;",
      "timer late p50 \(lags[lags.count / 2] / 1000) µs")
    // Two hops each way on a shared machine, in a debug build: far below what a second thread or a poll interval would cost.
    #expect(hops[hops.count / 2] < 2_000_000)
    #expect(lags[lags.count / 2] < 5_000_000)
  }

  @Test("A refused upgrade, an unreachable port and a server that ends the socket are each told once")
  func ends() throws {
    let refused = try Pair(accepts: false)
    refused.client.connect()
    #expect(try refused.wait { !refused.ends.isEmpty })
    guard case .connectFailed = refused.ends[0] else {
      Issue.record("\(refused.ends)")
      return
    }

    let gone = try Pair()
    gone.server.close()
    gone.client.connect()
    #expect(try gone.wait { !gone.ends.isEmpty })
    guard case .connectFailed = gone.ends[0] else {
      Issue.record("\(gone.ends)")
      return
    }

    let pair = try Pair()
    try pair.open()
    pair.server.close(pair.opened[0])
    #expect(try pair.wait { !pair.ends.isEmpty && !pair.closed.isEmpty })
    #expect(pair.ends == [.closed(code: 1000)])
    #expect(!pair.client.isOpen && !pair.client.send([97]))
    // And again on the same object.
    pair.client.connect()
    #expect(try pair.wait { pair.opened.count == 2 && pair.client.isOpen })
    pair.server.close(pair.opened[1], abruptly: true)
    #expect(try pair.wait { pair.ends.count == 2 })
    #expect(pair.ends[1] == .closed(code: nil))
  }

  @Test("After close nothing is told, and the server sees the peer go")
  func clientCloses() throws {
    let pair = try Pair()
    try pair.open()
    pair.client.close()
    #expect(try pair.wait { pair.closed.count == 1 })
    #expect(pair.ends.isEmpty && pair.server.openSockets == 0)
    pair.client.connect()
    #expect(try pair.wait { pair.opened.count == 2 && pair.client.isOpen })
  }

  @Test("Messages beyond the bounds end the connection on either side")
  func bounds() throws {
    let small = try Pair(messageLimit: 1000)
    try small.open()
    small.server.send([UInt8](repeating: 97, count: 1001), to: small.opened[0])
    #expect(try small.wait { !small.ends.isEmpty })
    #expect(small.ends == [.messageTooLarge])

    let strict = try Pair(limits: WebLimits(message: 1000))
    try strict.open()
    strict.client.send([UInt8](repeating: 97, count: 1001))
    #expect(try strict.wait { !strict.ends.isEmpty })
    #expect(strict.ends == [.closed(code: 1009)])
  }

  @Test("A peer that does not read is cut off when its queue is full, and nobody else is")
  func slowPeer() throws {
    let pair = try Pair(limits: WebLimits(sendQueue: 1 << 20))
    try pair.open()
    let message = [UInt8](repeating: 97, count: 60_000)
    var isTaken = true
    // The client is on this same thread and cannot read while we only write.
    for _ in 0..<500 where isTaken { isTaken = pair.server.send(message, to: pair.opened[0]) }
    #expect(!isTaken)
    #expect(try pair.wait { pair.closed.count == 1 && !pair.ends.isEmpty })
  }

  @Test(
    "Addresses are read strictly",
    arguments: [
      ("ws://127.0.0.1:8601/ws/market", "127.0.0.1", 8601, "/ws/market", false),
      ("wss://ws.example.com", "ws.example.com", 443, "/", true), ("ws://h/?q", "h", 80, "/?q", false),
    ])
  func addresses(text: String, host: String, port: UInt16, path: String, isSecure: Bool) throws {
    let endpoint = try WebEndpoint(text)
    #expect(endpoint.host == host && endpoint.port == port && endpoint.path == path && endpoint.isSecure == isSecure)
  }

  @Test(
    "What is no address is refused", arguments: ["", "http://a", "ws://", "ws://a:0/", "ws://a:99999", "ws://u@a/"])
  func badAddresses(text: String) {
    #expect(throws: WebError.badURL(text)) { try WebEndpoint(text) }
  }
}

@Suite("Web socket frames")
struct WebSocketParserTests {
  static func frame(_ first: UInt8, _ payload: [UInt8], masked: Bool = true) -> [UInt8] {
    let mask: [UInt8] = [1, 2, 3, 4]
    var out: [UInt8] = [first]
    let bit: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case 0...125: out.append(bit | UInt8(payload.count))
    default: out += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    }
    if masked { out += mask }
    return out + payload.enumerated().map { masked ? $1 ^ mask[$0 & 3] : $1 }
  }

  @Test("Fragments are joined, control frames may stand between them, from any pieces")
  func fragments() throws {
    let long = [UInt8](repeating: 98, count: 300)
    let bytes =
      Self.frame(0x01, Array("he".utf8)) + Self.frame(0x89, [7]) + Self.frame(0x00, Array("llo".utf8))
      + Self.frame(0x80, []) + Self.frame(0x82, long) + Self.frame(0x88, [3, 232])
    var random = SeededGenerator(seed: 17)
    for round in 0..<100 {
      var parser = WebSocketParser(messageLimit: 1000)
      var events: [WebSocketParser.Event] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = round == 0 ? 1 : Int.random(in: 1...min(rest.count, 60), using: &random)
        parser.append(rest.prefix(count))
        rest = rest.dropFirst(count)
        while let event = try parser.next() { events.append(event) }
      }
      #expect(events == [.ping([7]), .message(Array("hello".utf8)), .message(long), .close(code: 1000)])
    }
  }

  @Test("Every broken rule is named")
  func violations() {
    func violation(_ bytes: [UInt8]) -> WebSocketParser.Violation? {
      var parser = WebSocketParser(messageLimit: 200)
      parser.append(bytes)
      do throws(WebSocketParser.Violation) {
        while try parser.next() != nil {}
        return nil
      } catch { return error }
    }
    #expect(violation(Self.frame(0x81, [97], masked: false)) == .protocolError)
    #expect(violation(Self.frame(0xC1, [97])) == .protocolError)  // a reserved bit
    #expect(violation(Self.frame(0x80, [97])) == .protocolError)  // a continuation of nothing
    #expect(violation(Self.frame(0x01, [97]) + Self.frame(0x81, [97])) == .protocolError)  // a new message inside one
    #expect(violation(Self.frame(0x83, [97])) == .protocolError)  // an unknown kind
    #expect(violation(Self.frame(0x09, [97])) == .protocolError)  // a control frame in pieces
    #expect(violation(Self.frame(0x88, [3])) == .protocolError)  // half a code
    #expect(violation([0x81, 0xFE, 0, 5, 0, 0, 0, 0]) == .protocolError)  // a length in too many bytes
    #expect(violation(Self.frame(0x81, [0xFF])) == .notText)
    #expect(violation(Self.frame(0x82, [UInt8](repeating: 0, count: 201))) == .tooLarge)
    #expect(
      violation(
        Self.frame(0x02, [UInt8](repeating: 0, count: 125)) + Self.frame(0x80, [UInt8](repeating: 0, count: 76)))
        == .tooLarge)
    #expect(violation([0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == .tooLarge)
  }
}
