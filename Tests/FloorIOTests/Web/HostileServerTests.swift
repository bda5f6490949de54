import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// A server in Python that accepts every web socket and then says what the path names, as fast as it is taken, until it is cut off.
private final class HostileServer {
  let port: UInt16
  private let process = Process()

  init() throws {
    let script = """
      import base64, hashlib, socket, threading
      def talk(s, path):
        if path == "/huge":
          s.sendall(b"\\x81\\x7f" + (64 << 20).to_bytes(8, "big"))
          while True: s.sendall(b" " * 65536)
        if path == "/fragments":
          s.sendall(b"\\x01\\x7e\\xff\\xff" + b" " * 65535)
          while True: s.sendall(b"\\x00\\x7e\\xff\\xff" + b" " * 65535)
        if path == "/empty-fragments":
          s.sendall(b"\\x01\\x00")
          while True: s.sendall(b"\\x00\\x00" * 1000)
        if path == "/top-bit":
          s.sendall(b"\\x81\\x7f" + b"\\xff" * 8)
          while True: s.sendall(b" " * 65536)
        if path == "/pings":
          while True: s.sendall((b"\\x89\\x7d" + b"p" * 125) * 500)
        if path == "/reserved":
          s.sendall(b"\\xf1\\x05hello")
        if path == "/opcode":
          s.sendall(b"\\x8b\\x05hello")
        while s.recv(65536): pass
      def serve(s):
        try:
          data = b""
          while b"\\r\\n\\r\\n" not in data: data += s.recv(4096)
          lines = data.split(b"\\r\\n")
          key = [l.split(b":")[1].strip() for l in lines if l.lower().startswith(b"sec-websocket-key")][0]
          accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
          s.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
          talk(s, lines[0].split()[1].decode())
        except OSError: pass
        s.close()
      listener = socket.create_server(("127.0.0.1", 0))
      print(listener.getsockname()[1], flush=True)
      while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
      """
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

@Suite("A hostile web socket server", .hangLimit)
struct HostileServerTests {
  @Test(
    "What no server may send ends the connection within five seconds; the loop runs on and memory stays bounded",
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
    let before = try Self.residentKilobytes()
    let started = SystemClock.monotonic()
    let beaten = beats
    #expect(try loop.turn(until: { why != nil }, limit: .seconds(5)), "\(path) was not cut off")
    let took = SystemClock.monotonic().since(started)
    #expect(texts == 0, "\(path) was taken for a message")
    // At least every tenth beat came in time.
    #expect(beats - beaten >= Int(took.milliseconds / 200), "\(beats - beaten) beats in \(took)")
    #expect(try Self.residentKilobytes() - before < 64_000)
    stream.stop()
    context.close()
  }

  private static func residentKilobytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.split(separator: " ", omittingEmptySubsequences: true)[1]))
  }
}
