import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// A server in Python that accepts every web socket and then says what the path names, as fast as it is taken, until it is cut off. It prints
/// how many bytes were taken of each connection.
private final class HostileServer {
  let port: UInt16
  private let process = Process()
  private let output = Pipe()

  init() throws {
    let script = """
      import base64, hashlib, socket, threading
      def talk(push, s, path):
        if path == "/huge":
          push(b"\\x81\\x7f" + (64 << 20).to_bytes(8, "big"))
          while True: push(b" " * 65536)
        if path == "/fragments":
          push(b"\\x01\\x7e\\xff\\xff" + b" " * 65535)
          while True: push(b"\\x00\\x7e\\xff\\xff" + b" " * 65535)
        if path == "/empty-fragments":
          push(b"\\x01\\x00")
          while True: push(b"\\x00\\x00" * 1000)
        if path == "/top-bit":
          push(b"\\x81\\x7f" + b"\\xff" * 8)
          while True: push(b" " * 65536)
        if path == "/pings":
          while True: push((b"\\x89\\x7d" + b"p" * 125) * 500)
        if path == "/reserved":
          push(b"\\xf1\\x05hello")
        if path == "/opcode":
          push(b"\\x8b\\x05hello")
        while s.recv(65536): pass
      def serve(s):
        taken = 0
        def push(data):
          nonlocal taken
          while data:
            count = s.send(data)
            taken += count
            data = data[count:]
        try:
          data = b""
          while b"\\r\\n\\r\\n" not in data: data += s.recv(4096)
          lines = data.split(b"\\r\\n")
          key = [l.split(b":")[1].strip() for l in lines if l.lower().startswith(b"sec-websocket-key")][0]
          accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
          s.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
          talk(push, s, lines[0].split()[1].decode())
        except OSError: pass
        s.close()
        print(taken, flush=True)
      listener = socket.create_server(("127.0.0.1", 0))
      print(listener.getsockname()[1], flush=True)
      while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
      """
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    process.standardOutput = output
    try process.run()
    port = try #require(UInt16(exactly: Self.number(output)))
  }

  /// Bytes that were taken of the connection that ended.
  func taken() throws -> Int {
    // Released before it has told, it would be ended.
    try withExtendedLifetime(self) { try Self.number(output) }
  }

  private static func number(_ output: Pipe) throws -> Int {
    var line = ""
    // A line may come in pieces.
    while !line.hasSuffix("\n") {
      let piece = output.fileHandleForReading.availableData
      try #require(!piece.isEmpty, "the server ended")
      line += String(decoding: piece, as: UTF8.self)
    }
    return try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

@Suite("A hostile web socket server", .hangLimit)
struct HostileServerTests {
  @Test(
    "What no server may send ends the connection within five seconds and before much of it is taken; the loop runs on",
    arguments: [
      "/huge", "/fragments", "/empty-fragments", "/top-bit", "/pings", "/reserved", "/opcode",
    ])
  func hostile(path: String) throws {
    let server = try HostileServer()
    let loop = try EventLoop()
    let context = try WebContext(loop: loop)
    let stream = try VenueStream(
      context: context, endpoint: WebEndpoint("ws://127.0.0.1:\(server.port)\(path)"), keepAlive: .milliseconds(200),
      answerLimit: .seconds(2), messageLimit: 1 << 20, backoff: Backoff(base: .seconds(20), cap: .seconds(30), seed: 1))
    var opened = 0
    var texts = 0
    var why: String?
    stream.onOpen = { opened += 1 }
    stream.onText = { _ in texts += 1 }
    stream.onLost = { why = $0 }
    // The loop's own work goes on beside it.
    var beats = 0
    loop.every(.milliseconds(20)) { beats += 1 }
    stream.start()
    #expect(try loop.turn(until: { opened > 0 }, limit: .seconds(10)))
    let started = SystemClock.monotonic()
    let beaten = beats
    #expect(try loop.turn(until: { why != nil }, limit: .seconds(5)), "\(path) was not cut off")
    let took = SystemClock.monotonic().since(started)
    #expect(texts == 0, "\(path) was taken for a message")
    // At least every tenth beat came in time.
    #expect(beats - beaten >= Int(took.milliseconds / 200), "\(beats - beaten) beats in \(took)")
    stream.stop()
    context.close()
    // What the kernel holds on both sides is taken, too. Pings are answered and thrown away, as long as there is patience.
    let taken = try server.taken()
    #expect(path == "/pings" || taken < 32 << 20)
  }
}
